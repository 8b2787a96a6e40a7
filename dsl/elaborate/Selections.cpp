//===- Selections.cpp - what `where` chooses of a model -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A selector speaks of one parameter: by its `rank`, `path` and `size`, by a
// function of a `Parameter`, and by trees of booleans, which choose entries at
// run time. What it chooses of the model is known when the program is compiled.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;

static int64_t sizeOf(const Leaf &leaf) {
  int64_t size = 1;
  for (const Extent &e : leaf.val->array.shape)
    size *= e.size;
  return size;
}

/// The parts of a tree as parameters.
static std::vector<Leaf> leavesOf(Val &tree) {
  std::vector<Leaf> leaves;
  for (size_t i = 0; i < tree.items.size(); ++i) {
    int64_t rank = tree.ranks.empty() ? int64_t(tree.items[i].array.shape.size()) : tree.ranks[i];
    leaves.push_back({tree.names[i], &tree.items[i], rank, Role::Param});
  }
  return leaves;
}

Val Elaborator::parameterOf(const Leaf &leaf) {
  Val v = Val::of(ValKind::Struct);
  v.names = {"path", "rank", "size"};
  v.items = {Val::string(leaf.path), Val::integer(leaf.rank), Val::integer(sizeOf(leaf))};
  v.roles.assign(3, Role::Argument);
  auto prelude = modules.find("prelude");
  if (Binding *b = prelude == modules.end() ? nullptr : prelude->second->scope->find("Parameter")) {
    v.decl = b->val.decl;
    v.home = b->val.home;
  }
  return v;
}

Val Elaborator::evalSelector(const ast::Expr &e, const Leaf &leaf) {
  if (auto *u = llvm::dyn_cast<ast::UnaryExpr>(&e); u && u->op == ast::UnaryOp::Not) {
    Val v = evalSelector(*u->operand, leaf);
    return v.isError() ? v : unary(*u, v);
  }
  auto *b = llvm::dyn_cast<ast::BinaryExpr>(&e);
  if (b && (b->op == ast::BinaryOp::And || b->op == ast::BinaryOp::Or)) {
    // A side that is known decides, or leaves it to the other.
    bool decisive = b->op == ast::BinaryOp::Or;
    Val l = evalSelector(*b->lhs, leaf);
    if (l.isError() || (l.kind == ValKind::Bool && bool(l.number) == decisive))
      return l;
    Val r = evalSelector(*b->rhs, leaf);
    if (l.kind == ValKind::Bool || r.isError())
      return r;
    if (r.kind == ValKind::Bool)
      return bool(r.number) == decisive ? r : l;
    return binary(*b, l, r);
  }
  Val v = eval(e);
  if (v.kind != ValKind::Function)
    return v;
  CallArgs one;
  one.values = {parameterOf(leaf)};
  one.names = {""};
  one.spans = {e.span};
  one.exprs = {&e};
  return callFunction(v, one, e.span);
}

/// Where the tree `v` speaks of the tensor that a mask's parameter belongs to; each parameter of that
/// shape takes it. -1: nowhere.
static int ofTensor(const Val &v, const Leaf &leaf) {
  int at = leaf.tensor.empty() ? -1 : v.field(leaf.tensor);
  return at >= 0 && v.items[size_t(at)].array.shape == leaf.val->array.shape ? at : -1;
}

Val Elaborator::gateOf(const Val &v, const Leaf &leaf, SourceSpan span) {
  int at = v.field(leaf.path);
  if (at < 0)
    at = ofTensor(v, leaf);
  if (at < 0)
    return Val::unit();
  const Val &part = v.items[size_t(at)];
  if (!part.isArray() || part.array.elem != Elem::Bool) {
    error(span, Diag::E0213).label("`" + leaf.path + "` of this tree is " + describe(part));
    return Val::error();
  }
  if (part.array.shape != leaf.val->array.shape) {
    diagnostics.report(span, Diag::E0283)
        .label("`" + leaf.path + "` is " + describe(*leaf.val) + ", in the tree it is " +
               describe(part));
    return Val::error();
  }
  return part;
}

