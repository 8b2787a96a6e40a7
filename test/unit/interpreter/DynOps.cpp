//===- DynOps.cpp - the ops of the dialect, straight from their text ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Interpreter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace dyn;
using namespace dyn::test;

bool Interpreter::dynOp(Operation &raw) {
  Array out;
  if (auto op = dyn_cast<BroadcastOp>(raw)) {
    Array in = get(op.getInput());
    out = Array(shapeOf(op.getType(), op.getExtents()));
    forEach(out.shape, [&](ArrayRef<int64_t> i) {
      SmallVector<int64_t> j;
      for (int64_t d : op.getDims())
        j.push_back(i[d]);
      out.at(i) = in.at(j);
    });
  } else if (auto op = dyn_cast<TransposeOp>(raw)) {
    Array in = get(op.getInput());
    SmallVector<int64_t> shape, j(in.shape.size());
    for (int64_t p : op.getPermutation())
      shape.push_back(in.shape[p]);
    out = Array(shape);
    forEach(shape, [&](ArrayRef<int64_t> i) {
      for (auto [k, p] : llvm::enumerate(op.getPermutation()))
        j[p] = i[k];
      out.at(i) = in.at(j);
    });
  } else if (auto op = dyn_cast<ReshapeOp>(raw)) {
    out = get(op.getInput());
    int64_t lead = out.shape.empty() ? 1 : out.shape[0];
    out.shape.assign(op.getType().getShape().begin(), op.getType().getShape().end());
    if (!out.shape.empty() && ShapedType::isDynamic(out.shape[0]))
      out.shape[0] = lead;
  } else if (auto op = dyn_cast<IotaOp>(raw)) {
    SmallVector<Value> extents;
    if (op.getExtent())
      extents.push_back(op.getExtent());
    out = Array(shapeOf(op.getType(), extents));
    for (size_t i = 0; i < out.data.size(); ++i)
      out.data[i] = double(i);
  } else if (auto op = dyn_cast<WindowOp>(raw)) {
    Array in = get(op.getInput());
    int64_t dim = op.getDim(), extent = in.shape[dim];
    SmallVector<int64_t> shape(op.getType().getShape());
    if (ShapedType::isDynamic(shape[0]))
      shape[0] = in.shape[0];
    out = Array(shape);
    forEach(shape, [&](ArrayRef<int64_t> i) {
      SmallVector<int64_t> j(i);
      int64_t at = i[dim] * op.getStride() + i[dim + 1] * op.getDilation() - op.getLow();
      j.erase(j.begin() + dim);
      j[dim] = at;
      out.at(i) = at >= 0 && at < extent ? in.at(j) : 0;
    });
  } else if (auto op = dyn_cast<UnwindowOp>(raw)) {
    Array in = get(op.getInput());
    int64_t dim = op.getDim();
    SmallVector<int64_t> shape(op.getType().getShape());
    if (ShapedType::isDynamic(shape[0]))
      shape[0] = in.shape[0];
    out = Array(shape);
    forEach(in.shape, [&](ArrayRef<int64_t> i) {
      SmallVector<int64_t> j(i);
      int64_t at = i[dim] * op.getStride() + i[dim + 1] * op.getDilation() - op.getLow();
      j.erase(j.begin() + dim);
      j[dim] = at;
      if (at >= 0 && at < shape[dim])
        out.at(j) += in.at(i);
    });
  } else {
    return false;
  }
  values[raw.getResult(0)] = std::move(out);
  return true;
}

/// Index of the element of a gathered table that result index `i` names.
static SmallVector<int64_t> tableIndex(ArrayRef<int64_t> i, Array &indices, int64_t batch) {
  size_t n = indices.shape.size();
  SmallVector<int64_t> out(i.take_front(batch));
  out.push_back(int64_t(indices.at(i.take_front(n))));
  out.append(i.begin() + n, i.end());
  return out;
}

/// Positions of the last dimension in order: rising for `min`, falling for `max`; NaN last.
static std::vector<int64_t> positions(ArgKind kind, ArrayRef<double> row) {
  std::vector<int64_t> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int64_t i, int64_t j) {
    double x = row[i], y = row[j];
    if (std::isnan(x) || std::isnan(y))
      return !std::isnan(x) && std::isnan(y);
    return kind == ArgKind::max ? x > y : x < y;
  });
  return order;
}

