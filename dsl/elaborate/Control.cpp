//===- Control.cpp - loops and branches -----------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables become loop-carried values. Every variable that the body mentions
// is carried: one that it does not change is yielded as it came, which
// canonicalization removes.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "Mentions.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/xxhash.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;

Snapshot Elaborator::snapshot() {
  Snapshot s;
  for (Scope *p = scope.get(); p; p = p->parent.get())
    for (auto &[name, b] : p->names)
      if (b.isVar)
        s.before.push_back({&b, b.val});
  return s;
}

std::vector<Binding *> Elaborator::changed(Snapshot &s) {
  std::vector<Binding *> out;
  for (auto &[b, old] : s.before) {
    SmallVector<mlir::Value *> x, y;
    collectValues(b->val, x);
    collectValues(old, y);
    bool same = x.size() == y.size();
    for (size_t i = 0; same && i < x.size(); ++i)
      same = *x[i] == *y[i];
    if (!same)
      out.push_back(b);
  }
  return out;
}

std::vector<Binding *> Elaborator::assignableIn(const ast::Block *block, const ast::Expr *expr) {
  std::set<std::string> names;
  if (block)
    mentionedNames(*block, names);
  if (expr)
    mentionedNames(*expr, names);
  // Inside a method, `state` fields are variables that sub-calls may change too.
  std::vector<Binding *> out;
  for (Scope *p = scope.get(); p; p = p->parent.get())
    for (auto &[name, b] : p->names)
      if (b.isVar && names.count(name) && scope->find(name) == &b)
        out.push_back(&b);
  return out;
}

Val Elaborator::evalFor(const ast::ForExpr &e) {
  Val it = eval(*e.iterable);
  switch (it.kind) {
  case ValKind::Error:
    return it;
  case ValKind::Range:
    return forRange(e, it);
  case ValKind::Tuple:
    return forTuple(e, it);
  case ValKind::Dataset:
    return forBatches(e, it);
  case ValKind::Struct:
    if (!it.stack.empty())
      return forArray(e, it);
    break;
  case ValKind::Array:
    if (!it.array.shape.empty() && it.array.shape[0].isStatic())
      return forArray(e, it);
    break;
  default:
    break;
  }
  diagnostics.report(e.iterable->span, Diag::E0206)
      .label("this is " + describe(it))
      .help("a loop runs over a range `0..n`, an array, a tuple or a data set's batches");
  return Val::error();
}

Val Elaborator::forTuple(const ast::ForExpr &e, const Val &tuple) {
  bool ok = true;
  for (size_t i = 0; i < tuple.items.size(); ++i) {
    auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    std::swap(scope, inner);
    std::string savedPath = drawPath;
    drawPath += std::to_string(i) + ".";
    ok &= bindPattern(e.pattern, tuple.items[i], false, nullptr);
    if (ok)
      ok &= !exec(*e.body).isError();
    drawPath = savedPath;
    std::swap(scope, inner);
  }
  return ok ? Val::unit() : Val::error();
}

Val Elaborator::forRange(const ast::ForExpr &e, const Val &range) {
  auto bound = [&](const Val &v) -> mlir::Value {
    if (v.kind == ValKind::Dim)
      return v.extent.value;
    Array a = toArray(v, Elem::I64);
    if (!v.isNumber() || isReal(a.elem) || a.elem == Elem::Bool || !a.shape.empty() ||
        !a.frames.empty()) {
      error(e.iterable->span, Diag::E0206)
          .label("this end is " + describe(v))
          .help("a range has integer ends");
      return {};
    }
    APInt c;
    if (v.kind == ValKind::Int)
      return indexConstant(v.number);
    if (a.elem != Elem::I64)
      a = convert(Val::ofArray(a), Elem::I64, e.iterable->span).array;
    return arith::IndexCastOp::create(builder, current, builder.getIndexType(), a.value);
  };
  mlir::Value lo = bound(range.items[0]), hi = bound(range.items[1]);
  mlir::Value step = range.items.size() > 2 ? bound(range.items[2]) : indexConstant(1);
  if (!lo || !hi || !step)
    return Val::error();
  std::optional<int64_t> trips;
  bool allStatic = range.items[0].kind == ValKind::Int && range.items[1].kind == ValKind::Int &&
                   (range.items.size() < 3 || range.items[2].kind == ValKind::Int);
  if (allStatic) {
    int64_t by = range.items.size() > 2 ? range.items[2].number : 1;
    if (by <= 0) {
      error(e.iterable->span, Diag::E0206)
          .label("the step is " + std::to_string(by))
          .help("a step is positive");
      return Val::error();
    }
    trips = std::max<int64_t>(
        0, (range.items[1].number + range.inclusive - range.items[0].number + by - 1) / by);
  }
  if (range.inclusive)
    hi = arith::AddIOp::create(builder, current, hi, indexConstant(1));
  return countedLoop(e, lo, hi, step, trips, e.pattern.isTuple() ? "loop" : e.pattern.name.text,
                     [&](mlir::Value iv, mlir::Value) {
                       Array a;
                       a.elem = Elem::I64;
                       a.value =
                           arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
                       if (trips && range.items[0].number >= 0)
                         a.limit = range.items[1].number + range.inclusive;
                       return bindPattern(e.pattern, Val::ofArray(a), false, nullptr);
                     });
}

