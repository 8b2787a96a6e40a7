//===- Control.cpp - what loops run over ----------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Loops.h"
#include "Mentions.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/Casting.h"

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

std::string Elaborator::nameOf(const Binding *b) {
  for (Scope *p = scope.get(); p; p = p->parent.get())
    for (auto &[name, x] : p->names)
      if (&x == b)
        return name;
  return "value";
}

std::vector<Binding *> Elaborator::assignableIn(const ast::Block *block, const ast::Expr *expr) {
  std::set<std::string> names;
  if (block)
    mentionedNames(*block, names);
  if (expr)
    mentionedNames(*expr, names);
  std::vector<Binding *> out;
  for (Scope *p = scope.get(); p; p = p->parent.get()) {
    // Inside a model's function, its other functions may change its state.
    bool sibling = p->self && llvm::any_of(p->names, [&](auto &named) {
                     return named.second.val.kind == ValKind::Function && names.count(named.first);
                   });
    for (auto &[name, b] : p->names)
      if (b.isVar && (sibling || names.count(name)) && scope->find(name) == &b)
        out.push_back(&b);
  }
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
  case ValKind::Type:
    if (it.decl && it.decl->kind() == ast::ItemKind::Enum) {
      auto &item = *static_cast<const ast::EnumItem *>(it.decl);
      Val cases = Val::of(ValKind::Tuple);
      for (size_t i = 0; i < item.cases.size(); ++i)
        cases.items.push_back(enumCase(item, i));
      return forTuple(e, cases);
    }
    break;
  case ValKind::Dataset:
    return forBatches(e, it);
  case ValKind::Struct:
  case ValKind::Delta:
    if (!it.stack.empty())
      return forArray(e, it);
    break;
  case ValKind::Series:
    if (it.series)
      return forSeries(e, it);
    break;
  case ValKind::Array:
    if (!it.array.shape.empty())
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

static std::string loopName(const ast::ForExpr &e) {
  return e.pattern.isTuple() ? "loop" : e.pattern.name.text;
}

static Loop loopOver(const ast::ForExpr &e, mlir::Value lower, mlir::Value upper, mlir::Value step,
                     const std::string &name) {
  Loop l;
  l.span = e.span;
  l.name = name;
  l.lower = lower;
  l.upper = upper;
  l.step = step;
  return l;
}

Val Elaborator::forTuple(const ast::ForExpr &e, const Val &tuple) {
  auto flags = std::make_shared<Scope>();
  flags->parent = scope;
  std::swap(scope, flags);
  Binding &on = scope->names["@on"];
  on = {Val::ofArray(constant(1, Elem::Bool)), true, e.span};
  std::vector<Val> yields;
  bool ok = true;
  for (size_t i = 0; ok && i < tuple.items.size(); ++i) {
    mlir::Value goesOn = on.val.array.value;
    if (matchPattern(goesOn, m_Zero()))
      break;
    auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    std::swap(scope, inner);
    std::string savedPath = drawPath;
    drawPath += std::to_string(i) + ".";
    openIteration(Val::ofArray(constant(1, Elem::Bool)));
    auto iteration = [&] {
      bool done =
          bindPattern(e.pattern, tuple.items[i], false, nullptr) && !exec(*e.body).isError();
      return done ? Val::unit() : Val::error();
    };
    bool always = on.val.array.frames.empty() && matchPattern(goesOn, m_One());
    Array live = on.val.array;
    ok = !(always ? iteration() : branch(live, e.span, iteration, {})).isError();
    if (scope->names["@yield"].val.kind != ValKind::Unit) {
      yields.push_back(scope->names["@yield"].val);
      if (!matchPattern(scope->names["@yielded"].val.array.value, m_One())) {
        unsupported(e.span, "a value that an unrolled loop yields only sometimes",
                    "yield one in every iteration");
        ok = false;
      }
    }
    drawPath = savedPath;
    std::swap(scope, inner);
  }
  std::swap(scope, flags);
  if (!ok)
    return Val::error();
  if (yields.empty())
    return Val::unit();
  // Equal shapes make an array, others a tuple.
  bool alike = llvm::all_of(yields, [&](const Val &v) {
    return v.isArray() && yields[0].isArray() && v.array.elem == yields[0].array.elem &&
           v.array.shape == yields[0].array.shape && v.array.frames.empty();
  });
  if (alike)
    return arrayOf(yields, yields[0].array.elem, e.span);
  Val all = Val::of(ValKind::Tuple);
  all.items = yields;
  return all;
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
    hi = builder.createOrFold<arith::AddIOp>(current, hi, indexConstant(1));
  std::optional<int64_t> limit = trips;
  if (range.items[0].kind == ValKind::Int && range.items[1].kind == ValKind::Dim)
    limit =
        std::max<int64_t>(0, range.items[1].extent.bound + range.inclusive - range.items[0].number);
  if (range.items.size() > 2 && range.items[2].kind != ValKind::Int) {
    mlir::Value positive =
        arith::CmpIOp::create(builder, current, arith::CmpIPredicate::sgt, step, indexConstant(0));
    mlir::Value zero = scalarConstant(0, Elem::I64);
    AssertOp::create(builder, current, positive, zero, zero,
                     checkSite("assert", e.iterable->span, "the step of this range is positive"));
  }
  return countedLoop(e, lo, hi, step, trips, limit, loopName(e), [&](mlir::Value iv) {
    Array a;
    a.elem = Elem::I64;
    a.value = arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
    if (trips && range.items[0].number >= 0)
      a.limit = range.items[1].number + range.inclusive;
    return bindPattern(e.pattern, Val::ofArray(a), false, nullptr);
  });
}

Val Elaborator::forArray(const ast::ForExpr &e, const Val &array) {
  const Extent n = array.isArray() ? array.array.shape[0] : array.stack[0];
  std::optional<int64_t> trips = n.isStatic() ? std::optional(n.size) : std::nullopt;
  // In the training view the layers of a stack keep what their calls change.
  Val *stack = array.training ? lvalue(*e.iterable, true) : nullptr;
  auto around = std::make_shared<Scope>();
  around->parent = scope;
  Carried states = stack ? carryState(e, *stack, *around) : Carried{};
  std::swap(scope, around);
  Val out = countedLoop(
      e, indexConstant(0), extentValue(n), indexConstant(1), trips, trips ? n.size : n.bound,
      loopName(e),
      [&](mlir::Value iv) {
        Array i;
        i.elem = Elem::I64;
        i.value = arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
        i.limit = n.size;
        Val all = array;
        leaveState(states, all);
        Val v = array.isArray() ? Val::ofArray(takeAt(array.array, 0, i, e.span))
                                : indexStruct(all, Val::ofArray(i), e.span);
        return bindPattern(e.pattern, v, states.binding, nullptr);
      },
      states);
  std::swap(scope, around);
  if (!out.isError() && stack)
    leaveState(states, *stack);
  return out;
}

Val Elaborator::forSeries(const ast::ForExpr &e, const Val &series) {
  mlir::Value n = arith::IndexCastOp::create(builder, current, builder.getIndexType(),
                                             seriesLength(series, e.span));
  return countedLoop(e, indexConstant(0), n, indexConstant(1), std::nullopt, std::nullopt,
                     loopName(e), [&](mlir::Value iv) {
                       Val v = series.series->at(
                           arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv));
                       return !v.isError() && bindPattern(e.pattern, v, false, nullptr);
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
  if (info.stream >= 0 && (pure > 0 || !frameContext.empty()))
    return unsupported(e.span, "a stream in a block that is differentiated, lifted or called by a host",
                       "read it in a loop around the block");
  mlir::Value loader, hi;
  if (info.stream >= 0) {
    loader = StreamOp::create(builder, current, builder.getI64Type(),
                              builder.getI64IntegerAttr(info.stream),
                              builder.getI64IntegerAttr(info.batch));
  } else {
    loader = LoaderOp::create(builder, current, info.handle, info.key,
                              builder.getI64IntegerAttr(info.batch));
    // Batches: ceil(size / batch), the last one perhaps short.
    mlir::Value size = DatasetSizeOp::create(builder, current, info.handle);
    mlir::Value b =
        arith::ConstantOp::create(builder, current, builder.getI64IntegerAttr(info.batch));
    mlir::Value count = arith::CeilDivSIOp::create(builder, current, size, b);
    hi = arith::IndexCastOp::create(builder, current, builder.getIndexType(), count);
  }
  auto bindBatch = [&](mlir::Value iv) {
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
    bool single = row.items.size() == 1 && !e.pattern.isTuple();
    return bindPattern(e.pattern, single ? row.items[0] : row, false, nullptr);
  };
  Loop l = loopOver(e, indexConstant(0), hi, indexConstant(1), "batch");
  if (info.stream >= 0) {
    l.batches = loader;
    l.stream = info.stream;
  }
  Val out = emitLoop(e, l, bindBatch);
  LoaderCloseOp::create(builder, current, loader);
  return out;
}

Val Elaborator::emitLoop(const ast::ForExpr &e, Loop l,
                         llvm::function_ref<bool(mlir::Value)> bindIteration,
                         const Carried &more) {
  l.carried = assignableIn(e.body.get(), nullptr);
  if (more.binding)
    l.carried.push_back(more.binding);
  auto iteration = [&](mlir::Value iv) {
    return bindIteration(iv) && !exec(*e.body).isError() &&
           (!more.endIteration || more.endIteration(iv));
  };
  return LoopEmitter(*this, l, iteration).emit();
}

Val Elaborator::countedLoop(const ast::ForExpr &e, mlir::Value lower, mlir::Value upper,
                            mlir::Value step, std::optional<int64_t> trips,
                            std::optional<int64_t> limit, const std::string &name,
                            llvm::function_ref<bool(mlir::Value)> bindIteration,
                            const Carried &more) {
  Loop l = loopOver(e, lower, upper, step, name);
  l.trips = trips;
  l.limit = limit;
  return emitLoop(e, l, bindIteration, more);
}

bool Elaborator::whileLoop(const ast::WhileStmt &s) {
  Loop l;
  if (s.limit) {
    l.limit = staticInt(*s.limit, "the limit of a loop");
    if (!l.limit)
      return false;
  }
  l.span = s.span;
  l.name = "while";
  l.carried = assignableIn(s.body.get(), s.cond.get());
  l.lower = indexConstant(0);
  l.step = indexConstant(1);
  l.test = s.cond.get();
  return !LoopEmitter(*this, l, [&](mlir::Value) { return !exec(*s.body).isError(); })
              .emit()
              .isError();
}

void Elaborator::emitCheckpoint(const RunLoop &run, mlir::Value iv, mlir::Value step,
                                mlir::Value upper, llvm::ArrayRef<mlir::Value> state) {
  // The path, outermost first.
  SmallVector<int64_t> around;
  for (std::vector<RunLoop> *loops : {&finishedLoops, &runLoops})
    for (RunLoop &l : *loops) {
      hold(l);
      around.push_back(l.id);
    }
  mlir::Value following = arith::AddIOp::create(builder, current, iv, step);
  // A `while` does not know its end.
  TickOp::create(builder, current, builder.getI64IntegerAttr(run.id), iv,
                 upper ? upper : following);
  CheckpointOp::create(builder, current, builder.getI64IntegerAttr(run.id),
                       builder.getDenseI64ArrayAttr(around),
                       builder.getDenseI64ArrayAttr(run.slots), following, state);
}

void Elaborator::hold(RunLoop &l) {
  if (l.held)
    return;
  OpBuilder::InsertionGuard guard(builder);
  if (l.ended)
    builder.setInsertionPointAfter(l.ended);
  else
    builder.setInsertionPointToStart(l.body);
  l.held = HoldOp::create(builder, current, builder.getI64IntegerAttr(l.id),
                          builder.getDenseI64ArrayAttr(l.slots), l.ordinal, l.state);
}
