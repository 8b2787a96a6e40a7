//===- MaskCalls.cpp - functions of a mask, tensor by tensor --------------===//
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

std::optional<std::vector<Leaf>> Elaborator::maskedLeaves(Val &model, const Val &selection,
                                                          const std::string &mask,
                                                          SourceSpan span) {
  std::vector<Leaf> all, out;
  if (model.kind == ValKind::Delta) {
    for (size_t i = 0; i < model.items.size(); ++i)
      all.push_back({model.names[i], &model.items[i], 0, Role::Param});
  } else if (model.kind == ValKind::Struct && model.decl && !isMask(model)) {
    collectLeaves(model, all);
  } else {
    error(span, Diag::E0206)
        .label("this is " + describe(model))
        .help("a mask is applied to a model or to a delta of it: `gates.soft(net)`");
    return std::nullopt;
  }
  for (size_t k = 0; k < selection.names.size(); ++k) {
    const std::string &path = selection.names[k];
    auto it = llvm::find_if(all, [&](const Leaf &l) { return l.path == path; });
    const Array &want = selection.items[k].array;
    bool there = it != all.end();
    if (there && it->val->array.shape == want.shape && it->val->array.elem == want.elem) {
      out.push_back(*it);
      continue;
    }
    diagnostics.report(span, Diag::E0270, mask)
        .label(there ? "`" + path + "` is " + describe(it->val->array) + " here, the mask is for " +
                           describe(want)
                     : "this " + describe(model) + " has no `" + path + "`")
        .help("build a mask for each model, or apply this one to a copy of its own");
    return std::nullopt;
  }
  return out;
}

/// Whether a function of a mask maps a model to a model: `w` comes first, and the
/// result has its type.
static bool mapsModel(const ast::FunctionItem &fn, const SourceManager &sources) {
  return !fn.params.empty() && fn.params[0].name.text == "w" &&
         (!fn.result || (fn.params[0].type &&
                         sources.text(fn.result->span) == sources.text(fn.params[0].type->span)));
}

/// What is known of a place without a computation: an array of masks is one of its members here.
static const Val *valueAt(const ast::Expr &place, Scope &scope) {
  if (auto *name = llvm::dyn_cast<ast::NameExpr>(&place)) {
    Binding *b = scope.find(name->name);
    return b ? &b->val : nullptr;
  }
  if (auto *field = llvm::dyn_cast<ast::FieldExpr>(&place)) {
    const Val *base = valueAt(*field->base, scope);
    int i = base ? base->field(field->field.text) : -1;
    return i < 0 ? nullptr : &base->items[size_t(i)];
  }
  auto *index = llvm::dyn_cast<ast::IndexExpr>(&place);
  const Val *base = index ? valueAt(*index->base, scope) : nullptr;
  return base && base->kind == ValKind::Tuple && !base->items.empty() ? &base->items[0] : base;
}

const ast::Expr *Elaborator::underMask(const ast::Expr &e) {
  auto *call = llvm::dyn_cast<ast::CallExpr>(&e);
  if (!call)
    return nullptr;
  auto *field = llvm::dyn_cast<ast::FieldExpr>(call->callee.get());
  const Val *mask = valueAt(field ? *field->base : *call->callee, *scope);
  std::string name = field ? field->field.text : "call";
  if (field && mask && !isWholeMask(*mask)) {
    mask = valueAt(*field, *scope);
    name = "call";
  }
  if (!mask || !isWholeMask(*mask))
    return nullptr;
  for (const ast::Member &m : static_cast<const ast::ModelItem *>(mask->decl)->members)
    if (m.function && m.name.text == name && mapsModel(*m.function, sources))
      for (const ast::Arg &a : call->args)
        if (a.name.text == "w" || (a.name.text.empty() && &a == &call->args[0]))
          return a.value.get();
  return nullptr;
}

