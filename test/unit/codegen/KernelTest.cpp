//===- KernelTest.cpp - one op as a kernel --------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Compare.h"

using namespace dyn::test;

namespace {

struct Case {
  std::string loops; ///< a letter each: p, r
  std::vector<Operand> ins, outs, captured;
  std::string body;     ///< of %x0.. and %o0.., captures are %c0..
  double tolerance = 0; ///< relative; 0: to the bit
};

std::string textOf(const Case &c) {
  std::string args, maps, in, inTypes, out, outTypes, block, kinds, dims;
  auto add = [](std::string &s, const std::string &x) { s += (s.empty() ? "" : ", ") + x; };
  for (size_t i = 0; i < c.loops.size(); ++i) {
    add(dims, "d" + std::to_string(i));
    add(kinds, c.loops[i] == 'p' ? "\"parallel\"" : "\"reduction\"");
  }
  auto take = [&](const Operand &o, const std::string &name, const std::string &value,
                  std::string &names, std::string &types) {
    add(args, name + ": " + o.memref());
    add(maps, "affine_map<(" + dims + ") -> (" + o.map + ")>");
    add(names, name);
    add(types, o.memref());
    add(block, value + ": " + o.type);
  };
  for (size_t i = 0; i < c.ins.size(); ++i)
    take(c.ins[i], "%i" + std::to_string(i), "%x" + std::to_string(i), in, inTypes);
  for (size_t i = 0; i < c.outs.size(); ++i)
    take(c.outs[i], "%u" + std::to_string(i), "%o" + std::to_string(i), out, outTypes);
  for (size_t i = 0; i < c.captured.size(); ++i)
    add(args, "%c" + std::to_string(i) + ": " + c.captured[i].memref());
  return "func.func @train(%run: i64, " + args + ") {\n  linalg.generic {indexing_maps = [" + maps +
         "], iterator_types = [" + kinds + "]} " +
         (in.empty() ? "" : "ins(" + in + " : " + inTypes + ") ") + "outs(" + out + " : " +
         outTypes + ") {\n  ^bb0(" + block + "):\n" + c.body + "\n  }\n  return\n}\n";
}

void check(const Case &c) {
  std::vector<Operand> operands = c.ins;
  operands.insert(operands.end(), c.outs.begin(), c.outs.end());
  operands.insert(operands.end(), c.captured.begin(), c.captured.end());
  compare(textOf(c), operands, c.tolerance);
}

const int64_t sizes[] = {0, 1, 15, 16, 17, 100, 257};
constexpr double sumError = 2e-5;

TEST(Elementwise, RowAndColumnVectors) {
  for (int64_t n : sizes)
    for (int64_t m : {int64_t(1), int64_t(130)})
      for (bool dynamic : {false, true})
        check(
            {"pp",
             {{"f32", {m, n}, "d0, d1", dynamic}, {"f32", {n}, "d1"}, {"f32", {m}, "d0", dynamic}},
             {{"f32", {m, n}, "d0, d1", dynamic}},
             {},
             "%a = arith.addf %x0, %x1 : f32\n%s = arith.mulf %x2, %x2 : f32\n"
             "%b = arith.mulf %a, %s : f32\nlinalg.yield %b : f32"});
}

TEST(Elementwise, LongLoopsInTasks) {
  for (int64_t m : {1, 700, 1500})
    check({"pp",
           {{"f32", {m, 257}, "d0, d1", true}},
           {{"f32", {m, 257}, "d0, d1", true, 1}, {"f32", {257, m}, "d1, d0"}},
           {},
           "%a = arith.divf %x0, %o0 : f32\n%b = math.sqrt %o0 : f32\n"
           "%d = arith.addf %b, %a : f32\n%e = arith.subf %d, %o1 : f32\n"
           "linalg.yield %e, %d : f32, f32",
           1e-6});
}

TEST(Elementwise, Transposed) {
  for (int64_t n : sizes)
    check({"pp",
           {{"f32", {n, 33}, "d1, d0"}, {"f32", {33, n}, "d0, d1"}},
           {{"f32", {33, n}, "d0, d1"}},
           {},
           "%a = arith.subf %x0, %x1 : f32\nlinalg.yield %a : f32"});
}

TEST(Elementwise, TruthValuesAndIndices) {
  for (int64_t n : sizes)
    for (bool dynamic : {false, true})
      check({"pp",
             {{"i1", {5, n}, "d0, d1", dynamic}, {"f32", {5, n}, "d0, d1"}},
             {{"i1", {5, n}, "d0, d1"}, {"i64", {5, n}, "d0, d1"}},
             {},
             "%z = arith.constant 0.25 : f32\n%p = arith.cmpf ogt, %x1, %z : f32\n"
             "%q = arith.xori %p, %x0 : i1\n%i = linalg.index 0 : index\n"
             "%j = linalg.index 1 : index\n%k = arith.addi %i, %j : index\n"
             "%l = arith.index_cast %k : index to i64\n%w = arith.constant 1 : i64\n"
             "%v = arith.addi %o1, %w : i64\n%m = arith.divsi %l, %v : i64\n"
             "%t = arith.select %x0, %l, %m : i64\nlinalg.yield %q, %t : i1, i64"});
}

TEST(Elementwise, Doubles) {
  for (int64_t n : sizes)
    check({"p",
           {{"f64", {n}, "d0", true}},
           {{"f64", {n}, "d0", true}},
           {},
           "%a = math.exp %x0 : f64\n%b = arith.addf %a, %o0 : f64\nlinalg.yield %b : f64",
           1e-14});
}

TEST(Elementwise, Polynomials) {
  for (const char *f : {"exp", "log", "tanh", "erf", "sin", "cos", "log1p", "expm1", "rsqrt"})
    check({"p",
           {{"f32", {331}, "d0", false, 1}},
           {{"f32", {331}, "d0"}},
           {},
           "%a = math." + std::string(f) + " %x0 : f32\nlinalg.yield %a : f32",
           2e-6});
}

TEST(Gather, RowsAndElements) {
  for (int64_t n : sizes) {
    check({"pp",
           {{"i64", {40}, "d0", true, 9}},
           {{"f32", {40, n}, "d0, d1", true}},
           {{"f32", {9, n}, ""}},
           "%i = arith.index_cast %x0 : i64 to index\n%j = linalg.index 1 : index\n"
           "%v = memref.load %c0[%i, %j] : memref<9x" +
               std::to_string(n) + "xf32>\nlinalg.yield %v : f32"});
    check({"p",
           {{"i64", {n}, "d0", true, 9}},
           {{"f32", {n}, "d0", true}},
           {{"f32", {n + 1, 9}, ""}},
           "%i = linalg.index 0 : index\n%j = arith.index_cast %x0 : i64 to index\n"
           "%v = memref.load %c0[%i, %j] : memref<" +
               std::to_string(n + 1) + "x9xf32>\nlinalg.yield %v : f32"});
  }
}

TEST(Reduction, Rows) {
  for (int64_t n : {0, 1, 15, 16, 17, 100, 257, 4096, 4097, 9000})
    for (int64_t m : {1, 7, 64})
      check({"pr",
             {{"f32", {m, n}, "d0, d1", true}},
             {{"f32", {m}, "d0", true}, {"f32", {m}, "d0", true}},
             {},
             "%a = arith.addf %o0, %x0 : f32\n%b = arith.maximumf %x0, %o1 : f32\n"
             "linalg.yield %a, %b : f32, f32",
             sumError});
}

TEST(Reduction, Columns) {
  for (int64_t n : sizes)
    for (int64_t m : {0, 1, 130, 3000})
      check({"rp",
             {{"f32", {m, n}, "d0, d1", true}},
             {{"f32", {n}, "d1"}},
             {},
             "%s = arith.mulf %x0, %x0 : f32\n%a = arith.addf %o0, %s : f32\n"
             "linalg.yield %a : f32",
             n == 1 ? sumError : 0}); // one column is a row
}

TEST(Reduction, Everything) {
  for (int64_t n : {0, 1, 17, 4096, 5000, 20000})
    for (bool dynamic : {false, true}) {
      check({"r",
             {{"f32", {n}, "d0", dynamic}},
             {{"f32", {}, ""}},
             {},
             "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32",
             sumError});
      check({"r",
             {{"i64", {n}, "d0", dynamic}},
             {{"i64", {}, ""}},
             {},
             "%a = arith.addi %o0, %x0 : i64\nlinalg.yield %a : i64"});
      check({"r",
             {{"f64", {n}, "d0", dynamic}},
             {{"f64", {}, ""}},
             {},
             "%a = arith.minimumf %o0, %x0 : f64\nlinalg.yield %a : f64"});
    }
}

TEST(Reduction, MiddleAndWindows) {
  for (int64_t n : sizes) {
    check({"prp",
           {{"f32", {3, 11, n}, "d0, d1, d2"}},
           {{"f32", {3, n}, "d0, d2"}},
           {},
           "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32",
           n == 1 ? sumError : 0});
    check({"rpr",
           {{"f32", {3, 11, n}, "d0, d1, d2"}},
           {{"f32", {11}, "d1"}},
           {},
           "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32",
           sumError});
    check({"rrp",
           {{"f32", {6, 3, n}, "d0, d1, d2"}},
           {{"f32", {8, n}, "d0 + d1, d2"}},
           {},
           "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32"});
    check({"rr",
           {{"f32", {n, 3}, "d0, d1"}},
           {{"f32", {n + 2}, "d0 + d1"}},
           {},
           "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32"});
  }
}

TEST(Reduction, PlaceOfTheLargest) {
  for (int64_t n : sizes)
    check({"pr",
           {{"f32", {20, n}, "d0, d1", true}},
           {{"f32", {20}, "d0", true}, {"i64", {20}, "d0", true}},
           {},
           "%p = arith.cmpf ogt, %x0, %o0 : f32\n%i = linalg.index 1 : index\n"
           "%j = arith.index_cast %i : index to i64\n%v = arith.select %p, %x0, %o0 : f32\n"
           "%k = arith.select %p, %j, %o1 : i64\nlinalg.yield %v, %k : f32, i64"});
}

TEST(Reduction, ValuesBesideResults) {
  for (int64_t n : sizes)
    check({"prp",
           {{"f32", {9, 4, n}, "d0, d1, d2", true}, {"f32", {9, n}, "d0, d2", true}},
           {{"i1", {9, 4, n}, "d0, d1, d2", true}, {"f32", {9, n}, "d0, d2", true}},
           {},
           "%p = arith.cmpf ogt, %x0, %x1 : f32\n%y = arith.uitofp %p : i1 to f32\n"
           "%a = arith.addf %o1, %y : f32\nlinalg.yield %p, %a : i1, f32",
           n == 1 ? sumError : 0});
  for (int64_t n : sizes)
    check({"pr",
           {{"f32", {9, n}, "d0, d1", true}},
           {{"f32", {9, n}, "d0, d1", true}, {"f32", {9}, "d0", true}},
           {},
           "%y = arith.mulf %x0, %x0 : f32\n%a = arith.addf %o1, %y : f32\n"
           "linalg.yield %y, %a : f32, f32",
           sumError});
}

/// The order that the language prescribes, to the bit.
TEST(Reduction, OrderOfSums) {
  for (int64_t n : {10, 100, 4096, 10000}) {
    Case c{"pr",
           {{"f32", {6, n}, "d0, d1"}},
           {{"f32", {6}, "d0"}},
           {},
           "%a = arith.addf %o0, %x0 : f32\nlinalg.yield %a : f32"};
    Program kernels(textOf(c), true);
    ASSERT_TRUE(kernels.isValid());
    std::mt19937 random(3);
    std::vector<Buffer> b{filled(c.ins[0], random), filled(c.outs[0], random)};
    std::vector<float> expected(b[1].as<float>(), b[1].as<float>() + 6);
    for (int64_t r = 0; r < 6; ++r)
      for (int64_t first = 0; first < n; first += 4096) {
        float part[16];
        std::fill_n(part, 16, -0.0f);
        for (int64_t i = first; i < std::min(n, first + 4096); ++i)
          part[i % 16] += b[0].as<float>()[r * n + i];
        for (int half = 8; half > 0; half /= 2)
          for (int i = 0; i < half; ++i)
            part[i] += part[i + half];
        expected[r] += part[0];
      }
    kernels.run(b);
    for (int64_t r = 0; r < 6; ++r)
      EXPECT_EQ(expected[r], b[1].as<float>()[r]) << n;
  }
}

} // namespace
