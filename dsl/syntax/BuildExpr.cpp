//===- BuildExpr.cpp - expressions of the syntax tree --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AstBuilder.h"

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

namespace {
SourceSpan spanOf(const ExprPtr &first, const ExprPtr &last) {
  return join(first->span, last->span);
}
} // namespace

ExprPtr AstBuilder::binary(BinaryOp op, SourceSpan opSpan, ExprPtr lhs, ExprPtr rhs) {
  auto result = std::make_unique<BinaryExpr>(spanOf(lhs, rhs));
  result->op = op;
  result->opSpan = opSpan;
  result->lhs = std::move(lhs);
  result->rhs = std::move(rhs);
  return result;
}

ExprPtr AstBuilder::expr(Grammar::ExprContext *ctx) {
  SourceSpan at = span(ctx);
  if (ctx->FAT_ARROW())
    return lambda(ctx);
  if (ctx->ifExpr())
    return ifExpr(ctx->ifExpr());
  if (ctx->FOR()) {
    auto result = std::make_unique<ForExpr>(at);
    result->pattern = pattern(ctx->pattern());
    result->iterable = pick(ctx->pick(0));
    result->body = block(ctx->block());
    return result;
  }
  if (ctx->MINIMIZE()) {
    auto result = std::make_unique<MinimizeExpr>(at);
    result->picks = picks(ctx->pick());
    result->optimizer = sum(ctx->sum());
    result->body = block(ctx->block());
    return result;
  }
  if (ctx->SEEDED()) {
    auto result = std::make_unique<SeededExpr>(at);
    result->key = pick(ctx->pick(0));
    result->body = block(ctx->block());
    return result;
  }
  if (ctx->TAP()) {
    auto result = std::make_unique<TapExpr>(at);
    result->name = ident(ctx->name());
    result->value = expr(ctx->expr());
    return result;
  }
  return pick(ctx->pick(0));
}

ExprPtr AstBuilder::lambda(Grammar::ExprContext *ctx) {
  auto result = std::make_unique<LambdaExpr>(span(ctx));
  if (ctx->name()) {
    Param param;
    param.name = ident(ctx->name());
    param.span = param.name.span;
    result->params.push_back(std::move(param));
  } else {
    result->params = params(ctx->params());
  }
  result->body = expr(ctx->expr());
  return result;
}

ExprPtr AstBuilder::ifExpr(Grammar::IfExprContext *ctx) {
  auto blocks = ctx->block();
  auto conds = ctx->pick();
  ExprPtr orElse;
  if (blocks.size() > conds.size()) {
    auto last = std::make_unique<BlockExpr>(span(blocks.back()));
    last->block = block(blocks.back());
    orElse = std::move(last);
  }
  for (size_t i = conds.size(); i-- > 0;) {
    auto result = std::make_unique<IfExpr>(join(span(ctx->IF(i)), span(ctx)));
    result->span.begin = span(ctx->IF(i)).begin;
    result->cond = pick(conds[i]);
    result->thenBlock = block(blocks[i]);
    result->orElse = std::move(orElse);
    orElse = std::move(result);
  }
  return orElse;
}

std::vector<ExprPtr> AstBuilder::picks(const std::vector<Grammar::PickContext *> &list) {
  std::vector<ExprPtr> result;
  result.reserve(list.size());
  for (auto *ctx : list)
    result.push_back(pick(ctx));
  return result;
}

ExprPtr AstBuilder::pick(Grammar::PickContext *ctx) {
  ExprPtr base = either(ctx->either(0));
  if (!ctx->WHERE())
    return base;
  auto result = std::make_unique<WhereExpr>(span(ctx));
  result->base = std::move(base);
  result->selector = either(ctx->either(1));
  return result;
}

ExprPtr AstBuilder::either(Grammar::EitherContext *ctx) {
  auto parts = ctx->both();
  ExprPtr result = both(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i)
    result = binary(BinaryOp::Or, span(ctx->OR(i - 1)), std::move(result), both(parts[i]));
  return result;
}

ExprPtr AstBuilder::both(Grammar::BothContext *ctx) {
  auto parts = ctx->negation();
  ExprPtr result = negation(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i)
    result = binary(BinaryOp::And, span(ctx->AND(i - 1)), std::move(result), negation(parts[i]));
  return result;
}

ExprPtr AstBuilder::negation(Grammar::NegationContext *ctx) {
  if (!ctx->NOT())
    return comparison(ctx->comparison());
  auto result = std::make_unique<UnaryExpr>(span(ctx));
  result->op = UnaryOp::Not;
  result->operand = negation(ctx->negation());
  return result;
}

