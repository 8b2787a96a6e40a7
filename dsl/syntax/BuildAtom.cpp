//===- BuildAtom.cpp - postfix forms, atoms and literals of the syntax tree ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AstBuilder.h"

#include <algorithm>
#include <charconv>
#include <cmath>

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

ExprPtr AstBuilder::postfix(Grammar::PostfixContext *ctx) {
  ExprPtr result = atom(ctx->atom());
  for (auto *next : ctx->suffix())
    result = suffix(std::move(result), next);
  return result;
}

ExprPtr AstBuilder::suffix(ExprPtr base, Grammar::SuffixContext *ctx) {
  SourceSpan at = join(base->span, span(ctx));
  if (ctx->args()) {
    auto call = std::make_unique<CallExpr>(at);
    call->callee = std::move(base);
    call->args = args(ctx->args());
    call->argsSpan = span(ctx);
    return call;
  }
  if (ctx->fieldName())
    return field(std::move(base), ctx->fieldName());
  auto index = std::make_unique<IndexExpr>(at);
  index->base = std::move(base);
  for (auto *sub : ctx->sub())
    index->subs.push_back(subscript(sub));
  return index;
}

/// `x.0.1` reaches the parser as `x`, `.` and the number `0.1`.
ExprPtr AstBuilder::field(ExprPtr base, Grammar::FieldNameContext *ctx) {
  Ident name = ident(ctx);
  auto step = [&](Ident part) {
    auto result = std::make_unique<FieldExpr>(join(base->span, part.span));
    result->base = std::move(base);
    result->field = std::move(part);
    base = std::move(result);
  };
  auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  size_t point = ctx->FLOAT() ? name.text.find('.') : std::string::npos;
  bool isNumber = ctx->FLOAT() || ctx->INT();
  bool isPlain = std::ranges::all_of(name.text, [&](char c) { return isDigit(c) || c == '.'; });
  if (isNumber && !isPlain) {
    diagnostics.report(name.span, Diag::E0101, "the position of an element", "`" + name.text + "`");
  }
  if (point == std::string::npos) {
    step(std::move(name));
    return base;
  }
  uint32_t middle = name.span.begin + static_cast<uint32_t>(point);
  step({name.text.substr(0, point), {file, name.span.begin, middle}});
  step({name.text.substr(point + 1), {file, middle + 1, name.span.end}});
  return base;
}

Sub AstBuilder::subscript(Grammar::SubContext *ctx) {
  Sub result;
  result.span = span(ctx);
  result.inclusive = ctx->DOTDOT_EQ() != nullptr;
  bool isRange = ctx->DOTDOT() || ctx->DOTDOT_EQ();
  auto sums = ctx->sum();
  if (ctx->ELLIPSIS()) {
    result.kind = SubKind::Rest;
  } else if (!isRange) {
    result.point = sum(sums[0]);
  } else if (sums.empty()) {
    result.kind = SubKind::All;
  } else {
    result.kind = SubKind::Range;
    bool hasLo = ctx->getStart() == sums[0]->getStart();
    if (hasLo)
      result.lo = sum(sums[0]);
    if (sums.size() > size_t(hasLo))
      result.hi = sum(sums.back());
  }
  if (result.inclusive && !result.hi)
    diagnostics.report(result.span, Diag::E0101, "an end behind `..=`", "none")
        .help("all from here on is `a..`, all of a dimension `..`");
  return result;
}

