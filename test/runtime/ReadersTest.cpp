// What is read from data files, and what is refused.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dataset.h"
#include "Errors.h"

#include <gtest/gtest.h>
#include <zlib.h>

using namespace dyn::rt;

namespace {

/// The code of the error that `f` raises; "none" when it raises none.
template <typename F> std::string codeOf(F f) {
  try {
    f();
  } catch (const Error &e) {
    EXPECT_EQ(e.status, 4);
    return e.text.substr(6, 5);
  }
  return "none";
}

std::string idx(uint8_t type, std::vector<uint32_t> dims, size_t bytes) {
  std::string s{'\0', '\0', char(type), char(dims.size())};
  for (uint32_t d : dims)
    for (int i = 3; i >= 0; --i)
      s += char(d >> (8 * i));
  for (size_t i = 0; i < bytes; ++i)
    s += char(i % 7);
  return s;
}

std::string idxCode(std::string bytes, int64_t type = 0, std::vector<int64_t> shape = {2, 2},
                    int64_t limit = 0) {
  return codeOf([&] { parseIdx("file", bytes, type, shape, true, limit); });
}

TEST(Idx, PixelsStayBytes) {
  Column c = parseIdx("file", idx(8, {3, 2, 2}, 12), 0, {2, 2}, true, 0);
  EXPECT_EQ(c.count, 3);
  EXPECT_TRUE(c.bytesToReal);
  EXPECT_EQ(c.data.size(), 12u);
}

TEST(Idx, IsRefused) {
  EXPECT_EQ(idxCode(""), "E0502");
  EXPECT_EQ(idxCode("no such thing"), "E0503");
  EXPECT_EQ(idxCode(idx(7, {3, 2, 2}, 12)), "E0503");
  EXPECT_EQ(idxCode(idx(8, {3, 2, 2}, 12).substr(0, 9)), "E0504");
  EXPECT_EQ(idxCode(idx(8, {3, 2, 2}, 11)), "E0504");
  EXPECT_EQ(idxCode(idx(8, {3, 2, 2}, 13)), "E0504");
  EXPECT_EQ(idxCode(idx(8, {3, 2, 3}, 18)), "E0505");
  EXPECT_EQ(idxCode(idx(8, {0, 2, 2}, 0)), "E0514");
  EXPECT_EQ(idxCode(idx(8, {4'000'000'000, 4'000'000'000, 4'000'000'000}, 1)), "E0512");
  EXPECT_EQ(idxCode(idx(13, {1}, 4), 3, {}), "E0506");
  EXPECT_EQ(idxCode(idx(8, {9}, 9), 3, {}, 6), "E0508");
  EXPECT_EQ(idxCode(idx(8, {9}, 9), 3, {}, 7), "none");
}

TEST(Idx, NumbersMustFit) {
  std::string wide("\0\0\x0b\1\0\0\0\1\1\x2c", 10); // one i16: 300
  EXPECT_EQ(idxCode(wide, 3, {}), "none");
  EXPECT_EQ(idxCode(wide, 4, {}), "E0515");
  EXPECT_EQ(idxCode(wide, 5, {}), "E0515");
}

TEST(Gzip, IsInflatedAndChecked) {
  std::string text(100000, 'x'), packed(2000, '\0');
  z_stream z{};
  ASSERT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = reinterpret_cast<Bytef *>(text.data());
  z.avail_in = uInt(text.size());
  z.next_out = reinterpret_cast<Bytef *>(packed.data());
  z.avail_out = uInt(packed.size());
  ASSERT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  EXPECT_EQ(inflateGzip("file", packed), text);
  EXPECT_EQ(codeOf([&] { inflateGzip("file", packed.substr(0, packed.size() / 2)); }), "E0507");
  EXPECT_EQ(codeOf([&] { inflateGzip("file", packed + "more"); }), "E0507");
}

TEST(Csv, QuotesAndLineEnds) {
  Column c = parseCsv("file", "a,b\r\n1,\"2\"\r\n3, 4", 0, 0, 2, 1, 0);
  ASSERT_EQ(c.count, 2);
  EXPECT_EQ(reinterpret_cast<const float *>(c.data.data())[3], 4.0f);
}

TEST(Csv, IsRefused) {
  auto code = [](std::string text, int64_t type, int64_t limit) {
    return codeOf([&] { parseCsv("file", text, type, 1, 0, 0, limit); });
  };
  EXPECT_EQ(code("1,x\n", 0, 0), "E0509");
  EXPECT_EQ(code("1,\n", 0, 0), "E0509");
  EXPECT_EQ(code("1\n", 0, 0), "E0510");
  EXPECT_EQ(code("1,5\n", 3, 5), "E0508");
  EXPECT_EQ(code("", 0, 0), "E0514");
  EXPECT_EQ(code("1,2\n1,2,3\n", 0, 0), "E0510");
  EXPECT_EQ(code("1,5000000000\n", 2, 0), "E0515");
  EXPECT_EQ(code("1,5000000000\n", 3, 0), "none");
  EXPECT_EQ(code("1,300\n", 4, 0), "E0515");
  EXPECT_EQ(code("1,-1\n", 4, 0), "E0515");
  EXPECT_EQ(code("1,2\n", 5, 0), "E0515");
  EXPECT_EQ(code("1,1e300\n", 0, 0), "E0515");
  EXPECT_EQ(code("1,1e300\n", 1, 0), "none");
  EXPECT_EQ(code("1,\"2\"3\n", 0, 0), "E0516");
  EXPECT_EQ(code("1,\"2\n", 0, 0), "E0516");
}

std::string npy(std::string header, std::string data) {
  header.resize((header.size() + 10 + 63) / 64 * 64 - 10, ' ');
  std::string s("\x93NUMPY\x01\x00", 8);
  s += char(header.size() & 255);
  s += char(header.size() >> 8);
  return s + header + data;
}

TEST(Npy, ReadsAndRefuses) {
  std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  Column c = parseNpy("file", npy(good, std::string(24, '\0')), 0, {3}, 0);
  EXPECT_EQ(c.count, 2);
  auto code = [](std::string bytes) { return codeOf([&] { parseNpy("file", bytes, 0, {3}, 0); }); };
  EXPECT_EQ(code("PK"), "E0503");
  EXPECT_EQ(code(npy(good, std::string(23, '\0'))), "E0504");
  EXPECT_EQ(code(npy("{'descr': '<f4', 'shape': (2, 3), }", "")), "E0512");
  EXPECT_EQ(code(npy("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", "")), "E0506");
  EXPECT_EQ(code(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "")), "E0513");
  EXPECT_EQ(code(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }",
                     std::string(32, '\0'))),
            "E0505");
}

} // namespace