ExprPtr AstBuilder::comparison(Grammar::ComparisonContext *ctx) {
  ExprPtr lhs = range(ctx->range(0));
  if (ctx->range().size() == 1)
    return lhs;
  auto *sign = dynamic_cast<antlr4::tree::TerminalNode *>(ctx->children[1]);
  BinaryOp op = ctx->EQ()   ? BinaryOp::Eq
                : ctx->NE() ? BinaryOp::Ne
                : ctx->LT() ? BinaryOp::Lt
                : ctx->LE() ? BinaryOp::Le
                : ctx->GT() ? BinaryOp::Gt
                : ctx->GE() ? BinaryOp::Ge
                            : BinaryOp::In;
  return binary(op, span(sign), std::move(lhs), range(ctx->range(1)));
}

ExprPtr AstBuilder::range(Grammar::RangeContext *ctx) {
  ExprPtr lo = sum(ctx->sum(0));
  if (ctx->sum().size() == 1)
    return lo;
  auto result = std::make_unique<RangeExpr>(span(ctx));
  result->lo = std::move(lo);
  result->hi = sum(ctx->sum(1));
  result->inclusive = ctx->DOTDOT_EQ() != nullptr;
  if (ctx->BY())
    result->step = sum(ctx->sum(2));
  return result;
}

ExprPtr AstBuilder::sum(Grammar::SumContext *ctx) {
  auto parts = ctx->product();
  ExprPtr result = product(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) {
    auto *sign = dynamic_cast<antlr4::tree::TerminalNode *>(ctx->children[2 * i - 1]);
    BinaryOp op = sign->getSymbol()->getType() == Grammar::PLUS ? BinaryOp::Add : BinaryOp::Sub;
    result = binary(op, span(sign), std::move(result), product(parts[i]));
  }
  return result;
}

ExprPtr AstBuilder::product(Grammar::ProductContext *ctx) {
  auto factors = ctx->unary();
  if (factors.empty())
    return bound(ctx->binding());
  ExprPtr result = unary(factors[0]);
  auto signs = ctx->times();
  for (size_t i = 0; i < signs.size(); ++i) {
    BinaryOp op = signs[i]->STAR()    ? BinaryOp::Mul
                  : signs[i]->SLASH() ? BinaryOp::Div
                  : signs[i]->AT()    ? BinaryOp::MatMul
                  : signs[i]->DIV()   ? BinaryOp::IntDiv
                                      : BinaryOp::Mod;
    ExprPtr rhs = i + 1 < factors.size() ? unary(factors[i + 1]) : bound(ctx->binding());
    result = binary(op, span(signs[i]), std::move(result), std::move(rhs));
  }
  return result;
}

ExprPtr AstBuilder::bound(Grammar::BindingContext *ctx) {
  SourceSpan at = span(ctx);
  ExprPtr result;
  SourceSpan inner = at;
  if (ctx->REDUCE()) {
    inner.begin = span(ctx->REDUCE()).begin;
    auto reduce = std::make_unique<ReduceExpr>(inner);
    reduce->word = ident(ctx->REDUCE());
    reduce->binders = binders(ctx->binder());
    if (ctx->either())
      reduce->filter = either(ctx->either());
    reduce->body = product(ctx->product());
    result = std::move(reduce);
  } else {
    inner.begin = span(ctx->DERIVE()).begin;
    auto derive = std::make_unique<DeriveExpr>(inner);
    derive->word = ident(ctx->DERIVE());
    derive->picks = picks(ctx->pick());
    if (ctx->sum())
      derive->along = sum(ctx->sum());
    derive->body = product(ctx->product());
    result = std::move(derive);
  }
  if (!ctx->MINUS())
    return result;
  auto negated = std::make_unique<UnaryExpr>(at);
  negated->operand = std::move(result);
  return negated;
}

ExprPtr AstBuilder::unary(Grammar::UnaryContext *ctx) {
  if (!ctx->MINUS())
    return power(ctx->power());
  auto result = std::make_unique<UnaryExpr>(span(ctx));
  result->operand = unary(ctx->unary());
  return result;
}

ExprPtr AstBuilder::power(Grammar::PowerContext *ctx) {
  ExprPtr base = postfix(ctx->postfix());
  if (!ctx->CARET())
    return base;
  return binary(BinaryOp::Pow, span(ctx->CARET()), std::move(base), unary(ctx->unary()));
}