Val Elaborator::applyMask(const Val &callee, CallArgs &args, SourceSpan span,
                          const ast::Expr &place) {
  auto &fn = *static_cast<const ast::FunctionItem *>(callee.decl);
  const Val &mask = *callee.self;
  const std::string what = "`" + fn.name.text + "`";
  const std::string owner = static_cast<const ast::ModelItem *>(mask.decl)->name.text;
  const Val &selection = mask.items[mask.field("@selection")];
  if (!mask.stack.empty()) {
    diagnostics.report(span, Diag::E0205, describe(mask))
        .label("this is an array of masks")
        .help("name its index: `let m[s] = gates[s]." + fn.name.text + "(nets[s])`");
    return Val::error();
  }
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(fn.params, args, span, what, mask.home, values, argOf))
    return Val::error();

  // Which argument is the model, and its tensors.
  Val model;
  std::vector<Leaf> leaves;
  SourceSpan modelSpan = span;
  for (size_t p = 0; p < fn.params.size(); ++p)
    if (fn.params[p].name.text == "w") {
      model = values[p];
      modelSpan = argOf[p] >= 0 ? args.spans[argOf[p]] : span;
      auto found = maskedLeaves(model, selection, owner, modelSpan);
      if (!found)
        return Val::error();
      leaves = *found;
    }
  bool toModel = mapsModel(fn, sources);

  // Draws belong to the tensors: a batch around the call shares them.
  SmallVector<const Array *> own;
  for (const Leaf &l : leaves)
    own.push_back(&l.val->array);
  for (size_t i = 0; i < mask.items.size(); ++i)
    if (mask.roles[i] == Role::Param || mask.roles[i] == Role::State)
      for (const Val &item : mask.items[i].items)
        own.push_back(&item.array);
  SmallVector<AxisPtr, 2> frames = unionFrames(own);
  auto savedFrames = frameContext;
  std::string savedPath = drawPath;

  Val changed = mask, tree = Val::of(ValKind::Delta);
  bool writes = false;
  for (size_t k = 0; k < selection.names.size(); ++k) {
    const std::string &path = selection.names[k];
    SmallVector<AxisPtr> axes = stackAxes(selection.items[k].stack);
    // The mask of this tensor alone.
    Val one = Val::of(ValKind::Struct);
    one.decl = mask.decl;
    one.home = mask.home;
    for (size_t i = 0; i < mask.items.size(); ++i) {
      if (mask.names[i][0] == '@')
        continue;
      std::optional<Val> part = partOf(mask.items[i], mask.names[i], path, axes, span);
      if (!part)
        return Val::error();
      one.names.push_back(mask.names[i]);
      one.roles.push_back(mask.roles[i]);
      one.items.push_back(*part);
    }
    CallArgs sub = args;
    for (size_t p = 0; p < fn.params.size(); ++p) {
      if (argOf[p] < 0)
        continue;
      std::optional<Val> part =
          partOf(args.values[argOf[p]], fn.params[p].name.text, path, axes, args.spans[argOf[p]]);
      if (!part)
        return Val::error();
      sub.values[argOf[p]] = *part;
      Expected want = expected(fn.params[p].type.get());
      if (fn.params[p].name.text == "w" && want.kind == Expected::Array &&
          want.rank() != int64_t(part->array.shape.size())) {
        diagnostics
            .report(modelSpan, Diag::E0272,
                    what + " is written for tensors of rank " + std::to_string(want.rank()))
            .label("`" + path + "` is " + describe(part->array))
            .help("build the mask over those alone: `" + owner + "(net where rank == " +
                  std::to_string(want.rank()) + ")`");
        return Val::error();
      }
    }
    Val f = callee;
    f.self = std::make_shared<Val>(one);
    frameContext.assign(frames.begin(), frames.end());
    frameContext.insert(frameContext.end(), axes.begin(), axes.end());
    drawPath = savedPath + fn.name.text + "." + path + ".";
    Val r = callFunction(f, sub, span);
    frameContext = savedFrames;
    drawPath = savedPath;
    if (r.isError())
      return r;
    if (!r.isNumber()) {
      diagnostics.report(span, Diag::E0272, what + " gives no array for a tensor")
          .label("this is " + describe(r));
      return Val::error();
    }
    r = unlift(Val::ofArray(toArray(r, realElem())), axes);
    if (f.self->number) {
      writes = true;
      for (size_t i = 0; i < one.items.size(); ++i)
        if (one.roles[i] == Role::State)
          changed.items[changed.field(one.names[i])].items[k] = unlift(f.self->items[i], axes);
    }
    if (!toModel) {
      tree.names.push_back(path);
      tree.items.push_back(r);
      tree.ranks.push_back(int64_t(r.array.shape.size() - axes.size()));
      continue;
    }
    Array &w = leaves[k].val->array;
    if (r.array.elem != w.elem || r.array.shape != w.shape) {
      diagnostics
          .report(span, Diag::E0272, what + " takes `w` first, so it gives a tensor like `w`")
          .label("`" + path + "` is " + describe(w) + ", the result " + describe(r.array))
          .help("for a tree of other values state the type of the result, as in `-> real`");
      return Val::error();
    }
    *leaves[k].val = r;
  }
  if (Val *variable = writes ? lvalue(place, true) : nullptr)
    *variable = changed;
  else if (Binding *root = writes ? rootOf(place) : nullptr)
    return lostState(place, *root, span);
  return toModel ? model : tree;
}
