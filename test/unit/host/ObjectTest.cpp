// Models and optimizers: made, read, replaced, saved and loaded.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <unistd.h>

using namespace dyn::host;

namespace {

TEST(Objects, AModelHasTheDrawsOfItsSeed) {
  Program p = compiled(regressorText);
  Instance i = taken(p.instantiate());
  Object a = taken(i.make("Regressor")), b = taken(i.make("step.net")), c = taken(i.make("Regressor", 7));
  EXPECT_EQ(bitsOf(a), bitsOf(b));
  EXPECT_NE(bitsOf(a), bitsOf(c));
  InstanceOptions o;
  o.seed = 7;
  EXPECT_EQ(bitsOf(c), bitsOf(*p.instantiate(o)->make("Regressor")));
}

TEST(Objects, TensorsAreReadAndReplaced) {
  Instance i = taken(compiled(regressorText).instantiate());
  Object net = taken(i.make("Regressor"));
  std::vector<float> bias(16, 0.5f), back(16), strided(32, -1);
  expectOk(net.write("fc1.bias", bias));
  expectOk(net.read("fc1.bias", back));
  EXPECT_EQ(back, bias);
  // Any strides: every second place.
  expectOk(net.read("fc1.bias", Array(strided.data(), {16}, {2})));
  EXPECT_EQ(strided[30], 0.5f);
  EXPECT_EQ(strided[31], -1);
  Array view = taken(net.tensor("fc1.bias"));
  EXPECT_EQ(view.shape[0], 16);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view.data) % 64, 0u);
  static_cast<float *>(view.data)[3] = 9;
  expectOk(net.read("fc1.bias", back));
  EXPECT_EQ(back[3], 9);
  Object opt = taken(i.make("adamw"));
  expectOk(opt.set("lr", 0.125));
  EXPECT_EQ(taken(opt.get("lr")), 0.125);
}

TEST(Objects, ACopyGoesItsOwnWay) {
  Instance i = taken(compiled(regressorText).instantiate());
  Object net = taken(i.make("Regressor")), same = taken(net.copy());
  EXPECT_EQ(bitsOf(net), bitsOf(same));
  expectOk(net.write("fc1.bias", std::vector<float>(16, 1.0f)));
  EXPECT_NE(bitsOf(net), bitsOf(same));
}

TEST(Objects, SavedAndLoadedItGoesOnWithTheSameBits) {
  Program p = compiled(regressorText);
  Instance i = taken(p.instantiate());
  Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw"));
  Function step = taken(i.function("step"));
  Batch b;
  float loss;
  for (int k = 0; k < 5; ++k)
    expectOk(step(net, opt, b.inputs(), b.targets(), &loss));
  std::string path = testing::TempDir() + "dyn-host-" + std::to_string(getpid());
  expectOk(opt.set("lr", 0.125));
  expectOk(net.save(path + ".net"));
  expectOk(opt.save(path + ".opt"));
  Instance later = taken(p.instantiate());
  Object again = taken(later.make("Regressor", 3)), state = taken(later.make("adamw"));
  expectOk(again.load(path + ".net"));
  expectOk(state.load(path + ".opt"));
  Function go = taken(later.function("step"));
  for (int k = 0; k < 5; ++k) {
    expectOk(step(net, opt, b.inputs(), b.targets(), &loss));
    expectOk(go(again, state, b.inputs(), b.targets(), &loss));
  }
  EXPECT_EQ(bitsOf(net), bitsOf(again));
  EXPECT_EQ(bitsOf(opt), bitsOf(state));
  unlink((path + ".net").c_str());
  unlink((path + ".opt").c_str());
}

TEST(Objects, MemoryComesFromTheHost) {
  size_t live = 0, most = 0;
  InstanceOptions o;
  o.hooks.allocate = [&](size_t bytes, size_t alignment) {
    most = std::max(most, live += bytes);
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  o.hooks.release = [&](void *memory, size_t bytes) {
    live -= bytes;
    std::free(memory);
  };
  {
    Instance i = taken(compiled(regressorText).instantiate(o));
    Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw"));
    Batch b;
    float loss;
    expectOk(taken(i.function("step"))(net, opt, b.inputs(), b.targets(), &loss));
    EXPECT_GT(most, 3u * (16 * 5 + 17) * sizeof(float));
  }
  EXPECT_EQ(live, 0u);
}

} // namespace
