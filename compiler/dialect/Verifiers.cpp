//===- Verifiers.cpp - what makes an op of the dialect well formed --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Dialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace dyn;

namespace {

/// Shape of a value; a scalar has none.
ArrayRef<int64_t> shapeOf(Value v) {
  auto t = dyn_cast<RankedTensorType>(v.getType());
  return t ? t.getShape() : ArrayRef<int64_t>{};
}

bool agree(int64_t a, int64_t b) {
  return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
}

Type elementOf(Value v) { return getElementTypeOrSelf(v.getType()); }

/// As many extents as the result has dynamic dimensions.
LogicalResult expectExtents(Operation *op, Value result, size_t given) {
  if (llvm::count_if(shapeOf(result), ShapedType::isDynamic) == int64_t(given))
    return success();
  return op->emitOpError() << "needs one extent for each dynamic result dimension (C2)";
}

using Shape = SmallVectorImpl<int64_t>;

} // namespace

LogicalResult dyn::verifyShape(Operation *op) {
  SmallVector<int64_t> want;
  Type element;
  if (failed(cast<ShapeRule>(op).inferShape(want, element)))
    return failure();
  Value result = op->getResult(0);
  ArrayRef<int64_t> got = shapeOf(result);
  bool same = got.size() == want.size();
  for (size_t i = 0; same && i < got.size(); ++i)
    same = agree(got[i], want[i]);
  if (!same)
    return op->emitOpError() << "expected a result of shape [" << want << "], found [" << got
                             << "]";
  if (elementOf(result) != element)
    return op->emitOpError() << "expected a result of " << element << ", found "
                             << elementOf(result);
  return success();
}

LogicalResult BroadcastOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  if (getDims().size() != in.size())
    return emitOpError() << "has " << getDims().size() << " dims for an input of rank " << in.size()
                         << " (C1)";
  shape.assign(out.begin(), out.end());
  element = elementOf(getInput());
  int64_t last = -1;
  for (auto [i, d] : llvm::enumerate(getDims())) {
    if (d <= last || d >= (int64_t)out.size() || !agree(in[i], out[d]))
      return emitOpError() << "cannot place dimension " << i << " at " << d << " (C1)";
    last = d;
  }
  return expectExtents(*this, getResult(), getExtents().size());
}

LogicalResult TransposeOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput());
  SmallVector<bool> seen(in.size());
  if (getPermutation().size() != in.size())
    return emitOpError() << "permutation has another length than the rank (C1)";
  for (int64_t p : getPermutation()) {
    if (p < 0 || p >= (int64_t)in.size() || seen[p])
      return emitOpError() << "is not given a permutation (C1)";
    seen[p] = true;
    shape.push_back(in[p]);
  }
  element = elementOf(getInput());
  return success();
}

LogicalResult ReshapeOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  auto count = [](ArrayRef<int64_t> s) {
    int64_t n = 1;
    for (int64_t d : s)
      n *= ShapedType::isDynamic(d) ? 1 : d;
    return n;
  };
  if (count(in) != count(out))
    return emitOpError() << "changes the number of elements (C1)";
  auto dynamic = [](ArrayRef<int64_t> s) { return llvm::count_if(s, ShapedType::isDynamic); };
  auto leads = [&](ArrayRef<int64_t> s) {
    return dynamic(s) == 0 || (dynamic(s) == 1 && ShapedType::isDynamic(s[0]));
  };
  if (dynamic(in) != dynamic(out) || !leads(in) || !leads(out))
    return emitOpError() << "moves a dynamic dimension (C2)";
  shape.assign(out.begin(), out.end());
  element = elementOf(getInput());
  return success();
}

LogicalResult IotaOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> out = shapeOf(getResult());
  if (out.size() != 1)
    return emitOpError() << "counts along one dimension";
  shape.assign(out.begin(), out.end());
  element = elementOf(getResult());
  return expectExtents(*this, getResult(), getExtent() ? 1 : 0);
}

