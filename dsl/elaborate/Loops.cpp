//===- Loops.cpp - elaborating one iteration ------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Loops.h"

#include "llvm/Support/xxhash.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

static SmallVector<mlir::Value> valuesOf(ArrayRef<Binding *> bindings) {
  SmallVector<mlir::Value *> places;
  for (Binding *b : bindings)
    collectValues(b->val, places);
  SmallVector<mlir::Value> out;
  for (mlir::Value *p : places)
    out.push_back(*p);
  return out;
}

void dyn::dsl::rebind(ArrayRef<Binding *> bindings, ValueRange values) {
  SmallVector<mlir::Value *> places;
  for (Binding *b : bindings) {
    forgetLimits(b->val);
    collectValues(b->val, places);
  }
  for (auto [place, v] : llvm::zip(places, values))
    *place = v;
}

Val LoopEmitter::emit() {
  auto flags = std::make_shared<Scope>();
  flags->parent = e.scope;
  std::swap(e.scope, flags);
  on = &e.scope->names["@on"];
  *on = {Val::ofArray(e.constant(1, Elem::Bool)), true, l.span};
  l.carried.insert(l.carried.begin(), on);
  isRunLoop = e.pure == 0 && e.frameContext.empty();
  Snapshot before = e.snapshot();
  Val yields = Val::unit();
  bool ok = settle() && checkTypes() && collect(yields);
  Val out = Val::error();
  if (ok) {
    saveAndResume();
    Operation *loop = close();
    out = collected(yields, loop->getResults());
  } else {
    for (auto &[b, old] : before.before)
      b->val = old;
    holder.erase();
  }
  std::swap(e.scope, flags);
  return out;
}

bool LoopEmitter::settle() {
  // A variable that gains a frame in the body has it from the start: then all again.
  for (unsigned attempt = 0;; ++attempt) {
    Snapshot before = e.snapshot();
    Meta meta = e.meta;
    std::set<std::string> drawn = e.drawn;
    size_t finished = e.finishedLoops.size();
    bool ok = elaborate();
    e.finishedLoops.resize(finished);
    if (!ok)
      return false;
    bool again = false;
    OpBuilder::InsertionGuard guard(e.builder);
    e.builder.setInsertionPoint(holder);
    for (auto &[b, old] : before.before)
      if (llvm::is_contained(l.carried, b))
        again |= widen(old, b->val);
    if (!again || attempt == 4)
      return true;
    for (auto &[b, old] : before.before)
      b->val = old;
    holder.erase();
    e.meta = meta;
    e.drawn = drawn;
  }
}

bool LoopEmitter::widen(Val &before, const Val &end) {
  bool grew = false;
  if (before.isArray() && end.isArray() && before.array.shape == end.array.shape) {
    Array &a = before.array;
    SmallVector<AxisPtr, 4> frames(e.unionFrames({&a, &end.array}));
    if (frames.size() > a.frames.size()) {
      a.value = e.place(a, frames, a.shape);
      a.frames.assign(frames.begin(), frames.end());
      grew = true;
    }
  }
  for (size_t i = 0; i < before.items.size() && i < end.items.size(); ++i)
    grew |= widen(before.items[i], end.items[i]);
  return grew;
}

bool LoopEmitter::elaborate() {
  OpBuilder &b = e.builder;
  state.clear();
  run = {};
  partial = false;
  SmallVector<Type> types{b.getIndexType()};
  for (Binding *v : l.carried) {
    std::string name = l.name + ":" + e.nameOf(v);
    SmallVector<mlir::Value *> here;
    collectValues(v->val, here);
    std::vector<Leaf> leaves;
    collectLeaves(v->val, leaves);
    for (mlir::Value *place : here) {
      std::string slot = name;
      for (const Leaf &leaf : leaves)
        if (&leaf.val->array.value == place)
          slot += "." + leaf.path;
      state.push_back({slot, *place, {}, {}, {}});
      types.push_back(place->getType());
    }
  }
  if (isRunLoop) {
    run.id = e.meta.loop(l.name, e.runLoops.empty() ? -1 : e.runLoops.back().id);
    if (l.stream >= 0)
      e.meta.loopReads(run.id, l.stream);
    for (const State &s : ArrayRef(state).drop_front())
      run.slots.push_back(e.meta.slot(s.slot));
  }
  holder = scf::ExecuteRegionOp::create(b, e.current, TypeRange{});
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Location> locs(types.size(), e.current);
  Region &region = holder.getRegion();
  testBlock = b.createBlock(&region, region.end(), types, locs);
  rebind(l.carried, testBlock->getArguments().drop_front());
  if (!elaborateTest())
    return false;
  SmallVector<mlir::Value> tested = valuesOf(l.carried);
  for (size_t i = 0; i < state.size(); ++i) {
    state[i].tested = tested[i];
    partial |= tested[i].getType() != types[i + 1];
  }
  if (partial)
    return true;
  bodyBlock = b.createBlock(&region, region.end(), types, locs);
  rebind(l.carried, bodyBlock->getArguments().drop_front());
  for (size_t i = 0; i < state.size(); ++i)
    state[i].argument = bodyBlock->getArgument(i + 1);
  if (isRunLoop) {
    run.ordinal = bodyBlock->getArgument(0);
    for (const State &s : ArrayRef(state).drop_front())
      run.state.push_back(s.argument);
    run.body = bodyBlock;
    e.runLoops.push_back(run);
  }
  bool ok = elaborateBody();
  if (isRunLoop) {
    run.held = e.runLoops.back().held;
    e.runLoops.pop_back();
  }
  return ok;
}

