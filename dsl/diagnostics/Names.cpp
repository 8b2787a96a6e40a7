//===- Names.cpp - names that are meant, text that is safe to print ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Diagnostics.h"

#include <algorithm>
#include <cctype>
#include <numeric>

using namespace dyn::dsl;

namespace {
/// Edit distance with transpositions; case alone costs nothing, so that `relU` finds `relu`.
size_t editDistance(std::string_view a, std::string_view b) {
  auto same = [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); };
  std::vector<size_t> beforeLast(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t(0));
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = last[j - 1] + !same(a[i - 1], b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
    std::swap(beforeLast, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

/// Length of the UTF-8 sequence that begins at `text[at]`; 0 if it is not a valid one.
size_t utf8Length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(at);
  size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || first > 0xF4 || at + length > text.size())
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80)
      return 0;
  // Overlong forms, surrogates and values past U+10FFFF differ in the second byte.
  if (length > 2) {
    unsigned char second = byte(at + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
      return 0;
  }
  return length;
}
} // namespace

std::optional<std::string> dyn::dsl::nearestName(std::string_view name,
                                                 const std::vector<std::string> &candidates) {
  // Long names are not compared: nobody mistypes them, and the cost grows with the square.
  if (name.empty() || name.size() > 64)
    return std::nullopt;
  size_t allowed = name.size() <= 2 ? 0 : std::max<size_t>(1, name.size() / 3);
  const std::string *best = nullptr;
  size_t bestDistance = allowed + 1;
  for (const std::string &candidate : candidates) {
    if (candidate == name || candidate.size() > 64)
      continue;
    size_t distance = editDistance(name, candidate);
    if (distance < bestDistance || (best && distance == bestDistance && candidate < *best)) {
      best = &candidate;
      bestDistance = distance;
    }
  }
  return best ? std::optional(*best) : std::nullopt;
}

std::string dyn::dsl::printable(std::string_view text) {
  static const char digits[] = "0123456789ABCDEF";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    size_t length = utf8Length(text, i);
    // U+0080..U+009F are control characters too, and the U+202A and U+2066 families turn the
    // direction of the text that follows.
    bool hidden = c < 0x20 || c == 0x7F || (length == 2 && c == 0xC2 && text[i + 1] < '\xA0');
    if (length == 3 && c == 0xE2) {
      std::string_view rest = text.substr(i + 1, 2);
      hidden = (rest >= "\x80\xA8" && rest <= "\x80\xAE") ||
               (rest >= "\x81\xA6" && rest <= "\x81\xA9") || rest == "\x80\x8E" ||
               rest == "\x80\x8F";
    }
    if (length != 0 && !hidden) {
      out += text.substr(i, length);
      i += length;
      continue;
    }
    for (size_t end = i + std::max<size_t>(length, 1); i < end; ++i) {
      unsigned char byte = static_cast<unsigned char>(text[i]);
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}
