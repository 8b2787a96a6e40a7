//===- Ast.cpp - the syntax tree's out-of-line parts ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Ast.h"

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

Expr::~Expr() = default;
Stmt::~Stmt() = default;
TypeExpr::~TypeExpr() = default;
Item::~Item() = default;

std::string Path::str() const {
  std::string text;
  for (const Ident &part : parts)
    text += (text.empty() ? "" : ".") + part.text;
  return text;
}

const Expr *Block::value() const {
  if (stmts.empty() || !ExprStmt::classof(stmts.back().get()))
    return nullptr;
  return static_cast<const ExprStmt &>(*stmts.back()).expr.get();
}

std::string_view ast::spelling(UnaryOp op) { return op == UnaryOp::Neg ? "-" : "not"; }

std::string_view ast::spelling(BinaryOp op) {
  static constexpr std::string_view names[] = {"+",  "-", "*",  "/", "@",  "div", "mod", "^", "==",
                                               "!=", "<", "<=", ">", ">=", "in",  "and", "or"};
  return names[static_cast<size_t>(op)];
}

std::string_view ast::spelling(AssignOp op) {
  static constexpr std::string_view names[] = {"=", "+=", "-=", "*=", "/="};
  return names[static_cast<size_t>(op)];
}

std::string_view ast::spelling(FunctionKind kind) {
  static constexpr std::string_view names[] = {"fn", "local fn", "loss"};
  return names[static_cast<size_t>(kind)];
}

std::string_view ast::spelling(ModelKind kind) {
  static constexpr std::string_view names[] = {"model", "mask", "optimizer"};
  return names[static_cast<size_t>(kind)];
}