ExprPtr AstBuilder::atom(Grammar::AtomContext *ctx) {
  SourceSpan at = span(ctx);
  if (ctx->name() || ctx->REDUCE() || ctx->DERIVE()) {
    auto *word = ctx->REDUCE() ? ctx->REDUCE() : ctx->DERIVE();
    Ident name = word ? ident(word) : ident(ctx->name());
    auto result = std::make_unique<NameExpr>(name.span);
    result->name = std::move(name.text);
    if (!word)
      return result;
    auto call = std::make_unique<CallExpr>(at);
    call->callee = std::move(result);
    call->args = args(ctx->args());
    call->argsSpan = span(ctx->args());
    return call;
  }
  if (ctx->block()) {
    auto result = std::make_unique<BlockExpr>(at);
    result->block = block(ctx->block());
    return result;
  }
  if (ctx->literal())
    return literal(ctx->literal());

  std::vector<ExprPtr> elements;
  for (auto *element : ctx->expr())
    elements.push_back(expr(element));
  if (ctx->LBRACKET()) {
    auto result = std::make_unique<ArrayExpr>(at);
    result->elements = std::move(elements);
    return result;
  }
  if (elements.size() == 1) {
    // The parentheses belong to the expression, so that a mark covers what was grouped.
    elements[0]->span = at;
    return std::move(elements[0]);
  }
  auto result = std::make_unique<TupleExpr>(at);
  result->elements = std::move(elements);
  return result;
}

ExprPtr AstBuilder::literal(Grammar::LiteralContext *ctx) {
  SourceSpan at = span(ctx);
  if (ctx->INT())
    return intLit(at);
  if (ctx->FLOAT())
    return floatLit(at);
  if (ctx->STRING()) {
    auto result = std::make_unique<StringLit>(at);
    result->value = stringValue(at);
    return result;
  }
  auto result = std::make_unique<BoolLit>(at);
  result->value = ctx->TRUE() != nullptr;
  return result;
}

namespace {
std::string withoutUnderscores(std::string_view text) {
  std::string digits(text);
  std::erase(digits, '_');
  return digits;
}

/// A literal may be as long as the file; a message is not.
std::string shortened(const std::string &text) {
  return text.size() <= 40 ? text : text.substr(0, 30) + "..." + text.substr(text.size() - 7);
}
} // namespace

ExprPtr AstBuilder::intLit(SourceSpan at) {
  auto result = std::make_unique<IntLit>(at);
  std::string digits = withoutUnderscores(sources.text(at));
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), result->value);
  if (read.ec != std::errc()) {
    result->value = 0;
    diagnostics.report(at, Diag::E0103, shortened(digits), "an `int` (64 bits)")
        .help("a large number that need not be exact is written like `1e20`");
  }
  return result;
}

ExprPtr AstBuilder::floatLit(SourceSpan at) {
  auto result = std::make_unique<FloatLit>(at);
  result->text = withoutUnderscores(sources.text(at));
  const char *end = result->text.data() + result->text.size();
  auto read = std::from_chars(result->text.data(), end, result->value);
  // Numbers too near to 0 are out of range as well; those are 0.
  size_t exponent = result->text.find_first_of("eE");
  bool isSmall = exponent == std::string::npos ? result->text.starts_with("0.")
                                               : result->text[exponent + 1] == '-';
  if (read.ec != std::errc()) {
    result->value = 0;
    if (!isSmall)
      diagnostics.report(at, Diag::E0103, shortened(result->text), "an `f64`");
  }
  return result;
}

std::string AstBuilder::stringValue(SourceSpan at) {
  std::string_view text = sources.text(at);
  std::string value;
  size_t end = text.size() > 1 && text.back() == '"' ? text.size() - 1 : text.size();
  for (size_t i = 1; i < end; ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      value += text[i];
      continue;
    }
    char c = text[++i];
    constexpr std::string_view names = "nt\"\\";
    constexpr std::string_view meanings = "\n\t\"\\";
    size_t which = names.find(c);
    if (which != names.npos) {
      value += meanings[which];
      continue;
    }
    uint32_t begin = at.begin + static_cast<uint32_t>(i) - 1;
    uint32_t length = 2;
    while (i + length - 1 < end && (text[i + length - 1] & 0xC0) == 0x80)
      ++length;
    SourceSpan escape{file, begin, begin + length};
    diagnostics.report(escape, Diag::E0106, sources.text(escape));
  }
  return value;
}
