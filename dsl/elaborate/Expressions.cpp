//===- Expressions.cpp - names, fields, reductions, blocks ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::cast;
using llvm::SmallVector;

Val Elaborator::unsupported(SourceSpan span, const std::string &what, const std::string &instead) {
  diagnostics.report(span, Diag::E0229, what, instead);
  return Val::error();
}

Val Elaborator::eval(const ast::Expr &e) {
  mlir::Location saved = current;
  current = loc(e.span);
  Val v = [&]() -> Val {
    switch (e.kind()) {
    case ast::ExprKind::IntLit:
      return Val::integer(cast<ast::IntLit>(&e)->value);
    case ast::ExprKind::FloatLit:
      return Val::realNumber(cast<ast::FloatLit>(&e)->value);
    case ast::ExprKind::StringLit:
      return Val::string(cast<ast::StringLit>(&e)->value);
    case ast::ExprKind::BoolLit:
      return Val::boolean(cast<ast::BoolLit>(&e)->value);
    case ast::ExprKind::Name:
      return evalName(*cast<ast::NameExpr>(&e));
    case ast::ExprKind::Tuple: {
      Val t = Val::of(ValKind::Tuple);
      for (const ast::ExprPtr &x : cast<ast::TupleExpr>(&e)->elements) {
        t.items.push_back(eval(*x));
        if (t.items.back().isError())
          return Val::error();
      }
      return t;
    }
    case ast::ExprKind::Array:
      return evalArrayLiteral(*cast<ast::ArrayExpr>(&e));
    case ast::ExprKind::Call:
      return evalCall(*cast<ast::CallExpr>(&e));
    case ast::ExprKind::Index:
      return evalIndex(*cast<ast::IndexExpr>(&e));
    case ast::ExprKind::Field:
      return evalField(*cast<ast::FieldExpr>(&e));
    case ast::ExprKind::Unary:
      return unary(*cast<ast::UnaryExpr>(&e));
    case ast::ExprKind::Binary:
      return binary(*cast<ast::BinaryExpr>(&e));
    case ast::ExprKind::Range: {
      auto &r = *cast<ast::RangeExpr>(&e);
      Val v = Val::of(ValKind::Range);
      v.inclusive = r.inclusive;
      v.items = {eval(*r.lo), eval(*r.hi)};
      if (r.step)
        v.items.push_back(eval(*r.step));
      for (const Val &x : v.items)
        if (x.isError())
          return Val::error();
      return v;
    }
    case ast::ExprKind::Reduce:
      return evalReduce(*cast<ast::ReduceExpr>(&e));
    case ast::ExprKind::Derive:
      return evalDerive(*cast<ast::DeriveExpr>(&e));
    case ast::ExprKind::Lambda: {
      Val v = Val::of(ValKind::Function);
      v.lambda = cast<ast::LambdaExpr>(&e);
      v.captured = scope;
      return v;
    }
    case ast::ExprKind::If:
      return evalIf(*cast<ast::IfExpr>(&e));
    case ast::ExprKind::For:
      return evalFor(*cast<ast::ForExpr>(&e));
    case ast::ExprKind::Minimize:
      return evalMinimize(*cast<ast::MinimizeExpr>(&e));
    case ast::ExprKind::Seeded:
      return evalSeeded(*cast<ast::SeededExpr>(&e));
    case ast::ExprKind::Tap:
      return unsupported(e.span, "`tap`", "give the value a name with `let`");
    case ast::ExprKind::Block:
      return evalBlock(*cast<ast::BlockExpr>(&e)->block);
    case ast::ExprKind::Where:
      return evalWhere(*cast<ast::WhereExpr>(&e));
    }
    return Val::error();
  }();
  current = saved;
  return v;
}

std::vector<std::string> Elaborator::namesInScope() {
  std::vector<std::string> all(builtinNames().begin(), builtinNames().end());
  for (Scope *s = scope.get(); s; s = s->parent.get())
    for (auto &[name, binding] : s->names)
      all.push_back(name);
  return all;
}

