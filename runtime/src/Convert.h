//===- Convert.h - numbers of a file as a column ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CONVERT_H
#define DYN_RUNTIME_CONVERT_H

#include "Readers.h"

namespace dyn::rt {

/// How a binary file holds its numbers.
struct Elements {
  enum Kind { boolean, integer, natural, real };
  Kind kind = real;
  int width = 4; ///< bytes
  bool bigEndian = false;
  bool columnMajor = false; ///< the first index runs fastest
  const char *data = nullptr;
  int64_t offset = 0; ///< of `data` in the file
};
/// As in "f32", for messages.
std::string nameOf(const Elements &e);
/// As in "50 4b", for messages.
std::string hexOf(std::string_view bytes);

/// `count` examples as the program wants them. Raises what does not fit.
Column convert(const std::string &name, const Elements &e, int64_t count, const Wanted &wanted);

/// A number for an integer column (`n`) or a real one (`x`).
struct Number {
  double x = 0;
  int64_t n = 0;
};
/// Where a number stands: a byte and an example, or a row and a column from 1.
struct Place {
  int64_t byte = -1, example = 0, row = 0, column = 0;
  std::string text() const;
};
/// Raises a number that the column cannot hold.
void check(const std::string &name, const Wanted &wanted, Number v, const Place &place);
/// Stores element `i` of a column's data.
void put(std::string &data, int64_t type, int64_t i, Number v);

inline bool isReal(int64_t type) { return type <= 1; }

} // namespace dyn::rt

#endif // DYN_RUNTIME_CONVERT_H
