// NPY arrays and NPZ archives: what is read, and what is refused.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Files.h"
#include "Readers.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

using namespace dyn::rt;
using dyn::test::errorOf;
using dyn::test::packed;

namespace {

std::string little(uint64_t n, int width) {
  std::string s;
  for (int i = 0; i < width; ++i)
    s += char(n >> (8 * i));
  return s;
}

std::string npy(std::string header, std::string data, int version = 1) {
  size_t before = version == 1 ? 10 : 12;
  header.resize((header.size() + before + 63) / 64 * 64 - before, ' ');
  return "\x93NUMPY" + little(uint64_t(version), 2) + little(header.size(), version == 1 ? 2 : 4) +
         header + data;
}

std::string describe(std::string type, std::string shape, const char *columnMajor = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + columnMajor + ", 'shape': " + shape +
         ", }";
}

template <typename T> std::string bytesOf(std::vector<T> v, bool big = false) {
  std::string s;
  for (T x : v) {
    char b[sizeof x];
    std::memcpy(b, &x, sizeof x);
    if (big)
      std::reverse(b, b + sizeof x);
    s.append(b, sizeof x);
  }
  return s;
}

template <typename T> std::vector<T> values(const Column &c) {
  std::vector<T> v(c.data.size() / sizeof(T));
  std::memcpy(v.data(), c.data.data(), v.size() * sizeof(T));
  return v;
}

using Reals = std::vector<double>;
using Integers = std::vector<int64_t>;
const Wanted reals{1, {}, 0}, integers{3, {}, 0};

Reals readReals(std::string type, std::string data, std::string shape = "(3,)") {
  return values<double>(parseNpy("file", npy(describe(type, shape), data), reals));
}
Integers readIntegers(std::string type, std::string data) {
  return values<int64_t>(parseNpy("file", npy(describe(type, "(3,)"), data), integers));
}

TEST(Npy, EveryTypeInBothByteOrders) {
  for (bool big : {false, true}) {
    std::string order = big ? ">" : "<";
    Reals r = {1.5, -2, 0.25};
    EXPECT_EQ(readReals(order + "f8", bytesOf<double>({1.5, -2, 0.25}, big)), r);
    EXPECT_EQ(readReals(order + "f4", bytesOf<float>({1.5, -2, 0.25}, big)), r);
    EXPECT_EQ(readReals(order + "f2", bytesOf<uint16_t>({0x3e00, 0xc000, 0x3400}, big)), r);
    Integers i = {1, -2, 100};
    EXPECT_EQ(readIntegers(order + "i2", bytesOf<int16_t>({1, -2, 100}, big)), i);
    EXPECT_EQ(readIntegers(order + "i4", bytesOf<int32_t>({1, -2, 100}, big)), i);
    EXPECT_EQ(readIntegers(order + "i8", bytesOf<int64_t>({1, -2, 100}, big)), i);
    Integers u = {1, 65534, 100};
    EXPECT_EQ(readIntegers(order + "u2", bytesOf<uint16_t>({1, 65534, 100}, big)), u);
    EXPECT_EQ(readIntegers(order + "u4", bytesOf<uint32_t>({1, 65534, 100}, big)), u);
    EXPECT_EQ(readIntegers(order + "u8", bytesOf<uint64_t>({1, 65534, 100}, big)), u);
  }
  EXPECT_EQ(readIntegers("|i1", bytesOf<int8_t>({1, -2, 100})), (Integers{1, -2, 100}));
  EXPECT_EQ(readIntegers("|u1", bytesOf<uint8_t>({1, 254, 100})), (Integers{1, 254, 100}));
  EXPECT_EQ(readIntegers("|b1", bytesOf<uint8_t>({1, 0, 1})), (Integers{1, 0, 1}));
  EXPECT_EQ(readReals("<i4", bytesOf<int32_t>({1, -2, 7})), (Reals{1, -2, 7}));
  // Halves: the smallest, the largest that is no normal number, the largest.
  EXPECT_EQ(readReals("<f2", bytesOf<uint16_t>({0x0001, 0x03ff, 0x7bff})),
            (Reals{0x1p-24, 1023 * 0x1p-24, 65504}));
}

TEST(Npy, ColumnMajorArraysAreTurned) {
  // a[i, j, k] = 100 i + 10 j + k, of shape (2, 3, 2), the first index fastest.
  std::vector<float> data;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i)
        data.push_back(float(100 * i + 10 * j + k));
  for (bool big : {false, true}) {
    std::string file = npy(describe(big ? ">f4" : "<f4", "(2, 3, 2)", "True"), bytesOf(data, big));
    Column c = parseNpy("file", file, {0, {3, 2}, 0});
    EXPECT_EQ(values<float>(c),
              (std::vector<float>{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}));
  }
}

