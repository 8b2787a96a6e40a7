//===- SyntaxErrors.cpp - the parser's errors in our words ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SyntaxErrors.h"

#include "DynParser.h"
#include "TokenFilter.h"

#include <algorithm>
#include <initializer_list>

using namespace dyn::dsl;
using antlr4::Token;
using antlr4::misc::IntervalSet;
using dyn::grammar::DynParser;

namespace {
bool isWord(size_t type) { return type >= DynParser::USE && type <= DynParser::DERIVE; }
bool isComparison(size_t type) { return type >= DynParser::EQ && type <= DynParser::GE; }

/// What could stand at the place of an error. Where prediction failed behind the token at which it
/// began, these are the tokens that the surviving paths wait for.
IntervalSet expectedTokens(DynParser &parser, const std::exception_ptr &error) {
  if (!error)
    return parser.getExpectedTokens();
  try {
    std::rethrow_exception(error);
  } catch (const antlr4::NoViableAltException &e) {
    IntervalSet expected;
    const antlr4::atn::ATNConfigSet *configs = e.getDeadEndConfigs();
    if (!configs)
      return e.getExpectedTokens();
    for (const auto &config : configs->configs)
      for (antlr4::atn::Transition *transition : config->state->transitions)
        if (!transition->isEpsilon())
          expected.addAll(transition->label());
    return expected;
  } catch (const antlr4::RecognitionException &e) {
    return e.getExpectedTokens();
  } catch (...) {
    return {};
  }
}

bool has(const IntervalSet &set, size_t type) { return set.contains(type); }

bool containsAll(const IntervalSet &set, std::initializer_list<size_t> types) {
  return std::ranges::all_of(types, [&](size_t t) { return has(set, t); });
}

/// A set of tokens as a person would say it.
std::string inWords(const IntervalSet &expected, const antlr4::dfa::Vocabulary &vocabulary,
                    size_t open) {
  std::vector<std::string> words;
  std::vector<bool> left;
  for (size_t type = 0; type <= DynParser::UNKNOWN; ++type)
    left.push_back(type != 0 && has(expected, type));
  auto drop = [&](std::initializer_list<size_t> types) {
    for (size_t type : types)
      left[type] = false;
  };
  auto dropNames = [&] {
    drop({DynParser::ID,        DynParser::MODEL, DynParser::MASK,  DynParser::LOSS,
          DynParser::OPTIMIZER, DynParser::PARAM, DynParser::STATE, DynParser::TYPE,
          DynParser::CONFIG,    DynParser::TRAIN, DynParser::LOG,   DynParser::TAP,
          DynParser::LOCAL,     DynParser::USE,   DynParser::PURE,  DynParser::LIKE,
          DynParser::LIMIT,     DynParser::TO,    DynParser::FROM,  DynParser::ALONG});
  };
  bool isExpr = containsAll(expected, {DynParser::INT, DynParser::STRING, DynParser::LPAREN});
  bool isStmt = isExpr && has(expected, DynParser::LET);
  bool isItem = containsAll(expected, {DynParser::CONST, DynParser::ENUM});
  bool isMember = !isItem && containsAll(expected, {DynParser::PARAM, DynParser::FN});
  bool afterExpr = containsAll(expected, {DynParser::PLUS, DynParser::STAR}) ||
                   containsAll(expected, {DynParser::DOT, DynParser::LBRACKET});
  if (isStmt || isMember)
    left[DynParser::RBRACE] = false;
  if (isStmt)
    words.push_back("a statement");
  else if (isExpr)
    words.push_back("an expression");
  else if (isItem)
    words.push_back("a declaration");
  else if (isMember && has(expected, DynParser::STATE))
    words.push_back("a member");
  else if (has(expected, DynParser::ID))
    words.push_back("a name");

  if (isExpr || isItem || isMember)
    for (size_t type = 0; type < left.size(); ++type)
      if (isWord(type) || type == DynParser::MINUS || type == DynParser::LPAREN ||
          type == DynParser::LBRACKET || type == DynParser::INT || type == DynParser::FLOAT ||
          type == DynParser::STRING || (isExpr && type == DynParser::LBRACE))
        left[type] = false;
  if (!words.empty())
    dropNames();
  if (afterExpr) {
    for (size_t type = DynParser::PLUS; type <= DynParser::GE; ++type)
      left[type] = false;
    drop({DynParser::AND, DynParser::OR, DynParser::IN, DynParser::DIV, DynParser::MOD,
          DynParser::WHERE, DynParser::DOT, DynParser::DOTDOT, DynParser::DOTDOT_EQ, DynParser::BY,
          DynParser::LPAREN, DynParser::LBRACKET, DynParser::FAT_ARROW});
    // An assignment could follow as well, but is seldom what is missing.
    if (left[DynParser::NL])
      drop({DynParser::ASSIGN, DynParser::PLUS_ASSIGN, DynParser::MINUS_ASSIGN,
            DynParser::STAR_ASSIGN, DynParser::SLASH_ASSIGN, DynParser::COMMA, DynParser::ELSE,
            DynParser::DERIVATIVE});
  }
  // Prediction without context also reports what could follow around other brackets.
  if (open == DynParser::LPAREN)
    drop({DynParser::RBRACKET, DynParser::RBRACE, DynParser::NL});
  else if (open == DynParser::LBRACKET)
    drop({DynParser::RPAREN, DynParser::RBRACE, DynParser::NL});
  else
    drop({DynParser::RPAREN, DynParser::RBRACKET});

  if (left[DynParser::NL] || (words.empty() && has(expected, Token::EOF) && open == 0)) {
    words.push_back("the end of the line");
    drop({DynParser::NL, DynParser::RBRACE, DynParser::COLON, DynParser::COMMA});
  }
  if (left[DynParser::COMMA]) {
    words.push_back("`,`");
    drop({DynParser::COMMA});
  }
  size_t signs = 0;
  for (size_t type = 0; type < left.size() && signs < 4; ++type) {
    std::string name = left[type] ? vocabulary.getLiteralName(type) : std::string();
    if (name.size() > 2) {
      words.push_back("`" + name.substr(1, name.size() - 2) + "`");
      ++signs;
    } else if (left[type] && type == DynParser::STRING) {
      words.push_back("a string");
    }
  }
  if (words.empty())
    return "something else";
  std::string result = words[0];
  for (size_t i = 1; i < words.size(); ++i)
    result += (i + 1 == words.size() ? " or " : ", ") + words[i];
  return result;
}
} // namespace

