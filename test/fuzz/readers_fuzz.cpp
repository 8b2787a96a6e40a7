// Bytes to one reader of the runtime: a coded error or a result, never a crash.
// DYN_READER names the reader; its first byte chooses what the program wants.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Errors.h"
#include "Readers.h"
#include "Safetensors.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace dyn::rt;

namespace {

Wanted wantedBy(uint8_t choice) {
  static const std::vector<int64_t> shapes[] = {{}, {3}, {2, 2}, {1}};
  return {choice % 6, shapes[choice / 6 % 4], choice / 24 % 2 ? 10 : 0};
}

/// What comes out must be as large as it says.
void expectWhole(const Column &c) {
  int64_t width = c.bytesToReal ? 1 : widthOf(c.type);
  if (c.count < 1 || int64_t(c.data.size()) != c.count * c.perExample() * width)
    std::abort();
}

[[maybe_unused]] void idx(uint8_t choice, std::string bytes) {
  expectWhole(parseIdx("f", std::move(bytes), wantedBy(choice), choice >= 128));
}
[[maybe_unused]] void bytes(uint8_t choice, const std::string &bytes) {
  Wanted w = wantedBy(choice);
  Column one;
  one.shape = w.shape;
  int64_t first = choice / 48 % 2, size = first + one.perExample() + choice / 96 % 2;
  Column c = parseBytes("f", bytes, w, choice >= 128, first, size);
  expectWhole(c);
  if (c.count != int64_t(bytes.size()) / size)
    std::abort();
}
[[maybe_unused]] void npy(uint8_t choice, const std::string &bytes) {
  expectWhole(parseNpy("f", bytes, wantedBy(choice)));
}
[[maybe_unused]] void npz(uint8_t choice, const std::string &bytes) {
  expectWhole(parseNpz("f", bytes, choice >= 128 ? "x" : "", wantedBy(choice)));
}
[[maybe_unused]] void csv(uint8_t choice, const std::string &bytes) {
  Wanted w = wantedBy(choice);
  int64_t count = int64_t(w.shape.size());
  w.shape.clear();
  expectWhole(parseCsv("f", bytes, w, choice / 48 % 2, count, choice / 96 % 2));
}
[[maybe_unused]] void gzip(uint8_t choice, const std::string &bytes) {
  size_t cap = choice * 100;
  auto kind = choice % 2 ? Compression::gzip : Compression::raw;
  if (inflateBytes("f", bytes, kind, cap).size() > cap)
    std::abort();
}
[[maybe_unused]] void safetensors(uint8_t, const std::string &bytes) {
  std::vector<Tensor> tensors, again;
  if (readSafetensors(bytes, tensors).empty() &&
      !readSafetensors(writeSafetensors(tensors), again).empty())
    std::abort();
}

uint64_t number(const uint8_t *p, int width) {
  uint64_t v = 0;
  while (width-- > 0)
    v = v << 8 | p[width];
  return v;
}

/// Makes the sums of stored members right, so that mutations reach behind them.
[[maybe_unused]] void mendSums(uint8_t *data, size_t size) {
  for (uint8_t *p = data; p + 46 <= data + size; ++p) {
    if (std::memcmp(p, "PK\1\2", 4) != 0 || number(p + 10, 2) != 0)
      continue;
    uint64_t header = number(p + 42, 4) + 1, length = number(p + 24, 4);
    if (header + 30 > size)
      continue;
    uint64_t from = header + 30 + number(data + header + 26, 2) + number(data + header + 28, 2);
    if (from > size || length > size - from)
      continue;
    uLong crc = crc32_z(0, data + from, length);
    for (int i = 0; i < 4; ++i)
      p[16 + i] = uint8_t(crc >> (8 * i));
  }
}

} // namespace

#ifdef DYN_READER_IS_ARCHIVE
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned) {
  size = LLVMFuzzerMutate(data, size, most);
  mendSums(data, size);
  return size;
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  try {
    DYN_READER(data[0], std::string(reinterpret_cast<const char *>(data) + 1, size - 1));
  } catch (const Error &e) {
    if (!e.text.starts_with("error[E"))
      std::abort();
  }
  return 0;
}
