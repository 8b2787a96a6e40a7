//===- Effects.cpp - log, save, load, assert, claim -----------------------===//
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

mlir::Value Elaborator::textHandle(const Val &v, SourceSpan span) {
  if (v.kind == ValKind::Text)
    return arith::ConstantOp::create(builder, current,
                                     builder.getI64IntegerAttr(meta.text(v.text)));
  if (v.kind == ValKind::Handle)
    return v.array.value;
  if (!v.isError())
    error(span, Diag::E0206).label("this is " + describe(v)).help("text is expected here");
  return {};
}

mlir::Value Elaborator::toF64(const Val &v, SourceSpan span) {
  if (v.isError())
    return {};
  Val d = convert(v, Elem::F64, span);
  if (d.isError())
    return {};
  if (!d.array.shape.empty() || !d.array.frames.empty()) {
    diagnostics.report(span, Diag::E0205, describe(v)).help("one number is expected: `mean(...)`");
    return {};
  }
  return d.array.value;
}

std::pair<int64_t, mlir::Value> Elaborator::seriesIndex(const std::string &name) {
  if (members.empty())
    return {meta.series(name), {}};
  std::vector<std::string> names{memberPath + name};
  mlir::Value index;
  for (const Member &m : members) {
    std::vector<std::string> longer;
    for (const std::string &n : names)
      for (const std::string &label : m.labels)
        longer.push_back(n + "[" + label + "]");
    names = longer;
    if (!m.index)
      continue;
    mlir::Value count = arith::ConstantOp::create(
        builder, current, builder.getI64IntegerAttr(int64_t(m.labels.size())));
    index = index ? arith::AddIOp::create(builder, current,
                                          arith::MulIOp::create(builder, current, index, count),
                                          m.index)
                        .getResult()
                  : m.index;
  }
  return {meta.seriesFamily(names), index};
}

bool Elaborator::logStatement(const ast::LogStmt &s) {
  bool ok = true;
  for (const ast::LogEntry &entry : s.entries) {
    Val v = eval(*entry.value);
    Val first = v.kind == ValKind::Tuple && !v.items.empty() ? v.items[0] : v;
    mlir::Value d = toF64(first, entry.value->span);
    ok &= bool(d);
    if (!d)
      continue;
    seriesLogged.insert(entry.name.text);
    auto [index, member] = seriesIndex(entry.name.text);
    LogOp::create(builder, loc(s.span), d, builder.getI64IntegerAttr(index), member);
  }
  return ok;
}

DenseI64ArrayAttr Elaborator::texts(const std::vector<std::string> &all) {
  SmallVector<int64_t> at;
  for (const std::string &text : all)
    at.push_back(meta.text(text));
  return at.empty() ? DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(at);
}

bool Elaborator::saveStatement(const ast::SaveStmt &s) {
  if (!members.empty()) {
    diagnostics.report(s.span, Diag::E0242);
    return false;
  }
  Val v = eval(*s.value);
  mlir::Value path = textHandle(eval(*s.path), s.path->span);
  if (v.isError() || !path)
    return false;
  std::vector<Leaf> leaves;
  std::vector<std::string> fixed;
  collectStored(v, leaves, fixed);
  if (v.isArray())
    leaves.push_back({"value", &v, 0, Role::Param});
  for (size_t i = 0; v.kind == ValKind::Delta && i < v.items.size(); ++i)
    leaves.push_back({v.names[i], &v.items[i], 0, Role::Param});
  if (leaves.empty()) {
    error(s.value->span, Diag::E0206)
        .label("this is " + describe(v))
        .help("models, arrays and deltas can be saved");
    return false;
  }
  SmallVector<mlir::Value> values;
  SmallVector<int64_t> names;
  for (Leaf &l : leaves) {
    values.push_back(l.val->array.value);
    names.push_back(meta.text(l.path));
  }
  SaveOp::create(builder, loc(s.span), path, values, builder.getDenseI64ArrayAttr(names),
                 texts(fixed));
  return true;
}

