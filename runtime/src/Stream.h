//===- Stream.h - examples that arrive while a program runs ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_STREAM_H
#define DYN_RUNTIME_STREAM_H

#include "Loader.h"

#include <condition_variable>
#include <mutex>

namespace dyn::rt {

/// A queue of examples with room for so many, from which a program takes batches. Where they
/// come from is for a subclass to say.
class Stream {
public:
  /// `fields`: name, type and shape of each column; without data.
  Stream(std::string name, std::vector<Column> fields, int64_t capacity, const Memory &memory,
         const std::atomic<bool> &stop);
  virtual ~Stream() = default;

  /// Waits until `n` examples are there, the end is known or the run is to stop; how many there
  /// are, at most `n`.
  virtual int64_t wait(int64_t n) = 0;
  /// Takes the next `n`, which are there, into one buffer a column.
  virtual void take(int64_t n, char *const *to);
  /// Makes room for `n`.
  virtual void reserve(int64_t n);
  /// What a resumed run has taken before: passes over it where it can be had again.
  virtual void skip(int64_t n) { taken = n; }
  /// The program reads no more.
  virtual void close() {}
  /// The run is to stop, so that waiting ends.
  virtual void wake() {}

  std::string name;
  std::vector<Column> fields;
  int64_t taken = 0;
  int64_t awaited = 1; ///< examples in a batch of the loop that reads it

protected:
  int64_t bytesOf(size_t column) const;
  /// `n` examples, of the columns from `from` on, behind those that are there.
  void append(int64_t n, const char *const *from);
  std::vector<Memory::Buffer> ring; ///< one a column
  int64_t capacity, first = 0, size = 0;
  const Memory &memory;
  const std::atomic<bool> &stop;
  bool ended = false;
};

/// Fed by a thread of the host.
class HostStream : public Stream {
public:
  using Stream::Stream;
  int64_t wait(int64_t n) override;
  void take(int64_t n, char *const *to) override;
  void reserve(int64_t n) override;
  void close() override;
  void wake() override;
  /// Waits for room at most `seconds`, for ever below 0; how many of `count` it took. Raises E11xx.
  int64_t push(int64_t count, const char *const *from, double seconds);
  /// No example follows.
  void end();

private:
  std::mutex mutex;
  std::condition_variable changed;
  bool closed = false;
};

/// A CSV file: all columns in the order of the fields, below one header line.
class FileStream : public Stream {
public:
  using Stream::Stream;
  int64_t wait(int64_t n) override;
  void take(int64_t n, char *const *to) override;
  void reserve(int64_t) override {}
  void skip(int64_t n) override { taken = std::min(n, count); }
  void read(const std::string &inputName, std::string_view bytes);

  int64_t count = 0;
};

/// The same rows from standard input.
class InputStream : public Stream {
public:
  using Stream::Stream;
  int64_t wait(int64_t n) override;

private:
  bool line();
  void row();
  std::string buffer, text;
  std::vector<std::string> parts; ///< of the row, one a column
  size_t at = 0, width = 0;
  int64_t rows = 0;
};

/// Batches of a stream. There are two sets of buffers, as a loop may carry values of the
/// last batch.
class StreamBatches : public Batches {
public:
  StreamBatches(Stream &stream, int64_t batch, const Memory &memory);
  /// Whether another batch follows; waits for all of it.
  bool more() { return stream.wait(batch) > 0; }
  int64_t next(int64_t index) override;
  void *column(size_t c) const override { return sets[current][c].get(); }
  bool fits(const Stream &s, int64_t b) const { return &stream == &s && batch == b; }
  void reopen();

private:
  Stream &stream;
  int64_t batch;
  std::vector<Memory::Buffer> sets[2];
  std::vector<char *> columns;
  int current = 0;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_STREAM_H
