//===- ContractionTail.cpp - what follows a sum, in vectors ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ContractionTail.h"

#include "Strides.h"
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dyn::codegen;

static bool isPlain(linalg::GenericOp op) {
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &o) {
    // A lane that does not count must not divide by zero.
    return o.getNumRegions() == 0 &&
           !isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
                arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(o) &&
           (OpTrait::hasElementwiseMappableTraits(&o) || isa<arith::ConstantOp>(o)) &&
           llvm::all_of(o.getResultTypes(), [](Type t) { return t.isIntOrIndexOrFloat(); });
  });
}

std::optional<SmallVector<SmallVector<int64_t>>>
dyn::codegen::stridesOfTail(linalg::GenericOp contraction, linalg::GenericOp tail) {
  SmallVector<SmallVector<int64_t>> all;
  if (!tail)
    return all;
  Value c = contraction.getDpsInits()[0];
  AffineMap mapC = contraction.getIndexingMapsArray()[2];
  if (!tail.hasPureBufferSemantics() || tail.getNumLoops() != tail.getNumParallelLoops() ||
      tail.getNumLoops() != mapC.getNumResults() || !mapC.isProjectedPermutation() ||
      !isPlain(tail))
    return std::nullopt;
  bool reads = false;
  for (auto [i, map] : llvm::enumerate(tail.getIndexingMapsArray())) {
    Value v = tail->getOperand(i);
    SmallVector<int64_t> strides(contraction.getNumLoops(), 0);
    auto type = dyn_cast<MemRefType>(v.getType());
    bool isOutput = i >= size_t(tail.getNumDpsInputs());
    if ((isOutput || v == c) && !map.isIdentity())
      return std::nullopt;
    reads |= v == c && !tail.getBody()->getArgument(i).use_empty();
    if (type) {
      auto walk = walkOf(type, map);
      if (!walk || walk->offset)
        return std::nullopt;
      for (auto [stride, loop] : llvm::zip(walk->strides, mapC.getResults()))
        strides[cast<AffineDimExpr>(loop).getPosition()] = stride;
    }
    all.push_back(strides);
  }
  return reads ? std::optional(all) : std::nullopt;
}

SmallVector<Value> TailBody::begin() {
  Location loc = s.tail.getLoc();
  SmallVector<Value> bases;
  for (Value v : s.tail->getOperands()) {
    bool buffer = isa<MemRefType>(v.getType());
    flat.push_back(buffer ? flatten(b, loc, v) : v);
    bases.push_back(buffer ? offsetOf(b, loc, v) : Value());
  }
  return bases;
}

Value TailBody::load(unsigned operand, Value at, int64_t count) {
  Location loc = s.tail.getLoc();
  Type element = cast<MemRefType>(s.tail->getOperand(operand).getType()).getElementType();
  if (s.n.strideT[operand] == 0)
    return loadScalar(b, loc, element, flat[operand], at);
  return loadVector(b, loc, VectorType::get({s.lanes()}, element), flat[operand], at,
                    firstLanes(b, loc, s.lanes(), count));
}

void TailBody::fetch(ArrayRef<Value> at, int64_t width) {
  constexpr int64_t line = 64; // bytes
  Location loc = s.tail.getLoc();
  for (unsigned i = 0; i < s.tail->getNumOperands(); ++i) {
    Value v = s.tail->getOperand(i);
    if (v == c || !at[i] || s.m.strideT[i] == 0 || s.n.strideT[i] == 0)
      continue;
    int64_t bytes = cast<MemRefType>(flat[i].getType()).getElementTypeBitWidth() / 8;
    for (int64_t first = 0; first < width; first += line / bytes) {
      Value place =
          b.createOrFold<arith::AddIOp>(loc, at[i], arith::ConstantIndexOp::create(b, loc, first));
      memref::PrefetchOp::create(b, loc, flat[i], ValueRange{place},
                                 /*isWrite=*/i >= unsigned(s.tail.getNumDpsInputs()),
                                 /*localityHint=*/3, /*isDataCache=*/true);
    }
  }
}

void TailBody::apply(Value sum, ArrayRef<Value> at, int64_t first, int64_t count) {
  Location loc = s.tail.getLoc();
  DenseMap<Value, Value> values;
  auto valueOf = [&](Value v) { return values.count(v) ? values.lookup(v) : v; };
  auto place = [&](unsigned i) -> Value {
    if (!s.n.strideT[i] || !first)
      return at[i];
    return b.createOrFold<arith::AddIOp>(loc, at[i], arith::ConstantIndexOp::create(b, loc, first));
  };
  for (unsigned i = 0; i < s.tail->getNumOperands(); ++i) {
    BlockArgument arg = s.tail.getBody()->getArgument(i);
    if (arg.use_empty())
      continue;
    Value v = s.tail->getOperand(i);
    values[arg] = v == c ? sum : at[i] ? load(i, place(i), count) : v;
  }
  for (Operation &o : s.tail.getBody()->without_terminator()) {
    SmallVector<Value> operands;
    for (Value v : o.getOperands())
      operands.push_back(valueOf(v));
    bool vectors = llvm::any_of(operands, [](Value v) { return isa<VectorType>(v.getType()); });
    Type type = o.getResult(0).getType();
    if (vectors) {
      type = VectorType::get({s.lanes()}, type);
      for (Value &v : operands)
        v = widened(b, loc, v, s.lanes());
    }
    OperationState state(loc, o.getName().getStringRef(), operands, {type}, o.getAttrs());
    values[o.getResult(0)] = b.create(state)->getResult(0);
  }
  for (auto [k, v] : llvm::enumerate(s.tail.getBody()->getTerminator()->getOperands())) {
    unsigned i = s.tail.getNumDpsInputs() + k;
    storeVector(b, loc, widened(b, loc, valueOf(v), s.lanes()), flat[i], place(i),
                firstLanes(b, loc, s.lanes(), count));
  }
}
