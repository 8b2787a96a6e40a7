//===- Branches.cpp - `if` on run-time conditions -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;

/// True if both are the same static thing, which then needs no run-time value.
static bool sameStatic(const Val &a, const Val &b) {
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case ValKind::Int:
  case ValKind::Bool:
    return a.number == b.number;
  case ValKind::Real:
    return a.real == b.real;
  case ValKind::Unit:
    return true;
  case ValKind::Text:
  case ValKind::Stream:
  case ValKind::Builtin:
    return a.text == b.text && !a.self && !b.self;
  case ValKind::Function:
    return a.decl == b.decl && a.lambda == b.lambda && a.self == b.self && a.captured == b.captured;
  case ValKind::Type:
  case ValKind::Module:
    return a.decl == b.decl && a.home == b.home && a.text == b.text;
  case ValKind::Dataset:
    return a.dataset == b.dataset;
  default:
    return false;
  }
}

/// The element type that two numbers have in common: what is no literal decides;
/// of two literals the type is real unless both are integers.
std::optional<Elem> Elaborator::commonElem(const Val &a, const Val &b) {
  auto fixed = [](const Val &v) -> std::optional<Elem> {
    if (v.isArray())
      return v.array.elem;
    if (v.kind == ValKind::Bool)
      return Elem::Bool;
    if (v.kind == ValKind::Index)
      return Elem::I64;
    return std::nullopt;
  };
  std::optional<Elem> x = fixed(a), y = fixed(b);
  if (x && y)
    return *x == *y ? x : std::nullopt;
  bool real = a.kind == ValKind::Real || b.kind == ValKind::Real;
  if (!x && !y)
    return real ? realElem() : Elem::I64;
  Elem e = x ? *x : *y;
  return e == Elem::Bool || (real && !isReal(e)) ? std::nullopt : std::optional<Elem>(e);
}

bool Elaborator::adapt(Val &v, const Val &other, SourceSpan span) {
  if (v.isNumber() && other.isNumber()) {
    if (sameStatic(v, other))
      return true;
    std::optional<Elem> elem = commonElem(v, other);
    SmallVector<Extent, 4> shape;
    SmallVector<AxisPtr, 2> frames;
    if (other.isArray()) {
      shape = other.array.shape;
      frames = other.array.frames;
    } else if (other.kind == ValKind::Index) {
      frames = {other.axis};
    }
    if (!elem)
      return false;
    Array a = toArray(v, *elem);
    if (a.shape != shape)
      return false;
    for (const AxisPtr &f : a.frames)
      if (!llvm::is_contained(frames, f))
        frames.push_back(f);
    sortFrames(frames);
    a.value = place(a, frames, a.shape);
    a.frames = frames;
    a.limit = 0;
    v = Val::ofArray(a);
    return true;
  }
  auto isText = [](const Val &x) {
    return x.kind == ValKind::Text || (x.kind == ValKind::Handle && !x.dataset);
  };
  if (isText(v) && isText(other)) {
    if (!sameStatic(v, other))
      v = Val::handle(textHandle(v, span));
    return true;
  }
  bool tree = v.kind == ValKind::Tuple || v.kind == ValKind::Struct || v.kind == ValKind::Delta ||
              v.kind == ValKind::Range;
  if (!tree)
    return sameStatic(v, other);
  if (v.kind != other.kind || v.decl != other.decl || v.names != other.names ||
      v.items.size() != other.items.size() || v.stack != other.stack)
    return false;
  for (size_t i = 0; i < v.items.size(); ++i) {
    // What shapes a model is static, so it cannot differ.
    bool fixed = i < v.roles.size() && v.roles[i] == Role::Argument && v.items[i].isStatic();
    if (fixed ? !sameStatic(v.items[i], other.items[i]) : !adapt(v.items[i], other.items[i], span))
      return false;
  }
  return true;
}

