//===- ContractionTest.cpp - bits against a scalar loop -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

using namespace dyn::test;

namespace {

/// Numbers with a few bits beyond what sums keep, so that order shows.
template <typename T> std::vector<T> numbers(int64_t n, unsigned seed) {
  std::mt19937 g(seed);
  std::normal_distribution<double> d;
  std::vector<T> v(n);
  for (T &x : v)
    x = T(d(g));
  return v;
}

/// C[g, i, j] at g*M*N + i*N + j, operands addressed by the functions given.
struct Problem {
  int64_t groups, m, n, k;
  std::function<int64_t(int64_t g, int64_t i, int64_t k)> a;
  std::function<int64_t(int64_t g, int64_t k, int64_t j)> b;
};

int64_t sizeOf(const OperandSpec &o) {
  int64_t n = 1;
  for (int64_t e : o.extents)
    n *= e;
  return n;
}

template <typename T>
void check(const KernelSpec &spec, const Problem &p, const std::string &what) {
  SCOPED_TRACE(what);
  Kernel kernel(spec);
  ASSERT_TRUE(kernel.ok());
  // A guard behind C finds stores beyond the edge.
  std::vector<T> a = numbers<T>(sizeOf(spec.a) + 64, 1), b = numbers<T>(sizeOf(spec.b) + 64, 2);
  std::vector<T> c = numbers<T>(sizeOf(spec.c) + 64, 3), expected = c;
  for (int64_t g = 0; g < p.groups; ++g)
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        T &out = expected[(g * p.m + i) * p.n + j];
        T acc = spec.overwrite ? T(0) : out;
        for (int64_t k = 0; k < p.k; ++k)
          acc = std::fma(a[p.a(g, i, k)], b[p.b(g, k, j)], acc);
        out = acc;
      }
  kernel.run(a.data(), b.data(), c.data());
  int64_t wrong = 0;
  for (size_t i = 0; i < c.size(); ++i)
    wrong += std::memcmp(&c[i], &expected[i], sizeof(T)) != 0;
  EXPECT_EQ(wrong, 0) << "of " << c.size();
}

enum class Form { Plain, TransposedA, TransposedB };

void checkForm(Form form, int64_t m, int64_t n, int64_t k, bool dynamic, bool isDouble,
               bool overwrite) {
  KernelSpec s{"m, n, k", {false, false, true}, {}, {}, {"m, n", {m, n}}, isDouble, overwrite};
  Problem p{1,
            m,
            n,
            k,
            [=](int64_t, int64_t i, int64_t q) { return i * k + q; },
            [=](int64_t, int64_t q, int64_t j) { return q * n + j; }};
  s.a = {"m, k", {m, k}};
  s.b = {"k, n", {k, n}};
  if (form == Form::TransposedA) {
    s.a = {"k, m", {k, m}, dynamic}; // the sum runs over the batch
    s.b.dynamicLeading = dynamic;
    p.a = [=](int64_t, int64_t i, int64_t q) { return q * m + i; };
  } else {
    s.a.dynamicLeading = s.c.dynamicLeading = dynamic;
  }
  if (form == Form::TransposedB) {
    s.b = {"n, k", {n, k}};
    p.b = [=](int64_t, int64_t q, int64_t j) { return j * k + q; };
  }
  std::string what = "form " + std::to_string(int(form)) + " " + std::to_string(m) + "x" +
                     std::to_string(n) + "x" + std::to_string(k) + (dynamic ? " dynamic" : "") +
                     (isDouble ? " f64" : "");
  isDouble ? check<double>(s, p, what) : check<float>(s, p, what);
}

constexpr int64_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 33, 97, 100, 128, 257};

class Forms : public testing::TestWithParam<Form> {};

TEST_P(Forms, EverySizeAlongEverySide) {
  for (int64_t x : sizes)
    for (bool dynamic : {false, true}) {
      checkForm(GetParam(), x, 33, 17, dynamic, false, false);
      checkForm(GetParam(), 100, x, 16, dynamic, false, true);
      checkForm(GetParam(), 16, 48, x, dynamic, false, false);
    }
}

TEST_P(Forms, Doubles) {
  for (int64_t x : {1, 7, 8, 17, 33, 100}) {
    checkForm(GetParam(), x, 33, 17, false, true, false);
    checkForm(GetParam(), 31, x, 16, true, true, true);
  }
}