bool Elaborator::selectLeaves(const ast::Expr *selector, std::vector<Leaf> &leaves, SourceSpan span,
                              std::vector<Val> *gates) {
  llvm::erase_if(leaves, [](const Leaf &l) { return l.role != Role::Param; });
  std::string all;
  std::vector<Leaf> kept;
  std::vector<Val> entries;
  for (const Leaf &leaf : leaves) {
    if (!selector) {
      kept.push_back(leaf);
      continue;
    }
    all += (all.empty() ? "`" : ", `") + leaf.path + "` (rank " + std::to_string(leaf.rank) + ")";
    auto inner = std::make_shared<Scope>();
    inner->parent = scope;
    inner->names["rank"] = {Val::integer(leaf.rank), false, span};
    inner->names["path"] = {Val::string(leaf.path), false, span};
    inner->names["size"] = {Val::integer(sizeOf(leaf)), false, span};
    std::swap(scope, inner);
    Val keep = evalSelector(*selector, leaf);
    std::swap(scope, inner);
    if (keep.isError())
      return false;
    if (keep.kind == ValKind::Delta) {
      if (!gates) {
        diagnostics.report(selector->span, Diag::E0284);
        return false;
      }
      for (size_t i = 0; i < keep.names.size(); ++i) {
        const std::string &path = keep.names[i];
        auto has = [&](const Leaf &l) { return l.path == path || ofTensor(keep, l) == int(i); };
        if (llvm::any_of(leaves, has))
          continue;
        bool tensor = llvm::any_of(leaves, [&](const Leaf &l) { return l.tensor == path; });
        auto d = diagnostics.report(selector->span, Diag::E0283);
        if (tensor)
          d.label("`" + path + "` is " + describe(keep.items[i]) +
                  " in the tree; no field of the mask has that shape")
              .help("a tree for a mask is made of one of its fields: `gates.a > 0`");
        else
          d.label("the tree has `" + path + "`, the model has not");
        return false;
      }
      keep = gateOf(keep, leaf, selector->span);
      if (keep.isError())
        return false;
      entries.push_back(keep);
    } else if (keep.kind == ValKind::Bool) {
      if (!keep.number)
        continue;
      entries.push_back(Val::unit());
    } else {
      error(selector->span, Diag::E0213)
          .label("this is " + describe(keep))
          .help("select by `rank`, `path` or `size`, by a `fn f(p: Parameter) -> bool`, or by a "
                "tree of booleans");
      return false;
    }
    kept.push_back(leaf);
  }
  leaves = kept;
  if (gates && llvm::any_of(entries, [](const Val &v) { return v.isArray(); }))
    *gates = entries;
  if (leaves.empty()) {
    auto d = error(span, Diag::E0230);
    d.help(all.empty() ? "select from a model that has a `param`" : "there are " + all);
    return false;
  }
  return true;
}

Val Elaborator::evalWhere(const ast::WhereExpr &e, std::vector<Val> *gates) {
  Val base = eval(*e.base);
  if (base.isError())
    return base;
  std::vector<Leaf> leaves;
  if (base.kind == ValKind::Delta)
    leaves = leavesOf(base);
  else
    collectLeaves(base, leaves);
  if (base.kind != ValKind::Struct && base.kind != ValKind::Delta) {
    error(e.base->span, Diag::E0206)
        .label("this is " + describe(base))
        .help("`where` selects parameters of a model or of a tree");
    return Val::error();
  }
  if (!selectLeaves(e.selector.get(), leaves, e.span, gates))
    return Val::error();
  Val out = treeOf(leaves);
  if (base.kind == ValKind::Delta)
    out.stack = base.stack;
  return out;
}

Val Elaborator::gated(const Pick &pick, const Val &delta, SourceSpan span) {
  Val out = delta;
  SmallVector<AxisPtr> axes = stackAxes(out.stack);
  for (size_t i = 0; i < pick.gates.size(); ++i)
    if (pick.gates[i].isArray()) {
      Val part = Val::ofArray(frameAxes(out.items[i].array, axes));
      part = select(pick.gates[i], part, Val::realNumber(0), span);
      if (part.isError())
        return part;
      out.items[i] = Val::ofArray(bindAxes(part.array, axes));
    }
  return out;
}

void Elaborator::gateDirections(const Pick &pick, llvm::MutableArrayRef<Array> along) {
  for (size_t i = 0; i < pick.gates.size(); ++i)
    if (pick.gates[i].isArray())
      along[i] =
          select(pick.gates[i], Val::ofArray(along[i]), Val::realNumber(0), pick.span).array;
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
    for (const Leaf &l : leavesOf(*pick.target))
      if (isReal(l.val->array.elem))
        pick.leaves.push_back(l);
    return selectLeaves(selector, pick.leaves, e.span, &pick.gates);
  } else if (pick.target->kind == ValKind::Struct) {
    collectLeaves(*pick.target, pick.leaves);
    // Of a record every real field is a variable.
    if (pick.target->decl && pick.target->decl->kind() == ast::ItemKind::Type)
      for (Leaf &l : pick.leaves)
        if (isReal(l.val->array.elem))
          l.role = Role::Param;
    return selectLeaves(selector, pick.leaves, e.span, &pick.gates);
  }
  error(e.span, Diag::E0206)
      .label("this is " + describe(*pick.target))
      .help("derivatives are taken by models and real arrays");
  return false;
}
