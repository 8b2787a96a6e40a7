//===- LoopForms.cpp - a loop from its elaborated iteration ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Loops.h"

#include "mlir/IR/Matchers.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

void LoopEmitter::addHidden(const std::string &slot, mlir::Value init) {
  State s;
  s.slot = l.name + ":" + slot;
  s.init = init;
  s.tested = testBlock->addArgument(init.getType(), e.current);
  s.argument = bodyBlock->addArgument(init.getType(), e.current);
  s.out = s.argument;
  state.push_back(s);
}

bool LoopEmitter::collect(Val &yields) {
  if (yielded.kind == ValKind::Unit)
    return true;
  std::optional<int64_t> room = l.trips ? l.trips : l.limit;
  bool always = matchPattern(wasYielded.array.value, m_One());
  counted = l.isOpen() || breaks || !always || !l.trips;
  bool fits = room && wasYielded.array.frames.empty();
  std::function<void(const Val &)> walk = [&](const Val &v) {
    if (v.isArray()) {
      rows.push_back(v.array);
      for (const Extent &x : v.array.shape)
        fits &= x.isStatic();
      for (const AxisPtr &f : v.array.frames)
        fits &= f->extent.isStatic() && !counted;
    } else if (v.items.empty()) {
      fits = false;
    }
    for (size_t i = 0; i < v.items.size(); ++i)
      if (v.roles.empty() || v.roles[i] != Role::Argument)
        walk(v.items[i]);
      else // what shapes a model is the same for all of them
        fits &= !v.items[i].isArray();
  };
  walk(yielded);
  if (!fits) {
    e.unsupported(
        l.span, "collecting these values",
        "yield numbers or arrays of fixed shape, in a loop whose count is a `dim` or has a bound");
    return false;
  }
  OpBuilder::InsertionGuard guard(e.builder);
  OpBuilder outside(holder);
  mlir::Value position, iv = bodyBlock->getArgument(0);
  if (counted) {
    addHidden("@count",
              arith::ConstantOp::create(outside, e.current, outside.getI64IntegerAttr(0)));
    e.builder.setInsertionPointToEnd(bodyBlock);
    State &count = state.back();
    position =
        arith::IndexCastOp::create(e.builder, e.current, e.builder.getIndexType(), count.argument);
    mlir::Value more = arith::ExtUIOp::create(e.builder, e.current, e.builder.getI64Type(),
                                              wasYielded.array.value);
    count.out = arith::AddIOp::create(e.builder, e.current, count.argument, more);
  } else {
    e.builder.setInsertionPointToEnd(bodyBlock);
    position = arith::SubIOp::create(e.builder, e.current, iv, l.lower);
    position = arith::DivSIOp::create(e.builder, e.current, position, l.step);
  }
  for (const Array &row : rows) {
    SmallVector<int64_t> shape{*room};
    if (auto t = dyn_cast<RankedTensorType>(row.value.getType()))
      llvm::append_range(shape, t.getShape());
    auto type = RankedTensorType::get(shape, e.mlirElem(row.elem));
    // Zeros, so that equal runs write equal checkpoints.
    auto zero = cast<TypedAttr>(outside.getZeroAttr(type));
    addHidden("@yields", arith::ConstantOp::create(outside, e.current, zero));
    e.builder.setInsertionPointToEnd(bodyBlock);
    state.back().out = e.insertRow(row.value, state.back().argument, position);
  }
  yields = yielded;
  return true;
}

void LoopEmitter::saveAndResume() {
  if (!breaks) {
    // The loop runs to its end: `on` is true throughout.
    for (Block *block : {testBlock, bodyBlock}) {
      OpBuilder at = OpBuilder::atBlockBegin(block);
      mlir::Value yes = arith::ConstantOp::create(at, e.current, at.getBoolAttr(true));
      block->getArgument(1).replaceAllUsesWith(yes);
      block->eraseArgument(1);
    }
    state.erase(state.begin());
  }
  if (!isRunLoop)
    return;
  // What loops inside have held are the variables; what was found since goes with them.
  size_t variables = run.slots.size(), first = breaks;
  SmallVector<int64_t> slots, late;
  SmallVector<mlir::Value> lateValues;
  for (size_t i = 0; i < state.size(); ++i) {
    bool known = i >= first && i < first + variables;
    slots.push_back(known ? run.slots[i - first] : e.meta.slot(state[i].slot));
    if (!known) {
      late.push_back(slots.back());
      lateValues.push_back(state[i].argument);
    }
  }
  if (run.held && !late.empty()) {
    SmallVector<int64_t> all(run.held.getSlots());
    all.append(late);
    run.held.setSlots(all);
    run.held.getValuesMutable().append(lateValues);
  }
  run.slots.assign(slots.begin(), slots.end());
  SmallVector<mlir::Value> inits, outs;
  SmallVector<Type> types{e.builder.getIndexType()};
  for (const State &s : state) {
    inits.push_back(s.init);
    outs.push_back(s.out);
    types.push_back(s.init.getType());
  }
  {
    OpBuilder::InsertionGuard guard(e.builder);
    e.builder.setInsertionPointToEnd(bodyBlock);
    e.emitCheckpoint(run, bodyBlock->getArgument(0), l.step, l.upper, outs);
  }
  auto resume = ResumeOp::create(e.builder, e.current, types, e.builder.getI64IntegerAttr(run.id),
                                 e.builder.getDenseI64ArrayAttr(run.slots), l.lower, inits);
  for (auto [s, v] : llvm::zip(state, resume.getState()))
    s.init = v;
  l.lower = resume.getStart();
}

