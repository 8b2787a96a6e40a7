//===- NestMemory.cpp - vectors to and from buffers -----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "NestBody.h"
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn::codegen;

Value NestBody::advance(Value base, Value i, int64_t stride) {
  return stride ? add(base, mul(i, stride)) : base;
}

Value NestBody::gather(Value from, Type element, Value first, Value distance, Value mask) {
  auto type = VectorType::get({lanes}, storedType(element));
  Value none = constant(b.getZeroAttr(type.getElementType()), type);
  if (!mask)
    mask = allLanes();
  Value v = vector::GatherOp::create(b, loc, type, from, ValueRange{first}, distance, mask, none);
  if (type.getElementType() != element)
    v = arith::TruncIOp::create(b, loc, VectorType::get({lanes}, element), v);
  return v;
}

Value NestBody::loadVector(Value from, Type element, Value first, int64_t stride, Value mask) {
  if (stride != 1)
    return gather(from, element, first, distances(stride), mask);
  return codegen::loadVector(b, loc, VectorType::get({lanes}, element), from, first, mask);
}

Value NestBody::loadComputed(memref::LoadOp load, NestPlace &at, DenseMap<Value, Value> &values,
                             Value i, Value mask) {
  auto [from, offset] = computed.lookup(load.getMemRef());
  SmallVector<int64_t> strides = *stridesOf(load.getMemRefType());
  Type element = load.getType();
  // A row of neighbours, when what varies is the number of the lane.
  Value first = offset, distance;
  int64_t step = 0;
  for (auto [v, stride] : llvm::zip(load.getIndices(), strides)) {
    Value now = values.count(v) ? values.lookup(v) : v;
    if (!isVarying(v)) {
      first = add(first, mul(now, stride));
    } else if (isa_and_nonnull<linalg::IndexOp>(v.getDefiningOp())) {
      first = add(first, mul(i, stride));
      step += stride;
    } else {
      Value scale = constant(b.getIndexAttr(stride), now.getType());
      Value part = b.createOrFold<arith::MulIOp>(loc, now, scale);
      distance = distance ? add(distance, part) : part;
    }
  }
  if (!distance)
    return loadVector(from, element, first, step, mask);
  if (step)
    distance = add(distance, distances(step));
  return gather(from, element, first, distance, mask);
}

Value NestBody::load(NestPlace &at, unsigned output, Value i, Value mask) {
  unsigned k = nest.numInputs() + output;
  Type element = cast<MemRefType>(nest.op->getOperand(k).getType()).getElementType();
  int64_t stride = i ? nest.walks[k].strides[nest.vector] : 0;
  if (stride)
    return loadVector(flat[k], element, advance(at.bases[k], i, stride), stride, mask);
  return loadScalar(b, loc, element, flat[k], at.bases[k]);
}

void NestBody::store(NestPlace &at, unsigned output, Value v, Value i, Value mask) {
  unsigned k = nest.numInputs() + output;
  int64_t stride = i ? nest.walks[k].strides[nest.vector] : 0;
  Value first = i ? advance(at.bases[k], i, stride) : at.bases[k];
  if (!stride)
    memref::StoreOp::create(b, loc, toStored(b, loc, v), flat[k], ValueRange{first});
  else if (stride != 1)
    vector::ScatterOp::create(b, loc, Type(), flat[k], ValueRange{first}, distances(stride),
                              mask ? mask : allLanes(), toStored(b, loc, v));
  else
    storeVector(b, loc, v, flat[k], first, mask);
}