LogicalResult ContractOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> out = shapeOf(getResult());
  SmallVector<int64_t> extents;
  SmallVector<bool> labelled(out.size());
  auto visit = [&](ArrayRef<int64_t> labels, ArrayRef<int64_t> shape) -> LogicalResult {
    if (labels.size() != shape.size())
      return emitOpError() << "needs one label for each dimension (C1)";
    llvm::SmallSet<int64_t, 8> mine;
    for (auto [l, d] : llvm::zip(labels, shape)) {
      if (l < 0 || !mine.insert(l).second)
        return emitOpError() << "repeats label " << l << " in one operand (C1)";
      if (l >= (int64_t)extents.size())
        extents.resize(l + 1, ShapedType::kDynamic);
      if (!agree(extents[l], d) || (l < (int64_t)out.size() && !agree(out[l], d)))
        return emitOpError() << "gives label " << l << " two extents (C3)";
      if (!ShapedType::isDynamic(d))
        extents[l] = d;
      if (l < (int64_t)out.size())
        labelled[l] = true;
    }
    return success();
  };
  if (failed(visit(getLhsLabels(), shapeOf(getLhs()))) ||
      failed(visit(getRhsLabels(), shapeOf(getRhs()))))
    return failure();
  if (!llvm::all_of(labelled, [](bool b) { return b; }))
    return emitOpError() << "has a result dimension that no operand labels (C2)";
  if (elementOf(getLhs()) != elementOf(getRhs()))
    return emitOpError() << "multiplies " << elementOf(getLhs()) << " by " << elementOf(getRhs());
  shape.assign(extents.begin(), extents.begin() + out.size());
  element = elementOf(getLhs());
  return success();
}

LogicalResult ReduceOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput());
  if (getDims().empty() || !llvm::is_sorted(getDims()) || getDims().front() < 0 ||
      getDims().back() >= (int64_t)in.size())
    return emitOpError() << "needs at least one dimension, sorted and in range (C1)";
  for (auto [i, d] : llvm::enumerate(in))
    if (!llvm::is_contained(getDims(), (int64_t)i))
      shape.push_back(d);
  element = elementOf(getInput());
  return success();
}

LogicalResult ArgReduceOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput());
  if ((int64_t)getDim() < 0 || (int64_t)getDim() >= (int64_t)in.size())
    return emitOpError() << "dimension out of range";
  shape.assign(in.begin(), in.end());
  shape.erase(shape.begin() + getDim());
  element = IntegerType::get(getContext(), 64);
  return success();
}

/// What has an order, in vectors of a static extent (C1, C3), and which of them count (C2).
static LogicalResult orderable(Operation *op, Value input, Value live) {
  ArrayRef<int64_t> in = shapeOf(input);
  Type e = elementOf(input);
  if (!e.isF32() && !e.isF64() && !e.isInteger(64))
    return op->emitOpError() << "orders f32, f64 and i64, not " << e << " (C1)";
  if (live && (shapeOf(live) != in || !elementOf(live).isInteger(1)))
    return op->emitOpError() << "needs one `i1` for each element as `live` (C2)";
  if (in.empty() || ShapedType::isDynamic(in.back()))
    return op->emitOpError() << "orders along a last dimension of static extent (C3)";
  return success();
}

LogicalResult FirstOp::inferShape(Shape &shape, Type &element) {
  shape.assign(shapeOf(getInput()).begin(), shapeOf(getInput()).end());
  element = IntegerType::get(getContext(), 1);
  return orderable(*this, getInput(), getLive());
}

LogicalResult KthOp::inferShape(Shape &shape, Type &element) {
  if (failed(orderable(*this, getInput(), getLive())))
    return failure();
  ArrayRef<int64_t> rows = shapeOf(getInput()).drop_back();
  shape.assign(rows.begin(), rows.end());
  element = IntegerType::get(getContext(), 64);
  return success();
}