Operation *LoopEmitter::close() {
  OpBuilder &b = e.builder;
  SmallVector<mlir::Value> inits, tested, outs;
  for (const State &s : state) {
    inits.push_back(s.init);
    tested.push_back(s.tested);
    outs.push_back(s.out);
  }
  Operation *loop = nullptr;
  mlir::Value iv = bodyBlock->getArgument(0);
  std::optional<int64_t> most = l.trips ? l.trips : l.limit;
  SmallVector<mlir::Value> results;
  OpBuilder atEnd = OpBuilder::atBlockEnd(bodyBlock);
  if (!l.isOpen() && !breaks) {
    auto counting = scf::ForOp::create(b, e.current, l.lower, l.upper, l.step, inits);
    Block *into = counting.getBody();
    if (!into->empty())
      into->getTerminator()->erase();
    scf::YieldOp::create(atEnd, e.current, outs);
    into->getOperations().splice(into->end(), bodyBlock->getOperations());
    for (auto [from, to] : llvm::zip(bodyBlock->getArguments(), into->getArguments()))
      from.replaceAllUsesWith(to);
    loop = counting;
    results.assign(loop->result_begin(), loop->result_end());
    if (!l.trips && most)
      loop->setAttr("dyn.limit", b.getI64IntegerAttr(*most));
  } else {
    inits.insert(inits.begin(), l.lower);
    tested.insert(tested.begin(), testBlock->getArgument(0));
    outs.insert(outs.begin(), arith::AddIOp::create(atEnd, e.current, iv, l.step));
    auto testing = scf::WhileOp::create(b, e.current, mlir::ValueRange(inits).getTypes(), inits);
    OpBuilder atTest = OpBuilder::atBlockEnd(testBlock);
    scf::ConditionOp::create(atTest, e.current, go, tested);
    scf::YieldOp::create(atEnd, e.current, outs);
    testBlock->moveBefore(&testing.getBefore(), testing.getBefore().end());
    bodyBlock->moveBefore(&testing.getAfter(), testing.getAfter().end());
    loop = testing;
    results.assign(loop->result_begin() + 1, loop->result_end());
    if (most)
      loop->setAttr("dyn.limit", b.getI64IntegerAttr(*most));
  }
  holder.erase();
  if (!breaks)
    l.carried.erase(l.carried.begin());
  rebind(l.carried, results);
  if (isRunLoop) {
    run.ordinal = l.upper ? l.upper : loop->getResult(0);
    run.state.assign(results.begin(), results.end());
    run.ended = loop;
    run.held = {};
    e.finishedLoops.push_back(run);
  }
  return loop;
}

Val LoopEmitter::collected(const Val &yields, mlir::ValueRange results) {
  if (yields.kind == ValKind::Unit)
    return yields;
  OpBuilder &b = e.builder;
  mlir::ValueRange buffers = results.take_back(rows.size());
  int64_t room = cast<RankedTensorType>(buffers[0].getType()).getDimSize(0);
  Extent extent{room, {}, room};
  if (counted) {
    mlir::Value n = results[results.size() - rows.size() - 1];
    mlir::Value most = arith::ConstantOp::create(b, e.current, b.getI64IntegerAttr(room));
    n = arith::MinSIOp::create(b, e.current, n, most);
    n = arith::IndexCastOp::create(b, e.current, b.getIndexType(), n);
    extent = Extent{0, n, room};
  }
  size_t next = 0;
  std::function<Val(const Val &)> gather = [&](const Val &v) {
    if (v.isArray())
      return Val::ofArray(series(v.array, buffers[next++], extent));
    Val out = v;
    if (v.isTree())
      out.stack.insert(out.stack.begin(), extent);
    for (size_t i = 0; i < out.items.size(); ++i)
      if (v.roles.empty() || v.roles[i] != Role::Argument)
        out.items[i] = gather(v.items[i]);
    return out;
  };
  return gather(yields);
}

Array LoopEmitter::series(const Array &row, mlir::Value buffer, const Extent &extent) {
  OpBuilder &b = e.builder;
  Array out = row;
  out.limit = 0;
  out.value = buffer;
  if (counted) {
    auto type = cast<RankedTensorType>(buffer.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = ShapedType::kDynamic;
    SmallVector<OpFoldResult> offsets(shape.size(), b.getIndexAttr(0)), sizes{extent.value},
        strides(shape.size(), b.getIndexAttr(1));
    for (int64_t d : ArrayRef(shape).drop_front())
      sizes.push_back(b.getIndexAttr(d));
    out.value = tensor::ExtractSliceOp::create(b, e.current,
                                               RankedTensorType::get(shape, type.getElementType()),
                                               buffer, offsets, sizes, strides);
  }
  AxisPtr t = e.newAxis("yield", extent);
  out.frames.insert(out.frames.begin(), t);
  return e.bindAxes(out, {t});
}
