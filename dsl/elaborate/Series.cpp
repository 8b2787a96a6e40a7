//===- Series.cpp - logged series as arrays of the program ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A series has no bound, so it is never stored as a tensor: an expression over
// series is a function of the position, and a reduction of it is a loop.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "Mentions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using ast::BinaryOp;
using llvm::ArrayRef;
using llvm::SmallVector;

static Array scalarOf(mlir::Value v, Elem elem) {
  Array a;
  a.value = v;
  a.elem = elem;
  return a;
}

static bool isSeries(const Val &v) { return v.kind == ValKind::Series && v.series; }

Val Elaborator::seriesNamed(const std::string &name, SourceSpan span) {
  seriesRead.try_emplace(name, span);
  auto [index, member] = seriesIndex(name);
  int64_t count = 1;
  for (const Member &m : members)
    count *= int64_t(m.labels.size());
  meta.readSeries(index, count);
  auto series = builder.getI64IntegerAttr(index);
  Val v = Val::string(name, ValKind::Series);
  v.series = std::make_shared<SeriesInfo>();
  v.series->sources.push_back({index, member});
  v.series->count = [this, series, member = member]() -> mlir::Value {
    return LoggedCountOp::create(builder, current, series, member);
  };
  v.series->at = [this, series, member = member](mlir::Value i) {
    mlir::Value x = LoggedValueOp::create(builder, current, series, i, member);
    return convert(Val::ofArray(scalarOf(x, Elem::F64)), realElem(), {});
  };
  return v;
}

Val Elaborator::mapSeries(ArrayRef<Val> operands, std::function<Val(ArrayRef<Val>)> f) {
  Val out = Val::string("these series", ValKind::Series);
  out.series = std::make_shared<SeriesInfo>();
  std::vector<Val> all(operands.begin(), operands.end());
  for (const Val &v : all) {
    if (v.isError())
      return v;
    if (!isSeries(v))
      continue;
    for (auto &s : v.series->sources)
      if (!llvm::is_contained(out.series->sources, s))
        out.series->sources.push_back(s);
    if (!out.series->count)
      out.series->count = v.series->count;
  }
  out.series->at = [all, f = std::move(f)](mlir::Value i) {
    std::vector<Val> now = all;
    for (Val &v : now)
      if (isSeries(v))
        v = v.series->at(i);
    for (const Val &v : now)
      if (v.isError())
        return v;
    return f(now);
  };
  return out;
}

mlir::Value Elaborator::seriesLength(const Val &s, SourceSpan span) {
  auto &sources = s.series->sources;
  for (size_t i = 1; i < sources.size(); ++i)
    LoggedAlignOp::create(builder, loc(span), builder.getI64IntegerAttr(sources[0].first),
                          builder.getI64IntegerAttr(sources[i].first),
                          builder.getI64IntegerAttr(checkSite("series", span, "")),
                          sources[i].second);
  return s.series->count();
}

mlir::Value Elaborator::position(const ast::Expr &x) {
  Val v = eval(x);
  if (v.isError())
    return {};
  bool fits = v.isArray() || v.kind == ValKind::Int || v.kind == ValKind::Dim;
  Array a = fits ? toArray(v, Elem::I64) : Array{};
  if (!a.value || a.elem != Elem::I64 || !a.shape.empty() || !a.frames.empty()) {
    error(x.span, Diag::E0206)
        .label("this is " + describe(v))
        .help("a position is one integer; an index needs a reduction: `max[t] ...`");
    return {};
  }
  return a.value;
}

void Elaborator::checkPosition(mlir::Value i, mlir::Value bound, SourceSpan span) {
  mlir::Value zero = scalarConstant(0, Elem::I64);
  mlir::Value above = arith::CmpIOp::create(builder, current, arith::CmpIPredicate::sge, i, zero);
  mlir::Value below = arith::CmpIOp::create(builder, current, arith::CmpIPredicate::slt, i, bound);
  AssertOp::create(builder, loc(span), arith::AndIOp::create(builder, current, above, below), i,
                   bound, checkSite("subscript", span, std::string(sources.text(span))));
}

