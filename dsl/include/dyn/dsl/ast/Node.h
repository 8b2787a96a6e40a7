//===- Node.h - what all parts of the syntax tree share ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_NODE_H
#define DYN_DSL_AST_NODE_H

#include "dyn/dsl/Source.h"

#include <memory>
#include <string>
#include <vector>

namespace dyn::dsl::ast {

class Expr;
class Stmt;
class TypeExpr;
struct Block;
struct FunctionItem;

using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;
using TypePtr = std::unique_ptr<TypeExpr>;
using BlockPtr = std::unique_ptr<Block>;

/// A name where it is written.
struct Ident {
  std::string text;
  SourceSpan span;
};

/// `nn`, `nn.Linear`.
struct Path {
  std::vector<Ident> parts; ///< never empty
  SourceSpan span;

  std::string str() const; ///< parts joined by dots
};

/// An index name and its range: `i`, `s: 5`, `a: Arm`, `u: 0..5`.
struct Binder {
  Ident name;
  ExprPtr range; ///< null: inferred from the shapes it indexes
  SourceSpan span;
};

/// `x`, `d[i, j: n]`, `(a, (b, c))`.
struct Pattern {
  SourceSpan span;
  Ident name;                    ///< empty for a tuple
  std::vector<Binder> binders;   ///< only with a name
  std::vector<Pattern> elements; ///< two or more for a tuple, else empty

  bool isTuple() const { return !elements.empty(); }
};

/// An argument of a call: `e` or `name: e`.
struct Arg {
  Ident name; ///< empty text: positional
  ExprPtr value;
  SourceSpan span;

  bool isNamed() const { return !name.text.empty(); }
};

/// A parameter of a function, model or lambda.
struct Param {
  Ident name;
  TypePtr type;         ///< may be null
  ExprPtr defaultValue; ///< may be null
  bool isVar = false;
  std::string doc;
  SourceSpan span;
};

/// Statements in braces. The value is the last statement if it is an ExprStmt.
struct Block {
  std::vector<StmtPtr> stmts;
  SourceSpan span;

  /// The expression that gives the block its value; null if there is none.
  const Expr *value() const;
};

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_NODE_H
