//===- ReadNpy.cpp - NPY files ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Errors.h"
#include "Safetensors.h"

#include <charconv>
#include <cstring>
#include <optional>

using namespace dyn::rt;

namespace {

/// What the header of an array says, and where it says it.
struct Header {
  std::string descr;
  bool columnMajor = false;
  std::vector<int64_t> shape;
  int64_t descrAt = -1, orderAt = -1, shapeAt = -1;
};

/// The header is a Python dictionary literal; this is the part of the syntax
/// that it may use. Nothing is evaluated.
class HeaderParser {
public:
  HeaderParser(const std::string &name, std::string_view text, int64_t offset)
      : name(name), text(text), offset(offset) {}

  Header parse() {
    expect('{');
    while (peek() != '}') {
      int64_t keyAt = here();
      std::string key = quoted();
      expect(':');
      peek();
      int64_t at = here();
      if (key == "descr")
        once(header.descrAt, at, key), header.descr = type();
      else if (key == "fortran_order")
        once(header.orderAt, at, key), header.columnMajor = boolean();
      else if (key == "shape")
        once(header.shapeAt, at, key), header.shape = tuple();
      else
        fail(keyAt, fmt::format("there is a key `{}`", key.substr(0, 40)));
      if (peek() == ',')
        ++cursor;
      else if (peek() != '}')
        fail(here(), "a comma is missing");
    }
    ++cursor;
    while (cursor < text.size())
      if (!std::strchr(" \n", text[cursor++]))
        fail(here() - 1, "something follows the header");
    for (auto [place, key] :
         {std::pair(header.descrAt, "descr"), std::pair(header.orderAt, "fortran_order"),
          std::pair(header.shapeAt, "shape")})
      if (place < 0)
        fail(offset, fmt::format("`{}` is missing", key));
    return header;
  }

private:
  [[noreturn]] void fail(int64_t at, const std::string &why) { raise(Code::E0512, name, at, why); }
  int64_t here() const { return offset + int64_t(cursor); }
  void once(int64_t &place, int64_t at, const std::string &key) {
    if (place >= 0)
      fail(at, fmt::format("`{}` occurs twice", key));
    place = at;
  }
  /// The next character that is no space.
  char peek() {
    while (cursor < text.size() && (text[cursor] == ' ' || text[cursor] == '\n'))
      ++cursor;
    if (cursor == text.size())
      fail(here(), "it ends too early");
    return text[cursor];
  }
  void expect(char c) {
    if (peek() != c)
      fail(here(), fmt::format("a `{}` is missing", c));
    ++cursor;
  }
  std::string quoted() {
    char quote = peek();
    size_t end = quote == '\'' || quote == '"' ? text.find(quote, cursor + 1) : std::string::npos;
    if (end == std::string::npos)
      fail(here(), "a text in quotes is missing");
    std::string s(text.substr(cursor + 1, end - cursor - 1));
    cursor = end + 1;
    return s;
  }
  std::string type() {
    if (peek() == '[')
      raise(Code::E0513, name, here(), "a structured type");
    return quoted();
  }
  bool boolean() {
    for (std::string_view word : {"False", "True"})
      if (text.substr(cursor).starts_with(word)) {
        cursor += word.size();
        return word == "True";
      }
    fail(here(), "`fortran_order` is neither True nor False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> out;
    expect('(');
    while (peek() != ')') {
      int64_t d = 0;
      auto [end, ec] = std::from_chars(text.data() + cursor, text.data() + text.size(), d);
      if (ec != std::errc() || d < 0)
        fail(here(), "`shape` holds something that is no size");
      if (out.size() == 8)
        raise(Code::E0513, name, here(), "an array of more than 8 dimensions");
      cursor = size_t(end - text.data());
      out.push_back(d);
      if (peek() == ',')
        ++cursor;
      else if (peek() != ')')
        fail(here(), "a comma is missing");
    }
    ++cursor;
    return out;
  }

  const std::string &name;
  std::string_view text;
  int64_t offset;
  size_t cursor = 0;
  Header header;
};

/// As in `<f4`; none when it is no type of numbers.
std::optional<Elements> numbersOf(std::string_view descr) {
  Elements e;
  if (!descr.empty() && std::strchr("<>|=", descr[0])) {
    e.bigEndian = descr[0] == '>';
    descr.remove_prefix(1);
  }
  static constexpr std::pair<std::string_view, Elements::Kind> known[] = {
      {"b1", Elements::boolean}, {"i1", Elements::integer}, {"i2", Elements::integer},
      {"i4", Elements::integer}, {"i8", Elements::integer}, {"u1", Elements::natural},
      {"u2", Elements::natural}, {"u4", Elements::natural}, {"u8", Elements::natural},
      {"f2", Elements::real},    {"f4", Elements::real},    {"f8", Elements::real}};
  for (auto [text, kind] : known)
    if (text == descr) {
      e.kind = kind;
      e.width = text[1] - '0';
      return e;
    }
  return std::nullopt;
}

} // namespace

Column dyn::rt::parseNpy(const std::string &name, std::string_view bytes, const Wanted &wanted) {
  if (bytes.empty())
    raise(Code::E0502, name);
  if (bytes.size() < 10 || !bytes.starts_with("\x93NUMPY"))
    raise(Code::E0503, name, 0, hexOf(bytes.substr(0, 6)), "an NPY header: 93 4e 55 4d 50 59");
  int version = uint8_t(bytes[6]);
  if (version < 1 || version > 3 || bytes[7])
    raise(Code::E0513, name, 6, fmt::format("version {}.{}", version, uint8_t(bytes[7])));
  size_t start = version == 1 ? 10 : 12, length = uint8_t(bytes[8]) | size_t(uint8_t(bytes[9]))
                                                                          << 8;
  if (version > 1 && bytes.size() >= 12)
    length |= size_t(uint8_t(bytes[10])) << 16 | size_t(uint8_t(bytes[11])) << 24;
  if (length > 65536)
    raise(Code::E0512, name, 8, fmt::format("its length is {}, more than 65536", length));
  if (start + length > bytes.size())
    raise(Code::E0512, name, 8, fmt::format("its length {} exceeds the file", length));
  Header h = HeaderParser(name, bytes.substr(start, length), int64_t(start)).parse();
  std::optional<Elements> e = numbersOf(h.descr);
  if (!e || (e->kind == Elements::real && !isReal(wanted.type)))
    raise(Code::E0506, name, h.descrAt, h.descr.substr(0, 40), typeName(wanted.type));
  e->columnMajor = h.columnMajor;
  int64_t size = e->width;
  for (int64_t d : h.shape)
    if (__builtin_mul_overflow(size, d, &size))
      raise(Code::E0512, name, h.shapeAt, "the sizes overflow");
  e->offset = int64_t(start + length);
  if (size != int64_t(bytes.size()) - e->offset)
    raise(Code::E0504, name, e->offset, size, int64_t(bytes.size()) - e->offset);
  if (h.shape.empty())
    raise(Code::E0505, name, h.shapeAt, "none: it is one number", shapeText(wanted.shape));
  std::vector<int64_t> each(h.shape.begin() + 1, h.shape.end());
  if (each != wanted.shape)
    raise(Code::E0505, name, h.shapeAt, shapeText(each), shapeText(wanted.shape));
  if (!h.shape[0])
    raise(Code::E0514, name);
  e->data = bytes.data() + e->offset;
  return convert(name, *e, h.shape[0], wanted);
}
