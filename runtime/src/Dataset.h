//===- Dataset.h - columns, data sets and readers ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_DATASET_H
#define DYN_RUNTIME_DATASET_H

#include <cstdint>
#include <string>
#include <vector>

namespace dyn::rt {

/// Examples of one field. Pixels stay bytes in memory and become real numbers
/// when a batch is made.
struct Column {
  int64_t count = 0;
  std::vector<int64_t> shape; ///< of one example
  int64_t type = 0;           ///< what the program wants
  bool bytesToReal = false;   ///< `data` holds u8, a batch holds data/255
  std::string data;
  int64_t perExample() const;
};

struct Dataset {
  std::vector<Column *> columns;
  int64_t count = 0;
  /// CRC-32 of all columns; computed at the first call.
  uint32_t sum();

private:
  int64_t known = -1;
};

/// Readers; they raise coded errors. `path` may lack `.gz`.
Column readIdx(const std::string &path, int64_t type, std::vector<int64_t> shape, bool scale,
               int64_t limit);
Column readNpy(const std::string &path, int64_t type, std::vector<int64_t> shape, int64_t limit);
Column readCsv(const std::string &path, int64_t type, int64_t first, int64_t count, int64_t header,
               int64_t limit);

/// The same on bytes in memory; `path` is for messages.
Column parseIdx(const std::string &path, std::string bytes, int64_t type,
                std::vector<int64_t> shape, bool scale, int64_t limit);
Column parseNpy(const std::string &path, std::string bytes, int64_t type,
                std::vector<int64_t> shape, int64_t limit);
Column parseCsv(const std::string &path, std::string bytes, int64_t type, int64_t first,
                int64_t count, int64_t header, int64_t limit);

/// The file's bytes, inflated when they are gzip.
std::string readMaybeGzip(const std::string &path);
std::string inflateGzip(const std::string &path, const std::string &bytes);

} // namespace dyn::rt

#endif // DYN_RUNTIME_DATASET_H
