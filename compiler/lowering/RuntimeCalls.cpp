//===- RuntimeCalls.cpp - calls of the runtime from generated code --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RuntimeCalls.h"

#include "Patterns.h"

#include "dyn/runtime.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dyn::lowering;

int64_t dyn::lowering::typeCode(Type type) {
  if (type.isF32())
    return DYN_F32;
  if (type.isF64())
    return DYN_F64;
  switch (type.getIntOrFloatBitWidth()) {
  case 64:
    return DYN_I64;
  case 32:
    return DYN_I32;
  case 8:
    return DYN_U8;
  default:
    return DYN_BOOL;
  }
}

Value dyn::lowering::bytesAt(OpBuilder &b, Location loc, Value address, int64_t bytes) {
  Type i64 = b.getI64Type();
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto one = LLVM::LLVMArrayType::get(i64, 1);
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {pointer, pointer, i64, one, one});
  Value base = LLVM::IntToPtrOp::create(b, loc, pointer, address);
  Value descriptor = LLVM::PoisonOp::create(b, loc, type);
  auto set = [&](Value v, ArrayRef<int64_t> at) {
    descriptor = LLVM::InsertValueOp::create(b, loc, descriptor, v, at);
  };
  auto number = [&](int64_t n) { return LLVM::ConstantOp::create(b, loc, i64, n); };
  set(base, {0});
  set(base, {1});
  set(number(0), {2});
  set(number(bytes), {3, 0});
  set(number(1), {4, 0});
  return UnrealizedConversionCastOp::create(b, loc, MemRefType::get({bytes}, b.getI8Type()),
                                            descriptor)
      .getResult(0);
}

Value RuntimeCalls::i64(int64_t n) {
  return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(n));
}

Value RuntimeCalls::asI64(Value v) { return arith::IndexCastOp::create(b, loc, b.getI64Type(), v); }

Value RuntimeCalls::asIndex(Value v) {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), v);
}

Value RuntimeCalls::call(StringRef name, ValueRange args, Type result) {
  SmallVector<Value> all{run};
  all.append(args.begin(), args.end());
  auto fn = module.lookupSymbol<func::FuncOp>(name);
  if (!fn) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    SmallVector<Type> results;
    if (result)
      results.push_back(result);
    fn = func::FuncOp::create(b, module.getLoc(), name,
                              b.getFunctionType(ValueRange(all).getTypes(), results));
    fn.setPrivate();
  }
  auto made = func::CallOp::create(b, loc, fn, all);
  return result ? made.getResult(0) : Value();
}

Value RuntimeCalls::address(Value memref) {
  return asI64(memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref));
}

Value RuntimeCalls::table(ArrayRef<int64_t> numbers) {
  SmallVector<int64_t> data(numbers);
  if (data.empty())
    data.push_back(0);
  auto size = int64_t(data.size());
  auto type = MemRefType::get({size}, b.getI64Type());
  auto values = DenseIntElementsAttr::get(RankedTensorType::get({size}, b.getI64Type()), data);
  std::string name = "dyn_table_" + std::to_string(tables++);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    memref::GlobalOp::create(b, module.getLoc(), name, b.getStringAttr("private"), type, values,
                             /*constant=*/true, IntegerAttr());
  }
  return address(memref::GetGlobalOp::create(b, loc, type, name));
}

Value RuntimeCalls::list(ValueRange numbers) {
  auto size = std::max<int64_t>(int64_t(numbers.size()), 1);
  Value memory = memref::AllocOp::create(b, loc, MemRefType::get({size}, b.getI64Type()));
  for (auto [i, n] : llvm::enumerate(numbers)) {
    Value at = arith::ConstantIndexOp::create(b, loc, int64_t(i));
    memref::StoreOp::create(b, loc, n, memory, at);
  }
  return address(memory);
}

static MemRefType bufferType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  return MemRefType::get({1}, type);
}

Value RuntimeCalls::buffer(Value v) {
  if (isa<RankedTensorType>(v.getType()))
    return bufferization::ToBufferOp::create(b, loc, bufferType(v.getType()), v,
                                             /*read_only=*/true);
  Value memory = fresh(v.getType());
  memref::StoreOp::create(b, loc, v, memory, Value(arith::ConstantIndexOp::create(b, loc, 0)));
  return memory;
}

Value RuntimeCalls::fresh(Type type, ValueRange extents) {
  return memref::AllocOp::create(b, loc, bufferType(type), extents);
}

Value RuntimeCalls::freshLike(Value v) {
  return memref::AllocOp::create(b, loc, bufferType(v.getType()), extentsOf(b, loc, v));
}

Value RuntimeCalls::contents(Value memref, Type type) {
  if (isa<RankedTensorType>(type))
    return bufferization::ToTensorOp::create(b, loc, type, memref, /*restrict=*/true,
                                             /*writable=*/true);
  return memref::LoadOp::create(b, loc, memref, Value(arith::ConstantIndexOp::create(b, loc, 0)));
}

SmallVector<Value> RuntimeCalls::described(Value memref, Type type) {
  MemRefType buffer = bufferType(type);
  bool scalar = !isa<RankedTensorType>(type);
  Value code = i64(typeCode(buffer.getElementType())), rank = i64(scalar ? 0 : buffer.getRank());
  if (scalar || buffer.hasStaticShape())
    return {code, rank, table(scalar ? ArrayRef<int64_t>() : buffer.getShape()), address(memref)};
  SmallVector<Value> extents;
  for (int64_t d = 0; d < buffer.getRank(); ++d)
    extents.push_back(asI64(memref::DimOp::create(b, loc, memref, d)));
  return {code, rank, list(extents), address(memref)};
}