Val Elaborator::evalName(const ast::NameExpr &e) {
  if (Binding *b = scope->find(e.name))
    return b->val;
  if (builtinNames().count(e.name))
    return Val::string(e.name, ValKind::Builtin);
  if (elemNamed(e.name) || e.name == "dim" || e.name == "path" || e.name == "text")
    return Val::string(e.name, ValKind::Type);
  if (e.name == "logged")
    return Val::string("", ValKind::Series);
  if (e.name == "range") {
    diagnostics.report(e.span, Diag::E0111);
    return Val::error();
  }
  auto d = diagnostics.report(e.span, Diag::E0201, e.name);
  if (auto near = nearestName(e.name, namesInScope()))
    d.help("did you mean `" + *near + "`?");
  else
    d.help("declare it with `let` or `var`, or `use` the module that has it");
  return Val::error();
}

Val Elaborator::evalField(const ast::FieldExpr &e) {
  Val base = eval(*e.base);
  if (base.isError())
    return base;
  return fieldOf(base, e.field.text, e.field.span);
}

Val Elaborator::fieldOf(const Val &base, const std::string &name, SourceSpan span) {
  if (base.kind == ValKind::Series && base.text.empty())
    return seriesNamed(name, span);
  if (base.kind == ValKind::Module) {
    auto it = base.home->scope->names.find(name);
    if (it != base.home->scope->names.end())
      return it->second.val;
  }
  if (size_t i = 0; base.kind == ValKind::Tuple && !llvm::StringRef(name).getAsInteger(10, i) &&
                    i < base.items.size())
    return base.items[i];
  if (base.kind == ValKind::Dataset) {
    if (base.dataset->stream >= 0 && (name == "size" || name == "shuffled")) {
      diagnostics.report(span, Diag::E0207, "`" + name + "`",
                         "a stream is read once, as it arrives: it has `batches` alone");
      return Val::error();
    }
    if (name == "size") {
      Array a;
      a.elem = Elem::I64;
      a.value = DatasetSizeOp::create(builder, loc(span), base.dataset->handle);
      return Val::ofArray(a);
    }
    if (name == "shuffled" || name == "batches") {
      Val v = Val::string("dataset." + name, ValKind::Builtin);
      v.self = std::make_shared<Val>(base);
      return v;
    }
  }
  if (base.kind == ValKind::Struct || base.kind == ValKind::Delta) {
    if (int i = base.field(name); i >= 0) {
      Val v = base.items[i];
      if (v.kind == ValKind::Struct && base.training)
        v.training = true;
      return v;
    }
    if (base.kind == ValKind::Struct && (name == "training" || name == "eval") && base.decl &&
        base.decl->kind() == ast::ItemKind::Model) {
      Val v = base;
      v.training = name == "training";
      return v;
    }
    if (base.decl && base.decl->kind() == ast::ItemKind::Model)
      for (const ast::Member &m : static_cast<const ast::ModelItem *>(base.decl)->members)
        if (m.function && m.name.text == name) {
          Val v = Val::of(ValKind::Function);
          v.decl = m.function.get();
          v.home = base.home;
          v.self = std::make_shared<Val>(base);
          return v;
        }
  }
  if (base.kind == ValKind::Delta) {
    // The part of a delta below a name, as `g.fc1` of a gradient.
    Val part = base;
    part.names.clear();
    part.items.clear();
    part.ranks.clear();
    for (size_t i = 0; i < base.items.size(); ++i)
      if (llvm::StringRef rest = base.names[i]; rest.consume_front(name + ".")) {
        part.names.push_back(rest.str());
        part.items.push_back(base.items[i]);
        if (!base.ranks.empty())
          part.ranks.push_back(base.ranks[i]);
      }
    if (!part.items.empty())
      return part;
  }
  if (base.kind == ValKind::Type && base.decl && base.decl->kind() == ast::ItemKind::Enum) {
    auto &cases = static_cast<const ast::EnumItem *>(base.decl)->cases;
    for (size_t i = 0; i < cases.size(); ++i)
      if (cases[i].name.text == name)
        return enumCase(*static_cast<const ast::EnumItem *>(base.decl), i);
  }
  if (name == "backward") {
    diagnostics.report(span, Diag::E0110, "backward")
        .help("write `let g = grad[net] ...`, or `minimize net with opt { ... }`");
    return Val::error();
  }
  auto d = diagnostics.report(span, Diag::E0212, describe(base), name);
  std::vector<std::string> fields = base.names;
  llvm::erase_if(fields, [](const std::string &f) { return f[0] == '@'; });
  if (base.kind == ValKind::Module)
    for (auto &[n, b] : base.home->scope->names)
      fields.push_back(n);
  if (auto near = nearestName(name, fields))
    d.help("did you mean `" + *near + "`?");
  else if (!fields.empty()) {
    std::string all;
    for (const std::string &f : fields)
      all += (all.empty() ? "`" : ", `") + f + "`";
    d.help("it has " + all);
  }
  return Val::error();
}

