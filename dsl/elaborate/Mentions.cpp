//===- Mentions.cpp - the names that a piece of program mentions ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Mentions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Casting.h"

using namespace dyn::dsl;
using llvm::cast;

namespace {

struct Walker {
  std::set<std::string> &names;
  std::string index = {}; ///< whose bases are wanted
  std::vector<const ast::IndexExpr *> *indexed = nullptr;
  bool acts = false;

  void all(const std::vector<ast::ExprPtr> &list) {
    for (const ast::ExprPtr &e : list)
      expr(e.get());
  }
  void binders(const std::vector<ast::Binder> &list) {
    for (const ast::Binder &b : list)
      expr(b.range.get());
  }
  void pattern(const ast::Pattern &p) {
    binders(p.binders);
    for (const ast::Pattern &e : p.elements)
      pattern(e);
  }
  void block(const ast::Block *b) {
    if (b)
      for (const ast::StmtPtr &s : b->stmts)
        stmt(*s);
  }
  void expr(const ast::Expr *e);
  void stmt(const ast::Stmt &s);
};

void Walker::expr(const ast::Expr *e) {
  if (!e)
    return;
  switch (e->kind()) {
  case ast::ExprKind::IntLit:
  case ast::ExprKind::FloatLit:
  case ast::ExprKind::StringLit:
  case ast::ExprKind::BoolLit:
    return;
  case ast::ExprKind::Name:
    names.insert(cast<ast::NameExpr>(e)->name);
    return;
  case ast::ExprKind::Tuple:
    return all(cast<ast::TupleExpr>(e)->elements);
  case ast::ExprKind::Array:
    return all(cast<ast::ArrayExpr>(e)->elements);
  case ast::ExprKind::Call: {
    auto *c = cast<ast::CallExpr>(e);
    expr(c->callee.get());
    for (const ast::Arg &a : c->args)
      expr(a.value.get());
    return;
  }
  case ast::ExprKind::Index: {
    auto *i = cast<ast::IndexExpr>(e);
    expr(i->base.get());
    for (const ast::Sub &s : i->subs) {
      auto *point = llvm::dyn_cast_or_null<ast::NameExpr>(s.point.get());
      if (indexed && point && point->name == index)
        indexed->push_back(i);
      expr(s.point.get());
      expr(s.lo.get());
      expr(s.hi.get());
    }
    return;
  }
  case ast::ExprKind::Field: {
    auto *f = cast<ast::FieldExpr>(e);
    if (auto *base = llvm::dyn_cast<ast::NameExpr>(f->base.get()))
      names.insert(base->name + "." + f->field.text);
    return expr(f->base.get());
  }
  case ast::ExprKind::Unary:
    return expr(cast<ast::UnaryExpr>(e)->operand.get());
  case ast::ExprKind::Binary:
    expr(cast<ast::BinaryExpr>(e)->lhs.get());
    return expr(cast<ast::BinaryExpr>(e)->rhs.get());
  case ast::ExprKind::Range:
    expr(cast<ast::RangeExpr>(e)->lo.get());
    expr(cast<ast::RangeExpr>(e)->step.get());
    return expr(cast<ast::RangeExpr>(e)->hi.get());
  case ast::ExprKind::Where:
    expr(cast<ast::WhereExpr>(e)->base.get());
    return expr(cast<ast::WhereExpr>(e)->selector.get());
  case ast::ExprKind::Reduce: {
    auto *r = cast<ast::ReduceExpr>(e);
    binders(r->binders);
    expr(r->filter.get());
    return expr(r->body.get());
  }
  case ast::ExprKind::Derive: {
    auto *d = cast<ast::DeriveExpr>(e);
    all(d->picks);
    expr(d->along.get());
    return expr(d->body.get());
  }
  case ast::ExprKind::Lambda:
    return expr(cast<ast::LambdaExpr>(e)->body.get());
  case ast::ExprKind::If: {
    auto *i = cast<ast::IfExpr>(e);
    expr(i->cond.get());
    block(i->thenBlock.get());
    return expr(i->orElse.get());
  }
  case ast::ExprKind::For: {
    auto *f = cast<ast::ForExpr>(e);
    pattern(f->pattern);
    expr(f->iterable.get());
    return block(f->body.get());
  }
  case ast::ExprKind::Minimize: {
    auto *m = cast<ast::MinimizeExpr>(e);
    acts = true;
    all(m->picks);
    expr(m->optimizer.get());
    return block(m->body.get());
  }
  case ast::ExprKind::Seeded:
    acts = true;
    expr(cast<ast::SeededExpr>(e)->key.get());
    return block(cast<ast::SeededExpr>(e)->body.get());
  case ast::ExprKind::Tap:
    return expr(cast<ast::TapExpr>(e)->value.get());
  case ast::ExprKind::Block:
    return block(cast<ast::BlockExpr>(e)->block.get());
  }
}

void Walker::stmt(const ast::Stmt &s) {
  using Kind = ast::StmtKind;
  acts |=
      llvm::is_contained({Kind::Update, Kind::Log, Kind::Save, Kind::Load, Kind::Claim}, s.kind());
  switch (s.kind()) {
  case ast::StmtKind::Let:
    pattern(cast<ast::LetStmt>(&s)->pattern);
    return expr(cast<ast::LetStmt>(&s)->init.get());
  case ast::StmtKind::Expr:
    return expr(cast<ast::ExprStmt>(&s)->expr.get());
  case ast::StmtKind::Assign:
    expr(cast<ast::AssignStmt>(&s)->target.get());
    return expr(cast<ast::AssignStmt>(&s)->value.get());
  case ast::StmtKind::Update:
    all(cast<ast::UpdateStmt>(&s)->picks);
    expr(cast<ast::UpdateStmt>(&s)->optimizer.get());
    return expr(cast<ast::UpdateStmt>(&s)->by.get());
  case ast::StmtKind::While:
    expr(cast<ast::WhileStmt>(&s)->cond.get());
    expr(cast<ast::WhileStmt>(&s)->limit.get());
    return block(cast<ast::WhileStmt>(&s)->body.get());
  case ast::StmtKind::Yield:
    return expr(cast<ast::YieldStmt>(&s)->value.get());
  case ast::StmtKind::Break:
  case ast::StmtKind::Continue:
    return;
  case ast::StmtKind::Log:
    for (const ast::LogEntry &entry : cast<ast::LogStmt>(&s)->entries)
      expr(entry.value.get());
    return;
  case ast::StmtKind::Save:
    expr(cast<ast::SaveStmt>(&s)->value.get());
    return expr(cast<ast::SaveStmt>(&s)->path.get());
  case ast::StmtKind::Load:
    expr(cast<ast::LoadStmt>(&s)->pick.get());
    return expr(cast<ast::LoadStmt>(&s)->path.get());
  case ast::StmtKind::Assert:
    return expr(cast<ast::AssertStmt>(&s)->cond.get());
  case ast::StmtKind::Claim:
    return expr(cast<ast::ClaimStmt>(&s)->cond.get());
  }
}

} // namespace

void dyn::dsl::mentionedNames(const ast::Block &block, std::set<std::string> &names) {
  Walker{names}.block(&block);
}
void dyn::dsl::mentionedNames(const ast::Expr &expr, std::set<std::string> &names) {
  Walker{names}.expr(&expr);
}
void dyn::dsl::indexedBy(const ast::Expr &expr, const std::string &index,
                         std::vector<const ast::IndexExpr *> &indexed) {
  std::set<std::string> names;
  Walker{names, index, &indexed}.expr(&expr);
}

template <typename T> static Mentioned mentionedIn(const T &what) {
  Mentioned m;
  Walker walker{m.names};
  if constexpr (std::is_same_v<T, ast::Block>)
    walker.block(&what);
  else
    walker.expr(&what);
  m.acts = walker.acts;
  return m;
}
Mentioned dyn::dsl::mentioned(const ast::Expr &expr) { return mentionedIn(expr); }
Mentioned dyn::dsl::mentioned(const ast::Block &block) { return mentionedIn(block); }