TEST(Npy, EveryVersionAndSpelling) {
  std::string data = bytesOf<float>({1, 2, 3, 4, 5, 6});
  for (int version : {1, 2, 3})
    for (std::string header :
         {describe("<f4", "(2, 3)"), describe("<f4", "(2,3,)"),
          std::string("{\"shape\":(2,3),\"descr\":\"=f4\",\"fortran_order\":False}\n")}) {
      Column c = parseNpy("file", npy(header, data, version), {0, {3}, 0});
      EXPECT_EQ(c.count, 2);
      EXPECT_EQ(values<float>(c), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    }
}

TEST(Npy, IsRefusedWithThePlace) {
  auto error = [](std::string bytes, Wanted w = {0, {3}, 0}) {
    return errorOf([&] { parseNpy("file", bytes, w); });
  };
  auto has = [](std::string text, std::string part) {
    EXPECT_TRUE(text.starts_with(part)) << text;
  };
  std::string good = describe("<f4", "(2, 3)");
  has(error(""), "E0502]");
  has(error("PK"), "E0503]: file: byte 0: found 50 4b");
  has(error(npy(good, "", 4)), "E0513]: file: byte 6: version 4.0");
  has(error(npy(good, std::string(23, '\0'))), "E0504]: file: byte 128: the header promises 24");
  has(error(npy(good, std::string(25, '\0'))), "E0504]");
  has(error(npy(good, "").substr(0, 40)), "E0512]: file: byte 8:");
  has(error("\x93NUMPY" + little(2, 2) + little(1 << 20, 4)), "E0512]: file: byte 8:");
  has(error(npy("{'descr': '<f4', 'shape': (2, 3), }", "")),
      "E0512]: file: byte 10: the header cannot be read: `fortran_order` is missing");
  has(error(npy(good.substr(0, good.size() - 1), "")), "E0512]");
  has(error(npy(good + "x", "")), "E0512]");
  has(error(npy("{'descr': '<f4', 'descr': '<f4'}", "")), "E0512]: file: byte 36:");
  has(error(npy("{'descr': __import__('os')}", "")), "E0512]");
  has(error(npy(describe("<f4", "(-2, 3)"), "")), "E0512]");
  has(error(npy(describe("<f4", "(4611686018427387904, 4611686018427387904)"), "")), "E0512]");
  has(error(npy(describe("<f4", "(1,1,1,1,1,1,1,1,1)"), "")), "E0513]");
  has(error(npy(describe("|O", "(2, 3)"), "")), "E0506]: file: byte 20: elements are `|O`");
  has(error(npy(describe("<c8", "(2, 3)"), "")), "E0506]");
  has(error(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,)}", "")), "E0513]");
  has(error(npy(describe("<f4", "()"), std::string(4, '\0'))), "E0505]");
  has(error(npy(describe("<f4", "(2, 4)"), std::string(32, '\0'))), "E0505]");
  has(error(npy(describe("<f4", "(0, 3)"), "")), "E0514]");
  has(error(npy(describe("<f4", "(1,)"), bytesOf<float>({1})), integers), "E0506]");
  has(error(npy(describe("<f4", "(2,)"), bytesOf<float>({1, std::nanf("")})), reals),
      "E0517]: file: byte 132 (example 1): found nan");
  has(error(npy(describe("<f8", "(1,)"), bytesOf<double>({1e300})), {0, {}, 0}), "E0515]");
  has(error(npy(describe("<u8", "(1,)"), little(~0ull, 8)), integers),
      "E0515]: file: byte 128 (example 0): found 18446744073709551615");
  has(error(npy(describe("<i2", "(2,)"), bytesOf<int16_t>({1, 9})), {3, {}, 9}), "E0508]");
}

// --- archives ------------------------------------------------------------------

struct Entry {
  std::string name, content;
  bool deflated = false, zip64 = false;
};