TEST_P(Forms, LongSumsInBlocksAndManyTasks) {
  for (bool overwrite : {false, true}) {
    checkForm(GetParam(), 300, 130, 1000, false, false, overwrite);
    checkForm(GetParam(), 257, 97, 700, true, false, overwrite);
    checkForm(GetParam(), 9, 40, 5000, false, false, overwrite);
    checkForm(GetParam(), 256, 512, 512, false, false, overwrite);
    checkForm(GetParam(), 640, 97, 700, true, false, overwrite);
    checkForm(GetParam(), 192, 40, 333, true, true, overwrite);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Forms,
                         testing::Values(Form::Plain, Form::TransposedA, Form::TransposedB));

TEST(Contraction, MatrixTimesVector) {
  for (int64_t m : {1, 7, 128})
    for (int64_t k : {1, 16, 257}) {
      KernelSpec s{"m, k", {false, true}, {"m, k", {m, k}}, {"k", {k}}, {"m", {m}}};
      check<float>(s,
                   {1, m, 1, k, [=](int64_t, int64_t i, int64_t q) { return i * k + q; },
                    [=](int64_t, int64_t q, int64_t) { return q; }},
                   "matrix x vector");
      KernelSpec t{"n, k", {false, true}, {"k", {k}}, {"k, n", {k, m}}, {"n", {m}}};
      check<float>(t,
                   {1, 1, m, k, [=](int64_t, int64_t, int64_t q) { return q; },
                    [=](int64_t, int64_t q, int64_t j) { return q * m + j; }},
                   "vector x matrix");
    }
}

TEST(Contraction, Batches) {
  for (int64_t g : {1, 3, 20})
    for (bool dynamic : {false, true})
      for (int64_t n : {5, 32, 40}) {
        int64_t m = 13, k = 24;
        KernelSpec s{"g, m, n, k",
                     {false, false, false, true},
                     {"g, m, k", {g, m, k}, dynamic},
                     {"g, k, n", {g, k, n}, dynamic},
                     {"g, m, n", {g, m, n}, dynamic}};
        Problem p{g,
                  m,
                  n,
                  k,
                  [=](int64_t x, int64_t i, int64_t q) { return (x * m + i) * k + q; },
                  [=](int64_t x, int64_t q, int64_t j) { return (x * k + q) * n + j; }};
        check<float>(s, p, "batch");
        s.b = {"g, n, k", {g, n, k}, dynamic};
        p.b = [=](int64_t x, int64_t q, int64_t j) { return (x * n + j) * k + q; };
        check<float>(s, p, "batch, B transposed");
      }
}

TEST(Contraction, WindowsOfAnImage) {
  int64_t g = 3, y = 5, x = 6, o = 20, ci = 3;
  KernelSpec s{"g, y, x, o, u, v, c",
               {false, false, false, false, true, true, true},
               {"g, y + u, x + v, c", {g, y + 2, x + 2, ci}, true},
               {"u, v, c, o", {3, 3, ci, o}},
               {"g, y, x, o", {g, y, x, o}, true}};
  Problem p{g,
            y * x,
            o,
            9 * ci,
            [=](int64_t b, int64_t i, int64_t q) {
              int64_t row = i / x + q / (3 * ci), column = i % x + q / ci % 3;
              return ((b * (y + 2) + row) * (x + 2) + column) * ci + q % ci;
            },
            [=](int64_t, int64_t q, int64_t j) { return q * o + j; }};
  check<float>(s, p, "convolution");

  s.a.map = "g, y - u + 2, x - v + 2, c";
  p.a = [=](int64_t b, int64_t i, int64_t q) {
    int64_t row = i / x + 2 - q / (3 * ci), column = i % x + 2 - q / ci % 3;
    return ((b * (y + 2) + row) * (x + 2) + column) * ci + q % ci;
  };
  check<float>(s, p, "windows from their end");
}

TEST(Contraction, SumsOverImagesInPasses) {
  for (int64_t ci : {1, 2, 16}) {
    int64_t g = 5, y = 24, x = 30, o = 20;
    KernelSpec s{"u, v, c, o, g, y, x",
                 {false, false, false, false, true, true, true},
                 {"g, y + u, x + v, c", {g, y + 2, x + 2, ci}, true},
                 {"g, y, x, o", {g, y, x, o}, true},
                 {"u, v, c, o", {3, 3, ci, o}}};
    Problem p{1,
              9 * ci,
              o,
              g * y * x,
              [=](int64_t, int64_t i, int64_t q) {
                int64_t row = q / x % y + i / (3 * ci), column = q % x + i / ci % 3;
                return ((q / (x * y) * (y + 2) + row) * (x + 2) + column) * ci + i % ci;
              },
              [=](int64_t, int64_t q, int64_t j) { return q * o + j; }};
    check<float>(s, p, "gradient by the kernel");
    s.overwrite = true;
    check<float>(s, p, "gradient by the kernel, overwritten");
  }
}

} // namespace
