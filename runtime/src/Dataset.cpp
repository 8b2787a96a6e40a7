//===- Dataset.cpp - batches of examples ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Dataset.h"

#include "Philox.h"
#include "Safetensors.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

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

Loader::Loader(Dataset &dataset, int64_t batch, bool shuffle, uint64_t key)
    : dataset(dataset), batch(batch) {
  order.resize(size_t(dataset.count));
  for (Column *c : dataset.columns)
    staged.emplace_back(size_t(batch * c->perExample() * widthOf(c->type)), '\0');
  restart(shuffle, key);
  thread = std::thread([this] { worker(); });
}

Loader::~Loader() {
  for (int64_t r; (r = request.load()) >= 0;)
    request.wait(r);
  request = -2;
  request.notify_all();
  thread.join();
}

void Loader::restart(bool shuffle, uint64_t key) {
  for (int64_t r; (r = request.load(std::memory_order_acquire)) >= 0;)
    request.wait(r);
  shuffled = shuffle;
  ready = -1;
  open = true;
  if (shuffle)
    permute(key, dataset.count, order.data());
}

__attribute__((target_clones("avx512f", "avx2", "default"))) static void
scaleBytes(const uint8_t *in, float *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = float(in[i]) / 255.0f;
}

void Loader::prepare(int64_t index) {
  int64_t from = index * batch, n = std::min(batch, dataset.count - from);
  for (size_t c = 0; c < dataset.columns.size(); ++c) {
    const Column &col = *dataset.columns[c];
    int64_t each = col.perExample(), width = widthOf(col.type);
    for (int64_t i = 0; i < n; ++i) {
      int64_t row = shuffled ? order[size_t(from + i)] : from + i;
      char *out = staged[c].data() + i * each * width;
      if (!col.bytesToReal) {
        std::memcpy(out, col.data.data() + row * each * width, size_t(each * width));
      } else {
        auto *in = reinterpret_cast<const uint8_t *>(col.data.data()) + row * each;
        if (width == 4)
          scaleBytes(in, reinterpret_cast<float *>(out), each);
        else
          for (int64_t k = 0; k < each; ++k)
            reinterpret_cast<double *>(out)[k] = double(in[k]) / 255.0;
      }
    }
  }
  ready = index;
}

void Loader::worker() {
  while (true) {
    int64_t r = request.load(std::memory_order_acquire);
    if (r == -2)
      return;
    if (r < 0) {
      request.wait(r, std::memory_order_acquire);
      continue;
    }
    prepare(r);
    request.store(-1, std::memory_order_release);
    request.notify_all();
  }
}

int64_t Loader::next(int64_t index, void *const *destinations) {
  for (int64_t r; (r = request.load(std::memory_order_acquire)) >= 0;)
    request.wait(r, std::memory_order_acquire);
  if (ready != index)
    prepare(index);
  int64_t n = std::min(batch, dataset.count - index * batch);
  for (size_t c = 0; c < dataset.columns.size(); ++c) {
    const Column &col = *dataset.columns[c];
    std::memcpy(destinations[c], staged[c].data(),
                size_t(n * col.perExample() * widthOf(col.type)));
  }
  if ((index + 1) * batch < dataset.count) {
    request.store(index + 1, std::memory_order_release);
    request.notify_all();
  }
  return n;
}
