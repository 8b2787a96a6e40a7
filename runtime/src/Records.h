//===- Records.h - metrics.jsonl read back ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_RECORDS_H
#define DYN_RUNTIME_RECORDS_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::rt {

/// One value of a line: the name as in the file, quotes included, and the text of
/// the number (`nan`, `inf` and `-inf` without their quotes).
struct Field {
  std::string_view name, value;
};

/// Goes through the first `length` bytes line by line, in little memory. Raises
/// E0702 with the byte offset where a line is no record.
void readRecords(
    const std::string &path, int64_t length,
    const std::function<void(std::string_view step, const std::vector<Field> &)> &visit);

} // namespace dyn::rt

#endif // DYN_RUNTIME_RECORDS_H
