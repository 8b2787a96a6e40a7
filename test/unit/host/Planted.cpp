// A fault in a call that only instrumented code can show: see ThreadTest.cpp.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dyn/host.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

using namespace dyn::host;

int main(int argc, char **) {
  bool fault = argc > 1;
  Options options;
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  options.sanitizer = Sanitizer::Thread;
#else
  options.sanitizer = Sanitizer::Address;
#endif
#endif
  auto program = Program::fromText("fn shift(var w: real[1000], d: real) { w += d }\n", "p.dyn", options);
  auto one = program->instantiate(), two = program->instantiate();
  auto first = one->function("shift"), second = two->function("shift");
  for (const Error *e : {&program.error(), &first.error(), &second.error()})
    if (!e->text.empty())
      return std::fputs(e->text.c_str(), stderr), 9;
  // Address: the view says more than there is. Thread: both write the same memory.
  size_t there = fault && options.sanitizer == Sanitizer::Address ? 990 : 1000;
  auto w = std::make_unique<float[]>(there), other = std::make_unique<float[]>(1000);
  float *target = fault && options.sanitizer == Sanitizer::Thread ? w.get() : other.get();
  bool fine = true;
  std::thread thread([&] {
    for (int k = 0; k < 100; ++k)
      fine &= (*second)(Array(target, {1000}), 1.0f).ok();
  });
  bool mine = true;
  for (int k = 0; k < 100; ++k)
    mine &= (*first)(Array(w.get(), {1000}), 1.0f).ok();
  thread.join();
  return fine && mine ? 0 : 8;
}