const Token *SyntaxErrorListener::at(size_t index) const {
  return index < tokens.size() ? tokens.get(index) : nullptr;
}

std::string_view SyntaxErrorListener::text(const Token *token) const {
  return token ? sources.text(tokenSpan(file, *token)) : std::string_view();
}

/// The innermost bracket that is open before a token.
const Token *SyntaxErrorListener::openBracket(size_t index) const {
  size_t closed = 0;
  while (index-- > 0) {
    const Token *token = tokens.get(index);
    size_t type = token->getType();
    if (type == DynParser::RPAREN || type == DynParser::RBRACKET || type == DynParser::RBRACE)
      ++closed;
    else if (type == DynParser::LPAREN || type == DynParser::LBRACKET || type == DynParser::LBRACE)
      if (closed-- == 0)
        return token;
  }
  return nullptr;
}

std::string SyntaxErrorListener::found(const Token &token) const {
  switch (token.getType()) {
  case Token::EOF:
    return "the end of the file";
  case DynParser::NL:
    return text(&token) == ";" ? "`;`" : "the end of the line";
  case DynParser::STRING:
    return "a string";
  default: {
    std::string_view shown = text(&token);
    return "`" + printable(shown.substr(0, 40)) + (shown.size() > 40 ? "...`" : "`");
  }
  }
}

