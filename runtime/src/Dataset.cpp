//===- Dataset.cpp - columns that belong together ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Dataset.h"

#include "Safetensors.h"

#include <zlib.h>

using namespace dyn::rt;

int64_t Column::perExample() const { return elementsOf(shape); }

int64_t Column::stored() const { return perExample() * (bytesToReal ? 1 : widthOf(type)); }

void Column::append(Column &more) {
  count += more.count;
  data += more.data;
  more.count = 0;
  more.data = {};
}

Dataset Dataset::part(int64_t from, int64_t examples) const {
  Dataset d;
  d.columns = columns;
  d.first = first + from;
  d.count = examples;
  return d;
}

uint32_t Dataset::sum() {
  if (known < 0) {
    uLong crc = crc32(0, nullptr, 0);
    for (const Column *c : columns)
      crc = crc32_z(crc, reinterpret_cast<const Bytef *>(c->data.data()) + first * c->stored(),
                    size_t(count * c->stored()));
    known = int64_t(crc);
  }
  return uint32_t(known);
}