std::optional<std::pair<mlir::Value, mlir::Value>> Elaborator::positions(const ast::Sub &sub,
                                                                         mlir::Value length) {
  mlir::Value one = scalarConstant(1, Elem::I64);
  mlir::Value lo = sub.lo ? position(*sub.lo) : scalarConstant(0, Elem::I64);
  mlir::Value hi = sub.hi ? position(*sub.hi) : length;
  if (!lo || !hi)
    return std::nullopt;
  if (sub.hi && sub.inclusive)
    hi = arith::AddIOp::create(builder, current, hi, one);
  mlir::Value past = arith::AddIOp::create(builder, current, length, one);
  checkPosition(hi, past, sub.span);
  checkPosition(lo, past, sub.span);
  mlir::Value n = arith::SubIOp::create(builder, current, hi, lo);
  return std::pair(lo, arith::MaxSIOp::create(builder, current, n, scalarConstant(0, Elem::I64))
                           .getResult());
}

Val Elaborator::indexSeries(const Val &s, const ast::IndexExpr &e) {
  if (e.subs.size() != 1 ||
      (e.subs[0].kind != ast::SubKind::Point && e.subs[0].kind != ast::SubKind::Range)) {
    diagnostics.report(e.span, Diag::E0205, describe(s)).label("a series has one subscript");
    return Val::error();
  }
  const ast::Sub &sub = e.subs[0];
  if (sub.kind == ast::SubKind::Point) {
    mlir::Value i = position(*sub.point);
    if (!i)
      return Val::error();
    checkPosition(i, seriesLength(s, e.span), sub.span);
    return s.series->at(i);
  }
  // A part of a series is a series that begins elsewhere.
  auto range = positions(sub, seriesLength(s, e.span));
  if (!range)
    return Val::error();
  auto [lo, n] = *range;
  Val out = Val::string("a part of " + s.text, ValKind::Series);
  out.series = std::make_shared<SeriesInfo>();
  out.series->count = [n = n] { return n; };
  out.series->at = [this, lo = lo, at = s.series->at](mlir::Value i) {
    return at(arith::AddIOp::create(builder, current, i, lo));
  };
  return out;
}

Array Elaborator::neutralOf(const std::string &word, Elem elem) {
  bool largest = word == "max";
  if (!largest && word != "min")
    return constant(word == "prod" || word == "all" ? 1 : 0, elem);
  if (isReal(elem))
    return constant(largest ? -INFINITY : INFINITY, elem);
  auto least = APInt::getSignedMinValue(mlirElem(elem).getIntOrFloatBitWidth());
  return scalarOf(
      arith::ConstantOp::create(builder, current,
                                builder.getIntegerAttr(mlirElem(elem), largest ? least : ~least)),
      elem);
}

