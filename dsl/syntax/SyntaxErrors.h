//===- SyntaxErrors.h - the parser's errors in our words -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_SYNTAX_SYNTAXERRORS_H
#define DYN_DSL_SYNTAX_SYNTAXERRORS_H

#include "dyn/dsl/Diagnostics.h"

#include "antlr4-runtime.h"

namespace dyn::dsl {

/// Turns syntax errors into diagnostics: sets of tokens become words, the most common slips get a
/// help, and what follows from an error on the same line is not reported.
class SyntaxErrorListener : public antlr4::BaseErrorListener {
public:
  SyntaxErrorListener(FileId file, const SourceManager &sources, antlr4::TokenStream &tokens,
                      Diagnostics &diagnostics)
      : file(file), sources(sources), tokens(tokens), diagnostics(diagnostics) {}

  void syntaxError(antlr4::Recognizer *recognizer, antlr4::Token *offending, size_t line,
                   size_t column, const std::string &message, std::exception_ptr error) override;

  /// The index of the token at which the last error was found; past all tokens if there was none.
  size_t errorIndex() const { return lastIndex; }

private:
  std::string found(const antlr4::Token &token) const;
  std::string help(const antlr4::Token &token, const antlr4::misc::IntervalSet &expected) const;
  const antlr4::Token *at(size_t index) const;
  const antlr4::Token *openBracket(size_t index) const;
  std::string_view text(const antlr4::Token *token) const;

  FileId file;
  const SourceManager &sources;
  antlr4::TokenStream &tokens;
  Diagnostics &diagnostics;
  size_t lastIndex = static_cast<size_t>(-1);
};

} // namespace dyn::dsl

#endif // DYN_DSL_SYNTAX_SYNTAXERRORS_H
