// Files for the tests of readers, and what readers say of them.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef DYN_TEST_RUNTIME_FILES_H
#define DYN_TEST_RUNTIME_FILES_H

#include "Errors.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace dyn::test {

/// The message of the error that `f` raises, from its code on; "none" when it raises none.
template <typename F> std::string errorOf(F f) {
  try {
    f();
  } catch (const dyn::rt::Error &e) {
    EXPECT_EQ(e.status, 4);
    return e.text.substr(6, e.text.find('\n') - 6);
  }
  return "none";
}

/// `text` deflated; `windowBits` as zlib has it: -15 for a member of a ZIP, 31 for gzip.
inline std::string packed(std::string text, int windowBits) {
  std::string out(text.size() + 100, '\0');
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = reinterpret_cast<Bytef *>(text.data());
  z.avail_in = uInt(text.size());
  z.next_out = reinterpret_cast<Bytef *>(out.data());
  z.avail_out = uInt(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

} // namespace dyn::test

#endif // DYN_TEST_RUNTIME_FILES_H