Val Elaborator::forArray(const ast::ForExpr &e, const Val &array) {
  const Extent &n = array.isArray() ? array.array.shape[0] : array.stack[0];
  return countedLoop(
      e, indexConstant(0), extentValue(n), indexConstant(1), n.size,
      e.pattern.isTuple() ? "loop" : e.pattern.name.text, [&](mlir::Value iv, mlir::Value) {
        Array i;
        i.elem = Elem::I64;
        i.value = arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
        i.limit = n.size;
        Val index = Val::ofArray(i);
        Val v = array.isArray() ? Val::ofArray(takeAt(array.array, 0, i, e.span))
                                : indexStruct(array, index, e.span);
        return bindPattern(e.pattern, v, false, nullptr);
      });
}

Val Elaborator::forBatches(const ast::ForExpr &e, const Val &dataset) {
  DatasetInfo info = *dataset.dataset;
  if (!info.batch) {
    error(e.iterable->span, Diag::E0206)
        .label("a data set is read in batches")
        .help("write `.batches(128)`");
    return Val::error();
  }
  mlir::Value loader = LoaderOp::create(builder, current, info.handle, info.key,
                                        builder.getI64IntegerAttr(info.batch));
  // Batches: ceil(size / batch), the last one perhaps short.
  mlir::Value size = DatasetSizeOp::create(builder, current, info.handle);
  mlir::Value b =
      arith::ConstantOp::create(builder, current, builder.getI64IntegerAttr(info.batch));
  mlir::Value count = arith::CeilDivSIOp::create(builder, current, size, b);
  mlir::Value hi = arith::IndexCastOp::create(builder, current, builder.getIndexType(), count);
  Val out = countedLoop(e, indexConstant(0), hi, indexConstant(1), std::nullopt, "batch",
                        [&](mlir::Value iv, mlir::Value) {
                          SmallVector<Type> types{builder.getIndexType()};
                          for (const Column &c : info.columns) {
                            SmallVector<int64_t> shape{ShapedType::kDynamic};
                            shape.append(c.shape.begin(), c.shape.end());
                            types.push_back(RankedTensorType::get(shape, mlirElem(c.elem)));
                          }
                          OperationState state(current, BatchOp::getOperationName());
                          state.addOperands({loader, iv});
                          state.addTypes(types);
                          state.addAttribute("bound", builder.getI64IntegerAttr(info.batch));
                          Operation *batch = builder.create(state);
                          Extent n{0, batch->getResult(0), info.batch};
                          Val row = Val::of(ValKind::Tuple);
                          for (size_t i = 0; i < info.columns.size(); ++i) {
                            Array a;
                            a.elem = info.columns[i].elem;
                            a.limit = info.columns[i].limit;
                            a.value = batch->getResult(i + 1);
                            a.shape.push_back(n);
                            for (int64_t d : info.columns[i].shape)
                              a.shape.push_back(Extent{d, {}, d});
                            row.items.push_back(Val::ofArray(a));
                          }
                          return bindPattern(
                              e.pattern,
                              row.items.size() == 1 && !e.pattern.isTuple() ? row.items[0] : row,
                              false, nullptr);
                        });
  LoaderCloseOp::create(builder, current, loader);
  return out;
}

