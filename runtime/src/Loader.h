//===- Loader.h - batches of a data set ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_LOADER_H
#define DYN_RUNTIME_LOADER_H

#include "Dataset.h"
#include "Memory.h"

#include <atomic>
#include <thread>

namespace dyn::rt {

/// What a program runs through in batches.
class Batches {
public:
  virtual ~Batches() = default;
  /// Makes batch `index` the current one; the number of its examples.
  virtual int64_t next(int64_t index) = 0;
  /// Values of a column in the current batch, 64-byte aligned. They are the
  /// program's, to write to as well, until `next` is called again.
  virtual void *column(size_t c) const = 0;
  bool open = true;
};

/// Batches in order, or in a drawn order. There are two sets of buffers: the program
/// has one while a thread of the loader fills the other with the next batch.
class Loader : public Batches {
public:
  Loader(Dataset &dataset, int64_t batch, bool shuffle, uint64_t key, const Memory &memory = {});
  ~Loader() override;
  /// Starts again with another order; allocates nothing.
  void restart(bool shuffle, uint64_t key);
  int64_t next(int64_t index) override;
  void *column(size_t c) const override { return sets[current].columns[c].get(); }
  bool fits(const Dataset &d, int64_t b) const { return &dataset == &d && batch == b; }
  int64_t batches() const { return (dataset.count + batch - 1) / batch; }

private:
  struct Set {
    std::vector<Memory::Buffer> columns;
    int64_t holds = -1; ///< index of a batch that was not handed over yet
  };
  enum State : int32_t { idle, filling, ending };
  void fill(Set &set, int64_t index) const;
  void work();
  void settle() const;
  Dataset &dataset;
  int64_t batch;
  bool shuffled = false;
  std::vector<int32_t> order;
  Set sets[2];
  int current = 0;
  int64_t wanted = 0;               ///< batch to fill the other set with
  std::atomic<int32_t> state{idle}; ///< the thread owns the other set while filling
  std::thread thread;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_LOADER_H
