//===- Training.cpp - derivatives, minimize, update -----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "Mentions.h"

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
  } else if (pick.target->kind == ValKind::Struct) {
    collectLeaves(*pick.target, pick.leaves);
    return selectLeaves(selector, pick.leaves, e.span);
  }
  error(e.span, Diag::E0206)
      .label("this is " + describe(*pick.target))
      .help("derivatives are taken by models and real arrays");
  return false;
}

std::optional<Elaborator::Differentiated> Elaborator::differentiate(std::vector<Pick> &picks,
                                                                    llvm::function_ref<Val()> body,
                                                                    SourceSpan span) {
  // Values of the variables, replaced by block arguments inside the region.
  std::vector<Val *> wrt;
  for (Pick &p : picks) {
    if (p.target->isArray())
      wrt.push_back(p.target);
    for (Leaf &l : p.leaves)
      wrt.push_back(l.val);
  }
  std::vector<Val> originals;
  SmallVector<mlir::Value> operands;
  SmallVector<mlir::Type> types;
  SmallVector<mlir::Location> locs;
  for (Val *v : wrt) {
    originals.push_back(*v);
    // A variable shared by the frames in scope has one derivative for each.
    Array a = v->array;
    SmallVector<AxisPtr, 2> frames = withContext(a.frames);
    a.value = place(a, frames, a.shape);
    a.frames.assign(frames.begin(), frames.end());
    v->array = a;
    operands.push_back(a.value);
    types.push_back(a.value.getType());
    locs.push_back(loc(span));
  }
  mlir::OperationState state(loc(span), ValueAndGradOp::getOperationName());
  state.addRegion();
  Snapshot before = snapshot();
  auto region = std::make_unique<mlir::Region>();
  auto *block = new mlir::Block();
  region->push_back(block);
  block->addArguments(types, locs);
  Val value;
  std::vector<Binding *> assigned;
  SmallVector<mlir::Value> yielded;
  std::vector<Val> outside;
  bool ok = true;
  Array scalar;
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    // The region hangs in the function while it is filled, so that the builder's
    // constants and the verifier see its parent.
    auto holder = mlir::scf::ExecuteRegionOp::create(builder, loc(span), mlir::TypeRange{});
    holder.getRegion().takeBody(*region);
    builder.setInsertionPointToEnd(block);
    for (size_t i = 0; i < wrt.size(); ++i)
      wrt[i]->array.value = block->getArgument(i);
    Snapshot inside = snapshot();
    auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    std::swap(scope, inner);
    scope->names["@live"] = {Val::string("a derivative"), false, {}};
    ++pure;
    value = body();
    --pure;
    std::swap(scope, inner);
    Val *first = value.kind == ValKind::Tuple && !value.items.empty() ? &value.items[0] : &value;
    if (!value.isError() &&
        (!first->isArray() || !isReal(first->array.elem) || !first->array.shape.empty())) {
      auto d = error(span, Diag::E0220);
      d.label("this is " + describe(*first));
      d.help(first->isArray() && isReal(first->array.elem)
                 ? "differentiate one number: a `mean` or `sum` is missing"
                 : "differentiate one real number");
      value = Val::error();
    }
    ok = !value.isError();
    if (ok) {
      scalar = first->array;
      // Members of a frame are independent: the gradient of the sum holds each.
      Array total = scalar;
      SmallVector<int64_t> dims;
      for (size_t i = 0; i < scalar.frames.size(); ++i)
        dims.push_back(int64_t(i));
      if (!dims.empty())
        total = reduceDims(ReduceKind::add, scalar, dims, span);
      yielded.push_back(total.value);
      auto leave = [&](Val &v) {
        SmallVector<mlir::Value *> refs;
        collectValues(v, refs);
        for (mlir::Value *r : refs)
          yielded.push_back(*r);
      };
      leave(value);
      // What the block assigned leaves it as well.
      for (Binding *b : changed(inside)) {
        assigned.push_back(b);
        leave(b->val);
      }
      YieldOp::create(builder, loc(span), yielded);
    }
    region->takeBody(holder.getRegion());
    builder.setInsertionPointAfter(holder);
    holder.erase();
  }
  auto restoreWrt = [&] {
    for (size_t i = 0; i < wrt.size(); ++i)
      *wrt[i] = originals[i];
  };
  if (!ok) {
    region->dropAllReferences();
    restoreWrt();
    return std::nullopt;
  }
  SmallVector<mlir::Type> results;
  for (mlir::Value v : yielded)
    results.push_back(v.getType());
  results.append(types.begin(), types.end());
  auto op = ValueAndGradOp::create(builder, loc(span), results, operands);
  op.getBody().takeBody(*region);
  unsigned next = 1;
  auto arrive = [&](Val &v) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      *r = op.getResult(next++);
  };
  arrive(value);
  for (Binding *b : assigned)
    arrive(b->val);
  // Parameters did not change; state that the block assigned stays assigned.
  restoreWrt();
  Differentiated out;
  out.value = value;
  unsigned g = yielded.size();
  size_t w = 0;
  for (Pick &p : picks) {
    auto gradient = [&] {
      Array a = originals[w].array;
      a.frames = withContext(a.frames);
      a.value = op.getResult(g++);
      ++w;
      return Val::ofArray(a);
    };
    if (p.leaves.empty()) {
      out.gradients.push_back(gradient());
      continue;
    }
    Val delta = Val::of(ValKind::Delta);
    for (Leaf &l : p.leaves) {
      delta.names.push_back(l.path);
      delta.items.push_back(gradient());
    }
    out.gradients.push_back(delta);
  }
  return out;
}

Val Elaborator::evalDerive(const ast::DeriveExpr &e) {
  if (e.word.text != "grad" && e.word.text != "value_and_grad")
    return unsupported(e.span, "`" + e.word.text + "`", "compose it from `grad`");
  std::vector<Pick> picks(e.picks.size());
  std::set<std::string> inBody, inPick;
  mentionedNames(*e.body, inBody);
  for (size_t i = 0; i < picks.size(); ++i) {
    if (!resolvePick(*e.picks[i], picks[i], false))
      return Val::error();
    inPick.clear();
    mentionedNames(*e.picks[i], inPick);
    if (llvm::none_of(inPick, [&](const std::string &n) { return inBody.count(n); })) {
      diagnostics.report(e.picks[i]->span, Diag::E0221,
                         std::string(sources.text(e.picks[i]->span)));
      return Val::error();
    }
  }
  auto d = differentiate(
      picks, [&] { return eval(*e.body); }, e.span);
  if (!d)
    return Val::error();
  Val gradients = d->gradients[0];
  if (d->gradients.size() > 1) {
    gradients = Val::of(ValKind::Tuple);
    gradients.items = d->gradients;
  }
  if (e.word.text == "grad" && d->value.kind != ValKind::Tuple)
    return gradients;
  Val out = Val::of(ValKind::Tuple);
  if (e.word.text == "value_and_grad")
    out.items = {d->value, gradients};
  else {
    // Of a tuple the first part is differentiated, the rest comes out.
    out.items = {gradients};
    out.items.insert(out.items.end(), d->value.items.begin() + 1, d->value.items.end());
  }
  return out;
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