Val Elaborator::enumCase(const ast::EnumItem &e, size_t i) {
  Val v = Val::integer(int64_t(i));
  v.decl = &e;
  v.text = e.name.text + "." + e.cases[i].name.text;
  return v;
}

std::vector<AxisPtr> Elaborator::openBinders(const std::vector<ast::Binder> &binders,
                                             const ast::Expr &uses, Scope &into) {
  std::vector<AxisPtr> axes;
  for (const ast::Binder &b : binders) {
    AxisPtr axis = newAxis(b.name.text, {}, false);
    axis->uses = &uses;
    if (b.range) {
      if (std::optional<Extent> e = extentOf(*b.range)) {
        axis->extent = *e;
        axis->resolved = true;
      } else {
        return {};
      }
    }
    Val v = Val::of(ValKind::Index);
    v.axis = axis;
    into.names[b.name.text] = {v, false, b.span};
    axes.push_back(axis);
  }
  return axes;
}

std::optional<Extent> Elaborator::extentOf(const ast::Expr &e) {
  Val v = eval(e);
  if (v.kind == ValKind::Int)
    return Extent{v.number, {}, v.number};
  if (v.kind == ValKind::Dim)
    return v.extent;
  if (v.kind == ValKind::Range && v.items[0].kind == ValKind::Int && v.items[0].number == 0 &&
      v.items[1].kind == ValKind::Int) {
    int64_t n = v.items[1].number + v.inclusive;
    return Extent{n, {}, n};
  }
  if (v.kind == ValKind::Type && v.decl && v.decl->kind() == ast::ItemKind::Enum) {
    int64_t n = int64_t(static_cast<const ast::EnumItem *>(v.decl)->cases.size());
    return Extent{n, {}, n};
  }
  if (!v.isError())
    diagnostics.report(e.span, Diag::E0209).label("this is " + describe(v));
  return std::nullopt;
}

std::optional<int64_t> Elaborator::staticInt(const ast::Expr &e, const char *what) {
  Val v = eval(e);
  if (v.kind == ValKind::Int)
    return v.number;
  if (!v.isError())
    diagnostics.report(e.span, Diag::E0231, what).label("this is " + describe(v));
  return std::nullopt;
}

bool Elaborator::resolved(const AxisPtr &axis, SourceSpan span) {
  if (axis->resolved)
    return true;
  diagnostics.report(span, Diag::E0218, axis->name);
  return false;
}

