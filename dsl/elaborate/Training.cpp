//===- Training.cpp - variables of derivatives, minimize, update ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;

bool Elaborator::selectLeaves(const ast::Expr *selector, std::vector<Leaf> &leaves,
                              SourceSpan span) {
  llvm::erase_if(leaves, [](const Leaf &l) { return l.role != Role::Param; });
  std::string all;
  if (selector) {
    std::vector<Leaf> kept;
    for (const Leaf &leaf : leaves) {
      auto inner = std::make_shared<Scope>();
      inner->parent = scope;
      int64_t size = 1;
      for (const Extent &e : leaf.val->array.shape)
        size *= e.size;
      all += (all.empty() ? "`" : ", `") + leaf.path + "` (rank " + std::to_string(leaf.rank) + ")";
      inner->names["rank"] = {Val::integer(leaf.rank), false, span};
      inner->names["path"] = {Val::string(leaf.path), false, span};
      inner->names["size"] = {Val::integer(size), false, span};
      std::swap(scope, inner);
      Val keep = eval(*selector);
      std::swap(scope, inner);
      if (keep.isError())
        return false;
      if (keep.kind != ValKind::Bool) {
        unsupported(selector->span, "`where` with a tree of booleans",
                    "select by `rank`, `path` or `size`");
        return false;
      }
      if (keep.number)
        kept.push_back(leaf);
    }
    leaves = kept;
  }
  if (leaves.empty()) {
    auto d = error(span, Diag::E0230);
    d.help(all.empty() ? "select from a model that has a `param`" : "there are " + all);
    return false;
  }
  return true;
}

bool Elaborator::resolvePick(const ast::Expr &e, Pick &pick, bool needVar) {
  const ast::Expr *base = &e, *selector = nullptr;
  if (auto *w = llvm::dyn_cast<ast::WhereExpr>(&e)) {
    base = w->base.get();
    selector = w->selector.get();
  }
  pick.span = e.span;
  if (needVar) {
    pick.target = lvalue(*base);
  } else {
    // Any name or field may be differentiated by, assignable or not.
    std::function<Val *(const ast::Expr &)> find = [&](const ast::Expr &x) -> Val * {
      if (auto *n = llvm::dyn_cast<ast::NameExpr>(&x)) {
        Binding *b = scope->find(n->name);
        if (!b)
          evalName(*n);
        return b ? &b->val : nullptr;
      }
      if (auto *f = llvm::dyn_cast<ast::FieldExpr>(&x)) {
        Val *v = find(*f->base);
        if (!v)
          return nullptr;
        int i = v->field(f->field.text);
        if (i < 0)
          fieldOf(*v, f->field.text, f->field.span);
        return i < 0 ? nullptr : &v->items[i];
      }
      diagnostics.report(x.span, Diag::E0221, std::string(sources.text(x.span)))
          .help("a derivative is taken by a variable: `let v = ...`, then `grad[v] ...`");
      return nullptr;
    };
    pick.target = find(*base);
  }
  if (!pick.target || pick.target->isError())
    return false;
  if (pick.target->kind == ValKind::Int || pick.target->kind == ValKind::Real)
    *pick.target = Val::ofArray(toArray(*pick.target, realElem()));
  if (pick.target->isArray()) {
    if (isReal(pick.target->array.elem))
      return true;
  } else if (pick.target->kind == ValKind::Delta) {
    for (size_t i = 0; i < pick.target->items.size(); ++i) {
      Val &item = pick.target->items[i];
      if (isReal(item.array.elem))
        pick.leaves.push_back(
            {pick.target->names[i], &item, int64_t(item.array.shape.size()), Role::Param});
    }
    return selectLeaves(selector, pick.leaves, e.span);
  } else if (pick.target->kind == ValKind::Struct) {
    collectLeaves(*pick.target, pick.leaves);
    // Of a record every real field is a variable.
    if (pick.target->decl && pick.target->decl->kind() == ast::ItemKind::Type)
      for (Leaf &l : pick.leaves)
        if (isReal(l.val->array.elem))
          l.role = Role::Param;
    return selectLeaves(selector, pick.leaves, e.span);
  }
  error(e.span, Diag::E0206)
      .label("this is " + describe(*pick.target))
      .help("derivatives are taken by models and real arrays");
  return false;
}