Val Elaborator::countedLoop(const ast::ForExpr &e, mlir::Value lower, mlir::Value upper,
                            mlir::Value step, std::optional<int64_t> trips, const std::string &name,
                            llvm::function_ref<bool(mlir::Value, mlir::Value)> bindIteration) {
  std::vector<Binding *> carried = assignableIn(e.body.get(), nullptr);
  SmallVector<mlir::Value *> places;
  for (Binding *b : carried)
    collectValues(b->val, places);
  SmallVector<mlir::Value> inits;
  for (mlir::Value *p : places)
    inits.push_back(*p);

  // A loop reached from `train` is a place where a run can stop and resume.
  bool runLoop = pure == 0 && frameContext.empty();
  RunLoop run{};
  if (runLoop) {
    run.id = meta.loop(name, runLoops.empty() ? -1 : runLoops.back().id);
    std::vector<std::string> slotNames;
    for (Binding *b : carried) {
      std::string var = "value";
      for (Scope *p = scope.get(); p; p = p->parent.get())
        for (auto &[n, x] : p->names)
          if (&x == b)
            var = n;
      SmallVector<mlir::Value *> here;
      collectValues(b->val, here);
      std::vector<Leaf> leaves;
      collectLeaves(b->val, leaves);
      for (size_t i = 0; i < here.size(); ++i) {
        std::string slot = name + ":" + var;
        for (const Leaf &l : leaves)
          if (&l.val->array.value == here[i])
            slot += "." + l.path;
        run.slots.push_back(meta.slot(slot));
      }
    }
    SmallVector<Type> types{builder.getIndexType()};
    for (mlir::Value v : inits)
      types.push_back(v.getType());
    auto resume = ResumeOp::create(builder, current, types, builder.getI64IntegerAttr(run.id),
                                   builder.getDenseI64ArrayAttr(run.slots), lower, inits);
    lower = resume.getStart();
    inits.assign(resume.getState().begin(), resume.getState().end());
  }

  std::vector<Val> collected;
  std::vector<Val> *savedYields = yields;
  mlir::Value savedKey = key;
  std::string savedPath = drawPath;
  std::set<std::string> savedDrawn;
  std::swap(savedDrawn, drawn);
  bool ok = true;

  // An array of yields is carried in a buffer of the trip count: its element
  // type is known once the body has been elaborated, so the body goes first.
  auto loop = scf::ForOp::create(builder, current, lower, upper, step, inits);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(loop.getBody());
    for (size_t i = 0; i < places.size(); ++i)
      *places[i] = loop.getRegionIterArg(i);
    mlir::Value iv = loop.getInductionVar();
    mlir::Value counter = arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
    key = KeyFoldOp::create(
        builder, current,
        KeyFoldOp::create(
            builder, current, savedKey,
            arith::ConstantOp::create(builder, current,
                                      builder.getI64IntegerAttr(int64_t(
                                          llvm::xxh3_64bits(llvm::StringRef(savedPath + name)))))),
        counter);
    drawPath.clear();
    auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    std::swap(scope, inner);
    yields = &collected;
    size_t finishedBefore = finishedLoops.size();
    if (runLoop) {
      run.ordinal = iv;
      for (mlir::Value v : loop.getRegionIterArgs())
        run.state.push_back(v);
      runLoops.push_back(run);
    }
    ok = bindIteration(iv, iv) && !exec(*e.body).isError();
    std::swap(scope, inner);
    yields = savedYields;
    if (runLoop)
      runLoops.pop_back();
    finishedLoops.resize(finishedBefore);
    SmallVector<mlir::Value> outs;
    SmallVector<mlir::Value *> now;
    for (Binding *b : carried)
      collectValues(b->val, now);
    ok &= now.size() == inits.size();
    for (size_t i = 0; ok && i < now.size(); ++i) {
      if (now[i]->getType() != inits[i].getType()) {
        diagnostics.report(e.span, Diag::E0214)
            .label("a variable changes its type from one iteration to the next");
        ok = false;
      }
      outs.push_back(*now[i]);
    }
    if (!ok)
      outs = SmallVector<mlir::Value>(loop.getRegionIterArgs().begin(),
                                      loop.getRegionIterArgs().end());
    else if (runLoop)
      emitCheckpoint(run, iv, step, upper, outs);
    scf::YieldOp::create(builder, current, outs);
  }
  key = savedKey;
  drawPath = savedPath;
  std::swap(savedDrawn, drawn);
  Val result = Val::unit();
  if (ok && !collected.empty()) {
    result = collectYields(loop, collected, trips, lower, step, e.span);
    ok = !result.isError();
  }
  SmallVector<mlir::Value *> after;
  for (Binding *b : carried)
    collectValues(b->val, after);
  for (size_t i = 0; i < after.size() && i < loop.getNumResults(); ++i)
    *after[i] = loop.getResult(i);
  if (!ok)
    return Val::error();
  if (runLoop) {
    RunLoop done = run;
    done.ordinal = upper;
    done.state.assign(loop.getResults().begin(), loop.getResults().begin() + inits.size());
    finishedLoops.push_back(done);
  }
  return result;
}

