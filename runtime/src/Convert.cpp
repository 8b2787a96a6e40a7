//===- Convert.cpp - numbers of a file as a column ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"

#include "Errors.h"
#include "Safetensors.h"

#include <bit>
#include <cmath>
#include <cstring>

using namespace dyn::rt;

std::string dyn::rt::nameOf(const Elements &e) {
  return e.kind == Elements::boolean ? "bool"
                                     : fmt::format("{}{}", "biuf"[int(e.kind)], 8 * e.width);
}

std::string dyn::rt::hexOf(std::string_view bytes) {
  std::string s;
  for (char c : bytes)
    s += fmt::format("{}{:02x}", s.empty() ? "" : " ", uint8_t(c));
  return s;
}

std::string Place::text() const {
  return byte >= 0 ? fmt::format("byte {} (example {})", byte, example)
                   : fmt::format("row {}, column {}", row, column);
}

void dyn::rt::check(const std::string &name, const Wanted &wanted, Number v, const Place &place) {
  if (isReal(wanted.type)) {
    if (!std::isfinite(v.x))
      raise(Code::E0517, name, place.text(), v.x);
    if (wanted.type == 0 && !std::isfinite(float(v.x)))
      raise(Code::E0515, name, place.text(), v.x, typeName(wanted.type));
    return;
  }
  if (wanted.limit > 0 && (v.n < 0 || v.n >= wanted.limit))
    raise(Code::E0508, name, place.text(), v.n, wanted.limit);
  bool fits = true;
  if (wanted.type == 2)
    fits = v.n == int32_t(v.n);
  else if (wanted.type >= 4)
    fits = v.n >= 0 && v.n <= (wanted.type == 4 ? 255 : 1);
  if (!fits)
    raise(Code::E0515, name, place.text(), v.n, typeName(wanted.type));
}

void dyn::rt::put(std::string &data, int64_t type, int64_t i, Number v) {
  char *p = data.data() + i * widthOf(type);
  auto set = [&](auto x) { std::memcpy(p, &x, sizeof x); };
  switch (type) {
  case 0:
    return set(float(v.x));
  case 1:
    return set(v.x);
  case 2:
    return set(int32_t(v.n));
  case 3:
    return set(v.n);
  default:
    return set(uint8_t(v.n));
  }
}

static double fromHalf(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double magnitude = exponent == 31 ? (fraction ? std::nan("") : INFINITY)
                     : exponent     ? std::ldexp(1024 + fraction, exponent - 25)
                                    : std::ldexp(fraction, -24);
  return bits >> 15 ? -magnitude : magnitude;
}

static uint64_t bitsAt(const Elements &e, const char *p) {
  uint64_t bits = 0;
  std::memcpy(&bits, p, size_t(e.width));
  return e.bigEndian ? __builtin_bswap64(bits) >> (64 - 8 * e.width) : bits;
}

namespace {
/// Goes through an array row by row; tells where each element lies in the file.
class Walk {
public:
  Walk(const Elements &e, int64_t count, const std::vector<int64_t> &shape)
      : columnMajor(e.columnMajor) {
    extents.push_back(count);
    extents.insert(extents.end(), shape.begin(), shape.end());
    int64_t stride = 1;
    for (int64_t d : extents) {
      strides.push_back(stride);
      stride *= d;
    }
    index.resize(extents.size());
  }
  int64_t position() const { return at; }
  void advance() {
    if (!columnMajor) {
      ++at;
      return;
    }
    for (size_t d = extents.size(); d-- > 0;) {
      at += strides[d];
      if (++index[d] < extents[d])
        return;
      at -= strides[d] * extents[d];
      index[d] = 0;
    }
  }

private:
  bool columnMajor;
  int64_t at = 0;
  std::vector<int64_t> extents, strides, index;
};
} // namespace

/// Whether the file's bytes are those of the column, once every number is known to fit.
static bool sameBytes(const Elements &e, const Wanted &w) {
  static constexpr Elements::Kind kinds[] = {Elements::real, Elements::real, Elements::integer,
                                             Elements::integer, Elements::natural};
  return w.type < 5 && e.kind == kinds[w.type] && e.width == widthOf(w.type) && !e.bigEndian &&
         !e.columnMajor;
}

Column dyn::rt::convert(const std::string &name, const Elements &e, int64_t count,
                        const Wanted &wanted) {
  Column c;
  c.count = count;
  c.shape = wanted.shape;
  c.type = wanted.type;
  int64_t each = c.perExample(), n = count * each;
  bool copied = sameBytes(e, wanted);
  if (copied)
    c.data.assign(e.data, size_t(n * e.width));
  else
    c.data.resize(size_t(n * widthOf(wanted.type)));
  if (copied && !isReal(wanted.type) && !wanted.limit)
    return c;
  Walk walk(e, count, wanted.shape);
  for (int64_t i = 0; i < n; ++i, walk.advance()) {
    int64_t from = walk.position() * e.width;
    uint64_t bits = bitsAt(e, e.data + from);
    Number v;
    Place place;
    place.byte = e.offset + from;
    place.example = i / each;
    switch (e.kind) {
    case Elements::real:
      v.x = e.width == 2   ? fromHalf(uint16_t(bits))
            : e.width == 4 ? double(std::bit_cast<float>(uint32_t(bits)))
                           : std::bit_cast<double>(bits);
      break;
    case Elements::integer:
      v.n = int64_t(bits << (64 - 8 * e.width)) >> (64 - 8 * e.width);
      v.x = double(v.n);
      break;
    default:
      v.n = int64_t(bits);
      v.x = double(bits);
      if (v.n < 0 && !isReal(wanted.type))
        raise(Code::E0515, name, place.text(), bits, typeName(wanted.type));
    }
    check(name, wanted, v, place);
    if (!copied)
      put(c.data, wanted.type, i, v);
  }
  return c;
}
