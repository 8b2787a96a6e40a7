//===- Pipelines.cpp - the passes of this room as lists -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/codegen/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

namespace dyn {
#define GEN_PASS_REGISTRATION
#include "CodegenPasses.h.inc"
} // namespace dyn

using namespace mlir;

void dyn::buildKernelPipeline(OpPassManager &pm) {
  pm.addPass(createOutlineKernelsPass());
  pm.addPass(createEmitLoopsPass());
  pm.addPass(createCSEPass()); // also drops what folding left over
  pm.addPass(createExpandMathPass());
  pm.addPass(createParallelTasksPass());
}

void dyn::registerCodegen(DialectRegistry &) {
  registerCodegenPasses();
  PassPipelineRegistration<>("dyn-kernels", "kernels of the optimised pipeline",
                             buildKernelPipeline);
}
