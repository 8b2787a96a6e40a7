// What is read from data files, and what is refused.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Readers.h"
#include "Convert.h"
#include "Files.h"
#include "Zip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>

using namespace dyn::rt;
using dyn::test::errorOf;
using dyn::test::packed;

namespace {

template <typename F> std::string codeOf(F f) { return errorOf(f).substr(0, 5); }

template <typename T> std::vector<T> values(const Column &c) {
  std::vector<T> v(c.data.size() / sizeof(T));
  std::memcpy(v.data(), c.data.data(), v.size() * sizeof(T));
  return v;
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
  return codeOf([&] { parseIdx("file", bytes, {type, shape, limit}, true); });
}

TEST(Idx, PixelsStayBytes) {
  Column c = parseIdx("file", idx(8, {3, 2, 2}, 12), {0, {2, 2}}, true);
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

/// Two records of a label and four pixels.
const std::string records("\7\0\1\2\3\x09\xff\xfe\xfd\xfc", 10);

TEST(Bytes, LieInRecords) {
  Column pixels = parseBytes("file", records, {0, {2, 2}}, true, 1, 5);
  EXPECT_EQ(pixels.count, 2);
  EXPECT_TRUE(pixels.bytesToReal);
  EXPECT_EQ(pixels.data, std::string("\0\1\2\3\xff\xfe\xfd\xfc", 8));
  Column labels = parseBytes("file", records, {3, {}, 10}, false, 0, 5);
  EXPECT_EQ(values<int64_t>(labels), (std::vector<int64_t>{7, 9}));
  Column real = parseBytes("file", records, {1, {}}, false, 4, 5);
  EXPECT_EQ(values<double>(real), (std::vector<double>{3, 252}));
}

TEST(Bytes, AreRefused) {
  auto error = [](std::string bytes, Wanted w, int64_t first = 0) {
    return errorOf([&] { parseBytes("file", bytes, w, true, first, 5); });
  };
  EXPECT_EQ(error("", {3, {}}).substr(0, 5), "E0502");
  EXPECT_EQ(error(records.substr(0, 8), {3, {}}),
            "E0523]: file: byte 5: a record has 5 bytes, found 3 at the end");
  EXPECT_EQ(error(records, {3, {}, 9}),
            "E0508]: file: byte 5 (example 1): found 9, expected 0 <= value < 9");
  EXPECT_EQ(error(records, {5, {}}, 4).substr(0, 5), "E0515");
}

TEST(Bytes, FollowEachOther) {
  Column a = parseBytes("file", records, {0, {2, 2}}, true, 1, 5);
  Column b = parseBytes("file", records.substr(5), {0, {2, 2}}, true, 1, 5);
  a.append(b);
  EXPECT_EQ(a.count, 3);
  EXPECT_EQ(b.count, 0);
  EXPECT_EQ(a.data.substr(8), std::string("\xff\xfe\xfd\xfc"));
  Dataset whole;
  whole.columns = {&a};
  whole.count = 3;
  Dataset part = whole.part(1, 2).part(1, 1);
  EXPECT_TRUE(part.same(whole.part(2, 1)));
  EXPECT_FALSE(part.same(whole));
  EXPECT_EQ(part.sum(), whole.part(1, 1).sum()); // the same pixels
  EXPECT_NE(part.sum(), whole.sum());
}

TEST(Idx, NumbersMustFit) {
  std::string wide("\0\0\x0b\1\0\0\0\1\1\x2c", 10); // one i16: 300
  EXPECT_EQ(idxCode(wide, 3, {}), "none");
  EXPECT_EQ(idxCode(wide, 4, {}), "E0515");
  EXPECT_EQ(idxCode(wide, 5, {}), "E0515");
}

TEST(Idx, ErrorsSayWhere) {
  auto error = [](std::string bytes, Wanted w) {
    return errorOf([&] { parseIdx("file", bytes, w, true); });
  };
  EXPECT_EQ(error(std::string("\0\1\x93\0", 4), {}),
            "E0503]: file: byte 0: found 00 01 93 00, expected an IDX header: 00 00, type, rank");
  EXPECT_EQ(error(idx(7, {3}, 3), {}),
            "E0503]: file: byte 2: found type 07, expected a type of 08, 09, 0b, 0c, 0d or 0e");
  EXPECT_EQ(error(idx(8, {3, 2}, 5), {0, {2}}),
            "E0504]: file: byte 12: the header promises 6 bytes from here on, found 5");
  EXPECT_EQ(error(idx(8, {3, 3}, 9), {3, {3}, 5}),
            "E0508]: file: byte 17 (example 1): found 5, expected 0 <= value < 5");
}

TEST(Gzip, IsInflatedAndChecked) {
  std::string text(100000, 'x'), zip = packed(text, 15 + 16);
  auto inflated = [](std::string bytes, size_t cap) {
    return inflateBytes("file", bytes, Compression::gzip, cap);
  };
  EXPECT_EQ(inflated(zip, 1 << 20), text);
  EXPECT_EQ(inflated(zip, 100000), text);
  EXPECT_EQ(inflated(packed("", 15 + 16), 0), "");
  EXPECT_EQ(codeOf([&] { inflated(zip, 99999); }), "E0507");
  EXPECT_EQ(codeOf([&] { inflated(zip.substr(0, zip.size() / 2), 1 << 20); }), "E0507");
  EXPECT_EQ(
      errorOf([&] { inflated(zip + "more", 1 << 20); }),
      fmt::format("E0507]: file: byte {}: the compressed data is damaged: bytes follow the end",
                  zip.size()));
}

TEST(Csv, QuotesAndLineEnds) {
  Column c = parseCsv("file", "a,b\r\n1,\"2\"\r\n3, 4", {}, 0, 2, 1);
  ASSERT_EQ(c.count, 2);
  EXPECT_EQ(reinterpret_cast<const float *>(c.data.data())[3], 4.0f);
}

TEST(Csv, IsRefused) {
  auto code = [](std::string text, int64_t type, int64_t limit) {
    return codeOf([&] { parseCsv("file", text, {type, {}, limit}, 1, 0, 0); });
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
  EXPECT_EQ(code("1,1e999\n", 1, 0), "E0515");
  EXPECT_EQ(code("1,99999999999999999999\n", 3, 0), "E0515");
  EXPECT_EQ(code("1,nan\n", 0, 0), "E0517");
  EXPECT_EQ(code("1,-inf\n", 1, 0), "E0517");
  EXPECT_EQ(code("1,2\r", 3, 0), "none");
  EXPECT_EQ(code("\xef\xbb\xbf"
                 "1,2\r\n\r\n",
                 3, 0),
            "none");
  EXPECT_EQ(code("1,\"2\"3\n", 0, 0), "E0516");
  EXPECT_EQ(code("1,\"2\n", 0, 0), "E0516");
}

TEST(Csv, ErrorsSayWhere) {
  auto error = [](std::string text) {
    return errorOf([&] { parseCsv("file", text, {3, {}, 5}, 1, 0, 1); });
  };
  EXPECT_EQ(error("a,b\n1,2\n1,\x1bx\n"),
            "E0509]: file: row 3, column 2: found `?x`, expected an integer");
  EXPECT_EQ(error("a,b\n1,2\n1,7\n"),
            "E0508]: file: row 3, column 2: found 7, expected 0 <= value < 5");
  EXPECT_EQ(error("a,b\n1,2\n1\n"), "E0510]: file: row 3: found 1 columns, expected at least 2");
}

} // namespace
