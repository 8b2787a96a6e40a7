//===- Matmul.cpp - contractions beside OpenBLAS and oneDNN ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One thread; the best of many runs that take turns, in GFLOP/s. All three
// compute C = A*B, and ours packs B inside the measured call.
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include <cblas.h>
#include <dnnl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>

extern "C" void openblas_set_num_threads(int);

namespace {

struct Case {
  const char *name;
  int64_t m, n, k;
  bool transposedA, transposedB, dynamic;
};

constexpr Case cases[] = {
    {"square", 512, 512, 512, false, false, false},
    {"square", 1024, 1024, 1024, false, false, false},
    {"square, dynamic batch", 1024, 1024, 1024, false, false, true},
    {"square, A transposed", 1024, 1024, 1024, true, false, false},
    {"square, B transposed", 1024, 1024, 1024, false, true, false},
    {"forward", 128, 256, 784, false, false, true},
    {"weight gradient", 784, 256, 128, true, false, true},
    {"input gradient", 128, 784, 256, false, true, true},
    {"output layer", 128, 10, 256, false, false, true},
    {"forward, wide", 4704, 97, 500, false, false, true},
    {"forward, long", 4704, 500, 97, false, false, true},
};

double seconds(const std::function<void()> &f) {
  auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(const Case &k) {
  dyn::test::KernelSpec s{"m, n, k",
                          {false, false, true},
                          {"m, k", {k.m, k.k}},
                          {"k, n", {k.k, k.n}},
                          {"m, n", {k.m, k.n}},
                          false,
                          true};
  if (k.transposedA)
    s.a = {"k, m", {k.k, k.m}};
  if (k.transposedB)
    s.b = {"n, k", {k.n, k.k}};
  s.a.dynamicLeading = k.dynamic;
  (k.transposedA ? s.b : s.c).dynamicLeading = k.dynamic;
  dyn::test::Kernel kernel(s);
  if (!kernel.ok()) {
    std::printf("%-22s does not compile\n", k.name);
    return;
  }
  // Beginning on a cache line, as the arena's buffers do.
  auto aligned = [](std::vector<float> &v) {
    return reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(v.data()) + 63) & ~uintptr_t(63));
  };
  std::vector<float> as(k.m * k.k + 16), bs(k.k * k.n + 16), cs(k.m * k.n + 16);
  float *a = aligned(as), *b = aligned(bs), *c = aligned(cs);
  std::mt19937 g(1);
  std::uniform_real_distribution<float> d(-1, 1);
  for (auto *v : {&as, &bs})
    std::generate(v->begin(), v->end(), [&] { return d(g); });
  int lda = k.transposedA ? k.m : k.k, ldb = k.transposedB ? k.k : k.n;
  std::function<void()> runs[] = {[&] { kernel.run(a, b, c); },
                                  [&] {
                                    cblas_sgemm(CblasRowMajor,
                                                k.transposedA ? CblasTrans : CblasNoTrans,
                                                k.transposedB ? CblasTrans : CblasNoTrans, k.m, k.n,
                                                k.k, 1, a, lda, b, ldb, 0, c, k.n);
                                  },
                                  [&] {
                                    dnnl_sgemm(k.transposedA ? 'T' : 'N', k.transposedB ? 'T' : 'N',
                                               k.m, k.n, k.k, 1, a, lda, b, ldb, 0, c, k.n);
                                  }};
  double flops = 2.0 * k.m * k.n * k.k, best[3] = {1e9, 1e9, 1e9};
  int inner = std::max(1, int(2e7 / flops));
  for (int round = 0; round < 40; ++round)
    for (int i = 0; i < 3; ++i)
      best[i] = std::min(best[i], seconds([&] {
                                    for (int j = 0; j < inner; ++j)
                                      runs[i]();
                                  }) / inner);
  double ours = flops / best[0] * 1e-9, blas = flops / best[1] * 1e-9, dnn = flops / best[2] * 1e-9;
  std::printf("%-22s %5dx%4dx%4d %8.1f %8.1f %8.1f   %.2f\n", k.name, int(k.m), int(k.k), int(k.n),
              ours, blas, dnn, ours / std::max(blas, dnn));
}

} // namespace

int main() {
  openblas_set_num_threads(1);
  std::printf("%-22s %15s %8s %8s %8s   of the best\n", "", "m x k x n", "dyn", "OpenBLAS",
              "oneDNN");
  for (const Case &k : cases)
    measure(k);
}
