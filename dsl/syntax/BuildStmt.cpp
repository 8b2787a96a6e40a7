//===- BuildStmt.cpp - statements of the syntax tree ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AstBuilder.h"

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

StmtPtr AstBuilder::stmt(Grammar::StmtContext *ctx) {
  SourceSpan at = span(ctx);
  if (ctx->LET() || ctx->VAR())
    return binding(ctx);
  if (ctx->UPDATE()) {
    auto result = std::make_unique<UpdateStmt>(at);
    result->picks = picks(ctx->pick());
    result->optimizer = sum(ctx->sum());
    result->by = expr(ctx->expr(0));
    return result;
  }
  if (ctx->WHILE()) {
    auto result = std::make_unique<WhileStmt>(at);
    result->cond = expr(ctx->expr(0));
    if (ctx->LIMIT())
      result->limit = sum(ctx->sum());
    result->body = block(ctx->block());
    return result;
  }
  if (ctx->YIELD()) {
    auto result = std::make_unique<YieldStmt>(at);
    result->value = expr(ctx->expr(0));
    return result;
  }
  if (ctx->BREAK())
    return std::make_unique<BreakStmt>(at);
  if (ctx->CONTINUE())
    return std::make_unique<ContinueStmt>(at);
  if (ctx->LOG()) {
    auto result = std::make_unique<LogStmt>(at);
    for (auto *entry : ctx->entry())
      result->entries.push_back(
          {entry->name() ? ident(entry->name()) : ident(entry->REDUCE()), expr(entry->expr())});
    return result;
  }
  if (ctx->SAVE()) {
    auto result = std::make_unique<SaveStmt>(at);
    result->value = expr(ctx->expr(0));
    result->path = expr(ctx->expr(1));
    return result;
  }
  if (ctx->LOAD()) {
    auto result = std::make_unique<LoadStmt>(at);
    result->pick = pick(ctx->pick(0));
    result->path = expr(ctx->expr(0));
    return result;
  }
  if (ctx->ASSERT()) {
    auto result = std::make_unique<AssertStmt>(at);
    result->cond = expr(ctx->expr(0));
    if (ctx->expr().size() > 1)
      result->message = expr(ctx->expr(1));
    return result;
  }
  if (ctx->CLAIM()) {
    auto result = std::make_unique<ClaimStmt>(at);
    result->textSpan = span(ctx->STRING());
    result->text = stringValue(result->textSpan);
    result->cond = expr(ctx->expr(0));
    return result;
  }
  return exprStmt(ctx);
}

StmtPtr AstBuilder::binding(Grammar::StmtContext *ctx) {
  auto result = std::make_unique<LetStmt>(span(ctx));
  result->isVar = ctx->VAR() != nullptr;
  result->pattern = pattern(ctx->pattern());
  if (ctx->type())
    result->type = type(ctx->type());
  if (ctx->init()) {
    result->isDraw = ctx->init()->DRAW() != nullptr;
    result->init = expr(ctx->init()->expr());
  }
  return result;
}

StmtPtr AstBuilder::exprStmt(Grammar::StmtContext *ctx) {
  ExprPtr first = expr(ctx->expr(0));
  if (auto *sign = ctx->assignOp()) {
    auto result = std::make_unique<AssignStmt>(span(ctx));
    result->target = std::move(first);
    result->op = sign->PLUS_ASSIGN()    ? AssignOp::Add
                 : sign->MINUS_ASSIGN() ? AssignOp::Sub
                 : sign->STAR_ASSIGN()  ? AssignOp::Mul
                 : sign->SLASH_ASSIGN() ? AssignOp::Div
                                        : AssignOp::Set;
    result->opSpan = span(sign);
    result->value = expr(ctx->expr(1));
    return result;
  }
  checkHabits(*first);
  auto result = std::make_unique<ExprStmt>(span(ctx));
  result->expr = std::move(first);
  return result;
}

/// Statements that other systems train with. They would be well formed, and then fail with a
/// message about fields that explains nothing.
void AstBuilder::checkHabits(const Expr &expr) {
  if (!CallExpr::classof(&expr))
    return;
  const auto &call = static_cast<const CallExpr &>(expr);
  if (!call.args.empty() || !FieldExpr::classof(call.callee.get()))
    return;
  const auto &method = static_cast<const FieldExpr &>(*call.callee);
  if (method.field.text == "backward")
    diagnostics.report(expr.span, Diag::E0110, sources.text(expr.span))
        .help(
            "write `let g = grad[net] ...`, or `minimize net with opt { ... }`, which also steps");
  else if (method.field.text == "zero_grad")
    diagnostics.report(expr.span, Diag::E0110, sources.text(expr.span))
        .help("leave it out: every gradient is a new value");
}
