// What a call of a compiled step costs the host besides the arithmetic, and how long it is from
// nothing to the first step. Usage: bench-host [calls]
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dyn/host.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace dyn::host;

/// 1,025 parameters. `idle` takes what `step` takes and computes nothing.
static const char text[] = R"(use nn, optim
model Net {
  fc1: nn.Linear(30, 32)
  fc2: nn.Linear(32, 1)
  fn call(x: real[30]) -> real = fc2(tanh(fc1(x)))[0]
}
fn step(var net: Net, var opt: optim.adamw(net, lr: 1e-3), x: real[N <= 32, 30], y: real[N]) -> real =
  minimize net with opt { mean((net(x) - y)^2) }
fn idle(var net: Net, var opt: optim.adamw(net, lr: 1e-3), x: real[N <= 32, 30], y: real[N]) -> real =
  net.fc2.bias[0]
fn turns(var net: Net, var opt: optim.adamw(net, lr: 1e-3), n: int) {
  for i in 0..n { net.fc2.bias[0] = net.fc2.bias[0] + 1 }
}
)";

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Resident memory in KB.
static long resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0)
      return std::atol(line.c_str() + 6);
  return 0;
}

int main(int argc, char **argv) {
  long calls = argc > 1 ? std::atol(argv[1]) : 1000000;
  double begin = now();
  auto program = Program::fromText(text);
  auto instance = program->instantiate();
  auto net = instance->make("Net"), opt = instance->make("adamw");
  auto step = instance->function("step"), idle = instance->function("idle");
  std::vector<float> x(32 * 30, 0.25f), y(32, 0.5f);
  float loss = 0;
  Array batch(x.data(), {32, 30});
  Status first = (*step)(*net, *opt, batch, y, &loss);
  if (!first)
    return std::fputs((program ? first : Status(program.error())).error().text.c_str(), stderr), 1;
  std::printf("from nothing to the first step: %.3f s, of which %.3f s compiling\n", now() - begin,
              program->seconds());
  auto cost = [&](Function &f, Array in, Array out, long n) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      double t = now();
      for (long k = 0; k < n / 5; ++k)
        if (!f(*net, *opt, in, out, &loss).ok())
          std::abort();
      best = std::min(best, (now() - t) / double(n / 5));
    }
    return best * 1e9;
  };
  Array one(x.data(), {1, 30}), target(y.data(), {1});
  std::printf("a step on 32 examples: %.0f ns\n", cost(*step, batch, y, calls / 20));
  std::printf("a step on 1 example:   %.0f ns\n", cost(*step, one, target, calls / 20));
  long before = resident();
  std::printf("a call without arithmetic: %.0f ns\n", cost(*idle, batch, y, calls));
  Function turns = *instance->function("turns");
  double begun = now();
  if (!turns(*net, *opt, int64_t(calls)).ok())
    std::abort();
  std::printf("an iteration of a loop that can be cancelled: %.1f ns\n",
              (now() - begun) / double(calls) * 1e9);
  std::printf("memory: %ld KB, %ld KB after %ld calls\n", before, resident(), calls);
}
