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
    For `dyn.jvp`, forward, each op is followed by its derivative along the direction.
    For `dyn.value_and_grad`, in reverse, the body is followed by the derivative of
    each op in reverse order, as its `Differentiable` interface writes it; loops keep
    what an iteration needs on a tape that is sized by their trip count or bound.
    `dyn.lift` becomes ops on all members of its frame. What is left are ops that have
    derivatives themselves, so the next one outwards is expanded by the same rules. In
    the end the value of each `dyn.stated` takes its place.

    Errors: an op without a derivative (E0220), a loop without a bound for reverse mode
    (E0222), a stated derivative that is not linear (E0251).
  }];
  let dependentDialects = ["::dyn::DynDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // DYN_AUTODIFF_PASSES
