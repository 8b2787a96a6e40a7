//===- SourceLine.cpp - one source line as the terminal shows it ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SourceLine.h"

#include "dyn/dsl/Diagnostics.h"

#include <algorithm>

using namespace dyn::dsl;
using namespace dyn::dsl::detail;

namespace {
constexpr size_t tabWidth = 4;
constexpr size_t maxWidth = 160;
constexpr size_t contextBefore = 60;
constexpr std::string_view cut = "...";

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Scripts whose characters take two columns, roughly.
bool isWide(std::string_view character) {
  if (character.size() == 4)
    return character[1] >= '\x9F' && character >= "\xF0\x9F\x8C" && character < "\xF0\x9F\xAC";
  return character.size() == 3 && ((character >= "\xE1\x84\x80" && character < "\xE1\x85\xA0") ||
                                   (character >= "\xE2\xBA\x80" && character < "\xEA\x93\x90") ||
                                   (character >= "\xEA\xB0\x80" && character < "\xED\x9E\xA4") ||
                                   (character >= "\xEF\xA4\x80" && character < "\xEF\xAC\x80") ||
                                   (character >= "\xEF\xBC\x80" && character < "\xEF\xBD\xA1"));
}
} // namespace

SourceLine::SourceLine(std::string_view text, size_t focus) {
  std::string all;
  std::vector<size_t> textAt; // the byte of `all` at which a column begins
  auto put = [&](std::string_view piece, size_t width) {
    textAt.insert(textAt.end(), width, all.size());
    all += piece;
  };
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (end < text.size() && end < i + 4 && isContinuation(text[end]))
      ++end;
    std::string_view character = text.substr(i, end - i);
    columns.insert(columns.end(), end - i, textAt.size());
    if (character == "\t") {
      size_t width = tabWidth - textAt.size() % tabWidth;
      put(std::string(width, ' '), 1);
      for (size_t blank = 1; blank < width; ++blank)
        textAt.push_back(textAt.back() + 1);
    } else if (std::string safe = printable(character); safe == character) {
      put(safe, isWide(character) ? 2 : 1);
    } else {
      for (char c : safe)
        put(std::string_view(&c, 1), 1);
    }
    i = end;
  }
  columns.push_back(textAt.size());

  to = textAt.size();
  if (to <= maxWidth) {
    shownText = std::move(all);
    return;
  }
  size_t middle = columns[std::min(focus, columns.size() - 1)];
  from = middle > contextBefore ? std::min(middle - contextBefore, to - maxWidth) : 0;
  to = std::min(to, from + maxWidth);
  textAt.push_back(all.size());
  // A wide character that the cut would split goes to the side that shows it whole.
  shownText = all.substr(textAt[from], textAt[to] - textAt[from]);
  if (from > 0)
    shownText.insert(0, cut);
  if (to + 1 < textAt.size())
    shownText += cut;
}

size_t SourceLine::column(size_t byte) const {
  size_t at = std::clamp(columns[std::min(byte, columns.size() - 1)], from, to);
  return at - from + (from > 0 ? cut.size() : 0);
}
