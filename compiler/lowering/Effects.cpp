//===- Effects.cpp - effects of a run to calls of the runtime ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated code passes numbers only: addresses and handles travel as i64.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/lowering/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dyn;

namespace {

/// Element types as numbered in the runtime's header.
int64_t typeCode(Type t) {
  if (t.isF32())
    return 0;
  if (t.isF64())
    return 1;
  unsigned w = t.getIntOrFloatBitWidth();
  return w == 32 ? 2 : w == 64 ? 3 : w == 8 ? 4 : 5;
}

struct Lower {
  ModuleOp module;
  OpBuilder b;
  Value run;
  Location loc;
  unsigned globals = 0;
  int64_t bound = 0;

  Lower(ModuleOp m, Value run) : module(m), b(m.getContext()), run(run), loc(m.getLoc()) {}

  Value i64(int64_t n) { return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(n)); }
  Value asI64(Value v) { return arith::IndexCastOp::create(b, loc, b.getI64Type(), v); }
  Value asIndex(Value v) { return arith::IndexCastOp::create(b, loc, b.getIndexType(), v); }

  Value call(StringRef name, ArrayRef<Value> args, Type result = {}) {
    SmallVector<Value> all{run};
    all.append(args.begin(), args.end());
    SmallVector<Type> results;
    if (result)
      results.push_back(result);
    auto fn = module.lookupSymbol<func::FuncOp>(name);
    if (!fn) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      SmallVector<Type> types;
      for (Value v : all)
        types.push_back(v.getType());
      fn = func::FuncOp::create(b, module.getLoc(), name, b.getFunctionType(types, results));
      fn.setPrivate();
    }
    auto c = func::CallOp::create(b, loc, fn, all);
    return result ? c.getResult(0) : Value();
  }
  Value callI64(StringRef name, ArrayRef<Value> args) { return call(name, args, b.getI64Type()); }

  Value address(Value memref) {
    return asI64(memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref));
  }
  /// A constant table of numbers; its address.
  Value table(ArrayRef<int64_t> numbers) {
    SmallVector<int64_t> data(numbers);
    if (data.empty())
      data.push_back(0);
    std::string name = "dyn_table_" + std::to_string(globals++);
    auto type = MemRefType::get({int64_t(data.size())}, b.getI64Type());
    auto attr = DenseIntElementsAttr::get(
        RankedTensorType::get({int64_t(data.size())}, b.getI64Type()), data);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      memref::GlobalOp::create(b, module.getLoc(), name, b.getStringAttr("private"), type, attr,
                               /*constant=*/true, IntegerAttr());
    }
    return address(memref::GetGlobalOp::create(b, loc, type, name));
  }
  /// A buffer with the value's contents.
  Value buffer(Value v) {
    if (auto t = dyn_cast<RankedTensorType>(v.getType()))
      return bufferization::ToBufferOp::create(
          b, loc, MemRefType::get(t.getShape(), t.getElementType()), v, /*read_only=*/true);
    Value m = memref::AllocOp::create(b, loc, MemRefType::get({1}, v.getType()));
    memref::StoreOp::create(b, loc, v, m, ValueRange{arith::ConstantIndexOp::create(b, loc, 0)});
    return m;
  }
  Value fresh(Type t) {
    auto tensor = dyn_cast<RankedTensorType>(t);
    return memref::AllocOp::create(b, loc,
                                   tensor
                                       ? MemRefType::get(tensor.getShape(), tensor.getElementType())
                                       : MemRefType::get({1}, t));
  }
  Value contents(Value memref, Type t) {
    if (isa<RankedTensorType>(t))
      return bufferization::ToTensorOp::create(b, loc, t, memref, /*restrict=*/true,
                                               /*writable=*/true);
    return memref::LoadOp::create(b, loc, memref,
                                  ValueRange{arith::ConstantIndexOp::create(b, loc, 0)});
  }
  /// type, rank, dims, data: how the runtime takes a tensor.
  SmallVector<Value> described(Value memref, Type t) {
    auto tensor = dyn_cast<RankedTensorType>(t);
    ArrayRef<int64_t> shape = tensor ? tensor.getShape() : ArrayRef<int64_t>{};
    return {i64(typeCode(getElementTypeOrSelf(t))), i64(int64_t(shape.size())), table(shape),
            address(memref)};
  }

  void operator()(Operation *op);
  void batch(BatchOp op);
  void checkpoint(CheckpointOp op);
  void resume(ResumeOp op);
};

