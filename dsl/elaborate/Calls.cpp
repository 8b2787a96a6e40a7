//===- Calls.cpp - calls, parameters, lifting -----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::ArrayRef;
using llvm::SmallVector;

Val *Elaborator::lvalue(const ast::Expr &e, bool quiet) {
  if (auto *name = llvm::dyn_cast<ast::NameExpr>(&e)) {
    Binding *b = scope->find(name->name);
    if (b && b->isVar && (quiet || !b->isPart))
      return &b->val;
    if (quiet)
      return nullptr;
    if (!b)
      evalName(*name);
    else if (b->isPart)
      diagnostics.report(e.span, Diag::E0208, name->name)
          .help("a sub-model is changed by its own functions, and by an optimizer");
    else
      diagnostics.report(e.span, Diag::E0208, name->name).note(b->span, "declared with `let` here");
    return nullptr;
  }
  if (auto *field = llvm::dyn_cast<ast::FieldExpr>(&e)) {
    Val *base = lvalue(*field->base, quiet);
    if (!base)
      return nullptr;
    int i = base->field(field->field.text);
    if (i >= 0)
      return &base->items[i];
    if (field->field.text == "training" || field->field.text == "eval")
      return base;
    if (!quiet)
      fieldOf(*base, field->field.text, field->field.span);
    return nullptr;
  }
  if (auto *index = llvm::dyn_cast<ast::IndexExpr>(&e))
    if (index->subs.size() == 1 && index->subs[0].kind == ast::SubKind::Point)
      if (Val *base = lvalue(*index->base, quiet); base && base->kind == ValKind::Tuple) {
        Val i = eval(*index->subs[0].point);
        if (i.kind == ValKind::Int && i.number >= 0 && i.number < int64_t(base->items.size()))
          return &base->items[i.number];
      }
  if (const ast::Expr *model = quiet ? underMask(e) : nullptr)
    return lvalue(*model, true);
  if (!quiet)
    diagnostics.report(e.span, Diag::E0208, std::string(sources.text(e.span)));
  return nullptr;
}

/// Whether a function of a tree takes the entries that are selected at run time alone.
static bool takesSelection(const std::string &name) {
  static const std::set<std::string> names = {
      "sum",  "mean", "prod",    "max",     "min",      "any",         "all",
      "norm", "size", "density", "largest", "smallest", "kth_largest", "kth_smallest"};
  return names.count(name);
}