Val Elaborator::reduceSeries(const std::string &word, const Val &s, SourceSpan span) {
  bool extreme = word == "argmax" || word == "argmin";
  bool adds = word == "sum" || word == "mean", logical = word == "any" || word == "all";
  mlir::Value length = seriesLength(s, span);
  mlir::Value n = arith::IndexCastOp::create(builder, current, builder.getIndexType(), length);
  // The element type shows when one element has been elaborated.
  auto holder = scf::ExecuteRegionOp::create(builder, current, TypeRange{});
  Block *block;
  Val item;
  {
    OpBuilder::InsertionGuard guard(builder);
    block = builder.createBlock(&holder.getRegion(), {}, {builder.getIndexType()}, {current});
    mlir::Value i =
        arith::IndexCastOp::create(builder, current, builder.getI64Type(), block->getArgument(0));
    item = s.series->at(i);
    if (item.isStatic())
      item = Val::ofArray(toArray(item));
    // Sums of many numbers are added up in f64.
    if (item.isArray() && adds && item.array.elem != Elem::F64 && item.array.shape.empty())
      item = convert(item, word == "sum" && !isReal(item.array.elem) ? Elem::I64 : Elem::F64, span);
  }
  auto abandon = [&] {
    holder.erase();
    return Val::error();
  };
  if (item.isError())
    return abandon();
  Elem elem = item.array.elem;
  bool single = item.isArray() && item.array.shape.empty() && item.array.frames.empty();
  if (logical && !(single && elem == Elem::Bool)) {
    error(span, Diag::E0213).label("this is a series of " + describe(item));
    return abandon();
  }
  if (!single || (elem == Elem::Bool && !logical) || (word == "mean" && elem != Elem::F64)) {
    error(span, Diag::E0206).label("`" + word + "` of a series of " + describe(item));
    return abandon();
  }
  bool real = isReal(elem), largest = word == "max" || word == "argmax";
  SmallVector<mlir::Value> inits{neutralOf(extreme ? word.substr(3) : word, elem).value};
  if (extreme)
    inits.push_back(scalarConstant(0, Elem::I64));
  auto loop = scf::ForOp::create(builder, current, indexConstant(0), n, indexConstant(1), inits);
  {
    OpBuilder::InsertionGuard guard(builder);
    Block *into = loop.getBody();
    into->getOperations().splice(into->end(), block->getOperations());
    block->getArgument(0).replaceAllUsesWith(into->getArgument(0));
    builder.setInsertionPointToEnd(into);
    mlir::Value so = loop.getRegionIterArg(0), x = item.array.value, next;
    auto compareTo = [&]() -> mlir::Value {
      if (!real)
        return arith::CmpIOp::create(
            builder, current, largest ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt, x,
            so);
      return arith::CmpFOp::create(
          builder, current, largest ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, x, so);
    };
    SmallVector<mlir::Value> out;
    if (adds)
      next = real ? mlir::Value(arith::AddFOp::create(builder, current, so, x))
                  : mlir::Value(arith::AddIOp::create(builder, current, so, x));
    else if (word == "prod")
      next = real ? mlir::Value(arith::MulFOp::create(builder, current, so, x))
                  : mlir::Value(arith::MulIOp::create(builder, current, so, x));
    else if (word == "any")
      next = arith::OrIOp::create(builder, current, so, x);
    else if (word == "all")
      next = arith::AndIOp::create(builder, current, so, x);
    else if (real && !extreme)
      next = largest ? mlir::Value(arith::MaximumFOp::create(builder, current, so, x))
                     : mlir::Value(arith::MinimumFOp::create(builder, current, so, x));
    else
      next = arith::SelectOp::create(builder, current, compareTo(), x, so);
    out.push_back(next);
    if (extreme) {
      mlir::Value i = arith::IndexCastOp::create(builder, current, builder.getI64Type(),
                                                 loop.getInductionVar());
      out.push_back(
          arith::SelectOp::create(builder, current, compareTo(), i, loop.getRegionIterArg(1)));
    }
    scf::YieldOp::create(builder, current, out);
  }
  holder.erase();
  if (extreme)
    return Val::ofArray(scalarOf(loop.getResult(1), Elem::I64));
  Val total = Val::ofArray(scalarOf(loop.getResult(0), elem));
  if (word == "mean")
    total = arithmetic(BinaryOp::Div, total,
                       convert(Val::ofArray(scalarOf(length, Elem::I64)), Elem::F64, span), span,
                       span, span);
  return adds && real ? convert(total, realElem(), span) : total;
}

