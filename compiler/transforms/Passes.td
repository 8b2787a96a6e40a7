//===- Passes.td - the passes of this room -------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TRANSFORMS_PASSES
#define DYN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def SimplifyPass : Pass<"dyn-simplify", "::mlir::ModuleOp"> {
  let summary = "smaller dyn programs with the same meaning";
  let description = [{
    Products that are summed become contractions, if a broadcast disappears by it;
    broadcasts and transposes disappear into the labels of contractions; sums over
    windows of contractions become contractions of windows; terms and factors that
    change nothing go. Not part of `-O 0`.
  }];
  let dependentDialects = ["::dyn::DynDialect", "::mlir::arith::ArithDialect"];
}

#endif // DYN_TRANSFORMS_PASSES
