//===- Interpreter.cpp - functions, loops and branches --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Interpreter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numeric>

using namespace mlir;
using namespace dyn::test;

Array::Array(ArrayRef<int64_t> s, double fill) : shape(s) {
  data.assign(std::accumulate(s.begin(), s.end(), int64_t(1), std::multiplies<>()), fill);
}

double &Array::at(ArrayRef<int64_t> index) {
  int64_t offset = 0;
  for (auto [extent, i] : llvm::zip_equal(shape, index))
    offset = offset * extent + i;
  return data[offset];
}

void dyn::test::forEach(ArrayRef<int64_t> shape,
                        const std::function<void(ArrayRef<int64_t>)> &visit) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t> index(shape.size());
  while (true) {
    visit(index);
    size_t d = shape.size();
    while (d > 0 && ++index[d - 1] == shape[d - 1])
      index[--d] = 0;
    if (d == 0)
      return;
  }
}

std::vector<Array> Interpreter::getAll(ValueRange range) {
  std::vector<Array> out;
  for (Value v : range)
    out.push_back(get(v));
  return out;
}

void Interpreter::bind(ValueRange names, ArrayRef<Array> arrays) {
  for (auto [name, array] : llvm::zip_equal(names, arrays))
    values[name] = array;
}

SmallVector<int64_t> Interpreter::shapeOf(Type type, ValueRange extents) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? mixed(tensor.getShape(), extents) : SmallVector<int64_t>{};
}

SmallVector<int64_t> Interpreter::mixed(ArrayRef<int64_t> fixed, ValueRange given) {
  SmallVector<int64_t> out;
  size_t next = 0;
  for (int64_t d : fixed)
    out.push_back(ShapedType::isDynamic(d) ? get(given[next++]).integer() : d);
  return out;
}

LogicalResult Interpreter::run(func::FuncOp fn, ArrayRef<Array> args, std::vector<Array> &results) {
  values.clear();
  bind(fn.getArguments(), args);
  return runBlock(fn.getBody().front(), results);
}

LogicalResult Interpreter::runBlock(Block &block, std::vector<Array> &out) {
  for (Operation &op : block.without_terminator())
    if (failed(runOp(op)))
      return failure();
  out = getAll(block.getTerminator()->getOperands());
  return success();
}

LogicalResult Interpreter::runOp(Operation &op) {
  if (isa<scf::IfOp, scf::ForOp, scf::WhileOp>(op))
    return runLoop(op);
  if (auto log = dyn_cast<LogOp>(op)) {
    logged.push_back(get(log.getValue()).data[0]);
    return success();
  }
  if (elementwise(op) || tensorOp(op) || dynOp(op) || summing(op) || ordering(op))
    return success();
  return op.emitOpError("is not known to the interpreter");
}

LogicalResult Interpreter::runLoop(Operation &raw) {
  std::vector<Array> state;
  if (auto op = dyn_cast<scf::IfOp>(raw)) {
    Region &taken = get(op.getCondition()).data[0] ? op.getThenRegion() : op.getElseRegion();
    if (!taken.empty() && failed(runBlock(taken.front(), state)))
      return failure();
  } else if (auto op = dyn_cast<scf::ForOp>(raw)) {
    state = getAll(op.getInitArgs());
    int64_t step = get(op.getStep()).integer();
    for (int64_t i = get(op.getLowerBound()).integer(); i < get(op.getUpperBound()).integer();
         i += step) {
      values[op.getInductionVar()] = Array(double(i));
      bind(op.getRegionIterArgs(), state);
      if (failed(runBlock(*op.getBody(), state)))
        return failure();
    }
  } else {
    auto loop = cast<scf::WhileOp>(raw);
    state = getAll(loop.getInits());
    while (true) {
      bind(loop.getBeforeArguments(), state);
      if (failed(runBlock(*loop.getBeforeBody(), state)))
        return failure();
      bool go = state.front().data[0] != 0;
      state.erase(state.begin());
      if (!go)
        break;
      bind(loop.getAfterArguments(), state);
      if (failed(runBlock(*loop.getAfterBody(), state)))
        return failure();
    }
  }
  bind(raw.getResults(), state);
  return success();
}