void Lower::batch(BatchOp op) {
  bound = std::max<int64_t>(bound, op.getBound());
  SmallVector<Value> buffers;
  auto count = int64_t(op.getColumns().size());
  Value list = memref::AllocOp::create(b, loc, MemRefType::get({count}, b.getI64Type()));
  for (auto [i, c] : llvm::enumerate(op.getColumns())) {
    auto t = cast<RankedTensorType>(c.getType());
    SmallVector<int64_t> shape(t.getShape());
    shape[0] = op.getBound();
    buffers.push_back(memref::AllocOp::create(b, loc, MemRefType::get(shape, t.getElementType())));
    memref::StoreOp::create(b, loc, address(buffers.back()), list,
                            ValueRange{arith::ConstantIndexOp::create(b, loc, int64_t(i))});
  }
  Value n = asIndex(
      callI64("dyn_rt_loader_next", {op.getLoader(), asI64(op.getPosition()), address(list)}));
  SmallVector<Value> results{n};
  for (auto [m, c] : llvm::zip(buffers, op.getColumns())) {
    auto t = cast<RankedTensorType>(c.getType());
    // The used rows, contiguous: the same memory under a run-time extent.
    SmallVector<OpFoldResult> sizes{n}, strides;
    int64_t stride = 1;
    SmallVector<int64_t> s(t.getRank());
    for (int64_t d = t.getRank(); d-- > 0;) {
      s[d] = stride;
      if (d)
        stride *= t.getDimSize(d);
    }
    for (int64_t d = 0; d < t.getRank(); ++d) {
      if (d)
        sizes.push_back(b.getIndexAttr(t.getDimSize(d)));
      strides.push_back(b.getIndexAttr(s[d]));
    }
    Value view =
        memref::ReinterpretCastOp::create(b, loc, MemRefType::get(t.getShape(), t.getElementType()),
                                          m, b.getIndexAttr(0), sizes, strides);
    results.push_back(
        bufferization::ToTensorOp::create(b, loc, t, view, /*restrict=*/true, /*writable=*/true));
  }
  op->replaceAllUsesWith(results);
}

void Lower::checkpoint(CheckpointOp op) {
  Value due = callI64("dyn_rt_checkpoint_due", {i64(op.getLoop())});
  Value yes = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, due, i64(0));
  auto branch = scf::IfOp::create(b, loc, yes, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  call("dyn_rt_checkpoint_begin", {i64(op.getLoop())});
  for (auto [l, next] : llvm::zip(op.getLoops(), op.getNext()))
    call("dyn_rt_checkpoint_counter", {i64(l), asI64(next)});
  for (auto [slot, v] : llvm::zip(op.getSlots(), op.getValues())) {
    SmallVector<Value> args{i64(slot)};
    args.append(described(buffer(v), v.getType()));
    call("dyn_rt_checkpoint_tensor", args);
  }
  call("dyn_rt_checkpoint_end", {});
}

void Lower::resume(ResumeOp op) {
  Value start = callI64("dyn_rt_resume_counter", {i64(op.getLoop()), asI64(op.getFirst())});
  SmallVector<Value> results{asIndex(start)};
  for (auto [slot, v] : llvm::zip(op.getSlots(), op.getValues())) {
    Value m = fresh(v.getType());
    if (isa<RankedTensorType>(v.getType()))
      bufferization::MaterializeInDestinationOp::create(b, loc, TypeRange{}, v, m,
                                                        /*restrict=*/true, /*writable=*/true);
    else
      memref::StoreOp::create(b, loc, v, m, ValueRange{arith::ConstantIndexOp::create(b, loc, 0)});
    SmallVector<Value> args{i64(op.getLoop()), i64(slot)};
    args.append(described(m, v.getType()));
    call("dyn_rt_resume_tensor", args);
    results.push_back(contents(m, v.getType()));
  }
  call("dyn_rt_resume_done", {i64(op.getLoop())});
  op->replaceAllUsesWith(results);
}

