// Learns a live signal with a training step that was compiled ahead of time: no compiler is near.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "regressor.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

/// The last column of a table, or a signal that changes its shape in the middle.
static std::vector<float> signal(const char *path) {
  std::vector<float> s;
  std::ifstream table(path ? path : "");
  std::string row;
  for (std::getline(table, row); std::getline(table, row);)
    s.push_back(std::strtof(row.c_str() + row.rfind(',') + 1, nullptr) / 20);
  double phase = 0;
  for (int t = 0; !path && t < 20000; ++t) {
    bool late = t >= 10000;
    phase += late ? 0.41 : 0.26;
    s.push_back(float(0.6 * std::sin(phase) + (late ? 0.5 : 0.3) * std::sin(2.3 * phase)));
  }
  return s;
}

/// One number for all bits of an object.
static unsigned bitsOf(const void *p, size_t n) {
  unsigned hash = 2166136261u;
  for (size_t i = 0; i < n; ++i)
    hash = (hash ^ static_cast<const unsigned char *>(p)[i]) * 16777619u;
  return hash;
}

static int fail(const dyn_error &e) {
  std::fputs(e.text, stderr);
  return 1;
}

int main(int argc, char **argv) {
  constexpr size_t inputs = 16, rows = 20;
  std::vector<float> s = signal(argc > 1 ? argv[1] : nullptr);
  size_t row = s.size() > inputs ? (s.size() - inputs) / rows : 0;
  if (!row) {
    std::fprintf(stderr, "%s: no signal\n", argv[1]);
    return 1;
  }
  regressor program;
  dyn_error e;
  auto net = std::make_unique<regressor_Regressor>(), frozen = std::make_unique<regressor_Regressor>();
  auto opt = std::make_unique<regressor_adam>();
  if (regressor_open(&program, nullptr, &e) || regressor_make_Regressor(&program, net.get(), &e) ||
      regressor_make_Regressor(&program, frozen.get(), &e) ||
      regressor_make_adam(&program, opt.get(), &e))
    return fail(e);
  std::puts("examples  learning    frozen   mean absolute error of the next value");
  double learning = 0, still = 0;
  for (size_t t = 0; t < row * rows; ++t) {
    const float *x = &s[t], y = s[t + inputs];
    float guess, former, loss;
    // First it says what comes, then it is told.
    if (regressor_predict(&program, net.get(), x, &guess, &e) ||
        regressor_predict(&program, frozen.get(), x, &former, &e) ||
        regressor_learn(&program, net.get(), opt.get(), x, y, &loss, &e))
      return fail(e);
    learning += std::fabs(guess - y);
    still += std::fabs(former - y);
    if ((t + 1) % row)
      continue;
    // A copy of what was known after the first fifth of the signal learns no more.
    if (t + 1 <= row * rows / 5)
      *frozen = *net;
    std::printf("%8zu %9.4f %9.4f\n", t + 1, learning / double(row), still / double(row));
    learning = still = 0;
  }
  std::printf("parameters %08x\n", bitsOf(net.get(), sizeof *net));
  if (regressor_Regressor_save(net.get(), "regressor.safetensors", &e))
    return fail(e);
  regressor_close(&program);
}