Val Elaborator::evalReduce(const ast::ReduceExpr &e) {
  if (auto v = reduceOverSeries(e))
    return *v;
  auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  std::vector<AxisPtr> axes = openBinders(e.binders, e, *inner);
  if (axes.size() != e.binders.size())
    return Val::error();
  std::swap(scope, inner);
  size_t frames = frameContext.size();
  frameContext.insert(frameContext.end(), axes.begin(), axes.end());
  Val filter = e.filter ? eval(*e.filter) : Val::unit();
  Val body = eval(*e.body);
  frameContext.resize(frames);
  std::swap(scope, inner);
  if (body.isError() || filter.isError())
    return Val::error();
  for (const AxisPtr &a : axes)
    if (!resolved(a, e.span))
      return Val::error();
  const std::string &word = e.word.text;
  auto whole = [&](const Array &in) -> std::optional<Array> {
    Array a = in;
    bool boolean = a.elem == Elem::Bool;
    if (boolean && word != "any" && word != "all")
      a = convert(Val::ofArray(a), word == "mean" ? realElem() : Elem::I64, e.span).array;
    if (word == "mean" && !isReal(a.elem)) {
      error(e.span, Diag::E0206).label("the mean of " + describe(a)).help("`mean[i] real(n[i])`");
      return std::nullopt;
    }
    if ((word == "any" || word == "all") && !boolean) {
      error(e.body->span, Diag::E0213)
          .label("this is " + describe(a))
          .help("a reduction takes what is next to it: a comparison stands in parentheses, as in `" +
                word + "[i] (x[i] > 0)`");
      return std::nullopt;
    }
    // Every named axis must be there: what does not depend on it is repeated.
    SmallVector<AxisPtr, 4> all(a.frames.begin(), a.frames.end());
    for (const AxisPtr &x : axes)
      if (!llvm::is_contained(all, x))
        all.push_back(x);
    if (all.size() != a.frames.size()) {
      sortFrames(all);
      a.value = place(a, all, a.shape);
      a.frames.assign(all.begin(), all.end());
    }
    Array keep;
    if (e.filter) {
      keep = toArray(filter, Elem::Bool);
      double neutral = word == "prod" || word == "all" ? 1 : 0;
      if (word == "max" || word == "min")
        neutral = word == "max" ? -INFINITY : INFINITY;
      a = select(Val::ofArray(keep), Val::ofArray(a), Val::ofArray(constant(neutral, a.elem)),
                 e.span)
              .array;
    }
    if (word == "sum" || word == "mean") {
      Array s = reduceAxes(ReduceKind::add, a, axes, e.span);
      if (word == "sum")
        return s;
      SmallVector<Extent> dims;
      for (const AxisPtr &x : axes)
        dims.push_back(x->extent);
      Array count = countOf(dims);
      if (e.filter) {
        Array ones = convert(Val::ofArray(keep), a.elem, e.span).array;
        SmallVector<AxisPtr, 4> want(all.begin(), all.end());
        ones.value = place(ones, want, {});
        ones.frames.assign(want.begin(), want.end());
        count = reduceAxes(ReduceKind::add, ones, axes, e.span);
        // A filtered mean of nothing is 0.
        count = atLeastOne(count, e.span);
      }
      Val q = arithmetic(ast::BinaryOp::Div, Val::ofArray(s), Val::ofArray(count), e.span, {}, {});
      return q.isError() ? std::nullopt : std::optional<Array>(q.array);
    }
    if (word == "argmax" || word == "argmin" || word == "logsumexp") {
      unsupported(e.span, "`" + word + "` over named indices",
                  "bind them first: `let v[k] = ...`, then `" + word + "(v)`");
      return std::nullopt;
    }
    ReduceKind kind = word == "prod"  ? ReduceKind::mul
                      : word == "max" ? ReduceKind::max
                      : word == "min" ? ReduceKind::min
                      : word == "any" ? ReduceKind::any
                                      : ReduceKind::all;
    return reduceAxes(kind, a, axes, e.span);
  };
  if (body.kind == ValKind::Delta) {
    for (Val &item : body.items) {
      auto r = whole(item.array);
      if (!r)
        return Val::error();
      item.array = *r;
    }
    return body;
  }
  if (!body.isNumber()) {
    error(e.body->span, Diag::E0206).label("this is " + describe(body));
    return Val::error();
  }
  auto r = whole(toArray(body, body.kind == ValKind::Index ? Elem::I64 : realElem()));
  return r ? Val::ofArray(*r) : Val::error();
}

Array Elaborator::atLeastOne(const Array &a, SourceSpan span) {
  return elementwise(
      {a, constant(1, a.elem)}, a.elem,
      [&](llvm::ArrayRef<mlir::Value> x) -> mlir::Value {
        return mlir::arith::MaximumFOp::create(builder, current, x[0], x[1]);
      },
      span);
}

Val Elaborator::evalArrayLiteral(const ast::ArrayExpr &e) {
  std::vector<Val> items;
  Elem elem = Elem::I64;
  for (const ast::ExprPtr &x : e.elements) {
    items.push_back(eval(*x));
    if (items.back().isError())
      return Val::error();
    if (items.back().kind == ValKind::Real)
      elem = realElem();
  }
  for (const Val &v : items)
    if (v.isArray())
      elem = v.array.elem;
  if (items.empty()) {
    diagnostics.report(e.span, Diag::E0231, "the type of an array")
        .label("this has no elements")
        .help("write `zeros(0)`, or leave the array out");
    return Val::error();
  }
  if (llvm::any_of(items, [](const Val &v) { return v.isTree() || v.kind == ValKind::Tuple; })) {
    for (Val &v : items)
      v = runtimeTree(v);
    return stackValues(items, e.span);
  }
  return arrayOf(items, elem, e.span);
}

