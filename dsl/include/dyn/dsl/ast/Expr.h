//===- Expr.h - expressions ----------------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_EXPR_H
#define DYN_DSL_AST_EXPR_H

#include "dyn/dsl/ast/Node.h"
#include "dyn/dsl/ast/Type.h"

#include <string_view>

namespace dyn::dsl::ast {

enum class ExprKind {
  IntLit,
  FloatLit,
  StringLit,
  BoolLit,
  Name,
  Tuple,
  Array,
  Call,
  Index,
  Field,
  Unary,
  Binary,
  Range,
  Where,
  Reduce,
  Derive,
  Lambda,
  If,
  For,
  Minimize,
  Seeded,
  Tap,
  Block,
};

enum class UnaryOp { Neg, Not };
enum class BinaryOp {
  Add,
  Sub,
  Mul,
  Div,
  MatMul,
  IntDiv,
  Mod,
  Pow,
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  In,
  And,
  Or,
};

/// The operator as it is written: `+`, `div`, `and`.
std::string_view spelling(UnaryOp op);
std::string_view spelling(BinaryOp op);

/// An expression. Children are never null unless a comment says so.
class Expr {
public:
  virtual ~Expr();
  ExprKind kind() const { return exprKind; }
  SourceSpan span;

protected:
  Expr(ExprKind kind, SourceSpan span) : span(span), exprKind(kind) {}

private:
  ExprKind exprKind;
};

/// Gives an expression class its kind, so that llvm::cast and llvm::dyn_cast work.
template <ExprKind Kind> class ExprOf : public Expr {
public:
  explicit ExprOf(SourceSpan span) : Expr(Kind, span) {}
  static bool classof(const Expr *expr) { return expr->kind() == Kind; }
};

struct IntLit : ExprOf<ExprKind::IntLit> {
  using ExprOf::ExprOf;
  int64_t value = 0; ///< never negative
};

struct FloatLit : ExprOf<ExprKind::FloatLit> {
  using ExprOf::ExprOf;
  double value = 0;
  std::string text; ///< as written, without underscores
};

struct StringLit : ExprOf<ExprKind::StringLit> {
  using ExprOf::ExprOf;
  std::string value; ///< escapes replaced
};

struct BoolLit : ExprOf<ExprKind::BoolLit> {
  using ExprOf::ExprOf;
  bool value = false;
};

struct NameExpr : ExprOf<ExprKind::Name> {
  using ExprOf::ExprOf;
  std::string name;
};

/// `(a, b)`, two or more. Parentheses around one expression leave no node.
struct TupleExpr : ExprOf<ExprKind::Tuple> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> elements;
};

/// `[1, 2, 3]`, perhaps empty.
struct ArrayExpr : ExprOf<ExprKind::Array> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> elements;
};

/// `f(x, n: 3)`. `sum(x)` and `grad(x)` are calls of the names `sum` and `grad`.
struct CallExpr : ExprOf<ExprKind::Call> {
  using ExprOf::ExprOf;
  ExprPtr callee;
  std::vector<Arg> args;
  SourceSpan argsSpan; ///< with the parentheses
};

enum class SubKind { All, Rest, Point, Range };

/// One subscript: `..` (all of one dimension), `...` (all the rest), `e`, `a..b`, `a..=b`, `..n`,
/// `a..`.
struct Sub {
  SubKind kind = SubKind::Point;
  ExprPtr point;          ///< only for Point
  ExprPtr lo;             ///< only for Range; null in `..n`
  ExprPtr hi;             ///< only for Range; null in `a..`
  bool inclusive = false; ///< `..=`
  SourceSpan span;
};

struct IndexExpr : ExprOf<ExprKind::Index> {
  using ExprOf::ExprOf;
  ExprPtr base;
  std::vector<Sub> subs;
};

/// `base.name`; of a tuple `base.0`, whose field text is the number.
struct FieldExpr : ExprOf<ExprKind::Field> {
  using ExprOf::ExprOf;
  ExprPtr base;
  Ident field;
};

struct UnaryExpr : ExprOf<ExprKind::Unary> {
  using ExprOf::ExprOf;
  UnaryOp op = UnaryOp::Neg;
  ExprPtr operand;
};

struct BinaryExpr : ExprOf<ExprKind::Binary> {
  using ExprOf::ExprOf;
  BinaryOp op = BinaryOp::Add;
  SourceSpan opSpan;
  ExprPtr lhs;
  ExprPtr rhs;
};

/// `lo..hi`, `lo..=hi by step`.
struct RangeExpr : ExprOf<ExprKind::Range> {
  using ExprOf::ExprOf;
  ExprPtr lo;
  ExprPtr hi;
  ExprPtr step; ///< null: 1
  bool inclusive = false;
};

/// `net where rank >= 2`.
struct WhereExpr : ExprOf<ExprKind::Where> {
  using ExprOf::ExprOf;
  ExprPtr base;
  ExprPtr selector;
};

/// `sum[k, e: E where dst[e] == n] body`. The word is `sum prod mean max min any all argmax argmin`
/// or `logsumexp`.
struct ReduceExpr : ExprOf<ExprKind::Reduce> {
  using ExprOf::ExprOf;
  Ident word;
  std::vector<Binder> binders;
  ExprPtr filter; ///< may be null
  ExprPtr body;
};

/// `grad[net, x] body`, `jvp[x along v] body`. The word is `grad value_and_grad jacobian hessian
/// laplacian jvp vjp` or `hvp`.
struct DeriveExpr : ExprOf<ExprKind::Derive> {
  using ExprOf::ExprOf;
  Ident word;
  std::vector<ExprPtr> picks;
  ExprPtr along; ///< may be null
  ExprPtr body;
};

/// `x => e`, `(x: real, y) => e`.
struct LambdaExpr : ExprOf<ExprKind::Lambda> {
  using ExprOf::ExprOf;
  std::vector<Param> params;
  ExprPtr body;
};

struct IfExpr : ExprOf<ExprKind::If> {
  using ExprOf::ExprOf;
  ExprPtr cond;
  BlockPtr thenBlock;
  ExprPtr orElse; ///< null, a BlockExpr or another IfExpr
};

struct ForExpr : ExprOf<ExprKind::For> {
  using ExprOf::ExprOf;
  Pattern pattern;
  ExprPtr iterable;
  BlockPtr body;
};

struct MinimizeExpr : ExprOf<ExprKind::Minimize> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> picks; ///< what is trained, each perhaps a WhereExpr
  ExprPtr optimizer;
  BlockPtr body;
};

struct SeededExpr : ExprOf<ExprKind::Seeded> {
  using ExprOf::ExprOf;
  ExprPtr key;
  BlockPtr body;
};

/// `tap h = e`.
struct TapExpr : ExprOf<ExprKind::Tap> {
  using ExprOf::ExprOf;
  Ident name;
  ExprPtr value;
};

struct BlockExpr : ExprOf<ExprKind::Block> {
  using ExprOf::ExprOf;
  BlockPtr block;
};

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_EXPR_H
