//===- Passes.td - the passes of this room -------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_LOWERING_PASSES
#define DYN_LOWERING_PASSES

include "mlir/Pass/PassBase.td"

def LowerTensorsPass : Pass<"dyn-lower-tensors", "::mlir::ModuleOp"> {
  let summary = "dyn ops on tensors to linalg.generic";
  let description = [{
    Each op by its `Lowerable` interface; arith and math on tensors to one generic
    each. Sums of products are marked `dyn.contract`, other reductions `dyn.reduce`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::scf::SCFDialect"];
}

def FusePass : Pass<"dyn-fuse", "::mlir::ModuleOp"> {
  let summary = "fuse element-wise producers into their consumers";
  let description = [{
    A producer is computed in its consumer if it has no other, costs nothing, or is
    cheap and would not be stored for anyone. What is stored anyway is computed in
    the loop that reads it. Contractions read windows and transposes from where the
    elements lie. Not part of `-O 0`.
  }];
}

def LowerEffectsPass : Pass<"dyn-lower-effects", "::mlir::ModuleOp"> {
  let summary = "effects of a run to calls of the runtime";
  let description = [{
    Reading, logging, saving, claims, checks and checkpoints become calls of the
    functions in `runtime/include/dyn/runtime.h`, with numbers and addresses only.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def DestinationsPass : Pass<"dyn-destinations", "::mlir::ModuleOp"> {
  let summary = "choose where values are written";
  let description = [{
    Every op gets a destination of its own, and what an iteration yields goes to the
    place where the iteration found it, so that loops carry buffers.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def LowerCopiesPass : Pass<"dyn-copies-to-loops", "::mlir::ModuleOp"> {
  let summary = "copies of buffers to linalg.generic";
  let description = "So that no call of a library is left.";
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def PlanMemoryPass : Pass<"dyn-plan-memory", "::mlir::ModuleOp"> {
  let summary = "place all buffers of an entry in one arena";
  let description = [{
    Buffers are placed big ones first, each into the tightest gap between those in
    use at the same time; run-time extents count with their bound. The size of the
    arena is the module's `dyn.arena_bytes`.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // DYN_LOWERING_PASSES
