//===- Statements.cpp - blocks, bindings, assignments ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::cast;
using llvm::SmallVector;

bool Elaborator::statement(const ast::Stmt &s, Val &value) {
  switch (s.kind()) {
  case ast::StmtKind::Let:
    return letStatement(*cast<ast::LetStmt>(&s));
  case ast::StmtKind::Expr:
    value = eval(*cast<ast::ExprStmt>(&s)->expr);
    return !value.isError();
  case ast::StmtKind::Assign:
    return assign(*cast<ast::AssignStmt>(&s));
  case ast::StmtKind::Update:
    return updateStatement(*cast<ast::UpdateStmt>(&s));
  case ast::StmtKind::While:
    return whileLoop(*cast<ast::WhileStmt>(&s));
  case ast::StmtKind::Yield:
    return yieldStatement(*cast<ast::YieldStmt>(&s));
  case ast::StmtKind::Break:
  case ast::StmtKind::Continue:
    return escape(s.span, s.kind() == ast::StmtKind::Break);
  case ast::StmtKind::Log:
    return logStatement(*cast<ast::LogStmt>(&s));
  case ast::StmtKind::Save:
    return saveStatement(*cast<ast::SaveStmt>(&s));
  case ast::StmtKind::Load:
    return loadStatement(*cast<ast::LoadStmt>(&s));
  case ast::StmtKind::Assert:
    return assertStatement(*cast<ast::AssertStmt>(&s));
  case ast::StmtKind::Claim:
    return claimStatement(*cast<ast::ClaimStmt>(&s));
  }
  return false;
}

Val Elaborator::runtime(const Val &v) {
  if (v.isStatic())
    return Val::ofArray(toArray(v));
  return v;
}

Val Elaborator::runtimeTree(const Val &v) {
  if (v.kind != ValKind::Tuple)
    return v.isNumber() ? Val::ofArray(toArray(v)) : v;
  Val out = v;
  for (Val &item : out.items)
    item = runtimeTree(item);
  return out;
}

bool Elaborator::declare(const ast::Ident &name, Val v, bool isVar) {
  if (name.text == "_")
    return true;
  auto [it, fresh] = scope->names.try_emplace(name.text);
  if (!fresh) {
    diagnostics.report(name.span, Diag::E0202, name.text)
        .note(it->second.span, "first declared here");
    return false;
  }
  // A variable changes at run time, so it cannot hold a static number.
  it->second = {isVar ? runtimeTree(v) : std::move(v), isVar, name.span};
  return true;
}

bool Elaborator::bindPattern(const ast::Pattern &p, Val v, bool isVar, const ast::TypeExpr *type) {
  if (!p.isTuple())
    return declare(p.name, std::move(v), isVar);
  if (v.kind != ValKind::Tuple || v.items.size() != p.elements.size()) {
    diagnostics.report(p.span, Diag::E0206)
        .label(std::to_string(p.elements.size()) + " names for " + describe(v));
    return false;
  }
  bool ok = true;
  for (size_t i = 0; i < p.elements.size(); ++i)
    ok &= bindPattern(p.elements[i], v.items[i], isVar, nullptr);
  return ok;
}

bool Elaborator::letStatement(const ast::LetStmt &s) {
  if (!s.init)
    return unsupported(s.span, "a variable without a value", "give it one, as in `var x = 0.0`"),
           false;
  // Names on the left are in scope for the right: indices first.
  auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  bool indexed = !s.pattern.isTuple() && !s.pattern.binders.empty();
  // An index over what trains or logs runs its members in turn.
  bool inTurn = indexed && !s.isDraw && acts(*s.init);
  std::vector<AxisPtr> axes;
  std::string savedPath = drawPath;
  std::swap(scope, inner);
  size_t frames = frameContext.size();
  if (inTurn) {
    forbidEscapes("a run");
  } else if (indexed) {
    axes = openBinders(s.pattern.binders, *s.init, *scope);
    frameContext.insert(frameContext.end(), axes.begin(), axes.end());
  }
  Val v = Val::error();
  if (inTurn) {
    drawPath += s.pattern.name.text + ".";
    v = runMembers(s);
  } else if (!indexed || axes.size() == s.pattern.binders.size()) {
    if (s.isDraw) {
      v = draw(*s.init, s.pattern.name.text, s.type.get(), s.span);
    } else {
      if (!s.pattern.isTuple())
        drawPath += s.pattern.name.text + ".";
      v = eval(*s.init);
    }
  }
  drawPath = savedPath;
  frameContext.resize(frames);
  std::swap(scope, inner);
  if (!v.isError() && indexed && !inTurn) {
    for (const AxisPtr &a : axes)
      if (!resolved(a, s.pattern.span))
        v = Val::error();
    if (!v.isError()) {
      if (v.isNumber() && !v.isArray())
        v = Val::ofArray(toArray(v));
      v = unlift(v, axes);
    }
  }
  if (!v.isError() && s.type && !s.isDraw &&
      !conform(v, s.type.get(), *scope, s.init->span, s.pattern.name.text))
    v = Val::error();
  if (!v.isError() && v.isStatic() && s.type) {
    Expected want = expected(s.type.get());
    if (want.kind == Expected::Array)
      v = Val::ofArray(toArray(v, want.elem));
  }
  if (v.isError()) {
    // Declare the names all the same, so that one mistake gives one message.
    std::function<void(const ast::Pattern &)> poison = [&](const ast::Pattern &p) {
      if (!p.isTuple() && p.name.text != "_")
        scope->names[p.name.text] = {Val::error(), s.isVar, p.span};
      for (const ast::Pattern &e : p.elements)
        poison(e);
    };
    poison(s.pattern);
    return false;
  }
  return bindPattern(s.pattern, std::move(v), s.isVar, s.type.get());
}