LogicalResult OrderOp::inferShape(Shape &shape, Type &element) {
  shape.assign(shapeOf(getInput()).begin(), shapeOf(getInput()).end());
  element = IntegerType::get(getContext(), 64);
  return orderable(*this, getInput(), {});
}

/// Splits [batch..., n, slice...] and [batch..., i...]; gives [batch..., i..., slice...].
static LogicalResult gatherShape(Operation *op, ArrayRef<int64_t> table, ArrayRef<int64_t> indices,
                                 size_t batch, Shape &out) {
  if (table.size() < batch + 1 || indices.size() < batch)
    return op->emitOpError() << "has too few dimensions for " << batch << " shared ones";
  for (size_t i = 0; i < batch; ++i)
    if (!agree(table[i], indices[i]))
      return op->emitOpError() << "shared dimension " << i << " differs";
  out.assign(indices.begin(), indices.end());
  out.append(table.begin() + batch + 1, table.end());
  return success();
}

LogicalResult GatherOp::inferShape(Shape &shape, Type &element) {
  element = elementOf(getTable());
  return gatherShape(*this, shapeOf(getTable()), shapeOf(getIndices()), getBatch(), shape);
}

LogicalResult ScatterAddOp::inferShape(Shape &shape, Type &element) {
  SmallVector<int64_t> want;
  ArrayRef<int64_t> out = shapeOf(getResult()), got = shapeOf(getUpdates());
  if (failed(gatherShape(*this, out, shapeOf(getIndices()), getBatch(), want)))
    return failure();
  if (want.size() != got.size() || !llvm::all_of_zip(want, got, agree))
    return emitOpError() << "expected updates of shape [" << want << "], found [" << got << "]";
  shape.assign(out.begin(), out.end());
  element = elementOf(getUpdates());
  return expectExtents(*this, getResult(), getExtents().size());
}

/// `flat` and its `windows` along `dim` agree in all other dimensions.
static LogicalResult windowShape(Operation *op, ArrayRef<int64_t> flat, ArrayRef<int64_t> windows,
                                 int64_t dim, int64_t stride, int64_t dilation) {
  if (dim < 0 || dim >= (int64_t)flat.size() || windows.size() != flat.size() + 1 ||
      ShapedType::isDynamic(flat[dim]))
    return op->emitOpError() << "needs a static dimension in range (C1)";
  if (stride < 1 || dilation == 0)
    return op->emitOpError() << "needs a positive stride and a dilation that is not 0";
  for (int64_t i = 0; i < (int64_t)flat.size(); ++i)
    if (i != dim && !agree(flat[i], windows[i < dim ? i : i + 1]))
      return op->emitOpError() << "changes dimension " << i;
  return success();
}

LogicalResult WindowOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> out = shapeOf(getResult());
  shape.assign(out.begin(), out.end());
  element = elementOf(getInput());
  return windowShape(*this, shapeOf(getInput()), out, getDim(), getStride(), getDilation());
}

LogicalResult UnwindowOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> out = shapeOf(getResult());
  shape.assign(out.begin(), out.end());
  element = elementOf(getInput());
  return windowShape(*this, out, shapeOf(getInput()), getDim(), getStride(), getDilation());
}

LogicalResult RandomOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> out = shapeOf(getResult());
  shape.assign(out.begin(), out.end());
  element = elementOf(getResult());
  if (!isa<FloatType>(element))
    return emitOpError() << "draws real numbers, not " << element;
  return expectExtents(*this, getResult(), getExtents().size());
}

LogicalResult StopOp::inferShape(Shape &shape, Type &element) {
  ArrayRef<int64_t> in = shapeOf(getInput());
  shape.assign(in.begin(), in.end());
  element = elementOf(getInput());
  return success();
}

