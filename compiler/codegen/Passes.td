//===- Passes.td - the passes of this room -------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_PASSES
#define DYN_CODEGEN_PASSES

include "mlir/Pass/PassBase.td"

def OutlineKernelsPass : Pass<"dyn-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "one function for each different kernel";
  let description = [{
    Every linalg op of an entry, a group that runs row by row, or a contraction with
    what reads it element by element becomes a call of a function of its buffers; equal kernels are one function, so that layers of equal
    shape share their code.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def EmitLoopsPass : Pass<"dyn-emit-loops", "::mlir::ModuleOp"> {
  let summary = "linalg in kernels to loops and tasks";
  let description = [{
    Sums of products by the contraction generator (copied panels, register tiles,
    an element-wise tail on complete tiles),
    what vectors can do as vector loops, the rest as plain loops. Loops are cut into
    tasks by shape alone, so results do not depend on the number of threads.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::vector::VectorDialect"];
}

def ExpandMathPass : Pass<"dyn-expand-math", "::mlir::ModuleOp"> {
  let summary = "transcendental functions as polynomials";
  let description = [{
    In single precision; double precision keeps the library's functions. Loops over
    them vectorize, and every host gets the same bits.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ParallelTasksPass : Pass<"dyn-parallel-tasks", "::mlir::ModuleOp"> {
  let summary = "scf.forall to the runtime's parallel loop";
  let description = [{
    The body becomes a function of an environment and an index, called by
    `dyn_rt_parallel_for`, or directly where there is one task.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect",
                           "::mlir::arith::ArithDialect"];
}

#endif // DYN_CODEGEN_PASSES
