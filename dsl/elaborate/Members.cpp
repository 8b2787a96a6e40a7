//===- Members.cpp - arrays of runs ---------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `let r[a: Arm, s: 5] = seeded s { run(a) }` where `run` trains: the cases of an
// enum are unrolled, because an arm may be another program; everything else is a
// loop that collects what its members return.
//
//===----------------------------------------------------------------------===//
#include "Loops.h"
#include "Mentions.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::ArrayRef;

bool Elaborator::acts(const ast::Expr &e) {
  std::set<const void *> seen;
  std::function<bool(const Mentioned &, Scope &)> any = [&](const Mentioned &m, Scope &from) {
    if (m.acts)
      return true;
    for (const std::string &name : m.names) {
      auto [first, rest] = llvm::StringRef(name).split('.');
      Binding *b = from.find(first.str());
      Val v = b ? b->val : Val::unit();
      if (!rest.empty()) {
        if (v.kind != ValKind::Module)
          continue;
        auto it = v.home->scope->names.find(rest.str());
        v = it == v.home->scope->names.end() ? Val::unit() : it->second.val;
      }
      if (v.kind != ValKind::Function)
        continue;
      auto *fn = v.lambda ? nullptr : static_cast<const ast::FunctionItem *>(v.decl);
      if (!seen.insert(fn ? static_cast<const void *>(fn) : v.lambda).second)
        continue;
      Mentioned inner = fn ? fn->body.expr ? mentioned(*fn->body.expr) : mentioned(*fn->body.block)
                           : mentioned(*v.lambda->body);
      if (any(inner, fn ? *v.home->scope : *v.captured))
        return true;
    }
    return false;
  };
  return any(mentioned(e), *scope);
}

Val Elaborator::stackValues(const std::vector<Val> &all, SourceSpan span) {
  const Val &first = all[0];
  auto differ = [&](const Val &v) {
    diagnostics.report(span, Diag::E0214).label(describe(first) + " or " + describe(v));
    return Val::error();
  };
  if (first.isArray()) {
    for (const Val &v : all)
      if (!v.isArray() || v.array.elem != first.array.elem || v.array.shape != first.array.shape ||
          llvm::any_of(v.array.shape, [](const Extent &x) { return !x.isStatic(); }))
        return differ(v);
    return arrayOf(all, first.array.elem, span);
  }
  Val out = first;
  for (const Val &v : all)
    if (v.kind != first.kind || v.decl != first.decl || v.names != first.names ||
        v.items.size() != first.items.size() || (first.items.empty() && v.kind != ValKind::Unit))
      return differ(v);
  for (size_t i = 0; i < out.items.size(); ++i) {
    if (i < out.roles.size() && out.roles[i] == Role::Argument)
      continue;
    std::vector<Val> parts;
    parts.reserve(all.size());
    for (const Val &v : all)
      parts.push_back(v.items[i]);
    out.items[i] = stackValues(parts, span);
    if (out.items[i].isError())
      return Val::error();
  }
  if (out.isTree()) {
    auto n = int64_t(all.size());
    out.stack.insert(out.stack.begin(), Extent{n, {}, n});
  }
  return out;
}

Val Elaborator::runAlong(ArrayRef<MemberAxis> axes, const ast::Expr &init) {
  if (axes.empty())
    return runtimeTree(eval(init));
  const MemberAxis &axis = axes[0];
  if (axis.cases) {
    std::vector<Val> results;
    for (size_t i = 0; i < axis.cases->cases.size(); ++i) {
      const std::string &label = axis.cases->cases[i].name.text;
      auto inner = std::make_shared<Scope>();
      inner->parent = scope;
      std::swap(scope, inner);
      scope->names[axis.name] = {enumCase(*axis.cases, i), false, axis.span};
      std::string savedPath = drawPath;
      drawPath += label + ".";
      members.push_back({{label}, {}});
      results.push_back(runAlong(axes.drop_front(), init));
      members.pop_back();
      drawPath = savedPath;
      std::swap(scope, inner);
      if (results.back().isError())
        return Val::error();
    }
    return stackValues(results, init.span);
  }
  Loop l;
  l.span = init.span;
  l.name = axis.name;
  l.carried = assignableIn(nullptr, &init);
  l.lower = indexConstant(0);
  l.upper = indexConstant(axis.count);
  l.step = indexConstant(1);
  l.trips = l.limit = axis.count;
  Member member;
  for (int64_t i = 0; i < axis.count; ++i)
    member.labels.push_back(std::to_string(i));
  return LoopEmitter(*this, l,
                     [&](mlir::Value iv) {
                       Array i;
                       i.elem = Elem::I64;
                       i.limit = axis.count;
                       i.value =
                           arith::IndexCastOp::create(builder, current, builder.getI64Type(), iv);
                       auto iteration = scope;
                       scope = std::make_shared<Scope>();
                       scope->parent = iteration;
                       forbidEscapes("a run");
                       scope->names[axis.name] = {Val::ofArray(i), false, axis.span};
                       member.index = i.value;
                       members.push_back(member);
                       Val v = runAlong(axes.drop_front(), init);
                       members.pop_back();
                       scope = iteration;
                       if (!v.isError() && v.kind != ValKind::Unit) {
                         scope->names["@yield"].val = v;
                         scope->names["@yielded"].val = Val::ofArray(constant(1, Elem::Bool));
                       }
                       return !v.isError();
                     })
      .emit();
}

Val Elaborator::runMembers(const ast::LetStmt &s) {
  std::vector<MemberAxis> axes;
  for (const ast::Binder &b : s.pattern.binders) {
    if (!b.range) {
      diagnostics.report(b.span, Diag::E0218, b.name.text)
          .help("an array of runs says how many there are: `[" + b.name.text + ": 5]`");
      return Val::error();
    }
    std::optional<Extent> n = extentOf(*b.range);
    if (!n)
      return Val::error();
    if (!n->isStatic()) {
      diagnostics.report(b.range->span, Diag::E0231, "the number of runs");
      return Val::error();
    }
    Val range = eval(*b.range);
    bool isEnum = range.kind == ValKind::Type;
    axes.push_back({b.name.text, b.span,
                    isEnum ? static_cast<const ast::EnumItem *>(range.decl) : nullptr, n->size});
  }
  // Arms first: each is elaborated once, the loops over the rest are inside.
  std::vector<MemberAxis> order = axes;
  std::stable_sort(order.begin(), order.end(),
                   [](const MemberAxis &a, const MemberAxis &b) { return a.cases && !b.cases; });
  std::string savedMemberPath = memberPath;
  memberPath += s.pattern.name.text + ".";
  Val out = runAlong(order, *s.init);
  memberPath = savedMemberPath;
  // Dimensions in the order that was written.
  for (size_t to = 0; to < axes.size() && !out.isError(); ++to) {
    size_t from = to;
    while (order[from].name != axes[to].name)
      ++from;
    if (from != to)
      out = mapArrays(out, [&](const Array &a) { return moveDim(a, from, to); });
    std::rotate(order.begin() + to, order.begin() + from, order.begin() + from + 1);
    std::function<void(Val &)> turn = [&](Val &v) {
      if (v.isTree() && from != to)
        std::rotate(v.stack.begin() + to, v.stack.begin() + from, v.stack.begin() + from + 1);
      for (Val &item : v.items)
        turn(item);
    };
    turn(out);
  }
  return out;
}