void Lower::operator()(Operation *op) {
  b.setInsertionPoint(op);
  loc = op->getLoc();
  auto replace = [&](Value v) { op->replaceAllUsesWith(ValueRange{v}); };
  if (isa<SeedOp>(op)) {
    replace(callI64("dyn_rt_seed", {}));
  } else if (auto o = dyn_cast<ConfigOp>(op)) {
    Value index = i64(o.getIndex());
    Type t = o.getResult().getType();
    if (o.getText()) {
      replace(callI64("dyn_rt_config_text", {index}));
    } else if (isa<FloatType>(t)) {
      Value d = call("dyn_rt_config_real", {index}, b.getF64Type());
      replace(t.isF64() ? d : Value(arith::TruncFOp::create(b, loc, t, d)));
    } else {
      Value n = callI64("dyn_rt_config_int", {index});
      replace(t.isInteger(64) ? n : Value(arith::TruncIOp::create(b, loc, t, n)));
    }
  } else if (auto o = dyn_cast<PathJoinOp>(op)) {
    replace(callI64("dyn_rt_path_join", {o.getFolder(), o.getName()}));
  } else if (auto o = dyn_cast<ReadOp>(op)) {
    Value type = i64(typeCode(o.getElement())), rank = i64(int64_t(o.getShape().size())),
          dims = table(o.getShape()), limit = i64(o.getLimit());
    ArrayRef<int64_t> opt = o.getOptions();
    if (o.getFormat() == ReadKind::idx)
      replace(
          callI64("dyn_rt_read_idx", {o.getPath(), type, rank, dims, i64(o.getScale()), limit}));
    else if (o.getFormat() == ReadKind::npy)
      replace(callI64("dyn_rt_read_npy", {o.getPath(), i64(opt[0]), type, rank, dims, limit}));
    else
      replace(callI64("dyn_rt_read_csv",
                      {o.getPath(), type, i64(opt[0]), i64(opt[1]), i64(opt[2]), limit}));
  } else if (auto o = dyn_cast<DatasetOp>(op)) {
    Value list = memref::AllocOp::create(
        b, loc, MemRefType::get({int64_t(o.getColumns().size())}, b.getI64Type()));
    for (auto [i, c] : llvm::enumerate(o.getColumns()))
      memref::StoreOp::create(b, loc, c, list,
                              ValueRange{arith::ConstantIndexOp::create(b, loc, int64_t(i))});
    replace(callI64("dyn_rt_dataset", {i64(int64_t(o.getColumns().size())), address(list)}));
  } else if (auto o = dyn_cast<DatasetSizeOp>(op)) {
    replace(callI64("dyn_rt_dataset_size", {o.getDataset()}));
  } else if (auto o = dyn_cast<LoaderOp>(op)) {
    replace(callI64("dyn_rt_loader", {o.getDataset(), i64(o.getBatch()), i64(o.getKey() ? 1 : 0),
                                      o.getKey() ? o.getKey() : i64(0)}));
  } else if (auto o = dyn_cast<BatchOp>(op)) {
    batch(o);
  } else if (auto o = dyn_cast<LoaderCloseOp>(op)) {
    call("dyn_rt_loader_close", {o.getLoader()});
  } else if (auto o = dyn_cast<LogOp>(op)) {
    call("dyn_rt_log", {i64(o.getSeries()), o.getValue()});
  } else if (auto o = dyn_cast<LoggedLastOp>(op)) {
    replace(call("dyn_rt_logged_last", {i64(o.getSeries())}, b.getF64Type()));
  } else if (isa<StepOp>(op)) {
    call("dyn_rt_step", {});
  } else if (auto o = dyn_cast<TickOp>(op)) {
    call("dyn_rt_tick", {i64(o.getLoop()), asI64(o.getPosition()), asI64(o.getCount())});
  } else if (auto o = dyn_cast<ClaimOp>(op)) {
    Value holds = arith::ExtUIOp::create(b, loc, b.getI64Type(), o.getHolds());
    call("dyn_rt_claim", {i64(o.getClaim()), holds, o.getLeft(), o.getRight()});
  } else if (auto o = dyn_cast<AssertOp>(op)) {
    Value yes = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
    Value fails = arith::XOrIOp::create(b, loc, o.getCondition(), yes);
    auto branch = scf::IfOp::create(b, loc, fails, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    call("dyn_rt_check_failed", {i64(o.getSite()), o.getValue(), o.getBound()});
  } else if (auto o = dyn_cast<PermutationOp>(op)) {
    Value m = fresh(o.getResult().getType());
    call("dyn_rt_permutation",
         {o.getKey(), i64(o.getResult().getType().getDimSize(0)), address(m)});
    replace(contents(m, o.getResult().getType()));
  } else if (auto o = dyn_cast<SaveOp>(op)) {
    call("dyn_rt_save_begin", {o.getPath()});
    for (auto [name, v] : llvm::zip(o.getNames(), o.getValues())) {
      SmallVector<Value> args{i64(name)};
      args.append(described(buffer(v), v.getType()));
      call("dyn_rt_save_tensor", args);
    }
    call("dyn_rt_save_end", {});
  } else if (auto o = dyn_cast<LoadOp>(op)) {
    call("dyn_rt_load_begin", {o.getPath()});
    SmallVector<Value> buffers, results;
    for (auto [name, v] : llvm::zip(o.getNames(), o.getValues())) {
      buffers.push_back(fresh(v.getType()));
      SmallVector<Value> args{i64(name)};
      args.append(described(buffers.back(), v.getType()));
      call("dyn_rt_load_tensor", args);
    }
    call("dyn_rt_load_end", {});
    for (auto [m, v] : llvm::zip(buffers, o.getValues()))
      results.push_back(contents(m, v.getType()));
    op->replaceAllUsesWith(results);
  } else if (auto o = dyn_cast<CheckpointOp>(op)) {
    checkpoint(o);
  } else if (auto o = dyn_cast<ResumeOp>(op)) {
    resume(o);
  } else {
    return;
  }
  op->erase();
}

/// A carried tensor must live in one place: what an iteration yields goes back
/// to where the iteration found it.
void pinCarried(func::FuncOp fn) {
  fn.walk([](scf::YieldOp yield) {
    Block::BlockArgListType args;
    if (auto loop = dyn_cast<scf::ForOp>(yield->getParentOp()))
      args = loop.getRegionIterArgs();
    else if (auto w = dyn_cast<scf::WhileOp>(yield->getParentOp()))
      args = w.getBeforeArguments();
    else
      return;
    bool isWhile = isa<scf::WhileOp>(yield->getParentOp());
    OpBuilder b(yield);
    for (auto [i, arg] : llvm::enumerate(args)) {
      Value v = yield.getOperand(i);
      if (!isa<RankedTensorType>(v.getType()) || v == arg || isWhile)
        continue;
      yield.setOperand(i, bufferization::MaterializeInDestinationOp::create(b, yield.getLoc(),
                                                                            v.getType(), v, arg)
                              .getResult());
    }
  });
}

struct LowerEffectsPass : PassWrapper<LowerEffectsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerEffectsPass)
  StringRef getArgument() const final { return "dyn-lower-effects"; }
  StringRef getDescription() const final { return "effects of a run to calls of the runtime"; }
  void getDependentDialects(DialectRegistry &r) const final {
    r.insert<bufferization::BufferizationDialect, memref::MemRefDialect, func::FuncDialect,
             scf::SCFDialect, arith::ArithDialect>();
  }
  void runOnOperation() final {
    auto fn = getOperation().lookupSymbol<func::FuncOp>("train");
    if (!fn)
      return getOperation().emitError("has no @train"), signalPassFailure();
    Lower lower(getOperation(), fn.getArgument(0));
    SmallVector<Operation *> ops;
    fn.walk([&](Operation *op) {
      if (isa<DynDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      lower(op);
    pinCarried(fn);
    if (lower.bound)
      getOperation()->setAttr("dyn.bound", OpBuilder(&getContext()).getI64IntegerAttr(lower.bound));
  }
};

} // namespace

std::unique_ptr<Pass> dyn::createLowerEffectsPass() { return std::make_unique<LowerEffectsPass>(); }
