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
  /// Bytes of an example in `data`.
  int64_t stored() const;
  /// Takes the examples of another column of the same kind, which is left empty.
  void append(Column &more);
};

/// Examples `first` to `first + count` of columns.
struct Dataset {
  std::vector<Column *> columns;
  int64_t first = 0, count = 0;
  Dataset part(int64_t from, int64_t examples) const;
  bool same(const Dataset &other) const {
    return columns == other.columns && first == other.first && count == other.count;
  }
  /// CRC-32 of the examples, column by column; computed at the first call.
  uint32_t sum();

private:
  int64_t known = -1;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_DATASET_H
