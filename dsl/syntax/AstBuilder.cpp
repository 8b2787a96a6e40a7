//===- AstBuilder.cpp - the shared parts of the tree: names, types, blocks, docs ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AstBuilder.h"

#include <algorithm>

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

SourceSpan AstBuilder::span(antlr4::ParserRuleContext *ctx) const {
  SourceSpan begin = span(ctx->getStart());
  antlr4::Token *stop = ctx->getStop();
  return stop ? join(begin, span(stop)) : SourceSpan{file, begin.begin, begin.begin};
}

Ident AstBuilder::ident(antlr4::ParserRuleContext *ctx) const {
  SourceSpan at = span(ctx);
  return {std::string(sources.text(at)), at};
}

Ident AstBuilder::ident(antlr4::tree::TerminalNode *node) const {
  SourceSpan at = span(node);
  return {std::string(sources.text(at)), at};
}

Path AstBuilder::path(Grammar::PathContext *ctx) {
  Path result{{}, span(ctx)};
  for (auto *name : ctx->name())
    result.parts.push_back(ident(name));
  return result;
}

Binder AstBuilder::binder(Grammar::BinderContext *ctx) {
  return {ident(ctx->name()), ctx->range() ? range(ctx->range()) : nullptr, span(ctx)};
}

std::vector<Binder> AstBuilder::binders(const std::vector<Grammar::BinderContext *> &list) {
  std::vector<Binder> result;
  result.reserve(list.size());
  for (auto *ctx : list)
    result.push_back(binder(ctx));
  return result;
}

Pattern AstBuilder::pattern(Grammar::PatternContext *ctx) {
  Pattern result;
  result.span = span(ctx);
  if (ctx->name())
    result.name = ident(ctx->name());
  result.binders = binders(ctx->binder());
  for (auto *element : ctx->pattern())
    result.elements.push_back(pattern(element));
  return result;
}

std::vector<Param> AstBuilder::params(Grammar::ParamsContext *ctx) {
  std::vector<Param> result;
  if (!ctx)
    return result;
  for (auto *param : ctx->param()) {
    Param p;
    p.span = span(param);
    p.name = ident(param->name());
    p.isVar = param->VAR() != nullptr;
    if (param->type())
      p.type = type(param->type());
    if (param->expr())
      p.defaultValue = expr(param->expr());
    p.doc = doc(p.span);
    result.push_back(std::move(p));
  }
  return result;
}

std::vector<Arg> AstBuilder::args(Grammar::ArgsContext *ctx) {
  std::vector<Arg> result;
  for (auto *arg : ctx->arg())
    result.push_back({arg->name() ? ident(arg->name()) : Ident(), expr(arg->expr()), span(arg)});
  return result;
}

BlockPtr AstBuilder::block(Grammar::BlockContext *ctx) {
  auto result = std::make_unique<Block>();
  result->span = span(ctx);
  for (auto *s : ctx->stmt())
    result->stmts.push_back(stmt(s));
  return result;
}

Dim AstBuilder::dim(Grammar::DimContext *ctx) {
  Dim result;
  result.span = span(ctx);
  result.isRest = ctx->ELLIPSIS() != nullptr;
  if (ctx->name())
    result.restName = ident(ctx->name());
  if (!result.isRest) {
    result.extent = sum(ctx->sum(0));
    if (ctx->LE())
      result.bound = sum(ctx->sum(1));
  }
  return result;
}

TypePtr AstBuilder::type(Grammar::TypeContext *ctx) {
  SourceSpan at = span(ctx);
  if (ctx->path()) {
    auto result = std::make_unique<NamedType>(at, path(ctx->path()));
    if (ctx->args())
      result->args = args(ctx->args());
    if (ctx->dims())
      for (auto *d : ctx->dims()->dim())
        result->dims.push_back(dim(d));
    if (ctx->sum())
      result->bound = sum(ctx->sum());
    return result;
  }
  std::vector<TypePtr> parts;
  for (auto *part : ctx->type())
    parts.push_back(type(part));
  if (!ctx->FN())
    return std::make_unique<TupleType>(at, std::move(parts));
  TypePtr result = std::move(parts.back());
  parts.pop_back();
  return std::make_unique<FunctionType>(at, std::move(parts), std::move(result));
}

// Documentation comments

namespace {
bool isBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n\f") == text.npos; }

/// Whether only blanks stand between the begin of the line and `offset`.
bool beginsLine(const SourceFile &source, uint32_t offset) {
  uint32_t begin = source.lineBegin(source.lineOf(offset));
  return isBlank(source.text().substr(begin, offset - begin));
}

bool isNextLine(const SourceFile &source, uint32_t end, uint32_t begin) {
  std::string_view gap = source.text().substr(end, begin - end);
  return isBlank(gap) && std::ranges::count(gap, '\n') == 1;
}

bool beginsBefore(const DocComment &comment, uint32_t offset) { return comment.begin < offset; }
} // namespace

/// The lines of `///` directly above.
std::string AstBuilder::leadingDoc(SourceSpan at) const {
  const SourceFile &source = sources.file(file);
  auto end = std::lower_bound(docs.begin(), docs.end(), at.begin, beginsBefore);
  auto begin = end;
  uint32_t below = at.begin;
  while (begin != docs.begin() && isNextLine(source, std::prev(begin)->end, below) &&
         beginsLine(source, std::prev(begin)->begin))
    below = (--begin)->begin;
  std::string text;
  for (auto comment = begin; comment != end; ++comment)
    text += (comment == begin ? "" : "\n") + comment->text;
  return text;
}

/// A `///` on the same line, with nothing but commas between.
std::string AstBuilder::trailingDoc(SourceSpan at) const {
  auto comment = std::lower_bound(docs.begin(), docs.end(), at.end, beginsBefore);
  if (comment == docs.end())
    return {};
  std::string_view gap = sources.text({file, at.end, comment->begin});
  return gap.find_first_not_of(" \t,") == gap.npos ? comment->text : std::string();
}

std::string AstBuilder::doc(SourceSpan at) const {
  std::string leading = leadingDoc(at);
  std::string trailing = trailingDoc(at);
  return leading + (leading.empty() || trailing.empty() ? "" : "\n") + trailing;
}

std::string AstBuilder::fileDoc(const File &tree) const {
  if (docs.empty())
    return {};
  const SourceFile &source = sources.file(file);
  size_t count = 1;
  while (count < docs.size() && isNextLine(source, docs[count - 1].end, docs[count].begin))
    ++count;
  if (!tree.items.empty()) {
    const Item &first = *tree.items.front();
    bool isAbove = docs[count - 1].end <= first.span.begin;
    bool belongsToIt = isAbove && isNextLine(source, docs[count - 1].end, first.span.begin);
    if (!isAbove || (belongsToIt && first.kind() != ItemKind::Use))
      return {};
  }
  std::string text;
  for (size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : "\n") + docs[i].text;
  return text;
}
