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

/// `dyn-expand-math`: exp, log, tanh, ... as polynomials, so that loops over
/// them vectorize and every host gets the same bits.
std::unique_ptr<mlir::Pass> createExpandMathPass();
/// `dyn-outline-kernels`: every linalg op of @train becomes a call of a kernel
/// function; equal kernels are one function.
std::unique_ptr<mlir::Pass> createOutlineKernelsPass();
/// `dyn-emit-loops`: linalg in kernels to loops, large ones cut into tasks.
std::unique_ptr<mlir::Pass> createEmitLoopsPass();
/// `dyn-parallel-tasks`: scf.forall becomes dyn_rt_parallel_for over an outlined task.
std::unique_ptr<mlir::Pass> createParallelTasksPass();

/// Kernels of the optimised pipeline.
void buildKernelPipeline(mlir::OpPassManager &pm);

void registerCodegen(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_CODEGEN_PASSES_H
