//===- ReadBytes.cpp - files of bytes in records of equal length ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Errors.h"
#include "Safetensors.h"

using namespace dyn::rt;

Column dyn::rt::parseBytes(const std::string &name, std::string_view bytes, const Wanted &wanted,
                           bool scale, int64_t first, int64_t size) {
  if (bytes.empty())
    raise(Code::E0502, name);
  auto have = int64_t(bytes.size());
  if (int64_t rest = have % size)
    raise(Code::E0523, name, have - rest, size, rest);
  Column c;
  c.count = have / size;
  c.shape = wanted.shape;
  c.type = wanted.type;
  c.bytesToReal = scale && isReal(wanted.type);
  int64_t each = c.perExample();
  c.data.resize(size_t(c.count * c.stored()));
  for (int64_t i = 0; i < c.count; ++i)
    for (int64_t k = 0; k < each; ++k) {
      int64_t at = i * size + first + k;
      auto byte = uint8_t(bytes[size_t(at)]);
      if (c.bytesToReal) {
        c.data[size_t(i * each + k)] = char(byte);
        continue;
      }
      Place place;
      place.byte = at;
      place.example = i;
      Number v{double(byte), byte};
      check(name, wanted, v, place);
      put(c.data, wanted.type, i * each + k, v);
    }
  return c;
}
