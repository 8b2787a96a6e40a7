//===- BuildItem.cpp - declarations of the syntax tree -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AstBuilder.h"

#include <algorithm>

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

/// A declaration of which a part was left out would be reported again for what it lacks.
std::unique_ptr<File> AstBuilder::build(Grammar::FileContext *ctx,
                                        const std::vector<SourceSpan> &removed) {
  auto result = std::make_unique<File>();
  result->id = file;
  for (auto *child : ctx->item()) {
    SourceSpan at = span(child);
    if (std::ranges::none_of(removed, [&](SourceSpan gap) { return at.contains(gap); }))
      result->items.push_back(item(child));
  }
  result->doc = fileDoc(*result);
  if (!result->items.empty() && result->items.front()->doc == result->doc)
    result->items.front()->doc.clear();
  return result;
}

ItemPtr AstBuilder::item(Grammar::ItemContext *ctx) {
  SourceSpan at = span(ctx);
  ItemPtr result;
  if (auto *use = ctx->use()) {
    auto item = std::make_unique<UseItem>(at);
    for (auto *p : use->path())
      item->modules.push_back(path(p));
    result = std::move(item);
  } else if (auto *config = ctx->config()) {
    auto item = std::make_unique<ConfigItem>(at);
    item->fields = fields(config->field());
    result = std::move(item);
  } else if (auto *constant = ctx->constant()) {
    auto item = std::make_unique<ConstItem>(at);
    item->name = ident(constant->name());
    if (constant->type())
      item->type = type(constant->type());
    item->value = expr(constant->expr());
    result = std::move(item);
  } else if (ctx->typeDecl()) {
    result = typeDecl(ctx->typeDecl());
  } else if (ctx->enumDecl()) {
    result = enumDecl(ctx->enumDecl());
  } else if (ctx->model()) {
    result = model(ctx->model());
  } else if (ctx->function()) {
    result = function(ctx->function());
  } else if (ctx->externDecl()) {
    result = externDecl(ctx->externDecl());
  } else {
    auto item = std::make_unique<TrainItem>(at);
    item->body = block(ctx->train()->block());
    result = std::move(item);
  }
  result->doc = doc(at);
  return result;
}

ItemPtr AstBuilder::typeDecl(Grammar::TypeDeclContext *ctx) {
  auto result = std::make_unique<TypeItem>(span(ctx));
  result->name = ident(ctx->name());
  if (ctx->type())
    result->alias = type(ctx->type());
  result->params = params(ctx->params());
  result->fields = fields(ctx->field());
  return result;
}

ItemPtr AstBuilder::enumDecl(Grammar::EnumDeclContext *ctx) {
  auto result = std::make_unique<EnumItem>(span(ctx));
  result->name = ident(ctx->name(0));
  for (size_t i = 1; i < ctx->name().size(); ++i)
    result->cases.push_back({ident(ctx->name(i)), doc(span(ctx->name(i)))});
  return result;
}

std::vector<FieldDecl> AstBuilder::fields(const std::vector<Grammar::FieldContext *> &list) {
  std::vector<FieldDecl> result;
  for (auto *ctx : list) {
    FieldDecl field;
    field.span = span(ctx);
    field.name = ident(ctx->name());
    field.type = type(ctx->type());
    if (ctx->expr())
      field.defaultValue = expr(ctx->expr());
    field.doc = doc(field.span);
    result.push_back(std::move(field));
  }
  return result;
}

ItemPtr AstBuilder::model(Grammar::ModelContext *ctx) {
  auto result = std::make_unique<ModelItem>(span(ctx));
  result->modelKind = ctx->MODEL()  ? ModelKind::Model
                      : ctx->MASK() ? ModelKind::Mask
                                    : ModelKind::Optimizer;
  result->name = ident(ctx->name());
  result->params = params(ctx->params());
  for (auto *m : ctx->member())
    result->members.push_back(member(m));
  return result;
}

Member AstBuilder::member(Grammar::MemberContext *ctx) {
  Member result;
  result.span = span(ctx);
  result.doc = doc(result.span);
  if (ctx->function()) {
    result.kind = MemberKind::Function;
    result.function = function(ctx->function());
    result.function->doc = result.doc;
    result.name = result.function->name;
    return result;
  }
  result.kind = ctx->PARAM()   ? MemberKind::Param
                : ctx->STATE() ? MemberKind::State
                               : MemberKind::SubModel;
  result.name = ident(ctx->name());
  if (ctx->type())
    result.type = type(ctx->type());
  if (ctx->postfix())
    result.like = postfix(ctx->postfix());
  if (auto *init = ctx->init()) {
    result.isDraw = init->DRAW() != nullptr;
    result.init = expr(init->expr());
  }
  return result;
}

Body AstBuilder::body(Grammar::BodyContext *ctx) {
  Body result;
  if (ctx->expr())
    result.expr = expr(ctx->expr());
  else
    result.block = block(ctx->block());
  return result;
}

std::unique_ptr<FunctionItem> AstBuilder::function(Grammar::FunctionContext *ctx) {
  auto result = std::make_unique<FunctionItem>(span(ctx));
  result->functionKind = ctx->LOSS()    ? FunctionKind::Loss
                         : ctx->LOCAL() ? FunctionKind::Local
                                        : FunctionKind::Fn;
  result->name = ident(ctx->name());
  result->params = params(ctx->params());
  if (ctx->type())
    result->result = type(ctx->type());
  result->body = body(ctx->body());
  if (auto *stated = ctx->derivative()) {
    result->derivative = std::make_unique<Derivative>();
    result->derivative->params = params(stated->params());
    result->derivative->body = body(stated->body());
    result->derivative->span = span(stated);
  }
  return result;
}

ItemPtr AstBuilder::externDecl(Grammar::ExternDeclContext *ctx) {
  auto result = std::make_unique<ExternItem>(span(ctx));
  result->isPure = ctx->PURE() != nullptr;
  result->name = ident(ctx->name());
  result->params = params(ctx->params());
  result->result = type(ctx->type());
  return result;
}
