//===- Readers.h - data files as columns ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_READERS_H
#define DYN_RUNTIME_READERS_H

#include "Dataset.h"

#include <string>
#include <string_view>

namespace dyn::rt {

/// What the program says of a column.
struct Wanted {
  int64_t type = 0;           ///< as in dyn/runtime.h
  std::vector<int64_t> shape; ///< of one example
  int64_t limit = 0;          ///< integers must lie in [0, limit); 0: anywhere
};

/// Readers of a file's bytes. They raise coded errors with the byte offset, or
/// the row and column, where the file is wrong; `name` is for messages.
Column parseIdx(const std::string &name, std::string bytes, const Wanted &wanted, bool scale);
Column parseNpy(const std::string &name, std::string_view bytes, const Wanted &wanted);
/// One array of an archive; an empty `member` is the only one.
Column parseNpz(const std::string &name, std::string_view bytes, const std::string &member,
                const Wanted &wanted);
/// `count` columns from `first`, below `header` lines; a `count` of 0 is one
/// number an example.
Column parseCsv(const std::string &name, std::string_view bytes, const Wanted &wanted,
                int64_t first, int64_t count, int64_t header);

/// Records of `size` bytes; an example is the bytes of each from `first` on.
Column parseBytes(const std::string &name, std::string_view bytes, const Wanted &wanted, bool scale,
                  int64_t first, int64_t size);

enum class Compression { gzip, raw };
/// The inflated bytes. Refuses damaged data, data that expand to more than `cap`
/// bytes, and bytes behind the end. `offset`: place of `bytes` in the file.
std::string inflateBytes(const std::string &name, std::string_view bytes, Compression kind,
                         size_t cap, size_t offset = 0);

/// A file that was read, for messages and for the record of the run.
struct Input {
  std::string path;  ///< as opened: `.gz` may have been added
  std::string name;  ///< for messages
  std::string bytes; ///< inflated when the file is gzip
  int64_t size = 0;  ///< of the file
  std::string hash;  ///< XXH3-128 of the file
};
/// Reads `path`, or `path` with `.gz`.
Input readInput(const std::string &path);

} // namespace dyn::rt

#endif // DYN_RUNTIME_READERS_H
