//===- Entries.h - the functions that are called from outside -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DIALECT_ENTRIES_H
#define DYN_DIALECT_ENTRIES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace dyn {

/// The public functions of a module: `train`, or what a host calls. Kernels, tasks and
/// the runtime's functions are private. Argument 0 is the run, 1 the table of a host.
inline llvm::SmallVector<mlir::func::FuncOp> entriesOf(mlir::ModuleOp module) {
  llvm::SmallVector<mlir::func::FuncOp> all;
  for (auto fn : module.getOps<mlir::func::FuncOp>())
    if (fn.isPublic() && !fn.isDeclaration())
      all.push_back(fn);
  return all;
}

} // namespace dyn

#endif // DYN_DIALECT_ENTRIES_H
