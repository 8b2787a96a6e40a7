//===- Effects.cpp - effects of a run to calls of the runtime -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"
#include "Liveness.h"
#include "RuntimeCalls.h"

#include "dyn/dialect/Entries.h"
#include "dyn/lowering/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace dyn {
#define GEN_PASS_DEF_LOWEREFFECTSPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

struct Lower : RuntimeCalls {
  using RuntimeCalls::RuntimeCalls;

  llvm::LogicalResult operator()(Operation *op);
  void order(Operation *op, ArgKind kind, Value input, Value k, Value live);
  void read(ReadOp op);
  void config(ConfigOp op);
  void batch(BatchOp op);
  void argument(ArgumentOp op);
  void result(ResultOp op);
  Value addressAt(Value table, int64_t position);
  /// The buffer at a position of an entry's table, for a value of type `type`.
  Value bufferAt(Value table, int64_t position, Type type, Value extent);
  Value rowsAt(Value address, RankedTensorType type, int64_t bound, Value n);
  Value arrayAt(Value address, MemRefType type);
  void save(SaveOp op);
  void load(LoadOp op);
  void poll(PollOp op);
  void hold(HoldOp op);
  void checkpoint(CheckpointOp op);
  /// What follows runs where a function of the runtime gave a number that is not 0.
  void openIf(Value number);
  /// Hands values over, one by one, behind what `first` says of each.
  void handOver(StringRef function, ArrayRef<int64_t> first, ValueRange values);
  void resume(ResumeOp op);
};

void Lower::config(ConfigOp op) {
  Value index = i64(op.getIndex());
  Type type = op.getResult().getType();
  Value v;
  if (op.getText())
    v = callI64("dyn_rt_config_text", {index});
  else if (!isa<FloatType>(type))
    v = callI64("dyn_rt_config_int", {index});
  else
    v = call("dyn_rt_config_real", {index}, b.getF64Type());
  if (type.isIndex())
    v = asIndex(v);
  else if (type.isF32())
    v = arith::TruncFOp::create(b, loc, type, v);
  else if (type != v.getType())
    v = arith::TruncIOp::create(b, loc, type, v);
  op.replaceAllUsesWith(v);
}

void Lower::order(Operation *op, ArgKind kind, Value input, Value k, Value live) {
  auto type = cast<RankedTensorType>(input.getType());
  Type result = op->getResult(0).getType();
  Value rows = i64(1);
  SmallVector<Value> dynamic;
  for (int64_t d = 0; d + 1 < type.getRank(); ++d) {
    Value extent = i64(type.getDimSize(d));
    if (type.isDynamicDim(d)) {
      dynamic.push_back(tensor::DimOp::create(b, loc, input, d));
      extent = asI64(dynamic.back());
    }
    rows = arith::MulIOp::create(b, loc, rows, extent);
  }
  int64_t n = type.getShape().back();
  Value out = fresh(result, dynamic);
  SmallVector<Value> args{i64(typeCode(type.getElementType())), rows, i64(n),
                          address(buffer(input)), i64(kind == ArgKind::max)};
  if (k)
    args.append({k, live ? address(buffer(live)) : i64(0)});
  else
    args.push_back(address(fresh(RankedTensorType::get({n}, b.getI64Type()))));
  args.push_back(address(out));
  call(isa<FirstOp>(op) ? "dyn_rt_first" : isa<KthOp>(op) ? "dyn_rt_kth" : "dyn_rt_order", args);
  op->getResult(0).replaceAllUsesWith(contents(out, result));
}

void Lower::read(ReadOp op) {
  auto rank = int64_t(op.getShape().size());
  Value type = i64(typeCode(op.getElement())), limit = i64(op.getLimit()), path = op.getPath();
  ArrayRef<int64_t> options = op.getOptions();
  Value column;
  switch (op.getFormat()) {
  case ReadKind::idx:
    column = callI64("dyn_rt_read_idx",
                     {path, type, i64(rank), table(op.getShape()), i64(op.getScale()), limit});
    break;
  case ReadKind::npy:
    column = callI64("dyn_rt_read_npy",
                     {path, i64(options[0]), type, i64(rank), table(op.getShape()), limit});
    break;
  case ReadKind::csv:
    column = callI64("dyn_rt_read_csv",
                     {path, type, i64(options[0]), i64(options[1]), i64(options[2]), limit});
    break;
  case ReadKind::bytes:
    column = callI64("dyn_rt_read_bytes",
                     {path, type, i64(rank), table(op.getShape()), i64(op.getScale()),
                      i64(options[0]), i64(options[1]), limit});
    break;
  }
  op.replaceAllUsesWith(column);
}

