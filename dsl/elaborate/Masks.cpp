//===- Masks.cpp - building masks over a selection ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mask is written for one tensor `w`. Its fields are trees, with one array for
// each tensor of the selection; the hidden field `@selection` keeps the shapes of
// the tensors and how many of their dimensions a stack of layers put in front.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::ArrayRef;
using llvm::SmallVector;

bool Elaborator::isMask(const Val &v) {
  return v.kind == ValKind::Struct && v.decl && v.decl->kind() == ast::ItemKind::Model &&
         static_cast<const ast::ModelItem *>(v.decl)->modelKind == ast::ModelKind::Mask;
}

SmallVector<AxisPtr> Elaborator::stackAxes(ArrayRef<Extent> stack) {
  SmallVector<AxisPtr> axes;
  for (const Extent &e : stack)
    axes.push_back(newAxis("stack", e));
  return axes;
}

/// The part of an argument that belongs to one tensor; nothing if there is none.
static std::optional<Val> partFor(const Val &v, const std::string &path) {
  if (v.kind == ValKind::Delta) {
    int i = v.field(path);
    return i < 0 ? std::nullopt : std::optional<Val>(v.items[i]);
  }
  Val whole = v;
  std::vector<Leaf> leaves;
  collectLeaves(whole, leaves);
  for (const Leaf &l : leaves)
    if (l.path == path)
      return *l.val;
  return std::nullopt;
}

/// A tree or a model: each tensor gets its part of it.
static bool isTree(const Val &v) {
  return v.kind == ValKind::Delta || (v.kind == ValKind::Struct && v.decl &&
                                      v.decl->kind() == ast::ItemKind::Model);
}

std::optional<Val> Elaborator::partOf(const Val &v, const std::string &name,
                                      const std::string &path, ArrayRef<AxisPtr> stack,
                                      SourceSpan span) {
  if (!isTree(v))
    return v;
  std::optional<Val> part = partFor(v, path);
  if (!part) {
    auto d = diagnostics.report(span, Diag::E0271, name);
    d.label("nothing for `" + path + "` in " + describe(v));
    if (!v.names.empty())
      d.help("it has `" + v.names[0] + "`" + (v.names.size() > 1 ? " and others" : "") +
             "; make it from a field of the mask, or from a gradient of the same selection");
    return std::nullopt;
  }
  if (!part->isArray() || stack.empty())
    return part;
  const Array &a = part->array;
  bool fits = a.shape.size() >= stack.size();
  for (size_t i = 0; fits && i < stack.size(); ++i)
    fits = a.shape[i] == stack[i]->extent;
  if (!fits) {
    diagnostics.report(span, Diag::E0271, name)
        .label("`" + path + "` is a stack of " + describe(stack[0]->extent) + ", its part is " +
               describe(a));
    return std::nullopt;
  }
  return Val::ofArray(frameAxes(a, stack));
}

/// A mask whose functions all take tensors of other ranks is of no use for one.
bool Elaborator::fitsRank(const ast::ModelItem &item, const Leaf &leaf, SourceSpan span) {
  std::optional<int64_t> other;
  for (const ast::Member &m : item.members) {
    if (!m.function)
      continue;
    for (const ast::Param &p : m.function->params) {
      if (p.name.text != "w")
        continue;
      Expected want = expected(p.type.get());
      if (want.kind != Expected::Array || want.rank() == leaf.rank)
        return true;
      other = want.rank();
    }
  }
  if (!other)
    return true;
  const std::string rank = std::to_string(*other);
  diagnostics
      .report(span, Diag::E0272, "`" + item.name.text + "` is written for tensors of rank " + rank)
      .label("`" + leaf.path + "` is " + describe(leaf.val->array))
      .help("build it over those alone: `" + item.name.text + "(net where rank == " + rank + ")`");
  return false;
}

Val Elaborator::maskMember(const ast::Member &m, const Leaf &leaf, const Val &mask,
                           SourceSpan span) {
  size_t front = leaf.val->array.shape.size() - size_t(leaf.rank);
  SmallVector<AxisPtr> axes =
      stackAxes(ArrayRef<Extent>(leaf.val->array.shape).take_front(front));
  auto inner = std::make_shared<Scope>();
  inner->parent = mask.home->scope;
  for (size_t i = 0; i < mask.items.size(); ++i) {
    std::optional<Val> part = partOf(mask.items[i], mask.names[i], leaf.path, axes, span);
    if (!part)
      return Val::error();
    inner->names[mask.names[i]] = {*part, false, m.span};
  }
  inner->names["w"] = {Val::ofArray(frameAxes(leaf.val->array, axes)), false, m.span};
  std::swap(scope, inner);
  size_t frames = frameContext.size();
  frameContext.insert(frameContext.end(), axes.begin(), axes.end());
  std::string savedPath = drawPath;
  drawPath += leaf.path + ".";
  Val v = Val::error();
  if (m.like) {
    Val model = eval(*m.like);
    if (model.isArray())
      v = initialValue(m, model.array.elem, model.array.shape);
    else if (!model.isError())
      error(m.like->span, Diag::E0206)
          .label("this is " + describe(model))
          .help("`like` takes an array: `like w`, `like w[0]`");
  } else {
    v = initialValue(m);
  }
  if (!v.isError() && m.kind == ast::MemberKind::Param && !isReal(v.array.elem)) {
    error(m.span, Diag::E0206)
        .label("`" + m.name.text + "` is " + describe(v))
        .help("a `param` is trained and real; what is kept is a `state`");
    v = Val::error();
  }
  drawPath = savedPath;
  frameContext.resize(frames);
  std::swap(scope, inner);
  return v.isError() ? v : unlift(v, axes);
}

Val Elaborator::buildMask(const ast::ModelItem &item, Module *home, CallArgs &args,
                          SourceSpan span) {
  Instance made;
  if (!openInstance(item, home, args, span, made))
    return Val::error();
  Val &out = made.value;
  std::vector<Leaf> &leaves = made.leaves;
  for (const ast::Member &m : item.members) {
    if (m.kind == ast::MemberKind::Function)
      continue;
    if (m.kind == ast::MemberKind::SubModel) {
      diagnostics.report(m.span, Diag::E0272, "a mask has no sub-models")
          .help("`param " + m.name.text + " like w` and `state " + m.name.text +
                ": real` are what it may have");
      return Val::error();
    }
    if (out.field(m.name.text) >= 0) {
      diagnostics.report(m.name.span, Diag::E0202, m.name.text);
      return Val::error();
    }
    Val tree = Val::of(ValKind::Delta);
    for (const Leaf &leaf : leaves) {
      Val v = maskMember(m, leaf, out, span);
      if (v.isError())
        return v;
      tree.names.push_back(leaf.path);
      tree.items.push_back(v);
      int64_t front = int64_t(leaf.val->array.shape.size()) - leaf.rank;
      tree.ranks.push_back(int64_t(v.array.shape.size()) - front);
    }
    out.names.push_back(m.name.text);
    out.items.push_back(tree);
    out.roles.push_back(m.kind == ast::MemberKind::Param ? Role::Param : Role::State);
  }
  Val selection = Val::of(ValKind::Tuple);
  for (const Leaf &leaf : leaves) {
    const Array &a = leaf.val->array;
    Val tensor;
    tensor.array.shape = a.shape;
    tensor.array.elem = a.elem;
    tensor.stack.append(a.shape.begin(), a.shape.end() - leaf.rank);
    selection.names.push_back(leaf.path);
    selection.items.push_back(tensor);
  }
  out.names.push_back("@selection");
  out.items.push_back(selection);
  out.roles.push_back(Role::Argument);
  return out;
}
