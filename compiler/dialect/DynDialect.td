//===- DynDialect.td - the dialect and its enumerations -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DIALECT
#define DYN_DIALECT

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def Dyn_Dialect : Dialect {
  let name = "dyn";
  let cppNamespace = "::dyn";
  let summary = "training programs on tensor values";
  let description = [{
    The dialect that Dyn programs are elaborated into. Element-wise arithmetic
    is `arith` and `math` on scalars or on tensors of equal shape, slicing is
    `tensor`, control flow is `scf`; this dialect adds what those do not say:
    broadcasts, contractions, reductions, indexing by data, windows, counter
    based random numbers, derivatives, and the effects of a training run.

    Rules: no implicit broadcasting or conversion; a value without dimensions
    is a scalar (`f32`), never a rank-0 tensor; at most the leading dimension
    of a tensor is dynamic, and it then is the extent of a bounded batch.
    Everything of a program lives in one function `@train(%run: i64)`.
  }];
}

class Dyn_I64Enum<string name, string summary, list<I64EnumAttrCase> cases>
    : I64EnumAttr<name, summary, cases> { let cppNamespace = "::dyn"; }

def Dyn_ReduceKind : Dyn_I64Enum<"ReduceKind", "how a reduction combines", [
  I64EnumAttrCase<"add", 0>, I64EnumAttrCase<"mul", 1>, I64EnumAttrCase<"max", 2>,
  I64EnumAttrCase<"min", 3>, I64EnumAttrCase<"any", 4>, I64EnumAttrCase<"all", 5>]>;
def Dyn_ArgKind : Dyn_I64Enum<"ArgKind", "which extreme", [
  I64EnumAttrCase<"max", 0>, I64EnumAttrCase<"min", 1>]>;
def Dyn_RandomKind : Dyn_I64Enum<"RandomKind", "what is drawn", [
  I64EnumAttrCase<"uniform", 0>, I64EnumAttrCase<"normal", 1>]>;
def Dyn_ReadKind : Dyn_I64Enum<"ReadKind", "file format of a column", [
  I64EnumAttrCase<"idx", 0>, I64EnumAttrCase<"npy", 1>, I64EnumAttrCase<"csv", 2>,
  I64EnumAttrCase<"bytes", 3>]>;

#endif // DYN_DIALECT