Value Lower::rowsAt(Value address, RankedTensorType type, int64_t bound, Value n) {
  // The buffer has room for `bound` rows; the value is the first `n`.
  auto view = MemRefType::get(type.getShape(), type.getElementType());
  SmallVector<int64_t> room(type.getShape());
  room[0] = bound;
  auto whole = MemRefType::get(room, type.getElementType());
  Value memory = arrayAt(address, whole);
  SmallVector<OpFoldResult> sizes, strides;
  int64_t stride = 1;
  for (int64_t d = type.getRank() - 1; d >= 0; --d) {
    sizes.insert(sizes.begin(), d ? OpFoldResult(b.getIndexAttr(type.getDimSize(d))) : n);
    strides.insert(strides.begin(), b.getIndexAttr(stride));
    stride *= d ? type.getDimSize(d) : 1;
  }
  return memref::ReinterpretCastOp::create(b, loc, view, memory, b.getIndexAttr(0), sizes, strides);
}

Value Lower::arrayAt(Value address, MemRefType type) {
  int64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  Value bytes = bytesAt(b, loc, address, std::max<int64_t>(type.getNumElements() * width, 1));
  Value start = arith::ConstantIndexOp::create(b, loc, 0);
  return memref::ViewOp::create(b, loc, type, bytes, start, ValueRange());
}

void Lower::batch(BatchOp op) {
  Value count = callI64("dyn_rt_loader_next", {op.getLoader(), asI64(op.getPosition())});
  count.getDefiningOp()->setAttr("dyn.bound", op.getBoundAttr());
  SmallVector<Value> results{asIndex(count)};
  for (auto [c, column] : llvm::enumerate(op.getColumns())) {
    auto type = cast<RankedTensorType>(column.getType());
    Value address = callI64("dyn_rt_loader_column", {op.getLoader(), i64(int64_t(c))});
    results.push_back(contents(rowsAt(address, type, op.getBound(), results[0]), type));
  }
  op->replaceAllUsesWith(results);
}

Value Lower::addressAt(Value table, int64_t position) {
  Value addresses = arrayAt(table, MemRefType::get({position + 1}, b.getI64Type()));
  Value at = arith::ConstantIndexOp::create(b, loc, position);
  return memref::LoadOp::create(b, loc, addresses, at);
}

Value Lower::bufferAt(Value table, int64_t position, Type type, Value extent) {
  Value address = addressAt(table, position);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && !tensor.hasStaticShape())
    return rowsAt(address, tensor, *boundOf(extent), extent);
  Type element = tensor ? tensor.getElementType() : type.isIndex() ? b.getI64Type() : type;
  const int64_t one = 1;
  ArrayRef<int64_t> shape = tensor ? tensor.getShape() : ArrayRef<int64_t>(one);
  return arrayAt(address, MemRefType::get(shape, element));
}

void Lower::argument(ArgumentOp op) {
  Type type = op.getValue().getType();
  Value memory = bufferAt(op.getTable(), op.getPosition(), type, op.getExtent());
  Value v;
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    v = bufferization::ToTensorOp::create(b, loc, tensor, memory, /*restrict=*/true,
                                          /*writable=*/op.getWritten());
  } else {
    v = memref::LoadOp::create(b, loc, memory, Value(arith::ConstantIndexOp::create(b, loc, 0)));
    if (type.isIndex()) {
      v.getDefiningOp()->setAttr("dyn.bound", op.getBoundAttr());
      v = asIndex(v);
    }
  }
  op.replaceAllUsesWith(v);
}

void Lower::result(ResultOp op) {
  Value v = op.getValue();
  auto type = dyn_cast<RankedTensorType>(v.getType());
  Value extent = type && !type.hasStaticShape() ? extentsOf(b, loc, v)[0] : Value();
  Value memory = bufferAt(op.getTable(), op.getPosition(), v.getType(), extent);
  if (!type) {
    memref::StoreOp::create(b, loc, v, memory, Value(arith::ConstantIndexOp::create(b, loc, 0)));
    return;
  }
  // Computed where it belongs, if nothing needs the former contents any more.
  if (op.getInto())
    v = bufferization::MaterializeInDestinationOp::create(b, loc, type, v, op.getInto())
            .getResult();
  bufferization::MaterializeInDestinationOp::create(b, loc, TypeRange{}, v, memory,
                                                    /*restrict=*/true, /*writable=*/true);
}

void Lower::handOver(StringRef function, ArrayRef<int64_t> first, ValueRange values) {
  for (auto [number, v] : llvm::zip(first, values)) {
    SmallVector<Value> args{i64(number)};
    args.append(described(buffer(v), v.getType()));
    call(function, args);
  }
}

