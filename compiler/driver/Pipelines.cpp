//===- Pipelines.cpp - the whole compiler as lists of passes --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Pipelines.h"

#include "dyn/autodiff/Passes.h"
#include "dyn/codegen/Passes.h"
#include "dyn/lowering/Passes.h"
#include "dyn/transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void dyn::driver::addStage(OpPassManager &pm, Stage stage, bool optimize) {
  switch (stage) {
  case Stage::Grad:
    pm.addPass(createGradPass());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    if (optimize)
      pm.addPass(createSimplifyPass());
    return;
  case Stage::Linalg:
    pm.addPass(createLowerTensorsPass());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    if (optimize) {
      pm.addPass(createFusePass());
      pm.addPass(createCSEPass());
    }
    return;
  case Stage::Kernels:
    if (!optimize)
      return buildReferencePipeline(pm);
    buildBufferizePipeline(pm);
    buildKernelPipeline(pm);
    pm.addPass(createPlanMemoryPass());
    return;
  case Stage::Llvm:
    buildToLLVMPipeline(pm);
    return;
  default:
    return;
  }
}
