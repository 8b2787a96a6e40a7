//===- ReadIdx.cpp - IDX files ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Errors.h"
#include "Safetensors.h"

using namespace dyn::rt;

Column dyn::rt::parseIdx(const std::string &name, std::string bytes, const Wanted &wanted,
                         bool scale) {
  if (bytes.empty())
    raise(Code::E0502, name);
  if (bytes.size() < 4 || bytes[0] || bytes[1])
    raise(Code::E0503, name, 0, hexOf(bytes.substr(0, 4)), "an IDX header: 00 00, type, rank");
  struct Kind {
    uint8_t code;
    Elements::Kind kind;
    int width;
  };
  static constexpr Kind kinds[] = {{0x08, Elements::natural, 1}, {0x09, Elements::integer, 1},
                                   {0x0b, Elements::integer, 2}, {0x0c, Elements::integer, 4},
                                   {0x0d, Elements::real, 4},    {0x0e, Elements::real, 8}};
  Elements e;
  e.width = 0;
  e.bigEndian = true;
  for (const Kind &k : kinds)
    if (k.code == uint8_t(bytes[2]))
      e.kind = k.kind, e.width = k.width;
  if (!e.width)
    raise(Code::E0503, name, 2, fmt::format("type {:02x}", uint8_t(bytes[2])),
          "a type of 08, 09, 0b, 0c, 0d or 0e");
  int64_t rank = uint8_t(bytes[3]);
  if (rank < 1 || rank > 8)
    raise(Code::E0503, name, 3, fmt::format("rank {}", rank), "a rank of 1 to 8");
  if (int64_t(bytes.size()) < 4 + 4 * rank)
    raise(Code::E0504, name, 4, 4 * rank, bytes.size() - 4);
  std::vector<int64_t> dims;
  int64_t size = e.width;
  for (int64_t i = 0; i < rank; ++i) {
    auto *p = reinterpret_cast<const uint8_t *>(bytes.data() + 4 + 4 * i);
    dims.push_back(int64_t(p[0]) << 24 | p[1] << 16 | p[2] << 8 | p[3]);
    if (__builtin_mul_overflow(size, dims.back(), &size))
      raise(Code::E0512, name, 4 + 4 * i, "the sizes overflow");
  }
  e.offset = 4 + 4 * rank;
  int64_t have = int64_t(bytes.size()) - e.offset;
  if (size != have)
    raise(Code::E0504, name, e.offset, size, have);
  std::vector<int64_t> shape(dims.begin() + 1, dims.end());
  if (shape != wanted.shape)
    raise(Code::E0505, name, 8, shapeText(shape), shapeText(wanted.shape));
  if (!dims[0])
    raise(Code::E0514, name);
  if (e.kind == Elements::real && !isReal(wanted.type))
    raise(Code::E0506, name, 2, nameOf(e), typeName(wanted.type));
  if (isReal(wanted.type) && scale && e.kind == Elements::natural) {
    Column c;
    c.count = dims[0];
    c.shape = shape;
    c.type = wanted.type;
    c.bytesToReal = true;
    bytes.erase(0, size_t(e.offset));
    c.data = std::move(bytes);
    return c;
  }
  e.data = bytes.data() + e.offset;
  return convert(name, e, dims[0], wanted);
}