/// In the step of an optimizer under a tree: the entries that a state changes in, and what it is
/// in the others.
static std::optional<std::pair<Val, Val>> gateOfState(Scope *from, const std::string &name) {
  while (from && !from->names.count(name))
    from = from->parent.get();
  if (!from || !from->names.count("@gate"))
    return std::nullopt;
  const Val &declared = from->names["@declared"].val;
  int i = declared.field(name);
  return i < 0 ? std::nullopt : std::optional(std::pair(from->names["@gate"].val, declared.items[i]));
}

bool Elaborator::assign(const ast::AssignStmt &s) {
  std::string savedPath = drawPath;
  if (auto *name = llvm::dyn_cast<ast::NameExpr>(s.target.get()))
    drawPath += name->name + ".";
  Val v = eval(*s.value);
  drawPath = savedPath;
  const ast::Expr *root = s.target.get();
  auto *index = llvm::dyn_cast<ast::IndexExpr>(root);
  Val *target = nullptr;
  if (index) {
    target = lvalue(*index->base, false);
    if (target && !target->isArray())
      index = nullptr, target = lvalue(*root);
  } else {
    target = lvalue(*root);
  }
  if (!target || v.isError() || target->isError())
    return false;
  // A variable holds nothing static by itself: this is an argument that shapes a model.
  if (auto *field = llvm::dyn_cast<ast::FieldExpr>(root); field && target->isStatic()) {
    diagnostics.report(s.target->span, Diag::E0280, field->field.text)
        .label("this is " + describe(*target));
    return false;
  }
  if (Binding *b = rootOf(*root))
    b->changed = s.span;
  if (s.op != ast::AssignOp::Set) {
    Val old = index ? indexArrayValue(target->array, *index) : *target;
    ast::BinaryOp op = s.op == ast::AssignOp::Add   ? ast::BinaryOp::Add
                       : s.op == ast::AssignOp::Sub ? ast::BinaryOp::Sub
                       : s.op == ast::AssignOp::Mul ? ast::BinaryOp::Mul
                                                    : ast::BinaryOp::Div;
    v = arithmetic(op, old, v, s.span, s.target->span, s.value->span);
    if (v.isError())
      return false;
  }
  if (index)
    return assignIndexed(*target, *index, v, s.span);
  if (target->isArray()) {
    // The variable keeps its type: a number fills, anything else must fit.
    if (!v.isNumber()) {
      error(s.value->span, Diag::E0206)
          .label("this is " + describe(v) + ", the variable is " + describe(*target));
      return false;
    }
    Array a = toArray(v, target->array.elem);
    if (a.elem != target->array.elem) {
      error(s.value->span, Diag::E0206)
          .label("this is " + describe(a) + ", the variable is " + describe(*target));
      return false;
    }
    const Array &t = target->array;
    if (a.shape != t.shape && !a.shape.empty()) {
      diagnostics.report(s.span, Diag::E0204, describe(t), describe(a));
      return false;
    }
    for (const AxisPtr &f : a.frames)
      if (!llvm::is_contained(t.frames, f)) {
        // Assigned in a frame: the variable gets one value a member.
        if (!llvm::is_contained(frameContext, f)) {
          diagnostics.report(s.span, Diag::E0232, std::string(sources.text(s.target->span)));
          return false;
        }
      }
    SmallVector<AxisPtr, 4> frames(unionFrames({&a, &t}));
    Array out = t;
    out.value = place(a, frames, t.shape);
    out.frames.assign(frames.begin(), frames.end());
    out.limit = 0;
    *target = Val::ofArray(out);
    // At once, so that what the step goes on with is what is stored.
    if (auto *name = llvm::dyn_cast<ast::NameExpr>(root))
      if (auto gate = gateOfState(scope.get(), name->name);
          gate && gate->first.array.shape == out.shape)
        *target = select(gate->first, *target, gate->second, s.span);
    return !target->isError();
  }
  if (!adapt(v, *target, s.value->span)) {
    error(s.value->span, Diag::E0206)
        .label("this is " + describe(v) + ", the variable is " + describe(*target));
    return false;
  }
  *target = v;
  return true;
}