Val Elaborator::evalCall(const ast::CallExpr &e) {
  // `x.backward()` and friends are habits worth a word of their own.
  // A mask draws where it is applied, so a model under one is made once, after the arguments.
  bool late = isUnderMask(*e.callee);
  Val callee = late ? Val::unit() : eval(*e.callee);
  if (callee.isError())
    return callee;
  if (callee.kind == ValKind::Builtin && callee.text == "flops")
    return flopsOf(e);
  if (callee.kind == ValKind::Builtin && !callee.self)
    if (callee.text.starts_with("read_") || callee.text == "reshape" || callee.text == "dataset" ||
        callee.text == "stream") {
      CallArgs none;
      return callBuiltin(callee.text, none, e);
    }
  // An optimizer or a mask is built over a selection, which is no value by itself.
  auto *built =
      callee.kind == ValKind::Type && callee.decl && callee.decl->kind() == ast::ItemKind::Model
          ? static_cast<const ast::ModelItem *>(callee.decl)
          : nullptr;
  bool optimizer = built && built->modelKind == ast::ModelKind::Optimizer;
  bool mask = built && built->modelKind == ast::ModelKind::Mask;
  CallArgs args;
  bool bad = false;
  for (const ast::Arg &a : e.args) {
    auto *where = args.values.empty() ? llvm::dyn_cast<ast::WhereExpr>(a.value.get()) : nullptr;
    bool entries = where && callee.kind == ValKind::Builtin && takesSelection(callee.text);
    args.values.push_back(where && (optimizer || mask) ? Val::unit()
                          : entries                    ? evalWhere(*where, &args.gates)
                                                       : eval(*a.value));
    args.names.push_back(a.name.text);
    args.spans.push_back(a.value->span);
    args.exprs.push_back(a.value.get());
    bad |= args.values.back().isError();
  }
  if (optimizer) {
    if (bad)
      return Val::error();
    return buildOptimizer(*static_cast<const ast::ModelItem *>(callee.decl), callee.home, args,
                          e.span);
  }
  if (bad)
    return Val::error();
  if (mask)
    return buildMask(*built, callee.home, args, e.span);
  if (late)
    callee = eval(*e.callee);
  // What the arguments changed is seen: `layer(layer(x))`.
  bool model = callee.kind == ValKind::Struct || (callee.kind == ValKind::Function && callee.self);
  if (model && !late && rootOf(*e.callee) && !args.exprs.empty())
    callee = eval(*e.callee);
  switch (callee.kind) {
  case ValKind::Builtin:
    if (callee.self)
      return datasetMethod(*callee.self, callee.text, args, e.span);
    return callBuiltin(callee.text, args, e);
  case ValKind::Type:
    if (!callee.decl && callee.text == "real" && args.values.size() == 1)
      return convert(args.values[0], realElem(), e.span);
    if (!callee.decl && args.values.size() == 1)
      if (std::optional<Elem> to = elemNamed(callee.text))
        return convert(args.values[0], *to, e.span);
    if (callee.decl && callee.decl->kind() == ast::ItemKind::Model)
      return construct(*static_cast<const ast::ModelItem *>(callee.decl), callee.home, args,
                       e.span);
    if (callee.decl && callee.decl->kind() == ast::ItemKind::Type)
      return constructRecord(*static_cast<const ast::TypeItem *>(callee.decl), callee.home, args,
                             e.span);
    break;
  case ValKind::Struct: {
    Val call = fieldOf(callee, "call", e.callee->span);
    if (call.isError())
      return call;
    if (isWholeMask(callee))
      return applyMask(call, args, e.span, *e.callee);
    return callMethod(call, *e.callee, args, e.span);
  }
  case ValKind::Function: {
    if (!callee.self)
      return callFunction(callee, args, e.span);
    auto *f = llvm::dyn_cast<ast::FieldExpr>(e.callee.get());
    if (isWholeMask(*callee.self))
      return applyMask(callee, args, e.span, f ? *f->base : *e.callee);
    return f ? callMethod(callee, *f->base, args, e.span) : callSibling(callee, args, e.span);
  }
  case ValKind::Error:
    return callee;
  default:
    break;
  }
  diagnostics.report(e.callee->span, Diag::E0211).label("this is " + describe(callee));
  return Val::error();
}

bool Elaborator::matchParams(const std::vector<ast::Param> &params, CallArgs &args, SourceSpan span,
                             const std::string &what, Module *home, std::vector<Val> &out,
                             std::vector<int> &argOf) {
  out.assign(params.size(), Val::unit());
  argOf.assign(params.size(), -1);
  size_t position = 0;
  auto all = [&] {
    std::string list;
    for (const ast::Param &p : params)
      list += (list.empty() ? "`" : ", `") + p.name.text + "`";
    return list.empty() ? "no argument" : list;
  };
  for (size_t i = 0; i < args.values.size(); ++i) {
    size_t p = params.size();
    if (args.names[i].empty()) {
      p = position++;
    } else {
      for (size_t k = 0; k < params.size(); ++k)
        if (params[k].name.text == args.names[i])
          p = k;
    }
    if (p >= params.size() || argOf[p] >= 0) {
      std::string problem = args.names[i].empty()               ? "too many arguments"
                            : argOf.size() > p && argOf[p] >= 0 ? "given twice"
                                                                : "no argument of this name";
      auto d = diagnostics.report(args.spans[i], Diag::E0207, what, problem);
      std::vector<std::string> names;
      names.reserve(params.size());
      for (const ast::Param &q : params)
        names.push_back(q.name.text);
      if (auto near = nearestName(args.names[i], names); near && !args.names[i].empty())
        d.help("did you mean `" + *near + "`?");
      else
        d.help(what + " takes " + all());
      return false;
    }
    argOf[p] = int(i);
    out[p] = args.values[i];
  }
  for (size_t p = 0; p < params.size(); ++p) {
    if (argOf[p] >= 0)
      continue;
    if (!params[p].defaultValue) {
      diagnostics.report(span, Diag::E0207, what, "`" + params[p].name.text + "` is missing")
          .help(what + " takes " + all());
      return false;
    }
    auto saved = scope;
    if (home)
      scope = home->scope;
    out[p] = eval(*params[p].defaultValue);
    scope = saved;
    if (out[p].isError())
      return false;
  }
  return true;
}