void Lower::save(SaveOp op) {
  call("dyn_rt_save_begin", {op.getPath()});
  for (int64_t text : op.getFixed().value_or(ArrayRef<int64_t>()))
    call("dyn_rt_save_fixed", {i64(text)});
  handOver("dyn_rt_save_tensor", op.getNames(), op.getValues());
  call("dyn_rt_save_end", {});
}

void Lower::load(LoadOp op) {
  call("dyn_rt_load_begin", {op.getPath()});
  for (int64_t text : op.getFixed().value_or(ArrayRef<int64_t>()))
    call("dyn_rt_load_fixed", {i64(text)});
  SmallVector<Value> buffers, results;
  for (auto [name, v] : llvm::zip(op.getNames(), op.getValues())) {
    buffers.push_back(fresh(v.getType()));
    SmallVector<Value> args{i64(name)};
    args.append(described(buffers.back(), v.getType()));
    call("dyn_rt_load_tensor", args);
  }
  // Nothing may be read before the runtime has checked all of it.
  call("dyn_rt_load_end", {});
  for (auto [memory, v] : llvm::zip(buffers, op.getValues()))
    results.push_back(contents(memory, v.getType()));
  op->replaceAllUsesWith(results);
}

void Lower::openIf(Value number) {
  Value yes = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, number, i64(0));
  auto branch = scf::IfOp::create(b, loc, yes, /*withElse=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
}

void Lower::poll(PollOp op) {
  openIf(callI64("dyn_rt_stop_asked", {}));
  for (auto [position, v] : llvm::zip(op.getPositions(), op.getValues())) {
    SmallVector<Value> args{addressAt(op.getTable(), position)};
    args.append(described(buffer(v), v.getType()));
    call("dyn_rt_stop_keep", args);
  }
  call("dyn_rt_stop", {});
}

void Lower::hold(HoldOp op) {
  openIf(callI64("dyn_rt_hold_begin", {i64(op.getLoop()), asI64(op.getNext())}));
  handOver("dyn_rt_hold_tensor", op.getSlots(), op.getValues());
}

void Lower::checkpoint(CheckpointOp op) {
  openIf(callI64("dyn_rt_checkpoint_due", {i64(op.getLoop())}));
  ArrayRef<int64_t> around = op.getAround();
  call("dyn_rt_checkpoint_begin",
       {i64(op.getLoop()), asI64(op.getNext()), i64(int64_t(around.size())), table(around)});
  handOver("dyn_rt_checkpoint_tensor", op.getSlots(), op.getValues());
  call("dyn_rt_checkpoint_end", {});
}

void Lower::resume(ResumeOp op) {
  Value start = callI64("dyn_rt_resume_counter", {i64(op.getLoop()), asI64(op.getFirst())});
  SmallVector<Value> results{asIndex(start)};
  for (auto [slot, v] : llvm::zip(op.getSlots(), op.getValues())) {
    Value m = freshLike(v);
    if (isa<RankedTensorType>(v.getType()))
      bufferization::MaterializeInDestinationOp::create(b, loc, TypeRange{}, v, m,
                                                        /*restrict=*/true, /*writable=*/true);
    else
      memref::StoreOp::create(b, loc, v, m, Value(arith::ConstantIndexOp::create(b, loc, 0)));
    SmallVector<Value> args{i64(op.getLoop()), i64(slot)};
    args.append(described(m, v.getType()));
    call("dyn_rt_resume_tensor", args);
    results.push_back(contents(m, v.getType()));
  }
  call("dyn_rt_resume_done", {i64(op.getLoop())});
  op->replaceAllUsesWith(results);
}

