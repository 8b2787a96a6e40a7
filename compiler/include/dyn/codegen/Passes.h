//===- Passes.h - kernels from loops over buffers -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_PASSES_H
#define DYN_CODEGEN_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <memory>

namespace dyn {

#define GEN_PASS_DECL
#include "CodegenPasses.h.inc"

/// Kernels of the optimised pipeline.
void buildKernelPipeline(mlir::OpPassManager &pm);

void registerCodegen(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_CODEGEN_PASSES_H
