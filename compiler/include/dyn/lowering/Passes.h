//===- Passes.h - from dyn ops on tensors to buffers and LLVM -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_LOWERING_PASSES_H
#define DYN_LOWERING_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <memory>

namespace dyn {

#define GEN_PASS_DECL
#include "LoweringPasses.h.inc"

/// Tensors to buffers: effects, one-shot bufferization, clean-up.
void buildBufferizePipeline(mlir::OpPassManager &pm);
/// The same for the reference: a copy before every write, each buffer freed after its last use.
void buildReferencePipeline(mlir::OpPassManager &pm);
/// Scalar loops for what is left of linalg, then the LLVM dialect.
void buildToLLVMPipeline(mlir::OpPassManager &pm);

/// Registers passes, pipelines and the models they need.
void registerLowering(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_LOWERING_PASSES_H
