//===- TokenFilter.h - what happens between lexer and parser -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The filter decides which line ends separate statements, sets documentation
// comments aside, reports what is no token, and refuses text that nests too deep
// for the recursive phases behind it.
//
// A line end is dropped directly inside `(` and `[`, after an operator, a comma
// or an opening brace, and before `}`, `.`, `else`, `with` and `derivative`.
// `;` counts as a line end. Several in a row are one.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_SYNTAX_TOKENFILTER_H
#define DYN_DSL_SYNTAX_TOKENFILTER_H

#include "dyn/dsl/Diagnostics.h"
#include "dyn/dsl/Source.h"

#include "antlr4-runtime.h"

#include <memory>
#include <string>
#include <vector>

namespace dyn::dsl {

struct DocComment {
  uint32_t begin;
  uint32_t end;
  std::string text; ///< without `///` and the blank behind it
};

struct FilteredTokens {
  std::vector<std::unique_ptr<antlr4::Token>> tokens; ///< ends with EOF
  std::vector<DocComment> docs;
  bool tooDeep = false; ///< reported; the tokens must not be parsed
};

/// The text with every byte that is not ASCII replaced, so that the offsets of tokens are offsets
/// of bytes and broken UTF-8 is an unknown character like any other.
std::string asciiOnly(std::string_view text);

FilteredTokens filterTokens(FileId file, const SourceManager &sources, antlr4::Lexer &lexer,
                            Diagnostics &diagnostics);

/// The bytes that a token covers; empty at their end for EOF.
SourceSpan tokenSpan(FileId file, const antlr4::Token &token);

} // namespace dyn::dsl

#endif // DYN_DSL_SYNTAX_TOKENFILTER_H
