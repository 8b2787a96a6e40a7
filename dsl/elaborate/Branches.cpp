//===- Branches.cpp - `if` on run-time conditions -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;

/// The two values as one type: statics adapt, trees are compared leaf by leaf.
static bool sameTypes(Val &a, Val &b) {
  SmallVector<mlir::Value *> x, y;
  collectValues(a, x);
  collectValues(b, y);
  if (x.size() != y.size())
    return false;
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i]->getType() != y[i]->getType())
      return false;
  return true;
}

Val Elaborator::runtimeIf(const ast::IfExpr &e, const Array &cond) {
  Snapshot before = snapshot();
  auto branch = scf::IfOp::create(builder, current, TypeRange{}, cond.value, /*withElse=*/true);
  auto elaborateInto = [&](Region &region, auto body) {
    OpBuilder::InsertionGuard guard(builder);
    Block &block = region.front();
    if (!block.empty())
      block.getTerminator()->erase();
    builder.setInsertionPointToEnd(&block);
    size_t finished = finishedLoops.size();
    ++pure; // a branch is no place to resume at
    Val v = body();
    --pure;
    finishedLoops.resize(finished);
    if (v.isStatic() || v.kind == ValKind::Index)
      v = Val::ofArray(toArray(v, v.kind == ValKind::Int ? realElem() : toArray(v).elem));
    return v;
  };
  auto restore = [&] {
    for (auto &[b, old] : before.before)
      b->val = old;
  };
  // A literal adapts to the other branch, so its type is known only afterwards.
  bool thenInt = false, elseInt = false;
  Val a = elaborateInto(branch.getThenRegion(), [&] {
    Val v = evalBlock(*e.thenBlock);
    thenInt = v.kind == ValKind::Int;
    return v;
  });
  std::vector<Binding *> changedThen = changed(before);
  std::vector<std::pair<Binding *, Val>> thenVals;
  for (Binding *b : changedThen)
    thenVals.push_back({b, b->val});
  restore();
  Val c = elaborateInto(branch.getElseRegion(), [&] {
    if (!e.orElse)
      return Val::unit();
    Val v = eval(*e.orElse);
    elseInt = v.kind == ValKind::Int;
    return v;
  });
  std::vector<Binding *> changedElse = changed(before);
  std::vector<std::pair<Binding *, Val>> elseVals;
  for (Binding *b : changedElse)
    elseVals.push_back({b, b->val});
  restore();
  auto abandon = [&] {
    branch.erase();
    return Val::error();
  };
  if (a.isError() || c.isError())
    return abandon();

  // Literals of one branch take the element type of the other; two integers stay integers.
  auto retype = [&](Val &v, Region &region, Elem to) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&region.front());
    v = convert(v, to, e.span);
  };
  if (thenInt && elseInt) {
    retype(a, branch.getThenRegion(), Elem::I64);
    retype(c, branch.getElseRegion(), Elem::I64);
  } else if (thenInt && c.isArray()) {
    retype(a, branch.getThenRegion(), c.array.elem);
  } else if (elseInt && a.isArray()) {
    retype(c, branch.getElseRegion(), a.array.elem);
  }
  bool hasValue = a.kind != ValKind::Unit && c.kind != ValKind::Unit;
  if (hasValue && !sameTypes(a, c)) {
    diagnostics.report(e.span, Diag::E0214).label(describe(a) + " or " + describe(c));
    return abandon();
  }
  std::vector<Binding *> all = changedThen;
  for (Binding *b : changedElse)
    if (!llvm::is_contained(all, b))
      all.push_back(b);
  SmallVector<mlir::Value> thenOut, elseOut;
  SmallVector<Type> types;
  auto collect = [&](Val v, SmallVectorImpl<mlir::Value> &out) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      out.push_back(*r);
  };
  if (hasValue) {
    collect(a, thenOut);
    collect(c, elseOut);
  }
  auto valueIn = [](std::vector<std::pair<Binding *, Val>> &vals, Binding *b) -> Val & {
    for (auto &[x, v] : vals)
      if (x == b)
        return v;
    return b->val;
  };
  for (Binding *b : all) {
    collect(valueIn(thenVals, b), thenOut);
    collect(valueIn(elseVals, b), elseOut);
  }
  if (thenOut.size() != elseOut.size()) {
    diagnostics.report(e.span, Diag::E0214);
    return abandon();
  }
  for (size_t i = 0; i < thenOut.size(); ++i) {
    types.push_back(thenOut[i].getType());
    if (thenOut[i].getType() != elseOut[i].getType()) {
      diagnostics.report(e.span, Diag::E0214).label("a variable has two types after this");
      return abandon();
    }
  }
  auto result = scf::IfOp::create(builder, current, types, cond.value, /*withElse=*/true);
  for (auto [from, to, outs] :
       {std::tuple(&branch.getThenRegion(), &result.getThenRegion(), &thenOut),
        std::tuple(&branch.getElseRegion(), &result.getElseRegion(), &elseOut)}) {
    OpBuilder::InsertionGuard guard(builder);
    Block &block = to->front();
    if (!block.empty() && block.back().hasTrait<OpTrait::IsTerminator>())
      block.back().erase();
    block.getOperations().splice(block.end(), from->front().getOperations());
    builder.setInsertionPointToEnd(&block);
    scf::YieldOp::create(builder, current, *outs);
  }
  branch.erase();
  unsigned next = 0;
  auto rebind = [&](Val &v) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      *r = result.getResult(next++);
  };
  if (hasValue)
    rebind(a);
  for (Binding *b : all)
    rebind(b->val);
  return hasValue ? a : Val::unit();
}

Val Elaborator::laneIf(const ast::IfExpr &e, const Array &cond) {
  // Each lane acts as if it ran alone: both branches are computed, then chosen.
  Snapshot before = snapshot();
  Val a = evalBlock(*e.thenBlock);
  std::vector<std::pair<Binding *, Val>> thenVals;
  for (Binding *b : changed(before))
    thenVals.push_back({b, b->val});
  for (auto &[b, old] : before.before)
    b->val = old;
  Val c = e.orElse ? eval(*e.orElse) : Val::unit();
  if (a.isError() || c.isError())
    return Val::error();
  std::function<Val(const Val &, const Val &)> choose = [&](const Val &x, const Val &y) -> Val {
    if (x.isNumber() && y.isNumber())
      return select(Val::ofArray(cond), x, y, e.span);
    Val out = x;
    if (x.kind != y.kind || x.items.size() != y.items.size())
      return diagnostics.report(e.span, Diag::E0214), Val::error();
    for (size_t i = 0; i < x.items.size(); ++i)
      out.items[i] = choose(x.items[i], y.items[i]);
    return out;
  };
  std::vector<Binding *> all;
  for (auto &[b, v] : thenVals)
    all.push_back(b);
  for (Binding *b : changed(before))
    if (!llvm::is_contained(all, b))
      all.push_back(b);
  for (Binding *b : all) {
    Val x;
    for (auto &[o, old] : before.before)
      if (o == b)
        x = old;
    for (auto &[t, v] : thenVals)
      if (t == b)
        x = v;
    b->val = choose(x, b->val);
    if (b->val.isError())
      return Val::error();
  }
  if (a.kind == ValKind::Unit || c.kind == ValKind::Unit)
    return Val::unit();
  return choose(a, c);
}