bool Elaborator::loadStatement(const ast::LoadStmt &s) {
  Pick pick;
  const ast::Expr *base = s.pick.get();
  if (auto *w = llvm::dyn_cast<ast::WhereExpr>(base))
    base = w->base.get();
  Val *target = lvalue(*base);
  mlir::Value path = textHandle(eval(*s.path), s.path->span);
  if (!target || !path)
    return false;
  std::vector<Leaf> leaves;
  std::vector<std::string> fixed;
  if (base == s.pick.get())
    collectStored(*target, leaves, fixed);
  else
    collectLeaves(*target, leaves);
  for (size_t i = 0; target->kind == ValKind::Delta && i < target->items.size(); ++i)
    leaves.push_back({target->names[i], &target->items[i], 0, Role::Param});
  if (auto *w = llvm::dyn_cast<ast::WhereExpr>(s.pick.get()))
    if (!selectLeaves(w->selector.get(), leaves, s.pick->span))
      return false;
  if (leaves.empty()) {
    error(s.pick->span, Diag::E0206)
        .label("this is " + describe(*target))
        .help("models, optimizers and trees can be loaded");
    return false;
  }
  SmallVector<Type> types;
  SmallVector<int64_t> names;
  for (Leaf &l : leaves) {
    types.push_back(l.val->array.value.getType());
    names.push_back(meta.text(l.path));
  }
  auto op = LoadOp::create(builder, loc(s.span), types, path, builder.getDenseI64ArrayAttr(names),
                           texts(fixed));
  for (size_t i = 0; i < leaves.size(); ++i)
    leaves[i].val->array.value = op.getResult(i);
  return true;
}

int64_t Elaborator::checkSite(const char *kind, SourceSpan span, const std::string &text) {
  LineColumn at = sources.begin(span);
  return meta.check(llvm::json::Object{{"kind", kind},
                                       {"file", sources.file(span.file).name()},
                                       {"line", int64_t(at.line)},
                                       {"column", int64_t(at.column)},
                                       {"text", text}});
}

bool Elaborator::assertStatement(const ast::AssertStmt &s) {
  Val c = eval(*s.cond);
  if (c.isError())
    return false;
  std::string text(sources.text(s.cond->span));
  if (s.message) {
    Val m = eval(*s.message);
    if (m.kind == ValKind::Text)
      text = m.text;
  }
  if (c.kind == ValKind::Bool && c.number)
    return true;
  if (!(c.kind == ValKind::Bool || (c.isArray() && c.array.elem == Elem::Bool))) {
    error(s.cond->span, Diag::E0213).label("this is " + describe(c));
    return false;
  }
  Array a = toArray(c, Elem::Bool);
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < a.frames.size() + a.shape.size(); ++i)
    dims.push_back(int64_t(i));
  if (!dims.empty())
    a = reduceDims(ReduceKind::all, a, dims, s.span);
  mlir::Value zero = scalarConstant(0, Elem::I64);
  AssertOp::create(builder, loc(s.span), a.value, zero, zero,
                   checkSite("assert", s.cond->span, text));
  return true;
}

bool Elaborator::claimStatement(const ast::ClaimStmt &s) {
  LineColumn at = sources.begin(s.span);
  llvm::json::Object entry{{"text", s.text},
                           {"file", sources.file(s.span.file).name()},
                           {"line", int64_t(at.line)},
                           {"condition", std::string(sources.text(s.cond->span))},
                           {"relation", ""}};
  mlir::Value holds, left, right;
  auto *cmp = llvm::dyn_cast<ast::BinaryExpr>(s.cond.get());
  if (cmp && cmp->op >= ast::BinaryOp::Eq && cmp->op <= ast::BinaryOp::Ge) {
    Val l = eval(*cmp->lhs), r = eval(*cmp->rhs);
    if (l.isError() || r.isError())
      return false;
    if (l.series || r.series) {
      diagnostics.report(s.cond->span, Diag::E0228)
          .label("this compares " + describe(l.series ? l : r))
          .help("say which values are meant: `last(...)`, `max(...)`, or `all(" +
                std::string(sources.text(s.cond->span)) + ")`");
      return false;
    }
    Val c = compare(cmp->op, l, r, s.cond->span);
    if (c.isError())
      return false;
    holds = toArray(c, Elem::Bool).value;
    left = toF64(l, cmp->lhs->span);
    right = toF64(r, cmp->rhs->span);
    if (!left || !right)
      return false;
    entry["relation"] = std::string(ast::spelling(cmp->op));
  } else {
    Val c = eval(*s.cond);
    if (c.isError())
      return false;
    bool isBool = c.kind == ValKind::Bool || (c.isArray() && c.array.elem == Elem::Bool &&
                                              c.array.shape.empty() && c.array.frames.empty());
    if (!isBool) {
      diagnostics.report(s.cond->span, Diag::E0228).label("this is " + describe(c));
      return false;
    }
    holds = toArray(c, Elem::Bool).value;
    left = toF64(c, s.cond->span);
    right = arith::ConstantOp::create(builder, current, builder.getF64FloatAttr(std::nan("")));
  }
  if (!isa<IntegerType>(holds.getType())) {
    diagnostics.report(s.cond->span, Diag::E0228);
    return false;
  }
  ClaimOp::create(builder, loc(s.span), builder.getI64IntegerAttr(meta.claim(std::move(entry))),
                  holds, left, right);
  return true;
}