Val Elaborator::unlift(const Val &v, ArrayRef<AxisPtr> axes) {
  Val out = v;
  if (out.isStatic() || out.kind == ValKind::Index)
    out = Val::ofArray(toArray(out));
  if (out.isArray())
    out.array = bindAxes(out.array, axes);
  for (size_t i = 0; i < out.items.size(); ++i)
    if (out.roles.empty() || out.roles[i] != Role::Argument)
      out.items[i] = unlift(out.items[i], axes);
  if (out.isTree())
    for (size_t i = axes.size(); i-- > 0;)
      out.stack.insert(out.stack.begin(), axes[i]->extent);
  return out;
}

Val Elaborator::evalBody(const ast::Body &body) {
  return body.expr ? eval(*body.expr) : exec(*body.block);
}

Val Elaborator::callLambda(const Val &callee, CallArgs &args, SourceSpan span) {
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(callee.lambda->params, args, span, "the function", nullptr, values, argOf))
    return Val::error();
  auto inner = std::make_shared<Scope>();
  inner->parent = callee.captured;
  for (size_t i = 0; i < values.size(); ++i)
    inner->names[callee.lambda->params[i].name.text] = {values[i], false,
                                                        callee.lambda->params[i].span};
  std::swap(scope, inner);
  forbidEscapes("a function");
  Val v = eval(*callee.lambda->body);
  std::swap(scope, inner);
  return v;
}

std::optional<Val> Elaborator::callOverTree(const Val &callee, CallArgs &args,
                                            const std::vector<int> &argOf, SourceSpan span) {
  auto &fn = *static_cast<const ast::FunctionItem *>(callee.decl);
  std::vector<int> trees;
  for (size_t p = 0; p < fn.params.size(); ++p) {
    if (argOf[p] < 0 || args.values[argOf[p]].kind != ValKind::Delta)
      continue;
    Expected want = expected(fn.params[p].type.get());
    if (want.kind == Expected::Array && want.dims.empty() && !fn.params[p].isVar)
      trees.push_back(argOf[p]);
  }
  if (trees.empty())
    return std::nullopt;
  Val out = args.values[trees[0]];
  for (int at : trees)
    if (args.values[at].names != out.names) {
      error(span, Diag::E0206)
          .label(describe(out) + " with " + describe(args.values[at]))
          .help("the two deltas have different selections");
      return Val::error();
    }
  std::string savedPath = drawPath;
  for (size_t k = 0; k < out.items.size(); ++k) {
    CallArgs sub = args;
    for (int at : trees)
      sub.values[at] = args.values[at].items[k];
    drawPath = savedPath + out.names[k] + ".";
    Val v = callFunction(callee, sub, span);
    if (!v.isError() && !v.isNumber()) {
      error(span, Diag::E0206)
          .label("`" + fn.name.text + "` gives " + describe(v))
          .help("over the entries of a delta a function gives one number");
      v = Val::error();
    }
    if (v.isError())
      return v;
    out.items[k] = v.isArray() ? v : Val::ofArray(toArray(v, out.items[k].array.elem));
  }
  drawPath = savedPath;
  return out;
}