Val Elaborator::arrayOf(const std::vector<Val> &items, Elem elem, SourceSpan span) {
  Array out;
  out.elem = elem;
  SmallVector<const Array *> refs;
  std::vector<Array> arrays;
  arrays.reserve(items.size());
  for (const Val &v : items)
    arrays.push_back(toArray(v, elem));
  for (const Array &a : arrays) {
    refs.push_back(&a);
    if (!(a.shape == arrays[0].shape) || a.elem != elem) {
      diagnostics.report(span, Diag::E0204, describe(arrays[0]), describe(a));
      return Val::error();
    }
  }
  out.frames = unionFrames(refs);
  int64_t n = int64_t(arrays.size());
  out.shape.push_back(Extent{n, {}, n});
  out.shape.append(arrays[0].shape.begin(), arrays[0].shape.end());
  if (!out.frames.empty())
    return unsupported(span, "an array literal of framed values",
                       "name its index: `let v[k: n] = ...`");
  mlir::Type type = typeOf(out.shape, elem);
  if (arrays[0].shape.empty()) {
    SmallVector<mlir::Value> scalars;
    for (const Array &a : arrays)
      scalars.push_back(a.value);
    out.value = mlir::tensor::FromElementsOp::create(builder, current, type, scalars);
    return Val::ofArray(out);
  }
  mlir::Value v = mlir::tensor::EmptyOp::create(
      builder, current, llvm::cast<mlir::RankedTensorType>(type).getShape(), mlirElem(elem));
  for (int64_t i = 0; i < n; ++i) {
    SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
    for (size_t d = 0; d < out.shape.size(); ++d) {
      offsets.push_back(builder.getIndexAttr(d == 0 ? i : 0));
      sizes.push_back(builder.getIndexAttr(d == 0 ? 1 : out.shape[d].size));
      strides.push_back(builder.getIndexAttr(1));
    }
    v = mlir::tensor::InsertSliceOp::create(builder, current, arrays[i].value, v, offsets, sizes,
                                            strides);
  }
  out.value = v;
  return Val::ofArray(out);
}

Val Elaborator::evalBlock(const ast::Block &block) {
  auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  std::swap(scope, inner);
  Val v = exec(block);
  std::swap(scope, inner);
  return v;
}

Val Elaborator::evalIf(const ast::IfExpr &e) {
  Val c = eval(*e.cond);
  if (c.isError())
    return c;
  if (c.kind == ValKind::Bool) {
    if (c.number)
      return evalBlock(*e.thenBlock);
    return e.orElse ? eval(*e.orElse) : Val::unit();
  }
  if (!c.isArray() || c.array.elem != Elem::Bool || !c.array.shape.empty()) {
    error(e.cond->span, Diag::E0213).label("this is " + describe(c));
    return Val::error();
  }
  auto yes = [&] { return evalBlock(*e.thenBlock); };
  if (!e.orElse)
    return branch(c.array, e.span, yes, {});
  return branch(c.array, e.span, yes, [&] { return eval(*e.orElse); });
}

Val Elaborator::evalSeeded(const ast::SeededExpr &e) {
  Val k = eval(*e.key);
  if (k.isError())
    return k;
  Array a = toArray(k, Elem::I64);
  if (isReal(a.elem) || !a.shape.empty() || !a.frames.empty()) {
    error(e.key->span, Diag::E0206).label("this is " + describe(k)).help("a seed is one integer");
    return Val::error();
  }
  mlir::Value savedKey = key;
  std::string savedPath = drawPath;
  std::set<std::string> savedDrawn;
  std::swap(savedDrawn, drawn);
  mlir::Value root = rootKey ? rootKey : SeedOp::create(builder, loc(e.span)).getResult();
  key = KeyFoldOp::create(builder, loc(e.span), root, a.value);
  drawPath.clear();
  Val v = evalBlock(*e.body);
  key = savedKey;
  drawPath = savedPath;
  std::swap(savedDrawn, drawn);
  return v;
}
