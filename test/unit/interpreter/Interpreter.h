//===- Interpreter.h - meaning of dyn programs, one element at a time -----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle of the tests: it shares nothing with the lowering. All numbers are
// doubles; a scalar is an array without dimensions.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_INTERPRETER_H
#define DYN_TEST_INTERPRETER_H

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <functional>
#include <vector>

namespace dyn::test {

struct Array {
  llvm::SmallVector<int64_t> shape;
  std::vector<double> data;

  Array() = default;
  explicit Array(double scalar) : data{scalar} {}
  explicit Array(llvm::ArrayRef<int64_t> shape, double fill = 0);
  /// The element at `index`; row-major.
  double &at(llvm::ArrayRef<int64_t> index);
  int64_t integer() const { return int64_t(data[0]); }
};

/// Calls `visit` with every index of `shape`, in row-major order.
void forEach(llvm::ArrayRef<int64_t> shape,
             const std::function<void(llvm::ArrayRef<int64_t>)> &visit);

class Interpreter {
public:
  /// Runs `fn`; fails with a diagnostic at an op it does not know.
  llvm::LogicalResult run(mlir::func::FuncOp fn, llvm::ArrayRef<Array> args,
                          std::vector<Array> &results);
  /// Numbers that `dyn.log` was given, in order.
  std::vector<double> logged;

private:
  llvm::LogicalResult runBlock(mlir::Block &block, std::vector<Array> &out);
  llvm::LogicalResult runOp(mlir::Operation &op);
  llvm::LogicalResult runLoop(mlir::Operation &op);
  bool elementwise(mlir::Operation &op);
  bool tensorOp(mlir::Operation &op);
  bool dynOp(mlir::Operation &op);
  bool summing(mlir::Operation &op);
  bool ordering(mlir::Operation &op);

  const Array &get(mlir::Value v) { return values[v]; }
  std::vector<Array> getAll(mlir::ValueRange range);
  void bind(mlir::ValueRange names, llvm::ArrayRef<Array> arrays);
  /// Shape of `type`, its dynamic dimensions from `extents` in order.
  llvm::SmallVector<int64_t> shapeOf(mlir::Type type, mlir::ValueRange extents = {});
  llvm::SmallVector<int64_t> mixed(llvm::ArrayRef<int64_t> fixed, mlir::ValueRange values);

  llvm::DenseMap<mlir::Value, Array> values;
};

} // namespace dyn::test

#endif // DYN_TEST_INTERPRETER_H