/// Stands where a value is never looked at.
std::optional<Val> Elaborator::placeholder(const Val &like) {
  bool ok = true;
  Val out = mapArrays(like, [&](const Array &a) {
    Array zero = constant(0, a.elem);
    for (const AxisPtr &f : a.frames)
      ok &= f->extent.isStatic();
    for (const Extent &x : a.shape)
      ok &= x.isStatic();
    if (ok)
      zero.value = place(zero, a.frames, a.shape);
    zero.frames = a.frames;
    zero.shape = a.shape;
    return zero;
  });
  return ok ? std::optional<Val>(out) : std::nullopt;
}

Val Elaborator::branch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
                       llvm::function_ref<Val()> no) {
  return cond.frames.empty() ? runtimeBranch(cond, span, yes, no) : laneBranch(cond, span, yes, no);
}

namespace {
/// One way through a branch: its value and what it assigned.
struct Way {
  Val value;
  bool never = false; ///< it leaves the iteration
  std::vector<std::pair<Binding *, Val>> assigned;

  Val *find(Binding *b) {
    for (auto &[x, v] : assigned)
      if (x == b)
        return &v;
    return nullptr;
  }
};
} // namespace

Val Elaborator::runtimeBranch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
                              llvm::function_ref<Val()> no) {
  Snapshot before = snapshot();
  auto draft = scf::IfOp::create(builder, current, TypeRange{}, cond.value, /*withElse=*/true);
  Region *regions[] = {&draft.getThenRegion(), &draft.getElseRegion()};
  Way ways[2];
  auto inRegion = [&](int side, auto action) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&regions[side]->front());
    return action();
  };
  auto restore = [&] {
    for (auto &[b, old] : before.before)
      b->val = old;
  };
  auto abandon = [&](const std::string &label = "") {
    if (!label.empty())
      diagnostics.report(span, Diag::E0214).label(label);
    restore();
    draft.erase();
    return Val::error();
  };
  for (int side : {0, 1}) {
    Block &block = regions[side]->front();
    if (!block.empty())
      block.getTerminator()->erase();
    auto body = side ? no : yes;
    size_t finished = finishedLoops.size();
    ways[side].value = inRegion(side, [&] { return body ? body() : Val::unit(); });
    finishedLoops.resize(finished); // they do not dominate what follows
    ways[side].never = neverGoesOn();
    for (Binding *b : changed(before))
      ways[side].assigned.push_back({b, b->val});
    restore();
  }
  if (ways[0].value.isError() || ways[1].value.isError())
    return abandon();

  // Both sides of a value in one form; where a side never goes on, it is not looked at.
  auto agree = [&](Val &a, Val &c, bool fillA, bool fillC) {
    auto fill = [&](int side, Val &missing, Val &given) {
      given = inRegion(1 - side, [&] { return runtimeTree(given); });
      std::optional<Val> stand = inRegion(side, [&] { return placeholder(given); });
      if (stand)
        missing = *stand;
      return stand.has_value();
    };
    bool none[] = {a.kind == ValKind::Unit, c.kind == ValKind::Unit};
    if (none[0] && !none[1] && fillA)
      return fill(0, a, c);
    if (none[1] && !none[0] && fillC)
      return fill(1, c, a);
    const Val first = a;
    return inRegion(1, [&] { return adapt(c, first, span); }) &&
           inRegion(0, [&] { return adapt(a, c, span); });
  };
  Val &a = ways[0].value, &c = ways[1].value;
  bool hasValue = (a.kind != ValKind::Unit || ways[0].never) &&
                  (c.kind != ValKind::Unit || ways[1].never) &&
                  (a.kind != ValKind::Unit || c.kind != ValKind::Unit);
  if (hasValue && !agree(a, c, ways[0].never, ways[1].never))
    return abandon(describe(a) + " or " + describe(c));
  SmallVector<mlir::Value> out[2];
  auto collect = [&](Val &v, int side) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      out[side].push_back(*r);
  };
  if (hasValue) {
    collect(a, 0);
    collect(c, 1);
  }
  std::vector<std::pair<Binding *, Val>> merged;
  for (Way &w : ways)
    for (auto &[b, v] : w.assigned)
      if (llvm::none_of(merged, [b = b](auto &m) { return m.first == b; }))
        merged.push_back({b, Val()});
  for (auto &[b, v] : merged) {
    Val x = ways[0].find(b) ? *ways[0].find(b) : b->val;
    Val y = ways[1].find(b) ? *ways[1].find(b) : b->val;
    if (!agree(x, y, true, true))
      return abandon("`" + nameOf(b) + "` has two types after this");
    collect(x, 0);
    collect(y, 1);
    v = x;
  }
  SmallVector<Type> types;
  for (auto [x, y] : llvm::zip(out[0], out[1])) {
    types.push_back(x.getType());
    if (x.getType() != y.getType())
      return abandon("a variable has two types after this");
  }
  auto result = scf::IfOp::create(builder, current, types, cond.value, /*withElse=*/true);
  Region *targets[] = {&result.getThenRegion(), &result.getElseRegion()};
  for (int side : {0, 1}) {
    OpBuilder::InsertionGuard guard(builder);
    Block &block = targets[side]->front();
    if (!block.empty() && block.back().hasTrait<OpTrait::IsTerminator>())
      block.back().erase();
    block.getOperations().splice(block.end(), regions[side]->front().getOperations());
    builder.setInsertionPointToEnd(&block);
    scf::YieldOp::create(builder, current, out[side]);
  }
  draft.erase();
  unsigned next = 0;
  auto arrive = [&](Val &v) {
    forgetLimits(v);
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      *r = result.getResult(next++);
  };
  if (hasValue)
    arrive(a);
  for (auto &[b, v] : merged) {
    arrive(v);
    b->val = v;
  }
  return hasValue ? a : Val::unit();
}