std::optional<Val> Elaborator::seriesFunction(const std::string &name, CallArgs &args,
                                              SourceSpan span) {
  if (llvm::none_of(args.values, isSeries))
    return std::nullopt;
  const Val &s = args.values[0];
  static const std::set<std::string> reductions = {"sum", "mean", "prod",   "max",   "min",
                                                   "any", "all",  "argmax", "argmin"};
  if (args.values.size() == 1) {
    if (reductions.count(name))
      return reduceSeries(name, s, span);
    mlir::Value zero = scalarConstant(0, Elem::I64);
    if (name == "first")
      return seriesLength(s, span), s.series->at(zero);
    if (name == "last")
      return s.series->at(arith::SubIOp::create(builder, current, seriesLength(s, span),
                                                scalarConstant(1, Elem::I64)));
    if (name == "size")
      return Val::ofArray(scalarOf(seriesLength(s, span), Elem::I64));
    if (name == "steps" && s.series->sources.size() == 1) {
      Val out = s;
      out.series = std::make_shared<SeriesInfo>(*s.series);
      auto [index, member] = s.series->sources[0];
      out.series->at = [this, index = index, member = member](mlir::Value i) {
        mlir::Value step =
            LoggedStepOp::create(builder, current, builder.getI64IntegerAttr(index), i, member);
        return Val::ofArray(scalarOf(step, Elem::I64));
      };
      return out;
    }
  }
  static const std::set<std::string> whole = {"argmax", "argmin",  "norm",      "dot",    "zeros",
                                              "size",   "flatten", "reshape",   "concat", "window",
                                              "first",  "last",    "transpose", "steps"};
  if (whole.count(name)) {
    unsupported(span, "`" + name + "` of a series", "reduce it first: it has no bound");
    return Val::error();
  }
  std::vector<std::string> names = args.names;
  return mapSeries(args.values, [this, name, names, span](ArrayRef<Val> now) {
    CallArgs one;
    one.values.assign(now.begin(), now.end());
    one.names = names;
    one.spans.assign(now.size(), span);
    if (auto v = mathFunction(name, one, span))
      return *v;
    diagnostics.report(span, Diag::E0207, "`" + name + "`", "these arguments do not fit");
    return Val::error();
  });
}

std::optional<Val> Elaborator::reduceOverSeries(const ast::ReduceExpr &e) {
  if (e.binders.size() != 1 || e.binders[0].range)
    return std::nullopt;
  const std::string &index = e.binders[0].name.text;
  std::vector<const ast::IndexExpr *> indexed;
  indexedBy(*e.body, index, indexed);
  if (e.filter)
    indexedBy(*e.filter, index, indexed);
  std::optional<Val> over;
  for (const ast::IndexExpr *i : indexed) {
    const ast::Expr *root = i->base.get();
    while (auto *f = llvm::dyn_cast<ast::FieldExpr>(root))
      root = f->base.get();
    auto *name = llvm::dyn_cast<ast::NameExpr>(root);
    Binding *bound = name ? scope->find(name->name) : nullptr;
    if (!over && name && (bound ? isSeries(bound->val) : name->name == "logged" && root != i->base.get()))
      over = eval(*i->base);
  }
  if (!over)
    return std::nullopt;
  if (!isSeries(*over))
    return Val::error();
  const std::string &word = e.word.text;
  if (word == "logsumexp" || ((word == "argmax" || word == "argmin") && e.filter))
    return unsupported(e.span, "`" + word + "` of a series in this form",
                       "reduce it without a filter, or by another word");
  // What the filter leaves out is neutral; a filtered mean is a sum over a count.
  std::string by = word == "mean" && e.filter ? "sum" : word;
  auto each = [&](bool counts) {
    Val s = mapSeries({*over}, {});
    s.series->at = [this, &e, index, by, counts, outer = scope](mlir::Value i) {
      auto inner = std::make_shared<Scope>();
      inner->parent = outer;
      inner->names[index] = {Val::ofArray(scalarOf(i, Elem::I64)), false, e.binders[0].span};
      std::swap(scope, inner);
      Val keep = e.filter ? eval(*e.filter) : Val::unit();
      Val v = counts ? Val::realNumber(1) : eval(*e.body);
      std::swap(scope, inner);
      if (v.isError() || keep.isError() || !e.filter || !v.isNumber())
        return keep.isError() ? keep : v;
      Array a = toArray(v);
      return select(keep, Val::ofArray(a), Val::ofArray(neutralOf(by, a.elem)), e.span);
    };
    return reduceSeries(by, s, e.span);
  };
  Val total = each(false);
  if (by == word || total.isError())
    return total;
  Val count = each(true);
  if (count.isError())
    return count;
  count = Val::ofArray(atLeastOne(count.array, e.span));
  return arithmetic(BinaryOp::Div, total, count, e.span, e.span, e.span);
}

void Elaborator::checkSeriesRead() {
  for (auto &[name, span] : seriesRead) {
    if (seriesLogged.count(name))
      continue;
    auto d = diagnostics.report(span, Diag::E0241, name);
    std::vector<std::string> known(seriesLogged.begin(), seriesLogged.end());
    if (auto near = nearestName(name, known))
      d.help("did you mean `" + *near + "`?");
  }
}
