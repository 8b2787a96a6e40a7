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

uint32_t Dataset::sum() {
  if (known < 0) {
    uLong crc = crc32(0, nullptr, 0);
    for (const Column *c : columns)
      crc = crc32_z(crc, reinterpret_cast<const Bytef *>(c->data.data()), c->data.size());
    known = int64_t(crc);
  }
  return uint32_t(known);
}