/// As NumPy writes it; zip64 entries give their sizes in the extra field.
std::string archive(const std::vector<Entry> &entries, bool zip64End = false) {
  std::string out, directory;
  for (const Entry &e : entries) {
    std::string data = e.deflated ? packed(e.content, -15) : e.content;
    uint64_t crc =
        crc32(0, reinterpret_cast<const Bytef *>(e.content.data()), uInt(e.content.size()));
    std::string extra = e.zip64 ? little(1, 2) + little(16, 2) + little(e.content.size(), 8) +
                                      little(data.size(), 8)
                                : "";
    uint64_t packed = e.zip64 ? 0xffffffff : data.size(),
             size = e.zip64 ? 0xffffffff : e.content.size();
    std::string common = little(0, 2) + little(e.deflated ? 8 : 0, 2) + little(0, 4) +
                         little(crc, 4) + little(packed, 4) + little(size, 4) +
                         little(e.name.size(), 2) + little(extra.size(), 2);
    directory += "PK\1\2" + little(45, 2) + little(45, 2) + common + little(0, 2) + little(0, 2) +
                 little(0, 2) + little(0, 4) + little(out.size(), 4) + e.name + extra;
    out += "PK\3\4" + little(45, 2) + common + e.name + extra + data;
  }
  uint64_t at = out.size(), n = entries.size();
  out += directory;
  if (zip64End) {
    uint64_t record = out.size();
    out += "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4) +
           little(n, 8) + little(n, 8) + little(directory.size(), 8) + little(at, 8);
    out += "PK\6\7" + little(0, 4) + little(record, 8) + little(1, 4);
    at = 0xffffffff;
  }
  return out + "PK\5\6" + little(0, 4) + little(n, 2) + little(n, 2) + little(directory.size(), 4) +
         little(at, 4) + little(0, 2);
}

const std::string x = npy(describe("<f4", "(2,)"), bytesOf<float>({1, 2}));
const std::string y = npy(describe("<i4", "(2,)"), bytesOf<int32_t>({3, 4}));

TEST(Npz, StoredDeflatedAndZip64) {
  for (bool deflate : {false, true})
    for (bool zip64 : {false, true}) {
      std::string file = archive({{"x.npy", x, deflate, zip64}, {"y.npy", y, deflate}}, zip64);
      EXPECT_EQ(values<double>(parseNpz("file", file, "x", reals)), (Reals{1, 2}));
      EXPECT_EQ(values<int64_t>(parseNpz("file", file, "y.npy", integers)), (Integers{3, 4}));
    }
  EXPECT_EQ(values<double>(parseNpz("file", archive({{"x.npy", x}}), "", reals)), (Reals{1, 2}));
}

TEST(Npz, IsRefused) {
  std::string good = archive({{"x.npy", x, true}, {"y.npy", y}});
  auto error = [](std::string bytes, std::string member = "x") {
    return errorOf([&] { parseNpz("file", bytes, member, reals); });
  };
  auto has = [](std::string text, std::string part) {
    EXPECT_TRUE(text.starts_with(part)) << text;
  };
  EXPECT_EQ(error(good), "none");
  EXPECT_EQ(error(good, "z"),
            "E0518]: file: there is no array `z` in the archive; it holds `x`, `y`");
  EXPECT_EQ(error(good, ""), "E0519]: file: the archive holds several arrays: `x`, `y`");
  has(error(archive({}), "x"), "E0518]");
  has(error(archive({}), ""), "E0518]");
  has(error("PK\3\4"), "E0520]: file: byte 0:");
  has(error(good.substr(0, good.size() - 1)), "E0520]");
  has(error(good.substr(1)), "E0520]");
  has(error(archive({{"x.npy", x}, {"x.npy", x}})), "E0520]");
  has(error(archive({{"x\n.npy", x}})), "E0520]");
  has(error(archive({{std::string(2000, 'x'), x}})), "E0520]");
  has(error(archive({{"x.npy", "text"}})), "E0503]: file[x.npy]: byte 0:");
  size_t entry = good.find("PK\1\2");
  auto with = [&](size_t at, std::string bytes) {
    std::string s = good;
    return s.replace(at, bytes.size(), bytes);
  };
  has(error(with(entry + 8, little(1, 2))),
      "E0513]: file: byte " + std::to_string(entry + 8) + ": an encrypted member");
  has(error(with(entry + 10, little(12, 2))), "E0513]");           // bzip2
  has(error(with(entry + 16, little(1, 4))), "E0520]");            // sum
  has(error(with(entry + 20, little(1 << 30, 4))), "E0520]");      // packed size
  has(error(with(entry + 24, little(1 << 30, 4))), "E0520]");      // ratio
  has(error(with(entry + 24, little(x.size() + 1, 4))), "E0520]"); // inflated size
  has(error(with(entry + 24, little(x.size() - 1, 4))), "E0507]"); // inflated size
  has(error(with(entry + 42, little(1 << 30, 4))), "E0520]");      // place
  size_t second = good.find("PK\1\2", entry + 4);
  has(error(with(second + 42, good.substr(entry + 42, 4))), "E0520]"); // overlap
  has(error(with(good.size() - 6, little(entry + 1, 4))), "E0520]");   // directory
  for (size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_NE(error(good.substr(0, cut)), "none") << cut;
  for (size_t i = 0; i < good.size(); ++i)
    for (char flip : {'\1', '\x80', '\xff'})
      error(with(i, std::string(1, char(good[i] ^ flip)))); // an error or a column, never a crash
}

} // namespace
