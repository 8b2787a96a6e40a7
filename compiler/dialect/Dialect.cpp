//===- Dialect.cpp - registration of the dyn dialect ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Dialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

#include "DynDialect.cpp.inc"
#include "DynEnums.cpp.inc"
#include "DynInterfaces.cpp.inc"

void dyn::DynDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "DynOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "DynOps.cpp.inc"
