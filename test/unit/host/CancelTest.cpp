// Calls that the host ends while they loop.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <thread>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define DYN_LEAKS(forgiven) __lsan::ScopedDisabler forgiven
#endif
#endif
#ifndef DYN_LEAKS
#define DYN_LEAKS(forgiven) (void)0
#endif

using namespace dyn::host;

namespace {

/// Loops of every kind, each longer than any test; `through` changes its variables in a function
/// that it calls, `swap` exchanges them.
const char *const loops = R"(use nn, optim
model Net {
  fc: nn.Linear(4, 1)
  fn call(x: real[4]) -> real = fc(x)[0]
}
fn train_on(var net: Net, var opt: optim.sgd(net, lr: 0.01, momentum: 0.9), x: real[N <= 8, 4],
            y: real[N], rounds: int) {
  for k in 0..rounds { minimize net with opt { mean((net(x) - y)^2) } }
}
fn through(var net: Net, var opt: optim.sgd(net, lr: 0.01, momentum: 0.9), x: real[N <= 8, 4],
           y: real[N], rounds: int) -> real {
  train_on(net, opt, x, y, rounds)
  mean((net(x) - y)^2)
}
fn count(var a: int, var b: int) {
  for i in 0..1000000000000 {
    a = a + 1
    for j in 0..2 { b = b + 1 }
  }
}
fn swap(var a: real[3], var b: real[3]) {
  for i in 0..1000000000000 {
    let former = a
    a = b
    b = former + 0
  }
}
fn wander(var a: int) { while a >= 0 limit 1000000000000 { a = a + 1 } }
fn ends(v: real) -> real {
  var w = v
  while w < 2 limit 1000000000000 { w = w*1 }
  w
}
fn lanes(x: real[N <= 4]) -> real[N] {
  let out[n] = ends(x[n])
  out
}
fn noisy() -> real {
  let e: real ~ normal(0, 1)
  e
}
fn endless_noise() -> real {
  let e: real ~ normal(0, 1)
  var total = 0.0
  for i in 0..1000000000000 { total = total + e }
  total
}
)";

class Cancel : public testing::TestWithParam<bool> {
protected:
  Program program;
  Instance instance;
  void SetUp() override {
    Options options;
    options.optimize = GetParam();
    program = compiled(loops, options);
    instance = taken(program.instantiate());
  }

  /// Ends the call that `f` makes a while after it began.
  template <typename F> void cancelled(F f, int wait = 30) {
    DYN_LEAKS(ofTheReference); // which does not give back the buffers of a call that fails
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(wait));
      instance.cancel();
    });
    Status done = f();
    other.join();
    ASSERT_FALSE(done.ok());
    expectCode(done.error(), "E1115");
  }
};

TEST_P(Cancel, LeavesWhatWholeIterationsMade) {
  // The weights after some number of rounds, and the momentum that belongs to them.
  Batch b;
  int64_t many = 1000000000000;
  for (const char *name : {"train_on", "through"}) {
    Object net = taken(instance.make("Net")), opt = taken(instance.make("sgd"));
    Object net2 = taken(net.copy()), opt2 = taken(opt.copy());
    Function f = taken(instance.function(name)), again = taken(instance.function("train_on"));
    float loss = -1;
    bool result = std::string(name) == "through";
    cancelled([&] {
      return result ? f(net, opt, b.inputs(), b.targets(), many, &loss)
                    : f(net, opt, b.inputs(), b.targets(), many);
    });
    EXPECT_EQ(loss, -1) << "a call that is cancelled has no result";
    auto rounds = int64_t(*opt.get("steps"));
    EXPECT_GT(rounds, 0) << name;
    expectOk(again(net2, opt2, b.inputs(), b.targets(), rounds));
    EXPECT_EQ(bitsOf(net), bitsOf(net2)) << name;
    EXPECT_EQ(bitsOf(opt), bitsOf(opt2)) << name;
  }
}

TEST_P(Cancel, IsSeenInEveryLoop) {
  int64_t a = 0, b = 0;
  cancelled([&] { return taken(instance.function("count"))(&a, &b); });
  EXPECT_GT(a, 0);
  EXPECT_TRUE(b == 2 * a || b == 2 * a - 1 || b == 2 * a - 2) << a << " " << b;
  int64_t w = 0;
  cancelled([&] { return taken(instance.function("wander"))(&w); });
  EXPECT_GT(w, 0);
  float x[4] = {1, 3, 1, 0}, y[4] = {};
  cancelled([&] { return taken(instance.function("lanes"))(Array(x, {4}), Array(y, {4})); });
  EXPECT_EQ(y[1], 0);
}

TEST_P(Cancel, ExchangedVariablesKeepTheirValues) {
  float a[] = {1, 2, 3}, b[] = {4, 5, 6};
  cancelled([&] { return taken(instance.function("swap"))(Array(a, {3}), Array(b, {3})); });
  EXPECT_EQ(a[0] + b[0], 5);
  EXPECT_EQ(a[2] + b[2], 9);
  EXPECT_TRUE(a[0] == 1 || a[0] == 4);
  // In memory that lies askew, too.
  char memory[32];
  float *askew = reinterpret_cast<float *>(memory + 2);
  std::memcpy(memory + 2, a, sizeof a);
  cancelled([&] { return taken(instance.function("swap"))(Array(askew, {3}), Array(b, {3})); });
  std::memcpy(a, memory + 2, sizeof a);
  EXPECT_EQ(a[1] + b[1], 7);
}

TEST_P(Cancel, TheInstanceGoesOn) {
  // A call that was cancelled is not counted: the next one has its draws.
  float first = 0, second = 0, none = 0;
  Function noisy = taken(instance.function("noisy"));
  expectOk(noisy(&first));
  cancelled([&] { return taken(instance.function("endless_noise"))(&none); });
  expectOk(noisy(&second));
  Instance other = taken(program.instantiate());
  Function same = taken(other.function("noisy"));
  float x = 0, y = 0;
  expectOk(same(&x));
  expectOk(same(&y));
  EXPECT_EQ(first, x);
  EXPECT_EQ(second, y);
  // Between calls a request is for the next one, once.
  instance.cancel();
  expectCode(noisy(&x).error(), "E1115");
  expectOk(noisy(&x));
  // Threads of the instance's own, and those of the host, see none of it.
  InstanceOptions options;
  options.threads = 2;
  instance = taken(program.instantiate(options));
  int64_t w = 0;
  cancelled([&] { return taken(instance.function("wander"))(&w); });
  EXPECT_GT(w, 0);
}

INSTANTIATE_TEST_SUITE_P(BothPipelines, Cancel, testing::Bool());

} // namespace
