//===- DynInterfaces.td - what every op of the dialect must state ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_INTERFACES
#define DYN_INTERFACES

include "mlir/IR/Interfaces.td"

def Dyn_Differentiable : OpInterface<"Differentiable"> {
  let cppNamespace = "::dyn";
  let description = [{
    The derivatives of an op in both directions, written in ops that are themselves
    differentiable, so that derivatives nest to any order and in any mixture.
  }];
  let methods = [InterfaceMethod<[{
      Appends to `cotangentsIn` one value for each operand (null where the
      derivative is zero or undefined), given the cotangents of the results
      (null where zero). `operands` and `results` are the primal values as they
      are at the insertion point, not necessarily the op's own: the same rule
      serves recomputed bodies.
    }],
    "::llvm::LogicalResult", "buildVJP",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
         "::mlir::ValueRange":$results, "::mlir::ValueRange":$cotangents,
         "::llvm::SmallVectorImpl<::mlir::Value> &":$cotangentsIn)>,
    InterfaceMethod<[{
      Appends to `tangentsOut` one value for each result (null where zero), given
      the tangents of the operands (null where zero or not a float).
    }],
    "::llvm::LogicalResult", "buildJVP",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
         "::mlir::ValueRange":$results, "::mlir::ValueRange":$tangents,
         "::llvm::SmallVectorImpl<::mlir::Value> &":$tangentsOut)>];
}

def Dyn_ShapeRule : OpInterface<"ShapeRule"> {
  let cppNamespace = "::dyn";
  let description = [{
    The shape and the element type of an op's one result, by its operands and
    attributes. It is the op's verifier as well: the result must agree.
  }];
  let methods = [InterfaceMethod<[{
      Sets `shape` (empty for a scalar) and `element`, or says which constraint of
      the op is broken. Extents that only the result states are taken from it.
    }],
    "::llvm::LogicalResult", "inferShape",
    (ins "::llvm::SmallVectorImpl<int64_t> &":$shape, "::mlir::Type &":$element)>];
  let verify = "return ::dyn::verifyShape($_op);";
}

def Dyn_Costed : OpInterface<"Costed"> {
  let cppNamespace = "::dyn";
  let description = "Floating-point operations and bytes moved by one execution.";
  let methods = [
    InterfaceMethod<"Floating-point operations; -1 when an extent is known at run time only.",
      "int64_t", "flops", (ins)>,
    InterfaceMethod<"Bytes read and written once each; -1 when not static.",
      "int64_t", "bytes", (ins)>];
}

def Dyn_Lowerable : OpInterface<"Lowerable"> {
  let cppNamespace = "::dyn";
  let description = [{
    Rewrites the op into linalg, tensor, arith and scf on tensors. Implemented
    as external models by the lowering room.
  }];
  let methods = [InterfaceMethod<"Replaces the op, or fails with a reason.",
    "::llvm::LogicalResult", "lower", (ins "::mlir::RewriterBase &":$rewriter)>];
}

#endif // DYN_INTERFACES