LogicalResult ValueAndGradOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getWrt().getTypes())
    return emitOpError() << "block arguments differ from `wrt` (C1)";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().empty() || !isa<FloatType>(yield.getValues()[0].getType()))
    return emitOpError() << "must yield a float scalar first (C2)";
  SmallVector<Type> want(yield.getValues().getTypes());
  llvm::append_range(want, getWrt().getTypes());
  if (!llvm::equal(want, getResultTypes()))
    return emitOpError() << "results are the yielded values and one gradient for each of `wrt`";
  return success();
}

LogicalResult JvpOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getWrt().getTypes() ||
      getWrt().getTypes() != getAlong().getTypes())
    return emitOpError() << "block arguments, `wrt` and `along` differ in type (C1)";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || getOutputs() > yield.getValues().size())
    return emitOpError() << "yields fewer than " << getOutputs() << " values (C2)";
  SmallVector<Type> want(yield.getValues().getTypes());
  for (Value v : yield.getValues().take_front(getOutputs())) {
    if (!isa<FloatType>(getElementTypeOrSelf(v.getType())))
      return emitOpError() << "has an output that is not a float (C2)";
    want.push_back(v.getType());
  }
  if (!llvm::equal(want, getResultTypes()))
    return emitOpError() << "results are the yielded values and one tangent for each output";
  return success();
}

int64_t LiftOp::axisIn(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() && tensor.isDynamicDim(0) ? 1 : 0;
}

Type LiftOp::framed(Type type, int64_t extent) {
  SmallVector<int64_t> shape;
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    llvm::append_range(shape, tensor.getShape());
  shape.insert(shape.begin() + axisIn(type), extent);
  return RankedTensorType::get(shape, getElementTypeOrSelf(type));
}

int64_t LiftOp::getExtent() {
  Type arg = getBody().front().getArgument(0).getType();
  return cast<RankedTensorType>(getInputs()[0].getType()).getDimSize(axisIn(arg));
}

LogicalResult LiftOp::verify() {
  Block &block = getBody().front();
  if (getInputs().empty() || block.getNumArguments() != getInputs().size())
    return emitOpError() << "needs one block argument for each of at least one operand (C1)";
  auto first = cast<RankedTensorType>(getInputs()[0].getType());
  int64_t axis = axisIn(block.getArgument(0).getType());
  if (axis >= first.getRank() || first.isDynamicDim(axis))
    return emitOpError() << "needs a static frame (C1)";
  for (auto [arg, in] : llvm::zip(block.getArguments(), getInputs()))
    if (framed(arg.getType(), getExtent()) != in.getType())
      return emitOpError() << "operand " << arg.getArgNumber() << " has not the frame (C1)";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || getLifted() > yield.getValues().size())
    return emitOpError() << "yields fewer than " << getLifted() << " values";
  SmallVector<Type> want(yield.getValues().getTypes());
  for (Type &t : llvm::MutableArrayRef<Type>(want).take_front(getLifted()))
    t = framed(t, getExtent());
  if (!llvm::equal(want, getResultTypes()))
    return emitOpError() << "results are the yielded values, the first " << getLifted()
                         << " with the frame";
  return success();
}

LogicalResult StatedOp::verify() {
  SmallVector<Type> rule(getInputs().getTypes());
  rule.push_back(getResult().getType());
  for (Type t : getInputs().getTypes())
    if (isa<FloatType>(getElementTypeOrSelf(t)))
      rule.push_back(t);
  if (getValue().front().getArgumentTypes() != getInputs().getTypes())
    return emitOpError() << "arguments of `value` differ from `inputs` (C1)";
  if (!llvm::equal(getRule().front().getArgumentTypes(), rule))
    return emitOpError() << "`rule` takes the inputs, the result and a tangent for each float (C2)";
  for (Region &r : getOperation()->getRegions()) {
    auto yield = dyn_cast<YieldOp>(r.front().getTerminator());
    if (!yield || !llvm::equal(yield.getValues().getTypes(), getOperation()->getResultTypes()))
      return emitOpError() << "both regions yield one value of the result's type";
  }
  return success();
}
