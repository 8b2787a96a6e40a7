//===- AstBuilder.h - from the parse tree to the syntax tree -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_SYNTAX_ASTBUILDER_H
#define DYN_DSL_SYNTAX_ASTBUILDER_H

#include "TokenFilter.h"
#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Diagnostics.h"

#include "DynParser.h"

namespace dyn::dsl {

/// Builds the syntax tree of parse trees that hold no error.
class AstBuilder {
public:
  using Grammar = grammar::DynParser;

  AstBuilder(FileId file, const SourceManager &sources, const std::vector<DocComment> &docs,
             Diagnostics &diagnostics)
      : file(file), sources(sources), docs(docs), diagnostics(diagnostics) {}

  /// Declarations that hold one of the `removed` places are not built.
  std::unique_ptr<ast::File> build(Grammar::FileContext *ctx,
                                   const std::vector<SourceSpan> &removed);

private:
  // Shared parts (AstBuilder.cpp).
  SourceSpan span(antlr4::ParserRuleContext *ctx) const;
  SourceSpan span(antlr4::Token *token) const { return tokenSpan(file, *token); }
  SourceSpan span(antlr4::tree::TerminalNode *node) const { return span(node->getSymbol()); }
  ast::Ident ident(antlr4::ParserRuleContext *ctx) const;
  ast::Ident ident(antlr4::tree::TerminalNode *node) const;
  ast::Path path(Grammar::PathContext *ctx);
  ast::Binder binder(Grammar::BinderContext *ctx);
  std::vector<ast::Binder> binders(const std::vector<Grammar::BinderContext *> &list);
  ast::Pattern pattern(Grammar::PatternContext *ctx);
  std::vector<ast::Param> params(Grammar::ParamsContext *ctx);
  std::vector<ast::Arg> args(Grammar::ArgsContext *ctx);
  ast::BlockPtr block(Grammar::BlockContext *ctx);
  ast::TypePtr type(Grammar::TypeContext *ctx);
  ast::Dim dim(Grammar::DimContext *ctx);
  std::string leadingDoc(SourceSpan span) const;
  std::string trailingDoc(SourceSpan span) const;
  std::string doc(SourceSpan span) const;
  std::string fileDoc(const ast::File &tree) const;

  // Declarations (BuildItem.cpp).
  ast::ItemPtr item(Grammar::ItemContext *ctx);
  ast::ItemPtr typeDecl(Grammar::TypeDeclContext *ctx);
  ast::ItemPtr enumDecl(Grammar::EnumDeclContext *ctx);
  ast::ItemPtr model(Grammar::ModelContext *ctx);
  ast::ItemPtr externDecl(Grammar::ExternDeclContext *ctx);
  std::unique_ptr<ast::FunctionItem> function(Grammar::FunctionContext *ctx);
  ast::Body body(Grammar::BodyContext *ctx);
  ast::Member member(Grammar::MemberContext *ctx);
  std::vector<ast::FieldDecl> fields(const std::vector<Grammar::FieldContext *> &list);

  // Statements (BuildStmt.cpp).
  ast::StmtPtr stmt(Grammar::StmtContext *ctx);
  ast::StmtPtr binding(Grammar::StmtContext *ctx);
  ast::StmtPtr exprStmt(Grammar::StmtContext *ctx);
  void checkHabits(const ast::Expr &expr);

  // Expressions (BuildExpr.cpp), from the loosest to the tightest.
  ast::ExprPtr expr(Grammar::ExprContext *ctx);
  ast::ExprPtr lambda(Grammar::ExprContext *ctx);
  ast::ExprPtr ifExpr(Grammar::IfExprContext *ctx);
  ast::ExprPtr pick(Grammar::PickContext *ctx);
  std::vector<ast::ExprPtr> picks(const std::vector<Grammar::PickContext *> &list);
  ast::ExprPtr either(Grammar::EitherContext *ctx);
  ast::ExprPtr both(Grammar::BothContext *ctx);
  ast::ExprPtr negation(Grammar::NegationContext *ctx);
  ast::ExprPtr comparison(Grammar::ComparisonContext *ctx);
  ast::ExprPtr range(Grammar::RangeContext *ctx);
  ast::ExprPtr sum(Grammar::SumContext *ctx);
  ast::ExprPtr product(Grammar::ProductContext *ctx);
  ast::ExprPtr bound(Grammar::BindingContext *ctx);
  ast::ExprPtr unary(Grammar::UnaryContext *ctx);
  ast::ExprPtr power(Grammar::PowerContext *ctx);
  ast::ExprPtr postfix(Grammar::PostfixContext *ctx);
  ast::ExprPtr suffix(ast::ExprPtr base, Grammar::SuffixContext *ctx);
  ast::ExprPtr field(ast::ExprPtr base, Grammar::FieldNameContext *ctx);
  ast::Sub subscript(Grammar::SubContext *ctx);
  ast::ExprPtr atom(Grammar::AtomContext *ctx);
  ast::ExprPtr literal(Grammar::LiteralContext *ctx);
  ast::ExprPtr intLit(SourceSpan at);
  ast::ExprPtr floatLit(SourceSpan at);
  std::string stringValue(SourceSpan at);
  ast::ExprPtr binary(ast::BinaryOp op, SourceSpan opSpan, ast::ExprPtr lhs, ast::ExprPtr rhs);

  FileId file;
  const SourceManager &sources;
  const std::vector<DocComment> &docs;
  Diagnostics &diagnostics;
};

} // namespace dyn::dsl

#endif // DYN_DSL_SYNTAX_ASTBUILDER_H