void Elaborator::emitCheckpoint(const RunLoop &run, mlir::Value iv, mlir::Value step,
                                mlir::Value upper, llvm::ArrayRef<mlir::Value> state) {
  // The path, outermost first; loops that have ended are given as past their end.
  SmallVector<int64_t> loops, slots;
  SmallVector<mlir::Value> next, values;
  auto add = [&](const RunLoop &l, mlir::Value at, llvm::ArrayRef<mlir::Value> s) {
    loops.push_back(l.id);
    next.push_back(at);
    slots.append(l.slots.begin(), l.slots.end());
    values.append(s.begin(), s.end());
  };
  for (const RunLoop &l : finishedLoops)
    add(l, l.ordinal, l.state);
  for (const RunLoop &l : runLoops)
    add(l, l.ordinal, l.state);
  mlir::Value following = arith::AddIOp::create(builder, current, iv, step);
  add(run, following, state);
  TickOp::create(builder, current, builder.getI64IntegerAttr(run.id), iv, upper);
  CheckpointOp::create(builder, current, builder.getI64IntegerAttr(run.id),
                       builder.getDenseI64ArrayAttr(loops), builder.getDenseI64ArrayAttr(slots),
                       next, values);
}

Val Elaborator::collectYields(scf::ForOp &loop, std::vector<Val> &collected,
                              std::optional<int64_t> trips, mlir::Value lower, mlir::Value step,
                              SourceSpan span) {
  if (collected.size() != 1 || !trips || !collected[0].isNumber())
    return unsupported(span, "collecting these values",
                       "yield one array of numbers in a loop whose count is a `dim`");
  OpBuilder::InsertionGuard guard(builder);
  Operation *terminator = loop.getBody()->getTerminator();
  builder.setInsertionPoint(terminator);
  Array item = toArray(collected[0]);
  SmallVector<Extent, 6> dims{Extent{*trips, {}, *trips}};
  for (const AxisPtr &f : item.frames)
    dims.push_back(f->extent);
  dims.append(item.shape.begin(), item.shape.end());
  auto type = cast<RankedTensorType>(typeOf(dims, item.elem));

  // The loop once more, with the buffer as one more carried value.
  builder.setInsertionPoint(loop);
  SmallVector<mlir::Value> inits(loop.getInitArgs().begin(), loop.getInitArgs().end());
  inits.push_back(
      tensor::EmptyOp::create(builder, current, type.getShape(), type.getElementType()));
  auto fresh = scf::ForOp::create(builder, loop.getLoc(), loop.getLowerBound(),
                                  loop.getUpperBound(), loop.getStep(), inits);
  Block *body = fresh.getBody();
  if (!body->empty())
    body->getTerminator()->erase();
  body->getOperations().splice(body->end(), loop.getBody()->getOperations());
  for (auto [from, to] :
       llvm::zip(loop.getBody()->getArguments(), body->getArguments().drop_back()))
    from.replaceAllUsesWith(to);
  builder.setInsertionPoint(terminator);
  mlir::Value place = arith::DivSIOp::create(
      builder, current, arith::SubIOp::create(builder, current, fresh.getInductionVar(), lower),
      step);
  mlir::Value buffer = body->getArguments().back(), written;
  if (!isa<RankedTensorType>(item.value.getType())) {
    written =
        tensor::InsertOp::create(builder, current, item.value, buffer, mlir::ValueRange{place});
  } else {
    SmallVector<OpFoldResult> offsets{place}, sizes{builder.getIndexAttr(1)},
        strides{builder.getIndexAttr(1)};
    for (size_t i = 1; i < dims.size(); ++i) {
      offsets.push_back(builder.getIndexAttr(0));
      sizes.push_back(builder.getIndexAttr(dims[i].size));
      strides.push_back(builder.getIndexAttr(1));
    }
    written = tensor::InsertSliceOp::create(builder, current, item.value, buffer, offsets, sizes,
                                            strides);
  }
  terminator->insertOperands(terminator->getNumOperands(), written);
  loop.erase();
  loop = fresh;
  AxisPtr t = newAxis("yield", dims[0]);
  Array framed = item;
  framed.limit = 0;
  framed.value = fresh.getResults().back();
  framed.frames.insert(framed.frames.begin(), t);
  builder.setInsertionPointAfter(fresh);
  return Val::ofArray(bindAxes(framed, {t}));
}