Val Elaborator::callFunction(const Val &callee, CallArgs &args, SourceSpan span) {
  if (--fuel < 0) {
    diagnostics.report(span, Diag::E0233);
    return Val::error();
  }
  if (callee.kind == ValKind::Builtin || callee.kind == ValKind::Struct)
    return unsupported(span, "calling this as an argument", "wrap it: `x => f(x)`");
  if (callee.lambda)
    return callLambda(callee, args, span);
  auto &fn = *static_cast<const ast::FunctionItem *>(callee.decl);
  if (llvm::is_contained(callStack, callee.decl) && !callee.self) {
    diagnostics.report(span, Diag::E0215, fn.name.text);
    return Val::error();
  }
  if (fn.functionKind == ast::FunctionKind::Local)
    return unsupported(span, "`local fn`", "write `fn`: what it reads is not checked");
  if (callStack.size() > 60) {
    if (llvm::is_contained(callStack, callee.decl))
      diagnostics.report(span, Diag::E0215, fn.name.text);
    else
      error(span, Diag::E0233).label("a call below 60 others");
    return Val::error();
  }
  if (fn.derivative && callee.self) {
    diagnostics
        .report(fn.derivative->span, Diag::E0251, "a function of a model states no derivative")
        .help("write it at the top of the file and pass it what it reads");
    return Val::error();
  }
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(fn.params, args, span, "`" + fn.name.text + "`", callee.home, values, argOf))
    return Val::error();

  if (auto tree = callOverTree(callee, args, argOf, span))
    return *tree;

  auto inner = std::make_shared<Scope>();
  inner->parent = callee.home ? callee.home->scope : nullptr;
  bool model = callee.self != nullptr;
  if (model)
    inner->parent = openModel(callee);

  // Which leading dimensions lift? All arguments carry the same ones or none.
  auto saved = scope;
  scope = inner;
  size_t lift = 0;
  SmallVector<Extent> liftExtents;
  std::vector<size_t> extra(values.size(), 0);
  SourceSpan liftSpan = span;
  for (size_t i = 0; i < values.size(); ++i) {
    Expected want = expected(fn.params[i].type.get());
    SmallVector<Extent> front;
    if (want.kind == Expected::Array && values[i].isArray() &&
        int64_t(values[i].array.shape.size()) > want.rank())
      front.assign(values[i].array.shape.begin(),
                   values[i].array.shape.begin() +
                       (int64_t(values[i].array.shape.size()) - want.rank()));
    else if (want.kind == Expected::Struct && values[i].kind == ValKind::Struct &&
             want.dims.empty())
      front.assign(values[i].stack.begin(), values[i].stack.end());
    if (front.empty())
      continue;
    extra[i] = front.size();
    SourceSpan here = argOf[i] >= 0 ? args.spans[argOf[i]] : span;
    if (lift && front != liftExtents) {
      scope = saved;
      diagnostics.report(span, Diag::E0216, fn.name.text)
          .note(liftSpan, "carries a frame of " + describe(liftExtents[0]))
          .note(here, "carries a frame of " + describe(front[0]))
          .help("name the indices: `let y[i, j] = " + fn.name.text + "(a[i], b[j])`");
      return Val::error();
    }
    lift = front.size();
    liftExtents = front;
    liftSpan = here;
  }
  SmallVector<AxisPtr> axes;
  for (const Extent &e : liftExtents)
    axes.push_back(newAxis("frame", e));
  if (lift)
    for (size_t i = 0; i < values.size(); ++i) {
      if (!extra[i])
        continue;
      std::function<void(Val &)> frame = [&](Val &v) {
        if (v.isArray())
          v.array = frameAxes(v.array, axes);
        if (v.isTree())
          v.stack.clear();
        for (size_t k = 0; k < v.items.size(); ++k)
          if (v.roles.empty() || v.roles[k] != Role::Argument)
            frame(v.items[k]);
      };
      frame(values[i]);
    }

  bool ok = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const ast::Param &p = fn.params[i];
    SourceSpan here = argOf[i] >= 0 ? args.spans[argOf[i]] : span;
    if (model && needsBatch(fn, callee, p, values[i], here)) {
      ok = false;
      continue;
    }
    ok &= conform(values[i], p.type.get(), *inner, here, p.name.text);
    if (lift && p.isVar) {
      diagnostics.report(here, Diag::E0232, p.name.text);
      ok = false;
    }
    inner->names[p.name.text] = {p.isVar ? runtime(values[i]) : values[i], p.isVar, p.span};
  }
  if (!ok) {
    scope = saved;
    return Val::error();
  }
  callStack.push_back(callee.decl);
  size_t frames = frameContext.size();
  frameContext.insert(frameContext.end(), axes.begin(), axes.end());
  std::string savedPath = drawPath;
  if (!model || fn.name.text != "call")
    drawPath += fn.name.text + ".";
  OpenCall open{saved, inner, {}};
  for (size_t i = 0; i < values.size(); ++i)
    if (fn.params[i].isVar && argOf[i] >= 0)
      open.variables.push_back({args.exprs[argOf[i]], fn.params[i].name.text});
  openCalls.push_back(std::move(open));
  SourceSpan savedSite = callSite;
  callSite = span;
  Val result = fn.derivative ? evalStated(fn) : evalBody(fn.body);
  callSite = savedSite;
  openCalls.pop_back();
  drawPath = savedPath;
  frameContext.resize(frames);
  callStack.pop_back();

  if (!result.isError() && fn.result) {
    auto bodyScope = scope;
    scope = inner;
    if (!conform(result, fn.result.get(), *inner, fn.body.span(), "the result of " + fn.name.text))
      result = Val::error();
    scope = bodyScope;
  }
  scope = saved;
  if (result.isError())
    return result;
  for (size_t i = 0; i < values.size(); ++i)
    if (fn.params[i].isVar && argOf[i] >= 0)
      if (Val *target = lvalue(*args.exprs[argOf[i]])) {
        bool training = target->training;
        *target = inner->names[fn.params[i].name.text].val;
        target->training = training;
      }
  if (model && !closeModel(callee, *inner->parent, lift > 0, span))
    return Val::error();
  return lift ? unlift(result, axes) : result;
}