mlir::Value LoopEmitter::anyLane(const Array &flag) {
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < flag.frames.size(); ++i)
    dims.push_back(int64_t(i));
  return dims.empty() ? flag.value : e.reduceDims(ReduceKind::any, flag, dims, l.span).value;
}

bool LoopEmitter::elaborateTest() {
  OpBuilder &b = e.builder;
  if (l.batches) {
    // A loop that was left waits for nothing.
    auto ask = scf::IfOp::create(b, e.current, anyLane(on->val.array),
                                 [&](OpBuilder &then, Location at) {
                                   mlir::Value more = StreamMoreOp::create(
                                       then, at, then.getI1Type(), l.batches);
                                   scf::YieldOp::create(then, at, more);
                                 },
                                 [&](OpBuilder &otherwise, Location at) {
                                   mlir::Value no = arith::ConstantOp::create(
                                       otherwise, at, otherwise.getBoolAttr(false));
                                   scf::YieldOp::create(otherwise, at, no);
                                 });
    go = ask.getResult(0);
    return true;
  }
  if (!l.test) {
    mlir::Value more = arith::CmpIOp::create(b, e.current, arith::CmpIPredicate::slt,
                                             testBlock->getArgument(0), l.upper);
    go = arith::AndIOp::create(b, e.current, more, anyLane(on->val.array));
    return true;
  }
  Val c = e.eval(*l.test);
  if (c.isError())
    return false;
  bool isBool = c.kind == ValKind::Bool ||
                (c.isArray() && c.array.elem == Elem::Bool && c.array.shape.empty());
  if (!isBool) {
    e.error(l.test->span, Diag::E0213).label("this is " + describe(c));
    return false;
  }
  Array cond = e.toArray(c, Elem::Bool);
  Val both = e.logical(ast::BinaryOp::And, on->val, Val::ofArray(cond), l.test->span);
  // In a frame each lane ends by itself, and stays ended.
  if (!cond.frames.empty())
    on->val = both;
  go = anyLane(both.array);
  if (l.limit)
    checkLimit(go);
  return true;
}

void LoopEmitter::checkLimit(mlir::Value wanted) {
  OpBuilder &b = e.builder;
  mlir::Value count =
      arith::IndexCastOp::create(b, e.current, b.getI64Type(), testBlock->getArgument(0));
  mlir::Value most = arith::ConstantOp::create(b, e.current, b.getI64IntegerAttr(*l.limit));
  mlir::Value room = arith::CmpIOp::create(b, e.current, arith::CmpIPredicate::slt, count, most);
  mlir::Value ends = arith::XOrIOp::create(b, e.current, wanted, e.scalarConstant(1, Elem::Bool));
  AssertOp::create(b, e.loc(l.span), arith::OrIOp::create(b, e.current, room, ends), count, most,
                   e.checkSite("limit", l.test->span, std::string(e.sources.text(l.test->span))));
}

bool LoopEmitter::elaborateBody() {
  OpBuilder &b = e.builder;
  mlir::Value iv = bodyBlock->getArgument(0);
  mlir::Value savedKey = e.key;
  std::string savedPath = e.drawPath;
  std::set<std::string> savedDrawn;
  std::swap(savedDrawn, e.drawn);
  mlir::Value counter = arith::IndexCastOp::create(b, e.current, b.getI64Type(), iv);
  auto address = int64_t(llvm::xxh3_64bits(llvm::StringRef(savedPath + l.name)));
  mlir::Value named = arith::ConstantOp::create(b, e.current, b.getI64IntegerAttr(address));
  e.key =
      KeyFoldOp::create(b, e.current, KeyFoldOp::create(b, e.current, savedKey, named), counter);
  e.drawPath.clear();
  auto inner = std::make_shared<Scope>();
  inner->parent = e.scope;
  std::swap(e.scope, inner);
  bool lanes = !on->val.array.frames.empty();
  e.openIteration(lanes ? on->val : Val::ofArray(e.constant(1, Elem::Bool)));
  if (l.test)
    e.scope->names["@yield"] = {Val::string("`while`, which collects nothing"), false, {}};
  e.pollHost();
  auto once = [&] { return body(iv) ? Val::unit() : Val::error(); };
  Array live = on->val.array;
  bool ok = !(lanes ? e.branch(live, l.span, once, {}) : once()).isError();
  yielded = l.test ? Val::unit() : e.scope->names["@yield"].val;
  wasYielded = e.scope->names["@yielded"].val;
  std::swap(e.scope, inner);
  e.key = savedKey;
  e.drawPath = savedPath;
  std::swap(savedDrawn, e.drawn);
  return ok;
}

bool LoopEmitter::checkTypes() {
  size_t at = 0;
  for (Binding *v : l.carried) {
    SmallVector<mlir::Value *> here;
    collectValues(v->val, here);
    for (mlir::Value *place : here) {
      if (at >= state.size() || place->getType() != state[at].init.getType()) {
        e.diagnostics.report(l.span, Diag::E0214)
            .label("`" + e.nameOf(v) + "` changes its type from one iteration to the next");
        return false;
      }
      state[at++].out = *place;
    }
  }
  if (at != state.size() || partial) {
    e.diagnostics.report(l.span, Diag::E0214)
        .label("a variable changes its type from one iteration to the next");
    return false;
  }
  breaks = state[0].out != state[0].argument || isa<RankedTensorType>(state[0].init.getType());
  return true;
}
