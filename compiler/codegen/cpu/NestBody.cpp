//===- NestBody.cpp - the body of an op on vectors ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What does not change along the vector loop stays scalar and is computed once
// before it. The rest becomes vectors: reads of neighbours are vector loads,
// other reads are gathers.
//
//===----------------------------------------------------------------------===//
#include "NestBody.h"
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn::codegen;

NestBody::NestBody(OpBuilder &b, const Nest &nest) : b(b), nest(nest), loc(nest.op.getLoc()) {
  linalg::GenericOp op = nest.op;
  if (!nest.hasVector())
    return;
  if (nest.sumsAlongVector())
    combiners.insert(nest.combiners.begin(), nest.combiners.end());
  for (auto [i, arg] : llvm::enumerate(op.getBody()->getArguments()))
    if (nest.walks[i].strides[nest.vector] || (!nest.sumsAlongVector() && isResult(i)))
      varying.insert(arg);
  for (Operation &o : op.getBody()->without_terminator()) {
    auto index = dyn_cast<linalg::IndexOp>(o);
    if ((index && nest.loopOf[index.getDim()] == int(nest.vector)) ||
        llvm::any_of(o.getOperands(), [&](Value v) { return isVarying(v); }))
      varying.insert(o.getResults().begin(), o.getResults().end());
  }
}

Value NestBody::index(int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); }
Value NestBody::add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(loc, x, y); }
Value NestBody::mul(Value x, int64_t y) { return b.createOrFold<arith::MulIOp>(loc, x, index(y)); }

Value NestBody::constant(Attribute value, Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    value = DenseElementsAttr::get(vector, value);
  return arith::ConstantOp::create(b, loc, type, cast<TypedAttr>(value));
}

Value NestBody::allLanes() {
  return constant(b.getBoolAttr(true), VectorType::get({lanes}, b.getI1Type()));
}

Value NestBody::dynamicMask(Value count) {
  return vector::CreateMaskOp::create(b, loc, VectorType::get({lanes}, b.getI1Type()),
                                      ValueRange{count});
}

Value NestBody::distances(int64_t stride) {
  SmallVector<int64_t> values;
  for (int64_t i = 0; i < lanes; ++i)
    values.push_back(i * stride);
  auto type = VectorType::get({lanes}, b.getIndexType());
  return arith::ConstantOp::create(b, loc, DenseIntElementsAttr::get(type, values));
}

Value NestBody::wide(Value v) { return widened(b, loc, v, lanes); }

void NestBody::begin() {
  for (Value v : nest.op->getOperands()) {
    bool buffer = isa<MemRefType>(v.getType());
    flat.push_back(buffer ? flatten(b, loc, v) : v);
    offsets.push_back(buffer ? offsetOf(b, loc, v) : Value());
  }
  linalg::GenericOp op = nest.op;
  for (auto load : op.getBody()->getOps<memref::LoadOp>())
    if (isVarying(load) && !computed.count(load.getMemRef()))
      computed[load.getMemRef()] = {flatten(b, loc, load.getMemRef()),
                                    offsetOf(b, loc, load.getMemRef())};
}

Value NestBody::extentOf(unsigned l) {
  const NestLoop &loop = nest.loops[l];
  if (!loop.isDynamic())
    return index(loop.extent);
  Value buffer = nest.op->getOperand(loop.operand);
  return mul(memref::DimOp::create(b, loc, buffer, int64_t(loop.dim)), loop.factor);
}

Value NestBody::base(unsigned operand, ValueRange ivs) {
  const Walk &walk = nest.walks[operand];
  Value at = walk.offset ? add(offsets[operand], index(walk.offset)) : offsets[operand];
  for (auto [l, stride] : llvm::enumerate(walk.strides))
    if (stride && l != nest.vector)
      at = add(at, mul(ivs[l], stride));
  return at;
}

bool NestBody::isResult(unsigned operand) const {
  return operand >= nest.numInputs() && nest.reduced[operand - nest.numInputs()];
}

void NestBody::findResults(NestPlace &at) {
  at.bases.resize(nest.walks.size());
  for (unsigned i = nest.numInputs(); i < nest.walks.size(); ++i)
    if (isResult(i))
      at.bases[i] = base(i, at.ivs);
}

Value NestBody::clone(Operation *op, ArrayRef<Value> operands, bool toVectors) {
  SmallVector<Value> args(operands);
  Type type = op->getResult(0).getType();
  if (toVectors) {
    type = VectorType::get({lanes}, type);
    for (Value &v : args)
      v = wide(v);
  }
  OperationState state(loc, op->getName().getStringRef(), args, {type}, op->getAttrs());
  return b.create(state)->getResult(0);
}

void NestBody::enter(NestPlace &at) {
  linalg::GenericOp op = nest.op;
  for (unsigned i = 0; i < nest.walks.size(); ++i) {
    BlockArgument arg = op.getBody()->getArgument(i);
    bool buffer = isa<MemRefType>(op->getOperand(i).getType());
    if (isResult(i))
      continue;
    if (buffer)
      at.bases[i] = base(i, at.ivs);
    if (arg.use_empty() || isVarying(arg))
      continue;
    Value v = flat[i];
    if (buffer) {
      v = memref::LoadOp::create(b, loc, v, ValueRange{at.bases[i]});
      if (v.getType() != arg.getType())
        v = arith::TruncIOp::create(b, loc, arg.getType(), v);
    }
    at.scalars[arg] = v;
  }
  for (Operation &o : op.getBody()->without_terminator()) {
    if (combiners.contains(&o) || isVarying(o.getResult(0)))
      continue;
    if (auto linalgIndex = dyn_cast<linalg::IndexOp>(o)) {
      int l = nest.loopOf[linalgIndex.getDim()];
      at.scalars[o.getResult(0)] = l < 0 ? index(0) : at.ivs[l];
      continue;
    }
    SmallVector<Value> operands;
    for (Value v : o.getOperands())
      operands.push_back(at.scalars.count(v) ? at.scalars.lookup(v) : v);
    at.scalars[o.getResult(0)] = clone(&o, operands, false);
  }
}

