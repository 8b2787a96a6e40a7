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

/// `dyn-lower-tensors`: dyn, and arith and math on tensors, to linalg.generic.
std::unique_ptr<mlir::Pass> createLowerTensorsPass();
/// `dyn-fuse`: element-wise producers into their consumers.
std::unique_ptr<mlir::Pass> createFusePass();
/// `dyn-lower-effects`: effects of a run to calls of the runtime.
std::unique_ptr<mlir::Pass> createLowerEffectsPass();
/// `dyn-destinations`: every op writes to a place of its own, loops to what they carry.
std::unique_ptr<mlir::Pass> createDestinationsPass();
/// `dyn-plan-memory`: all buffers of @train into one arena. Without `reuse`
/// every buffer keeps a place of its own.
std::unique_ptr<mlir::Pass> createPlanMemoryPass(bool reuse);
/// `dyn-copies-to-loops`: memref.copy to linalg.copy, so that no library call is left.
std::unique_ptr<mlir::Pass> createLowerCopiesPass();

/// Tensors to buffers: effects, one-shot bufferization, clean-up.
void buildBufferizePipeline(mlir::OpPassManager &pm);
/// Scalar loops for what is left of linalg, then the LLVM dialect.
void buildToLLVMPipeline(mlir::OpPassManager &pm);

/// Registers passes, pipelines and the models they need.
void registerLowering(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_LOWERING_PASSES_H