Val Elaborator::evalMinimize(const ast::MinimizeExpr &e) {
  std::vector<Pick> picks(e.picks.size());
  for (size_t i = 0; i < picks.size(); ++i)
    if (!resolvePick(*e.picks[i], picks[i], true))
      return Val::error();
  Val *optimizer = lvalue(*e.optimizer);
  if (!optimizer || optimizer->isError())
    return Val::error();
  std::vector<bool> modes;
  for (Pick &p : picks) {
    modes.push_back(p.target->training);
    p.target->training = true;
  }
  auto d = differentiate(
      picks, [&] { return evalBlock(*e.body); }, e.span);
  for (size_t i = 0; i < picks.size(); ++i)
    picks[i].target->training = modes[i];
  if (!d)
    return Val::error();
  for (size_t i = 0; i < picks.size(); ++i)
    if (!applyOptimizer(picks[i], *optimizer, d->gradients[i], e.span))
      return Val::error();
  if (!pure) {
    StepOp::create(builder, current);
    if (!runLoops.empty())
      meta.loopHasSteps(runLoops.back().id);
  }
  return d->value;
}

bool Elaborator::updateStatement(const ast::UpdateStmt &s) {
  Val g = eval(*s.by);
  if (g.isError())
    return false;
  Val *optimizer = lvalue(*s.optimizer);
  if (!optimizer || optimizer->isError())
    return false;
  for (const ast::ExprPtr &x : s.picks) {
    Pick pick;
    if (!resolvePick(*x, pick, true) || !applyOptimizer(pick, *optimizer, g, s.span))
      return false;
  }
  if (!pure) {
    StepOp::create(builder, current);
    if (!runLoops.empty())
      meta.loopHasSteps(runLoops.back().id);
  }
  return true;
}

bool Elaborator::applyOptimizer(Pick &pick, Val &optimizer, const Val &gradient, SourceSpan span) {
  auto *decl = optimizer.decl && optimizer.decl->kind() == ast::ItemKind::Model
                   ? static_cast<const ast::ModelItem *>(optimizer.decl)
                   : nullptr;
  if (!decl || decl->modelKind != ast::ModelKind::Optimizer) {
    error(span, Diag::E0206).label("`with` takes an optimizer, this is " + describe(optimizer));
    return false;
  }
  const ast::FunctionItem *step = nullptr;
  for (const ast::Member &m : decl->members)
    if (m.function && m.name.text == "step")
      step = m.function.get();
  if (!step || step->params.size() < 2) {
    diagnostics.report(decl->span, Diag::E0212, decl->name.text, "step")
        .help("an optimizer has `fn step(var w: real[...S], g: real[...S], t: int)`");
    return false;
  }
  if (gradient.kind != ValKind::Delta) {
    error(span, Diag::E0206).label("an update takes a delta, this is " + describe(gradient));
    return false;
  }
  Val &selection = optimizer.items[optimizer.field("@selection")];
  Val &steps = optimizer.items[optimizer.field("steps")];
  steps = arithmetic(ast::BinaryOp::Add, steps, Val::integer(1), span, span, span);
  for (Leaf &leaf : pick.leaves) {
    size_t at = llvm::find(selection.names, leaf.path) - selection.names.begin();
    size_t gi = llvm::find(gradient.names, leaf.path) - gradient.names.begin();
    if (gi == gradient.names.size())
      continue; // outside the delta: no change
    if (at == selection.names.size()) {
      diagnostics.report(span, Diag::E0230)
          .label("`" + leaf.path + "` is not in the selection this optimizer was built for");
      return false;
    }
    auto inner = std::make_shared<Scope>();
    inner->parent = optimizer.home->scope;
    for (size_t i = 0; i < optimizer.items.size(); ++i) {
      if (optimizer.names[i][0] == '@' || optimizer.names[i] == "steps")
        continue;
      bool state = optimizer.roles[i] == Role::State;
      inner->names[optimizer.names[i]] = {
          state ? optimizer.items[i].items[at] : optimizer.items[i], state, {}};
    }
    inner->names[step->params[0].name.text] = {*leaf.val, true, step->params[0].span};
    inner->names[step->params[1].name.text] = {gradient.items[gi], false, step->params[1].span};
    if (step->params.size() > 2)
      inner->names[step->params[2].name.text] = {steps, false, step->params[2].span};
    std::swap(scope, inner);
    std::string savedPath = drawPath;
    drawPath += leaf.path + ".";
    bool ok = !evalBody(step->body).isError();
    drawPath = savedPath;
    std::swap(scope, inner);
    if (!ok)
      return false;
    *leaf.val = inner->names[step->params[0].name.text].val;
    for (size_t i = 0; i < optimizer.items.size(); ++i)
      if (optimizer.names[i][0] != '@' && optimizer.names[i] != "steps" &&
          optimizer.roles[i] == Role::State)
        optimizer.items[i].items[at] = inner->names[optimizer.names[i]].val;
  }
  return true;
}