SmallVector<Value> NestBody::vectors(NestPlace &at, Value i, Value mask, ArrayRef<Value> results) {
  linalg::GenericOp op = nest.op;
  DenseMap<Value, Value> values = at.scalars;
  auto valueOf = [&](Value v) { return values.count(v) ? values.lookup(v) : v; };
  for (unsigned k = 0; k < nest.walks.size(); ++k) {
    BlockArgument arg = op.getBody()->getArgument(k);
    if (isResult(k)) {
      if (!results.empty()) {
        values[arg] = results.front();
        results = results.drop_front();
      }
      continue;
    }
    if (arg.use_empty() || !isVarying(arg))
      continue;
    int64_t stride = nest.walks[k].strides[nest.vector];
    values[arg] = loadVector(flat[k], arg.getType(), advance(at.bases[k], i, stride), stride, mask);
  }
  for (Operation &o : op.getBody()->without_terminator()) {
    if (combiners.contains(&o) || !isVarying(o.getResult(0)))
      continue;
    Value result;
    if (isa<linalg::IndexOp>(o)) {
      result = add(wide(i), distances(1));
    } else if (auto load = dyn_cast<memref::LoadOp>(o)) {
      result = loadComputed(load, at, values, i, mask);
    } else {
      SmallVector<Value> operands;
      for (Value v : o.getOperands())
        operands.push_back(valueOf(v));
      // A lane that does not count must not divide by zero.
      if (mask && isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
                      arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(o)) {
        Value divisor = wide(operands[1]);
        Type element = cast<VectorType>(divisor.getType()).getElementType();
        Value one = constant(b.getIntegerAttr(element, 1), divisor.getType());
        operands[1] = arith::SelectOp::create(b, loc, mask, divisor, one);
      }
      result = clone(&o, operands, true);
    }
    values[o.getResult(0)] = result;
  }
  SmallVector<Value> out;
  for (auto [k, v] : llvm::enumerate(op.getBody()->getTerminator()->getOperands())) {
    if (Operation *c = nest.combiners[k]; c && nest.sumsAlongVector()) {
      bool first = c->getOperand(0) == op.getRegionOutputArgs()[k];
      v = c->getOperand(first ? 1 : 0);
    }
    out.push_back(wide(valueOf(v)));
  }
  return out;
}

SmallVector<Value> NestBody::scalars(NestPlace &at) {
  SmallVector<Value> out;
  for (Value v : nest.op->getRegion(0).front().getTerminator()->getOperands())
    out.push_back(at.scalars.count(v) ? at.scalars.lookup(v) : v);
  return out;
}

Value NestBody::combine(unsigned output, Value acc, Value value) {
  Operation *c = nest.combiners[output];
  linalg::GenericOp op = nest.op;
  bool first = c->getOperand(0) == op.getRegionOutputArgs()[output];
  SmallVector<Value> operands{acc, value};
  if (!first)
    std::swap(operands[0], operands[1]);
  OperationState state(loc, c->getName().getStringRef(), operands, {acc.getType()}, c->getAttrs());
  return b.create(state)->getResult(0);
}

/// x such that combining it with any y is y, to the bit.
static TypedAttr identityOf(Operation *combiner, Builder &b) {
  Type type = combiner->getResult(0).getType();
  if (auto f = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &s = f.getFloatSemantics();
    APFloat value = isa<arith::AddFOp>(combiner) ? APFloat::getZero(s, /*Negative=*/true)
                    : isa<arith::MulFOp>(combiner)
                        ? APFloat(s, 1)
                        : APFloat::getInf(s, isa<arith::MaximumFOp, arith::MaxNumFOp>(combiner));
    return b.getFloatAttr(type, value);
  }
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  APInt value = isa<arith::MulIOp>(combiner)                   ? APInt(width, 1)
                : isa<arith::AndIOp, arith::MinUIOp>(combiner) ? APInt::getAllOnes(width)
                : isa<arith::MaxSIOp>(combiner)                ? APInt::getSignedMinValue(width)
                : isa<arith::MinSIOp>(combiner)                ? APInt::getSignedMaxValue(width)
                                                               : APInt::getZero(width);
  return b.getIntegerAttr(type, value);
}

Value NestBody::neutral(unsigned output) {
  Operation *c = nest.combiners[output];
  return constant(identityOf(c, b), VectorType::get({lanes}, c->getResult(0).getType()));
}

Value NestBody::masked(unsigned output, Value v, Value mask) {
  return mask ? arith::SelectOp::create(b, loc, mask, v, neutral(output)) : v;
}

Value NestBody::total(unsigned output, Value acc) {
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    Value low = vector::ExtractStridedSliceOp::create(b, loc, acc, 0, half, 1);
    Value high = vector::ExtractStridedSliceOp::create(b, loc, acc, half, half, 1);
    acc = combine(output, low, high);
  }
  return vector::ExtractOp::create(b, loc, acc, 0);
}
