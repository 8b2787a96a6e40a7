//===- TokenFilter.cpp - what happens between lexer and parser -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TokenFilter.h"

#include "DynLexer.h"

#include <set>

using namespace dyn::dsl;
using antlr4::Token;
using dyn::grammar::DynLexer;

namespace {
constexpr unsigned maxNesting = 200;
constexpr unsigned maxOperators = 1000;
constexpr char substitute = '\x1A';

/// A line does not end behind one of these.
bool continuesAfter(size_t type) {
  static const std::set<size_t> types = {
      DynLexer::COMMA,        DynLexer::COLON,       DynLexer::ASSIGN,       DynLexer::PLUS_ASSIGN,
      DynLexer::MINUS_ASSIGN, DynLexer::STAR_ASSIGN, DynLexer::SLASH_ASSIGN, DynLexer::DRAW,
      DynLexer::ARROW,        DynLexer::FAT_ARROW,   DynLexer::DOT,          DynLexer::DOTDOT,
      DynLexer::DOTDOT_EQ,    DynLexer::PLUS,        DynLexer::MINUS,        DynLexer::STAR,
      DynLexer::SLASH,        DynLexer::AT,          DynLexer::CARET,        DynLexer::EQ,
      DynLexer::NE,           DynLexer::LT,          DynLexer::LE,           DynLexer::GT,
      DynLexer::GE,           DynLexer::AND,         DynLexer::OR,           DynLexer::NOT,
      DynLexer::DIV,          DynLexer::MOD,         DynLexer::IN,           DynLexer::WHERE,
      DynLexer::WITH,         DynLexer::BY,          DynLexer::LPAREN,       DynLexer::LBRACKET,
      DynLexer::LBRACE};
  return types.count(type) != 0;
}

/// A line does not end before one of these.
bool continuesBefore(size_t type) {
  return type == DynLexer::RBRACE || type == DynLexer::DOT || type == DynLexer::ELSE ||
         type == DynLexer::WITH || type == DynLexer::DERIVATIVE;
}

bool isOpening(size_t type) {
  return type == DynLexer::LPAREN || type == DynLexer::LBRACKET || type == DynLexer::LBRACE;
}

size_t openingOf(size_t type) {
  return type == DynLexer::RPAREN     ? DynLexer::LPAREN
         : type == DynLexer::RBRACKET ? DynLexer::LBRACKET
         : type == DynLexer::RBRACE   ? DynLexer::LBRACE
                                      : 0;
}

bool isOperator(size_t type) {
  return (type >= DynLexer::PLUS && type <= DynLexer::GE) || type == DynLexer::DOT ||
         type == DynLexer::AND || type == DynLexer::OR || type == DynLexer::DIV ||
         type == DynLexer::MOD || type == DynLexer::ELSE;
}

/// Characters that other languages use, and what to do instead.
struct Habit {
  std::string_view text;
  size_t type; ///< the token that is meant; 0: none
  const char *help;
};
constexpr Habit habits[] = {
    {"&", DynLexer::AND, "a conjunction is written `and`"},
    {"|", DynLexer::OR, "a disjunction is written `or`"},
    {"!", DynLexer::NOT, "a negation is written `not`"},
    {"%", DynLexer::MOD, "a remainder is written `mod`"},
    {"#", 0, "a comment begins with `//`"},
    {"'", 0, "strings stand in double quotes: `\"text\"`"},
    {"\\", 0, "a line goes on inside brackets or after an operator; lambdas are `x => e`"},
    {"?", 0, "a choice is written `if c { a } else { b }`"},
    {"\xC3\x97", DynLexer::STAR, "a product is written `*`"},
    {"\xC3\xB7", DynLexer::SLASH, "a quotient is written `/`"},
    {"\xC2\xB7", DynLexer::STAR, "a product is written `*`"},
    {"\xE2\x88\x92", DynLexer::MINUS, "this is not the sign `-`, only like it"},
    {"\xE2\x80\x93", DynLexer::MINUS, "this is not the sign `-`, only like it"},
    {"\xE2\x80\x94", DynLexer::MINUS, "this is not the sign `-`, only like it"},
    {"\xE2\x89\xA4", DynLexer::LE, "write `<=`"},
    {"\xE2\x89\xA5", DynLexer::GE, "write `>=`"},
    {"\xE2\x89\xA0", DynLexer::NE, "write `!=`"},
    {"\xE2\x80\x9C", 0, "strings stand in plain double quotes: `\"text\"`"},
    {"\xE2\x80\x9D", 0, "strings stand in plain double quotes: `\"text\"`"},
    {"\xC2\xA0", 0, "this blank is a no-break space; write a plain one"},
};

class Filter {
public:
  Filter(FileId file, const SourceManager &sources, Diagnostics &diagnostics)
      : file(file), sources(sources), diagnostics(diagnostics) {}