bool Elaborator::whileLoop(const ast::WhileStmt &s) {
  std::optional<int64_t> limit;
  if (s.limit && !(limit = staticInt(*s.limit, "the limit of a loop")))
    return false;
  std::vector<Binding *> carried = assignableIn(s.body.get(), s.cond.get());
  SmallVector<mlir::Value *> places;
  for (Binding *b : carried)
    collectValues(b->val, places);
  SmallVector<mlir::Value> inits;
  SmallVector<Type> types;
  for (mlir::Value *p : places) {
    inits.push_back(*p);
    types.push_back(p->getType());
  }
  // A loop with a limit counts its iterations.
  if (limit) {
    inits.push_back(scalarConstant(0, Elem::I64));
    types.push_back(builder.getI64Type());
  }
  auto loop = scf::WhileOp::create(builder, current, types, inits);
  if (limit)
    loop->setAttr("dyn.limit", builder.getI64IntegerAttr(*limit));
  SmallVector<Location> locs(types.size(), current);
  OpBuilder::InsertionGuard guard(builder);
  bool ok = true;
  auto enter = [&](Region &region) {
    Block *b = builder.createBlock(&region, {}, types, locs);
    for (size_t i = 0; i < places.size(); ++i)
      *places[i] = b->getArgument(i);
    return b;
  };
  ++pure; // no checkpoints inside: the loop has no counter
  Block *test = enter(loop.getBefore());
  Val c = eval(*s.cond);
  if (!c.isError() &&
      !(c.kind == ValKind::Bool || (c.isArray() && c.array.elem == Elem::Bool &&
                                    c.array.shape.empty() && c.array.frames.empty()))) {
    error(s.cond->span, Diag::E0213).label("this is " + describe(c));
    c = Val::error();
  }
  ok = !c.isError();
  mlir::Value cond = ok ? toArray(c, Elem::Bool).value : scalarConstant(0, Elem::Bool);
  SmallVector<mlir::Value> pass;
  for (mlir::Value *p : places)
    pass.push_back(*p);
  if (limit) {
    mlir::Value count = test->getArguments().back();
    mlir::Value most = scalarConstant(double(*limit), Elem::I64);
    mlir::Value room =
        arith::CmpIOp::create(builder, current, arith::CmpIPredicate::slt, count, most);
    mlir::Value over = arith::XOrIOp::create(builder, current, cond, scalarConstant(1, Elem::Bool));
    AssertOp::create(builder, loc(s.span), arith::OrIOp::create(builder, current, room, over),
                     count, most,
                     checkSite("limit", s.cond->span, std::string(sources.text(s.cond->span))));
    pass.push_back(count);
  }
  scf::ConditionOp::create(builder, current, cond, pass);
  Block *body = enter(loop.getAfter());
  std::string savedPath = drawPath;
  ok = ok && !evalBlock(*s.body).isError();
  drawPath = savedPath;
  --pure;
  SmallVector<mlir::Value> outs;
  SmallVector<mlir::Value *> now;
  for (Binding *b : carried)
    collectValues(b->val, now);
  for (size_t i = 0; i < now.size(); ++i)
    outs.push_back(*now[i]);
  if (limit)
    outs.push_back(arith::AddIOp::create(builder, current, body->getArguments().back(),
                                         scalarConstant(1, Elem::I64)));
  if (!ok)
    outs.assign(loop.getAfterArguments().begin(), loop.getAfterArguments().end());
  scf::YieldOp::create(builder, current, outs);
  for (size_t i = 0; i < now.size() && i < loop.getNumResults(); ++i)
    *now[i] = loop.getResult(i);
  return ok;
}