LogicalResult Lower::operator()(Operation *op) {
  before(op);
  bool known = true;
  auto replace = [&](Value v) { op->replaceAllUsesWith(ValueRange{v}); };
  auto series = [&](int64_t first, Value member) -> Value {
    return member ? arith::AddIOp::create(b, loc, i64(first), member).getResult() : i64(first);
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](SeedOp) { replace(callI64("dyn_rt_seed", {})); })
      .Case([&](ConfigOp o) { config(o); })
      .Case([&](ArgumentOp o) { argument(o); })
      .Case([&](ResultOp o) { result(o); })
      .Case([&](PathJoinOp o) {
        replace(callI64("dyn_rt_path_join", {o.getFolder(), o.getName()}));
      })
      .Case([&](ReadOp o) { read(o); })
      .Case([&](AppendOp o) {
        Value columns = list(o.getColumns());
        replace(callI64("dyn_rt_append", {i64(int64_t(o.getColumns().size())), columns}));
      })
      .Case([&](DatasetOp o) {
        Value columns = list(o.getColumns());
        replace(callI64("dyn_rt_dataset", {i64(int64_t(o.getColumns().size())), columns}));
      })
      .Case([&](DatasetSizeOp o) { replace(callI64("dyn_rt_dataset_size", {o.getDataset()})); })
      .Case([&](DatasetPartOp o) {
        replace(callI64("dyn_rt_dataset_part", {o.getDataset(), o.getFirst(), o.getCount()}));
      })
      .Case([&](LoaderOp o) {
        Value key = o.getKey();
        replace(callI64("dyn_rt_loader",
                        {o.getDataset(), i64(o.getBatch()), i64(key ? 1 : 0), key ? key : i64(0)}));
      })
      .Case([&](BatchOp o) { batch(o); })
      .Case([&](LoaderCloseOp o) { call("dyn_rt_loader_close", {o.getLoader()}); })
      .Case([&](StreamOp o) {
        auto stream = int64_t(o.getStream()), batch = int64_t(o.getBatch());
        replace(callI64("dyn_rt_stream", {i64(stream), i64(batch)}));
      })
      .Case([&](StreamMoreOp o) {
        Value more = callI64("dyn_rt_stream_more", {o.getLoader()});
        replace(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, more, i64(0)));
      })
      .Case([&](LogOp o) {
        call("dyn_rt_log", {series(o.getSeries(), o.getMember()), o.getValue()});
      })
      .Case([&](LoggedCountOp o) {
        replace(callI64("dyn_rt_logged_count", {series(o.getSeries(), o.getMember())}));
      })
      .Case([&](LoggedValueOp o) {
        Value s = series(o.getSeries(), o.getMember());
        replace(call("dyn_rt_logged_value", {s, o.getPosition()}, b.getF64Type()));
      })
      .Case([&](LoggedStepOp o) {
        Value s = series(o.getSeries(), o.getMember());
        replace(callI64("dyn_rt_logged_step", {s, o.getPosition()}));
      })
      .Case([&](LoggedAlignOp o) {
        Value l = series(o.getLeft(), o.getMember()), r = series(o.getRight(), o.getMember());
        call("dyn_rt_logged_align", {l, r, i64(o.getSite())});
      })
      .Case([&](StepOp) { call("dyn_rt_step", {}); })
      .Case([&](TickOp o) {
        call("dyn_rt_tick", {i64(o.getLoop()), asI64(o.getPosition()), asI64(o.getCount())});
      })
      .Case([&](ClaimOp o) {
        Value holds = arith::ExtUIOp::create(b, loc, b.getI64Type(), o.getHolds());
        call("dyn_rt_claim", {i64(o.getClaim()), holds, o.getLeft(), o.getRight()});
      })
      .Case([&](AssertOp o) {
        Value yes = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
        Value fails = arith::XOrIOp::create(b, loc, o.getCondition(), yes);
        auto branch = scf::IfOp::create(b, loc, fails, /*withElse=*/false);
        b.setInsertionPointToStart(branch.thenBlock());
        call("dyn_rt_check_failed", {i64(o.getSite()), o.getValue(), o.getBound()});
      })
      .Case([&](PermutationOp o) {
        RankedTensorType type = o.getResult().getType();
        Value memory = fresh(type);
        call("dyn_rt_permutation", {o.getKey(), i64(type.getDimSize(0)), address(memory)});
        replace(contents(memory, type));
      })
      .Case([&](FirstOp o) { order(o, o.getKind(), o.getInput(), o.getK(), o.getLive()); })
      .Case([&](KthOp o) { order(o, o.getKind(), o.getInput(), o.getK(), o.getLive()); })
      .Case([&](OrderOp o) { order(o, o.getKind(), o.getInput(), {}, {}); })
      .Case([&](SaveOp o) { save(o); })
      .Case([&](LoadOp o) { load(o); })
      .Case([&](PollOp o) { poll(o); })
      .Case([&](HoldOp o) { hold(o); })
      .Case([&](CheckpointOp o) { checkpoint(o); })
      .Case([&](ResumeOp o) { resume(o); })
      .Default([&](Operation *o) { known = false; });
  if (!known)
    return op->emitError("is left when effects are lowered");
  op->erase();
  return success();
}

struct LowerEffectsPass : dyn::impl::LowerEffectsPassBase<LowerEffectsPass> {
  void runOnOperation() final {
    unsigned tables = 0;
    // There is none when a host can call nothing of a program, which is told elsewhere.
    for (func::FuncOp fn : entriesOf(getOperation())) {
      Lower lower(getOperation(), fn.getArgument(0), tables);
      SmallVector<Operation *> ops;
      fn.walk([&](Operation *op) {
        if (isa<DynDialect>(op->getDialect()))
          ops.push_back(op);
      });
      for (Operation *op : ops)
        if (failed(lower(op)))
          return signalPassFailure();
    }
  }
};

} // namespace