  FilteredTokens run(antlr4::Lexer &lexer);

private:
  /// An open bracket; the first is the file itself.
  struct Level {
    size_t opening = 0;
    unsigned prefixes = 0;  ///< what recurses to the right: `^`, `not`, `sum[k]`, `=>`
    unsigned operators = 0; ///< what makes a chain to the left
  };

  void unknown(std::unique_ptr<Token> token);
  void separate(const Token &next);
  void measure(const Token &token, size_t nextType);
  void endStatement(Level &level);
  size_t lastType() const { return out.tokens.empty() ? 0 : out.tokens.back()->getType(); }
  void tooDeep(const Token &token, const char *limit);

  FileId file;
  const SourceManager &sources;
  Diagnostics &diagnostics;
  FilteredTokens out;
  std::vector<Level> levels{1};
  unsigned prefixes = 0;          ///< of all levels
  std::unique_ptr<Token> lineEnd; ///< not yet decided
  std::unique_ptr<Token> semicolon;
  uint32_t unknownEnd = 0;
  bool skipLine = false;
};

void Filter::unknown(std::unique_ptr<Token> token) {
  SourceSpan span = tokenSpan(file, *token);
  if (span.begin < unknownEnd)
    return; // a later byte of a character that was reported
  std::string_view rest = sources.file(file).text().substr(span.begin);
  const Habit *habit = nullptr;
  for (const Habit &candidate : habits)
    if (rest.starts_with(candidate.text))
      habit = &candidate;
  size_t length = 1;
  while (length < rest.size() && length < 4 && (rest[length] & 0xC0) == 0x80 &&
         static_cast<unsigned char>(rest[0]) >= 0xC0)
    ++length;
  if (span.begin == unknownEnd && unknownEnd != 0 && !habit) {
    unknownEnd += static_cast<uint32_t>(length); // goes with the one reported
    return;
  }
  if ((rest[0] == '&' || rest[0] == '|') && rest.size() > 1 && rest[1] == rest[0])
    length = 2;
  span.end = span.begin + static_cast<uint32_t>(length);
  unknownEnd = span.end;

  std::string shown = printable(rest.substr(0, length));
  DiagBuilder report = diagnostics.report(span, Diag::E0105, "`" + shown + "`");
  if (habit)
    report.help(habit->help);
  if (rest[0] == '#') {
    skipLine = true;
  } else if (habit && habit->type != 0) {
    static_cast<antlr4::CommonToken &>(*token).setType(habit->type);
    separate(*token);
    out.tokens.push_back(std::move(token));
  }
}

void Filter::tooDeep(const Token &token, const char *limit) {
  if (!out.tooDeep)
    diagnostics.report(tokenSpan(file, token), Diag::E0104, limit);
  out.tooDeep = true;
}

void Filter::endStatement(Level &level) {
  prefixes -= level.prefixes;
  level.prefixes = 0;
  level.operators = 0;
}

/// Puts a separator before `next` if the line end before it is one.
void Filter::separate(const Token &next) {
  std::unique_ptr<Token> separator = semicolon ? std::move(semicolon) : std::move(lineEnd);
  bool wasSemicolon = separator && separator->getType() == DynLexer::SEMICOLON;
  lineEnd.reset();
  semicolon.reset();
  if (!separator || out.tokens.empty() || next.getType() == Token::EOF)
    return;
  size_t before = lastType();
  if (before == DynLexer::LBRACE || next.getType() == DynLexer::RBRACE)
    return;
  size_t opening = levels.back().opening;
  if (!wasSemicolon && (opening == DynLexer::LPAREN || opening == DynLexer::LBRACKET ||
                        continuesAfter(before) || continuesBefore(next.getType())))
    return;
  static_cast<antlr4::CommonToken &>(*separator).setType(DynLexer::NL);
  out.tokens.push_back(std::move(separator));
  endStatement(levels.back());
}

/// Keeps the book of open brackets and of what makes the tree deep.
void Filter::measure(const Token &token, size_t before) {
  size_t type = token.getType();
  if (size_t opening = openingOf(type)) {
    // The nearest bracket of this kind; brackets inside it that were left open end too.
    size_t match = levels.size();
    while (match > 1 && levels[match - 1].opening != opening)
      --match;
    while (match > 1 && levels.size() >= match) {
      endStatement(levels.back());
      levels.pop_back();
    }
    return;
  }
  Level &level = levels.back();
  bool afterOperand = before == DynLexer::RPAREN || before == DynLexer::RBRACKET ||
                      before == DynLexer::RBRACE || before == DynLexer::INT ||
                      before == DynLexer::FLOAT || before == DynLexer::ID;
  if (type == DynLexer::COMMA) {
    endStatement(level);
  } else if (type == DynLexer::CARET || type == DynLexer::NOT || type == DynLexer::FAT_ARROW ||
             type == DynLexer::ARROW || type == DynLexer::TAP ||
             (type == DynLexer::MINUS && !afterOperand) ||
             (type == DynLexer::LBRACKET &&
              (before == DynLexer::REDUCE || before == DynLexer::DERIVE))) {
    ++level.prefixes;
    ++prefixes;
  }
  if (isOperator(type) || (isOpening(type) && afterOperand))
    if (++level.operators > maxOperators)
      tooDeep(token, "1000 operators in a row");
  if (isOpening(type))
    levels.push_back({type});
  if (levels.size() + prefixes > maxNesting)
    tooDeep(token, "200 levels");
}

FilteredTokens Filter::run(antlr4::Lexer &lexer) {
  bool done = false;
  while (!done && !out.tooDeep) {
    std::unique_ptr<Token> token = lexer.nextToken();
    size_t type = token->getType();
    done = type == Token::EOF;
    if (skipLine && type != DynLexer::NL && !done)
      continue;
    switch (type) {
    case DynLexer::DOC: {
      SourceSpan span = tokenSpan(file, *token);
      std::string_view text = sources.text(span).substr(3);
      text = text.substr(std::min(text.size(), size_t(text.starts_with(' '))));
      text = text.substr(0, text.find_last_not_of(" \t") + 1);
      out.docs.push_back({span.begin, span.end, std::string(text)});
      continue;
    }
    case DynLexer::NL:
      skipLine = false;
      lineEnd = std::move(token);
      continue;
    case DynLexer::SEMICOLON:
      semicolon = std::move(token);
      continue;
    case DynLexer::UNKNOWN:
      unknown(std::move(token));
      continue;
    case DynLexer::OPEN_STRING:
      diagnostics.report(tokenSpan(file, *token), Diag::E0102);
      static_cast<antlr4::CommonToken &>(*token).setType(DynLexer::STRING);
      break;
    default:
      break;
    }
    separate(*token);
    measure(*token, lastType());
    out.tokens.push_back(std::move(token));
  }
  return std::move(out);
}
} // namespace

std::string dyn::dsl::asciiOnly(std::string_view text) {
  std::string out(text);
  for (char &c : out)
    if (c == '\0' || static_cast<unsigned char>(c) >= 0x80)
      c = substitute;
  // A byte order mark says nothing in UTF-8.
  if (text.starts_with("\xEF\xBB\xBF"))
    out.replace(0, 3, "   ");
  return out;
}

FilteredTokens dyn::dsl::filterTokens(FileId file, const SourceManager &sources,
                                      antlr4::Lexer &lexer, Diagnostics &diagnostics) {
  return Filter(file, sources, diagnostics).run(lexer);
}

SourceSpan dyn::dsl::tokenSpan(FileId file, const Token &token) {
  auto begin = static_cast<uint32_t>(token.getStartIndex());
  auto end = static_cast<uint32_t>(token.getStopIndex() + 1);
  if (token.getType() == Token::EOF || end < begin)
    end = begin;
  return {file, begin, end};
}
