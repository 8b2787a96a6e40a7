//===- Loader.cpp - batches of a data set ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Loader.h"

#include "Errors.h"

#include "Philox.h"
#include "Safetensors.h"

#include <algorithm>
#include <cstring>

using namespace dyn::rt;

Loader::Loader(Dataset &dataset, int64_t batch, bool shuffle, uint64_t key, const Memory &memory)
    : dataset(dataset), batch(batch) {
  order.resize(size_t(dataset.count));
  for (Set &set : sets)
    for (Column *c : dataset.columns)
      set.columns.push_back(memory.buffer(size_t(batch * c->perExample() * widthOf(c->type))));
  restart(shuffle, key);
  thread = std::thread([this] { work(); });
}

Loader::~Loader() {
  settle();
  state.store(ending, std::memory_order_release);
  state.notify_one();
  thread.join();
}

void Loader::settle() const {
  while (state.load(std::memory_order_acquire) == filling)
    state.wait(filling, std::memory_order_acquire);
}

void Loader::restart(bool shuffle, uint64_t key) {
  settle();
  shuffled = shuffle;
  sets[0].holds = sets[1].holds = -1;
  open = true;
  if (shuffle)
    permute(key, dataset.count, order.data());
}

/// The product has the bits of `in[i] / 255.0f` for every byte, and costs less.
__attribute__((target_clones("avx512f", "avx2", "default"))) static void
scaleBytes(const uint8_t *in, float *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = float(double(in[i]) * (1.0 / 255.0));
}

/// Shuffled rows lie anywhere in memory: asks for one that is needed soon.
static void fetch(const char *row, int64_t bytes) {
  constexpr int64_t line = 64;
  for (int64_t at = 0; at < bytes; at += line)
    __builtin_prefetch(row + at);
}

void Loader::fill(Set &set, int64_t index) const {
  int64_t from = index * batch, n = std::min(batch, dataset.count - from);
  for (size_t c = 0; c < dataset.columns.size(); ++c) {
    const Column &col = *dataset.columns[c];
    int64_t each = col.perExample(), width = widthOf(col.type), stored = col.stored();
    const char *data = col.data.data() + dataset.first * stored;
    char *to = set.columns[c].get();
    if (!shuffled && !col.bytesToReal) {
      std::memcpy(to, data + from * stored, size_t(n * stored));
      continue;
    }
    auto rowOf = [&](int64_t i) { return shuffled ? order[size_t(from + i)] : from + i; };
    for (int64_t i = 0; i < n; ++i) {
      constexpr int64_t ahead = 4;
      if (i + ahead < n)
        fetch(data + rowOf(i + ahead) * stored, stored);
      int64_t row = rowOf(i);
      char *out = to + i * each * width;
      if (!col.bytesToReal) {
        std::memcpy(out, data + row * stored, size_t(stored));
        continue;
      }
      auto *in = reinterpret_cast<const uint8_t *>(data) + row * stored;
      if (width == 4)
        scaleBytes(in, reinterpret_cast<float *>(out), each);
      else
        for (int64_t k = 0; k < each; ++k)
          reinterpret_cast<double *>(out)[k] = double(in[k]) / 255.0;
    }
  }
  set.holds = index;
}

void Loader::work() {
  while (true) {
    int32_t s = state.load(std::memory_order_acquire);
    if (s == ending)
      return;
    if (s == idle) {
      state.wait(idle, std::memory_order_acquire);
      continue;
    }
    fill(sets[1 - current], wanted);
    state.store(idle, std::memory_order_release);
    state.notify_one();
  }
}

int64_t Loader::next(int64_t index) {
  if (index < 0 || index >= batches())
    raise(Code::E0903, index, batches() - 1);
  settle();
  current = 1 - current;
  if (sets[current].holds != index)
    fill(sets[current], index);
  sets[current].holds = -1; // the program may write to it
  if ((index + 1) * batch < dataset.count) {
    wanted = index + 1;
    state.store(filling, std::memory_order_release);
    state.notify_one();
  }
  return std::min(batch, dataset.count - index * batch);
}
