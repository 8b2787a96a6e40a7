// A call allocates nothing.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#ifdef DYN_COUNTS_ALLOCATIONS
#include "../steady/Counter.h"

using namespace dyn::host;

namespace {

TEST(SteadyCalls, AllocateNothing) {
  for (unsigned threads : {0u, 2u}) {
    InstanceOptions o;
    o.threads = threads;
    Instance i = taken(compiled(regressorText).instantiate(o));
    Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw"));
    Function step = taken(i.function("step"));
    Batch b;
    float loss = 0;
    std::vector<char> askew(8 * 4 * 4 + 1);
    Array off(reinterpret_cast<float *>(askew.data() + 1), {8, 4});
    auto call = [&] {
      return step(net, opt, b.inputs(), b.targets(), &loss).ok() &&
             step(net, opt, off, b.targets(), &loss).ok();
    };
    bool fine = call();
    int64_t before = allocations();
    for (int k = 0; k < 5000; ++k)
      fine &= call();
    EXPECT_EQ(allocations() - before, 0);
    EXPECT_TRUE(fine);
  }
}

TEST(SteadyCalls, AnAllocationIsSeen) {
  int64_t before = allocations();
  (void)!new volatile int(7);
  EXPECT_GT(allocations(), before);
}

} // namespace
#endif