bool Interpreter::ordering(Operation &raw) {
  auto kind = raw.getAttrOfType<ArgKindAttr>("kind");
  if (!isa<FirstOp, KthOp, OrderOp>(raw))
    return false;
  Array in = get(raw.getOperand(0)), out = in;
  int64_t n = in.shape.back(), k = n;
  if (raw.getNumOperands() > 1)
    k = int64_t(get(raw.getOperand(1)).data[0]);
  if (isa<KthOp>(raw))
    out = Array(ArrayRef(in.shape).drop_back());
  for (size_t row = 0; row * size_t(n) < in.data.size(); ++row) {
    std::vector<int64_t> order =
        positions(kind.getValue(), ArrayRef(in.data).slice(row * size_t(n), size_t(n)));
    if (raw.getNumOperands() > 2) {
      Array live = get(raw.getOperand(2));
      llvm::erase_if(order, [&](int64_t i) { return live.data[row * size_t(n) + size_t(i)] == 0; });
    }
    double *at = out.data.data() + row * size_t(isa<KthOp>(raw) ? 1 : n);
    if (isa<KthOp>(raw))
      *at = double(order[size_t(k - 1)]);
    else if (isa<OrderOp>(raw))
      std::copy(order.begin(), order.end(), at);
    else
      for (int64_t i = 0; i < n; ++i)
        at[i] = std::find(order.begin(), order.begin() + k, i) != order.begin() + k;
  }
  values[raw.getResult(0)] = std::move(out);
  return true;
}

static double neutral(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::add:
  case ReduceKind::any:
    return 0;
  case ReduceKind::mul:
  case ReduceKind::all:
    return 1;
  case ReduceKind::max:
    return -std::numeric_limits<double>::infinity();
  case ReduceKind::min:
    return std::numeric_limits<double>::infinity();
  }
  return 0;
}

static double combine(ReduceKind kind, double x, double y) {
  if (std::isnan(x) || std::isnan(y))
    return NAN;
  switch (kind) {
  case ReduceKind::add:
    return x + y;
  case ReduceKind::mul:
    return x * y;
  case ReduceKind::max:
    return std::fmax(x, y);
  case ReduceKind::min:
    return std::fmin(x, y);
  case ReduceKind::any:
    return x != 0 || y != 0;
  case ReduceKind::all:
    return x != 0 && y != 0;
  }
  return NAN;
}

bool Interpreter::summing(Operation &raw) {
  Array out;
  if (auto op = dyn_cast<ContractOp>(raw)) {
    Array l = get(op.getLhs()), r = get(op.getRhs());
    SmallVector<int64_t> extents;
    auto collect = [&](ArrayRef<int64_t> labels, ArrayRef<int64_t> shape) {
      for (auto [label, extent] : llvm::zip_equal(labels, shape)) {
        extents.resize(std::max<size_t>(extents.size(), label + 1), 1);
        extents[label] = extent;
      }
    };
    collect(op.getLhsLabels(), l.shape);
    collect(op.getRhsLabels(), r.shape);
    auto result = dyn_cast<RankedTensorType>(op.getResult().getType());
    size_t rank = result ? result.getRank() : 0;
    out = Array(ArrayRef(extents).take_front(rank));
    auto pick = [](ArrayRef<int64_t> i, ArrayRef<int64_t> labels) {
      SmallVector<int64_t> j;
      for (int64_t label : labels)
        j.push_back(i[label]);
      return j;
    };
    forEach(extents, [&](ArrayRef<int64_t> i) {
      out.at(i.take_front(rank)) +=
          l.at(pick(i, op.getLhsLabels())) * r.at(pick(i, op.getRhsLabels()));
    });
  } else if (auto op = dyn_cast<ReduceOp>(raw)) {
    Array in = get(op.getInput());
    SmallVector<int64_t> shape;
    for (auto [d, extent] : llvm::enumerate(in.shape))
      if (!llvm::is_contained(op.getDims(), int64_t(d)))
        shape.push_back(extent);
    out = Array(shape, neutral(op.getKind()));
    forEach(in.shape, [&](ArrayRef<int64_t> i) {
      SmallVector<int64_t> j;
      for (auto [d, at] : llvm::enumerate(i))
        if (!llvm::is_contained(op.getDims(), int64_t(d)))
          j.push_back(at);
      out.at(j) = combine(op.getKind(), out.at(j), in.at(i));
    });
  } else if (auto op = dyn_cast<GatherOp>(raw)) {
    Array table = get(op.getTable()), indices = get(op.getIndices());
    SmallVector<int64_t> shape(indices.shape);
    shape.append(table.shape.begin() + op.getBatch() + 1, table.shape.end());
    out = Array(shape);
    forEach(shape, [&](ArrayRef<int64_t> i) {
      out.at(i) = table.at(tableIndex(i, indices, op.getBatch()));
    });
  } else if (auto op = dyn_cast<ScatterAddOp>(raw)) {
    Array updates = get(op.getUpdates()), indices = get(op.getIndices());
    out = Array(shapeOf(op.getType(), op.getExtents()));
    forEach(updates.shape, [&](ArrayRef<int64_t> i) {
      out.at(tableIndex(i, indices, op.getBatch())) += updates.at(i);
    });
  } else {
    return false;
  }
  values[raw.getResult(0)] = std::move(out);
  return true;
}