Val Elaborator::laneBranch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
                           llvm::function_ref<Val()> no) {
  // Each lane acts as if it ran alone: both ways are computed, then chosen.
  Snapshot before = snapshot();
  auto restore = [&] {
    for (auto &[b, old] : before.before)
      b->val = old;
  };
  Way ways[2];
  for (int side : {0, 1}) {
    auto body = side ? no : yes;
    ways[side].value = body ? body() : Val::unit();
    ways[side].never = neverGoesOn();
    for (Binding *b : changed(before))
      ways[side].assigned.push_back({b, b->val});
    restore();
    if (ways[side].value.isError())
      return Val::error();
  }
  std::function<Val(const Val &, const Val &)> choose = [&](const Val &x, const Val &y) -> Val {
    if (x.kind == ValKind::Unit || y.kind == ValKind::Unit)
      return x.kind == ValKind::Unit ? y : x;
    if (x.isNumber() && y.isNumber() && !sameStatic(x, y))
      return select(Val::ofArray(cond), x, y, span);
    if (x.items.empty() || y.items.empty()) {
      if (sameStatic(x, y))
        return x;
      diagnostics.report(span, Diag::E0214).label(describe(x) + " or " + describe(y));
      return Val::error();
    }
    if (x.kind != y.kind || x.decl != y.decl || x.items.size() != y.items.size()) {
      diagnostics.report(span, Diag::E0214).label(describe(x) + " or " + describe(y));
      return Val::error();
    }
    Val out = x;
    for (size_t i = 0; i < x.items.size(); ++i) {
      out.items[i] = choose(x.items[i], y.items[i]);
      if (out.items[i].isError())
        return Val::error();
    }
    return out;
  };
  std::vector<Binding *> all;
  for (Way &w : ways)
    for (auto &[b, v] : w.assigned)
      if (!llvm::is_contained(all, b))
        all.push_back(b);
  for (Binding *b : all) {
    Val v = choose(ways[0].find(b) ? *ways[0].find(b) : b->val,
                   ways[1].find(b) ? *ways[1].find(b) : b->val);
    if (v.isError())
      return v;
    b->val = v;
  }
  Val &a = ways[0].value, &c = ways[1].value;
  bool hasValue =
      (a.kind != ValKind::Unit || ways[0].never) && (c.kind != ValKind::Unit || ways[1].never);
  return hasValue ? choose(a, c) : Val::unit();
}
