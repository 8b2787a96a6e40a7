//===- Passes.td - the passes of this room -------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_PASSES
#define DYN_AUTODIFF_PASSES

include "mlir/Pass/PassBase.td"

def GradPass : Pass<"dyn-grad", "::mlir::ModuleOp"> {
  let summary = "expand derivatives, innermost first";
  let description = [{
    `dyn.jvp` and `dyn.lift` go forward: each op is followed by its derivative along
    the directions. For `dyn.value_and_grad`, in reverse, the body is copied with a
    record of what its derivative needs, and followed by the derivative of each op in reverse order, as its `Differentiable` interface
    writes it. Loops keep what an iteration needs on a tape that is sized by their
    trip count or bound. What is left are ops that have derivatives themselves, so
    the next one outwards is expanded by the same rules.

    Errors: an op without a derivative (E0220), a loop without a bound (E0222).
  }];
  let dependentDialects = ["::dyn::DynDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // DYN_AUTODIFF_PASSES
