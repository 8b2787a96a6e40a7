//===- Parser.cpp - from source text to the syntax tree ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Parser.h"

#include "AstBuilder.h"
#include "SyntaxErrors.h"
#include "TokenFilter.h"

#include "DynLexer.h"
#include "DynParser.h"

using namespace dyn::dsl;
using dyn::grammar::DynLexer;
using dyn::grammar::DynParser;

namespace {
using antlr4::Token;
using antlr4::atn::ParserATNSimulator;
using antlr4::atn::PredictionMode;

constexpr unsigned maxErrors = 20;

/// Reports one error and stops. Mending the text as the default strategy does makes errors of its
/// own; the loop below takes the statement out and starts again instead.
class StopAtError : public antlr4::DefaultErrorStrategy {
public:
  using DefaultErrorStrategy::recover;
  void recover(antlr4::Parser *, std::exception_ptr) override {
    throw antlr4::ParseCancellationException();
  }
  Token *recoverInline(antlr4::Parser *parser) override {
    throw antlr4::InputMismatchException(parser);
  }

protected:
  Token *singleTokenDeletion(antlr4::Parser *) override { return nullptr; }
  void reportUnwantedToken(antlr4::Parser *parser) override {
    DefaultErrorStrategy::reportUnwantedToken(parser);
    throw antlr4::ParseCancellationException();
  }
};

using TokenList = std::vector<std::unique_ptr<Token>>;

/// The statement, member or declaration around token `index`, from its first token to the one
/// behind its last. The separator behind it is part of it.
std::pair<size_t, size_t> statementAround(const TokenList &tokens, size_t index) {
  auto type = [&](size_t i) { return tokens[i]->getType(); };
  size_t begin = index;
  for (size_t closed = 0; begin > 0; --begin) {
    size_t before = type(begin - 1);
    if (before == DynLexer::RBRACE)
      ++closed;
    else if ((before == DynLexer::LBRACE && closed-- == 0) ||
             (before == DynLexer::NL && closed == 0))
      break;
  }
  size_t end = begin;
  for (size_t opened = 0; type(end) != Token::EOF; ++end) {
    if (type(end) == DynLexer::LBRACE)
      ++opened;
    else if (type(end) == DynLexer::RBRACE && opened-- == 0)
      break;
    else if (type(end) == DynLexer::NL && opened == 0 && end >= index)
      return {begin, end + 1};
  }
  if (begin == end && type(end) != Token::EOF) {
    // Nothing stands here, so the enclosing statement lacks something; or a brace closes nothing.
    if (begin > 0 && type(begin - 1) == DynLexer::LBRACE)
      return statementAround(tokens, begin - 1);
    return {index, index + 1};
  }
  // The last of its block: the separator before it goes instead.
  if (begin > 0 && type(begin - 1) == DynLexer::NL)
    --begin;
  return {begin, end};
}

/// One attempt to parse; its parser owns the tree.
struct Attempt {
  explicit Attempt(TokenList list)
      : source(std::move(list)), tokens(&source), parser((tokens.fill(), &tokens)) {
    parser.removeErrorListeners();
  }

  /// Null if the strategy stopped the parse.
  DynParser::FileContext *run(PredictionMode mode,
                              const std::shared_ptr<antlr4::ANTLRErrorStrategy> &onError) {
    tokens.seek(0);
    parser.reset();
    parser.setErrorHandler(onError);
    parser.getInterpreter<ParserATNSimulator>()->setPredictionMode(mode);
    try {
      return parser.file();
    } catch (const antlr4::ParseCancellationException &) {
      return nullptr;
    }
  }

  TokenList copyTokens() {
    TokenList copies;
    for (Token *token : tokens.getTokens())
      copies.push_back(std::make_unique<antlr4::CommonToken>(token));
    return copies;
  }

  antlr4::ListTokenSource source;
  antlr4::CommonTokenStream tokens;
  DynParser parser;
};

/// SLL is fast and parses every correct program. What it refuses is parsed again in LL mode, which
/// decides and reports. After an error its statement is left out and the rest is parsed again, so
/// that every error is one of the text.
class FileParser {
public:
  FileParser(FileId file, const SourceManager &sources, Diagnostics &diagnostics)
      : file(file), sources(sources), diagnostics(diagnostics) {}

  /// The parse tree; null if errors remain. Valid as long as this object.
  DynParser::FileContext *parse(TokenList tokens) {
    attempt = std::make_unique<Attempt>(std::move(tokens));
    auto bail = std::make_shared<antlr4::BailErrorStrategy>();
    if (auto *tree = attempt->run(PredictionMode::SLL, bail))
      return tree;
    for (unsigned i = 0; i < maxErrors; ++i) {
      SyntaxErrorListener listener(file, sources, attempt->tokens, diagnostics);
      attempt->parser.addErrorListener(&listener);
      auto *tree = attempt->run(PredictionMode::LL, std::make_shared<StopAtError>());
      attempt->parser.removeErrorListeners();
      if (tree)
        return tree;
      if (!leaveOut(listener.errorIndex()))
        return nullptr;
    }
    return nullptr;
  }

  /// What was left out.
  std::vector<SourceSpan> removed;

private:
  bool leaveOut(size_t index) {
    TokenList tokens = attempt->copyTokens();
    if (index >= tokens.size())
      return false;
    auto [begin, end] = statementAround(tokens, index);
    if (begin == end)
      return false; // a bracket that is open at the end of the file
    removed.push_back(join(tokenSpan(file, *tokens[begin]), tokenSpan(file, *tokens[end - 1])));
    tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(begin),
                 tokens.begin() + static_cast<ptrdiff_t>(end));
    attempt = std::make_unique<Attempt>(std::move(tokens));
    return true;
  }

  FileId file;
  const SourceManager &sources;
  Diagnostics &diagnostics;
  std::unique_ptr<Attempt> attempt;
};
} // namespace

std::unique_ptr<ast::File> dyn::dsl::parseFile(FileId file, const SourceManager &sources,
                                               Diagnostics &diagnostics) {
  auto empty = std::make_unique<ast::File>();
  empty->id = file;
  if (!sources.has(file))
    return empty;

  antlr4::ANTLRInputStream input(asciiOnly(sources.file(file).text()));
  DynLexer lexer(&input);
  lexer.removeErrorListeners();
  FilteredTokens filtered = filterTokens(file, sources, lexer, diagnostics);
  if (filtered.tooDeep)
    return empty;

  FileParser parser(file, sources, diagnostics);
  DynParser::FileContext *tree = parser.parse(std::move(filtered.tokens));
  if (!tree)
    return empty;
  return AstBuilder(file, sources, filtered.docs, diagnostics).build(tree, parser.removed);
}