/// The likeliest way out, if the slip is a known one.
std::string SyntaxErrorListener::help(const Token &token, const IntervalSet &expected) const {
  size_t index = token.getTokenIndex();
  size_t type = token.getType();
  const Token *before = index > 0 ? at(index - 1) : nullptr;
  const Token *after = at(index + 1);
  size_t beforeType = before ? before->getType() : 0;
  bool wantsOperand = has(expected, DynParser::INT);

  struct Word {
    std::string_view word;
    const char *help;
  };
  static constexpr Word words[] = {
      {"return", "the last expression of a block is its value; there is no `return`"},
      {"def", "a function begins with `fn`: `fn name(x: real) -> real = ...`"},
      {"func", "a function begins with `fn`: `fn name(x: real) -> real = ...`"},
      {"function", "a function begins with `fn`: `fn name(x: real) -> real = ...`"},
      {"class", "write `model Name { }` for what is trained, `type Name { }` for a record"},
      {"struct", "a record is written `type Name { }`"},
      {"import", "modules are named with `use`: `use nn, optim`"},
      {"elif", "write `else if`"},
      {"print", "values are shown with `log name: value`"},
      {"mut", "a name that is assigned later is declared with `var`"},
      {"then", "the branches of an `if` stand in braces: `if c { a } else { b }`"},
  };
  for (const Word &entry : words)
    if (text(before) == entry.word || text(&token) == entry.word)
      return entry.help;

  if (type == DynParser::NL && after && after->getType() == DynParser::LBRACE)
    return "`{` stands on the line of its header";
  if (type == DynParser::STAR && beforeType == DynParser::STAR)
    return "a power is written `x^2`";
  if (type == DynParser::DOT && wantsOperand && after && after->getType() == DynParser::INT)
    return "a number begins with a digit: `0." + std::string(text(after)) + "`";
  bool wantsItem = has(expected, DynParser::CONST);
  bool wantsMember = has(expected, DynParser::PARAM) && has(expected, DynParser::FN);
  if (wantsItem && type >= DynParser::LET && type <= DynParser::SEEDED)
    return "statements stand in `train { }` or in a function";
  if (wantsMember && !wantsItem && isWord(type))
    return "a model has `param`, `state`, sub-models (`name: Type`) and functions";
  if (type == DynParser::FN && has(expected, DynParser::LET))
    return "functions stand at the top of a file or in a model";
  if (has(expected, DynParser::ID) && !wantsOperand && isWord(type))
    return "`" + std::string(text(&token)) + "` is a reserved word; choose another name";
  if (beforeType == DynParser::NL && type >= DynParser::PLUS && type <= DynParser::GE)
    return "a line that goes on ends with its operator: move `" + std::string(text(&token)) +
           "` to the line above";
  if (isComparison(type) && !wantsOperand)
    return "comparisons do not chain: `a < b and b < c`";
  if (type == DynParser::ASSIGN && has(expected, DynParser::LBRACE))
    return "values are compared with `==`";
  // `let x =` and nothing behind it: the next line was taken for its value.
  for (size_t i = index; type == DynParser::ASSIGN && i-- > 0;) {
    const Token *earlier = tokens.get(i);
    if (earlier->getLine() == token.getLine())
      continue;
    if (earlier->getType() == DynParser::NL || earlier->getType() == DynParser::LBRACE)
      break;
    return "the line above ends with `" + std::string(text(earlier)) +
           "`, so this line belongs to it";
  }
  if (type == DynParser::ID && (beforeType == DynParser::INT || beforeType == DynParser::FLOAT) &&
      before->getStopIndex() + 1 == token.getStartIndex())
    return "a product is written with its sign: `" + std::string(text(before)) + "*" +
           std::string(text(&token)) + "`";
  if ((type == DynParser::LBRACKET || beforeType == DynParser::REDUCE ||
       beforeType == DynParser::DERIVE) &&
      has(expected, DynParser::LBRACKET) && has(expected, DynParser::LPAREN) &&
      (beforeType == DynParser::REDUCE || beforeType == DynParser::DERIVE))
    return "`" + std::string(text(before)) + "` is a reserved word: write `" +
           std::string(text(before)) + "(x)` or `" + std::string(text(before)) + "[i] x[i]`";
  return {};
}

void SyntaxErrorListener::syntaxError(antlr4::Recognizer *recognizer, Token *offending, size_t,
                                      size_t, const std::string &, std::exception_ptr error) {
  if (!offending)
    return;
  lastIndex = offending->getTokenIndex();
  bool isEnd = offending->getType() == Token::EOF;
  // What is missing is missed behind the last word: not at the brace in a line of its own, and not
  // behind the blank lines at the end of a file.
  const Token *before = lastIndex > 0 ? tokens.get(lastIndex - 1) : nullptr;
  bool endsLine = before && offending->getType() == DynParser::RBRACE &&
                  before->getType() != DynParser::LBRACE &&
                  before->getLine() != offending->getLine();
  SourceSpan span = tokenSpan(file, *offending);
  if ((isEnd && before) || endsLine)
    span.begin = span.end = tokenSpan(file, *before).end;
  // What is wrong later in the line of an error mostly follows from it.
  uint32_t line = sources.lineColumn(file, span.begin).line;
  for (const Diagnostic &earlier : diagnostics.reported())
    if (earlier.span.file == file && sources.begin(earlier.span).line == line)
      return;

  auto &parser = *static_cast<DynParser *>(recognizer);
  IntervalSet expected = expectedTokens(parser, error);
  const Token *open = openBracket(offending->getTokenIndex());
  size_t openType = open ? open->getType() : 0;
  if (offending->getType() == DynParser::NL && span.end > span.begin && text(offending) != ";")
    span.end = span.begin; // the caret stands behind the line
  std::string words = isEnd && openType == DynParser::LBRACE
                          ? "`}`"
                          : inWords(expected, parser.getVocabulary(), openType);
  DiagBuilder report = diagnostics.report(span, Diag::E0101, words,
                                          endsLine ? "the end of the line" : found(*offending));
  if (std::string text = help(*offending, expected); !text.empty())
    report.help(text);
  if (open && (isEnd || openType != DynParser::LBRACE)) {
    SourceSpan bracket = tokenSpan(file, *open);
    if (isEnd || sources.begin(bracket).line != line)
      report.note(bracket, "still open here");
  }
}
