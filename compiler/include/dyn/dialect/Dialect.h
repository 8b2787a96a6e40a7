//===- Dialect.h - the dyn dialect: ops, enumerations, interfaces ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DIALECT_DIALECT_H
#define DYN_DIALECT_DIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace dyn {
/// Whether the result of an op agrees with its `ShapeRule`; says why not.
llvm::LogicalResult verifyShape(mlir::Operation *op);
} // namespace dyn

#include "DynDialect.h.inc"
#include "DynEnums.h.inc"
#include "DynInterfaces.h.inc"
#define GET_OP_CLASSES
#include "DynOps.h.inc"

#endif // DYN_DIALECT_DIALECT_H
