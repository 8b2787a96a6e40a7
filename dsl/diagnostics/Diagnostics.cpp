//===- Diagnostics.cpp - the registry and the collection of diagnostics --===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Diagnostics.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>
#include <tuple>

using namespace dyn::dsl;

namespace {
constexpr auto Error = Severity::Error;
[[maybe_unused]] constexpr auto Warning = Severity::Warning;
[[maybe_unused]] constexpr auto Remark = Severity::Remark;

constexpr DiagInfo registry[] = {
#define DYN_DIAG(CODE, NAME, SEVERITY, MESSAGE, HELP, EXPLANATION)                                 \
  {Diag::CODE, #CODE, NAME, SEVERITY, MESSAGE, HELP, EXPLANATION},
#include "Diagnostics.def"
};

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}
} // namespace

const DiagInfo &dyn::dsl::diagInfo(Diag id) { return registry[static_cast<size_t>(id)]; }

std::span<const DiagInfo> dyn::dsl::allDiags() { return registry; }

const DiagInfo *dyn::dsl::findDiag(std::string_view codeOrName) {
  for (const DiagInfo &info : registry)
    if (equalIgnoringCase(info.code, codeOrName) || equalIgnoringCase(info.name, codeOrName))
      return &info;
  return nullptr;
}

std::string detail::diagArg(std::string_view text) { return printable(text); }

std::string detail::diagArg(double number) {
  char buffer[32];
  auto result = std::to_chars(buffer, buffer + sizeof(buffer), number);
  return std::string(buffer, result.ptr);
}

std::string dyn::dsl::formatDiag(std::string_view pattern, std::span<const std::string> args) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    bool isArg = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}' &&
                 pattern[i + 1] >= '0' && pattern[i + 1] <= '9';
    size_t index = isArg ? static_cast<size_t>(pattern[i + 1] - '0') : 0;
    if (isArg && index < args.size()) {
      out += args[index];
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

DiagBuilder &DiagBuilder::label(std::string text) {
  diagnostic->label = std::move(text);
  return *this;
}

DiagBuilder &DiagBuilder::note(SourceSpan span, std::string text) {
  diagnostic->notes.push_back({span, std::move(text)});
  return *this;
}

DiagBuilder &DiagBuilder::note(std::string text) { return note(SourceSpan(), std::move(text)); }

DiagBuilder &DiagBuilder::help(std::string text) {
  if (!ownHelp)
    diagnostic->helps.clear();
  ownHelp = true;
  diagnostic->helps.push_back(std::move(text));
  return *this;
}

DiagBuilder Diagnostics::reportTexts(SourceSpan span, Diag id,
                                     const std::vector<std::string> &args) {
  const DiagInfo &info = diagInfo(id);
  Diagnostic diagnostic{id, info.severity, span, formatDiag(info.message, args), {}, {}, {}};
  if (std::string help = formatDiag(info.help, args); !help.empty())
    diagnostic.helps.push_back(std::move(help));
  all.push_back(std::move(diagnostic));
  errors += info.severity == Severity::Error;
  return DiagBuilder(&all.back());
}

void Diagnostics::rollback(size_t mark) {
  while (all.size() > mark) {
    errors -= all.back().severity == Severity::Error;
    all.pop_back();
  }
}

std::vector<const Diagnostic *> Diagnostics::sorted() const {
  // Of several at one span the cause, reported first, stays first. Diagnostics without a place
  // speak of the whole program and come last: noFile is the largest number.
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::ranges::sort(order, {}, [&](size_t i) {
    return std::tuple(all[i].span.file, all[i].span.begin, all[i].span.end, i);
  });
  std::vector<const Diagnostic *> result;
  result.reserve(all.size());
  for (size_t i : order)
    result.push_back(&all[i]);
  auto isCascade = [](const Diagnostic *a, const Diagnostic *b) {
    return a->span.isValid() ? a->span == b->span && a->severity == b->severity
                             : a->id == b->id && a->message == b->message;
  };
  auto extra = std::ranges::unique(result, isCascade);
  result.erase(extra.begin(), extra.end());
  return result;
}
