//===- Escapes.cpp - break, continue and yield ----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An iteration has flags in its scope: `@live`, false once it was left, and the
// loop's `@on`. What follows a statement that may have left the iteration runs
// only where it has not. `@yield` is the value that an iteration gives.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "mlir/IR/Matchers.h"

using namespace dyn;
using namespace dyn::dsl;

void Elaborator::openIteration(const Val &live) {
  scope->names["@live"] = {live, true, {}};
  scope->names["@yield"] = {Val::unit(), true, {}};
  scope->names["@yielded"] = {Val::ofArray(constant(0, Elem::Bool)), true, {}};
}

void Elaborator::forbidEscapes(const std::string &what) {
  for (const char *name : {"@live", "@yield"})
    scope->names[name] = {Val::string(what), false, {}};
}

bool Elaborator::neverGoesOn() {
  Binding *live = scope->find("@live");
  return live && live->val.isArray() && mlir::matchPattern(live->val.array.value, mlir::m_Zero());
}

bool Elaborator::escape(SourceSpan span, bool isBreak) {
  const char *word = isBreak ? "break" : "continue";
  Binding *live = scope->find("@live");
  if (!live || !live->val.isArray()) {
    auto d = diagnostics.report(span, Diag::E0240, word);
    if (live)
      d.label("this stands in " + live->val.text);
    return false;
  }
  Val no = Val::ofArray(constant(0, Elem::Bool));
  live->val = no;
  if (isBreak)
    scope->find("@on")->val = no;
  return true;
}

bool Elaborator::yieldStatement(const ast::YieldStmt &s) {
  Val v = eval(*s.value);
  if (v.isError())
    return false;
  Binding *place = scope->find("@yield");
  if (!place || place->val.kind == ValKind::Text) {
    auto d = diagnostics.report(s.span, Diag::E0240, "yield");
    if (place)
      d.label("this stands in " + place->val.text);
    return false;
  }
  if (place->val.kind != ValKind::Unit) {
    unsupported(s.span, "a second value in one iteration", "yield a tuple of both");
    return false;
  }
  place->val = runtimeTree(v);
  scope->find("@yielded")->val = Val::ofArray(constant(1, Elem::Bool));
  return true;
}

Val Elaborator::exec(const ast::Block &block) { return execFrom(block, 0); }

Val Elaborator::execFrom(const ast::Block &block, size_t first) {
  Val value = Val::unit();
  bool ok = true;
  auto live = [&] {
    Binding *b = scope->find("@live");
    return b && b->val.isArray() ? b->val.array : Array{};
  };
  for (size_t i = first; i < block.stmts.size(); ++i) {
    const ast::Stmt &s = *block.stmts[i];
    mlir::Value before = live().value;
    mlir::Location saved = current;
    current = loc(s.span);
    value = Val::unit();
    ok &= statement(s, value);
    current = saved;
    Array now = live();
    if (now.value == before || i + 1 == block.stmts.size())
      continue;
    if (neverGoesOn())
      return ok ? Val::unit() : Val::error();
    Val rest = branch(now, s.span, [&] { return execFrom(block, i + 1); }, {});
    return ok && !rest.isError() ? Val::unit() : Val::error();
  }
  return ok ? value : Val::error();
}
