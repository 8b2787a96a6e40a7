//===- RuntimeCalls.h - calls of the runtime from generated code ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_LOWERING_RUNTIMECALLS_H
#define DYN_LOWERING_RUNTIMECALLS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dyn::lowering {

/// Emits calls of the runtime: numbers only, addresses and handles as i64.
class RuntimeCalls {
public:
  /// `tables` counts the tables of the whole module.
  RuntimeCalls(mlir::ModuleOp module, mlir::Value run, unsigned &tables)
      : b(module.getContext()), loc(module.getLoc()), module(module), run(run), tables(tables) {}

  void before(mlir::Operation *op) {
    b.setInsertionPoint(op);
    loc = op->getLoc();
  }

  mlir::Value i64(int64_t n);
  mlir::Value asI64(mlir::Value v);
  mlir::Value asIndex(mlir::Value v);
  /// Calls `name`, declaring it when new; null without a result.
  mlir::Value call(llvm::StringRef name, mlir::ValueRange args, mlir::Type result = {});
  mlir::Value callI64(llvm::StringRef name, mlir::ValueRange args) {
    return call(name, args, b.getI64Type());
  }

  mlir::Value address(mlir::Value memref);
  /// Address of a constant table of numbers.
  mlir::Value table(llvm::ArrayRef<int64_t> numbers);
  /// Address of a table of run-time numbers.
  mlir::Value list(mlir::ValueRange numbers);

  /// A buffer that holds `v`: its own, or a new one for a scalar.
  mlir::Value buffer(mlir::Value v);
  /// A new buffer for a value of type `type`.
  mlir::Value fresh(mlir::Type type, mlir::ValueRange extents = {});
  /// A buffer for a value of the shape that `v` has.
  mlir::Value freshLike(mlir::Value v);
  /// What `memref` holds, as a value of type `type`; the buffer is given up.
  mlir::Value contents(mlir::Value memref, mlir::Type type);
  /// Type, rank, extents and data of a buffer: how the runtime takes a tensor.
  llvm::SmallVector<mlir::Value> described(mlir::Value memref, mlir::Type type);

  mlir::OpBuilder b;
  mlir::Location loc;

private:
  mlir::ModuleOp module;
  mlir::Value run;
  unsigned &tables;
};

/// Memory of the runtime at an address, as a buffer of bytes. No other buffer overlaps it.
mlir::Value bytesAt(mlir::OpBuilder &b, mlir::Location loc, mlir::Value address, int64_t bytes);

/// Number of an element type in the runtime's header.
int64_t typeCode(mlir::Type type);

} // namespace dyn::lowering

#endif // DYN_LOWERING_RUNTIMECALLS_H
