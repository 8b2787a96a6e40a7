//===- Stream.cpp - examples that arrive while a program runs ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Stream.h"

#include "Errors.h"
#include "Safetensors.h"

#include <chrono>
#include <cstring>

using namespace dyn::rt;

Stream::Stream(std::string name, std::vector<Column> fields, int64_t capacity,
               const Memory &memory, const std::atomic<bool> &stop)
    : name(std::move(name)), fields(std::move(fields)), capacity(capacity), memory(memory),
      stop(stop) {}

int64_t Stream::bytesOf(size_t c) const { return fields[c].perExample() * widthOf(fields[c].type); }

void Stream::take(int64_t n, char *const *to) {
  int64_t head = std::min(n, capacity - first);
  for (size_t c = 0; c < fields.size(); ++c) {
    int64_t each = bytesOf(c);
    std::memcpy(to[c], ring[c].get() + first * each, size_t(head * each));
    std::memcpy(to[c] + head * each, ring[c].get(), size_t((n - head) * each));
  }
  first = (first + n) % capacity;
  size -= n;
  taken += n;
}

void Stream::append(int64_t n, const char *const *from) {
  int64_t end = (first + size) % capacity, head = std::min(n, capacity - end);
  for (size_t c = 0; c < fields.size(); ++c) {
    int64_t each = bytesOf(c);
    std::memcpy(ring[c].get() + end * each, from[c], size_t(head * each));
    std::memcpy(ring[c].get(), from[c] + head * each, size_t((n - head) * each));
  }
  size += n;
}

void Stream::reserve(int64_t n) {
  if (!ring.empty() && n <= capacity)
    return;
  int64_t room = std::max(n, capacity), there = size, before = taken;
  std::vector<Memory::Buffer> larger;
  std::vector<char *> to;
  for (size_t c = 0; c < fields.size(); ++c) {
    larger.push_back(memory.buffer(size_t(room * bytesOf(c))));
    to.push_back(larger.back().get());
  }
  if (there)
    take(there, to.data());
  ring = std::move(larger);
  capacity = room;
  first = 0;
  size = there;
  taken = before;
}

int64_t HostStream::wait(int64_t n) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return size >= n || ended || stop; });
  return std::min(n, size);
}

void HostStream::take(int64_t n, char *const *to) {
  std::lock_guard lock(mutex);
  Stream::take(n, to);
  changed.notify_all();
}

void HostStream::reserve(int64_t n) {
  std::lock_guard lock(mutex);
  Stream::reserve(n);
  changed.notify_all();
}

void HostStream::close() {
  std::lock_guard lock(mutex);
  closed = true;
  changed.notify_all();
}

void HostStream::wake() {
  std::lock_guard lock(mutex);
  changed.notify_all();
}

void HostStream::end() {
  std::lock_guard lock(mutex);
  ended = true;
  changed.notify_all();
}

int64_t HostStream::push(int64_t count, const char *const *from, double seconds) {
  using clock = std::chrono::steady_clock;
  // A day is as good as for ever, and a clock can hold it.
  constexpr double day = 86400;
  auto until = clock::now() + std::chrono::duration_cast<clock::duration>(
                                  std::chrono::duration<double>(std::min(seconds, day)));
  std::vector<const char *> at(from, from + fields.size());
  std::unique_lock lock(mutex);
  Stream::reserve(0);
  int64_t done = 0;
  while (true) {
    if (ended || closed)
      raise(Code::E1113, name);
    int64_t n = std::min(count - done, capacity - size);
    if (n > 0) {
      append(n, at.data());
      for (size_t c = 0; c < at.size(); ++c)
        at[c] += n * bytesOf(c);
      changed.notify_all();
    }
    done += n;
    if (done == count)
      return done;
    auto wakes = [&] { return size < capacity || ended || closed; };
    if (seconds < 0)
      changed.wait(lock, wakes);
    else if (!changed.wait_until(lock, until, wakes))
      return done;
  }
}

StreamBatches::StreamBatches(Stream &stream, int64_t batch, const Memory &memory)
    : stream(stream), batch(batch) {
  for (auto &set : sets)
    for (const Column &c : stream.fields)
      set.push_back(memory.buffer(size_t(batch * c.perExample() * widthOf(c.type))));
  columns.resize(stream.fields.size());
  reopen();
}

void StreamBatches::reopen() {
  open = true;
  stream.awaited = batch;
  stream.reserve(batch);
}

int64_t StreamBatches::next(int64_t) {
  current = 1 - current;
  for (size_t c = 0; c < sets[current].size(); ++c)
    columns[c] = sets[current][c].get();
  int64_t n = stream.wait(batch);
  stream.take(n, columns.data());
  return n;
}
