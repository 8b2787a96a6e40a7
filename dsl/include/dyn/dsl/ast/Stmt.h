//===- Stmt.h - statements -----------------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_STMT_H
#define DYN_DSL_AST_STMT_H

#include "dyn/dsl/ast/Expr.h"

namespace dyn::dsl::ast {

enum class StmtKind {
  Let,
  Expr,
  Assign,
  Update,
  While,
  Yield,
  Break,
  Continue,
  Log,
  Save,
  Load,
  Assert,
  Claim,
};

/// `=`, `+=`, `-=`, `*=`, `/=`.
enum class AssignOp { Set, Add, Sub, Mul, Div };
std::string_view spelling(AssignOp op);

/// A statement. Children are never null unless a comment says so.
class Stmt {
public:
  virtual ~Stmt();
  StmtKind kind() const { return stmtKind; }
  SourceSpan span;

protected:
  Stmt(StmtKind kind, SourceSpan span) : span(span), stmtKind(kind) {}

private:
  StmtKind stmtKind;
};

template <StmtKind Kind> class StmtOf : public Stmt {
public:
  explicit StmtOf(SourceSpan span) : Stmt(Kind, span) {}
  static bool classof(const Stmt *stmt) { return stmt->kind() == Kind; }
};

/// `let d[i, j] = e`, `var n: int = 0`, `let eps: real[D] ~ normal(0, 1)`.
struct LetStmt : StmtOf<StmtKind::Let> {
  using StmtOf::StmtOf;
  bool isVar = false;
  bool isDraw = false; ///< `~` instead of `=`
  Pattern pattern;
  TypePtr type; ///< may be null
  ExprPtr init; ///< null for a `var` that starts empty
};

struct ExprStmt : StmtOf<StmtKind::Expr> {
  using StmtOf::StmtOf;
  ExprPtr expr;
};

/// The target is any expression here; what may be assigned is checked later.
struct AssignStmt : StmtOf<StmtKind::Assign> {
  using StmtOf::StmtOf;
  ExprPtr target;
  AssignOp op = AssignOp::Set;
  SourceSpan opSpan;
  ExprPtr value;
};

/// `update net where live with opt by g`.
struct UpdateStmt : StmtOf<StmtKind::Update> {
  using StmtOf::StmtOf;
  std::vector<ExprPtr> picks;
  ExprPtr optimizer;
  ExprPtr by;
};

struct WhileStmt : StmtOf<StmtKind::While> {
  using StmtOf::StmtOf;
  ExprPtr cond;
  ExprPtr limit; ///< may be null
  BlockPtr body;
};

struct YieldStmt : StmtOf<StmtKind::Yield> {
  using StmtOf::StmtOf;
  ExprPtr value;
};

struct BreakStmt : StmtOf<StmtKind::Break> {
  using StmtOf::StmtOf;
};

struct ContinueStmt : StmtOf<StmtKind::Continue> {
  using StmtOf::StmtOf;
};

struct LogEntry {
  Ident name;
  ExprPtr value;
};

struct LogStmt : StmtOf<StmtKind::Log> {
  using StmtOf::StmtOf;
  std::vector<LogEntry> entries;
};

/// `save net to "file"`.
struct SaveStmt : StmtOf<StmtKind::Save> {
  using StmtOf::StmtOf;
  ExprPtr value;
  ExprPtr path;
};

/// `load net where hidden from "file"`.
struct LoadStmt : StmtOf<StmtKind::Load> {
  using StmtOf::StmtOf;
  ExprPtr pick;
  ExprPtr path;
};

struct AssertStmt : StmtOf<StmtKind::Assert> {
  using StmtOf::StmtOf;
  ExprPtr cond;
  ExprPtr message; ///< may be null
};

struct ClaimStmt : StmtOf<StmtKind::Claim> {
  using StmtOf::StmtOf;
  std::string text;
  SourceSpan textSpan;
  ExprPtr cond;
};

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_STMT_H
