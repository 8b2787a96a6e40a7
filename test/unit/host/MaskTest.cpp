// Masks as objects of a host: searched, read, replaced, cut, trained under, saved.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <algorithm>
#include <unistd.h>

using namespace dyn::host;

namespace {

const char *const tickets = R"(use nn, optim, masks
config { group: dim = 2 }
model Net {
  fc1: nn.Linear(4, 6)
  fc2: nn.Linear(6, 1)
  fn call(x: real[4]) -> real = fc2(tanh(fc1(x)))[0]
}
/// A gate that keeps what it was built over.
mask kept(factor: real = 1) {
  param a like w = 2
  state start like w = w
  fn soft(w: real[...S]) -> real[...S] = factor*w*sigmoid(a)
  fn back(w: real[...S]) -> real[...S] = start
}
fn miss(net: Net, x: real[N <= 8, 4], y: real[N]) -> real = mean((net(x) - y)^2)
fn search(net: Net, var gates: masks.concrete(net where rank >= 2, init: 0.5),
          var opt: optim.adam(gates, lr: 0.1), x: real[N <= 8, 4], y: real[N]) -> real =
  minimize gates with opt { miss(gates.soft(net), x, y) }
fn cut(var net: Net, gates: masks.concrete(net where rank >= 2, init: 0.5), k: int) {
  let live = largest(gates.a, k)
  net = gates.hard(net, live)
}
fn retrain(var net: Net, gates: masks.concrete(net where rank >= 2, init: 0.5),
           var opt: optim.sgd(net, lr: 0.05, momentum: 0.9), k: int,
           x: real[N <= 8, 4], y: real[N]) -> real {
  let live = largest(gates.a, k)
  minimize net where live with opt { miss(net, x, y) }
}
fn softened(net: Net, own: kept(net where rank >= 2), x: real[N <= 8, 4]) -> real[N] =
  own.soft(net)(x)
fn rewind(var net: Net, own: kept(net where rank >= 2)) { net = own.back(net) }
fn paired(net: Net, pairs: masks.n_of_m(net where path == "fc1.weight", n: 1, m: config.group),
          x: real[N <= 8, 4]) -> real[N] = pairs.hard(net)(x)
)";

class Masks : public testing::TestWithParam<bool> {
protected:
  Program program;
  Instance i;
  Object net, gates, opt;
  Batch b;

  void SetUp() override {
    Options options;
    options.optimize = GetParam();
    program = compiled(tickets, options);
    i = taken(program.instantiate());
    net = taken(i.make("Net"));
    gates = taken(i.make("concrete"));
    opt = taken(i.make("sgd"));
  }
  std::vector<float> read(Object &o, const char *name, size_t n, std::vector<int64_t> shape) {
    std::vector<float> v(n);
    Array a(v.data(), {int64_t(n)});
    a.rank = int(shape.size());
    int64_t step = 1;
    for (int d = a.rank; d-- > 0; step *= shape[size_t(d)]) {
      a.shape[d] = shape[size_t(d)];
      a.strides[d] = step;
    }
    expectOk(o.read(name, a));
    return v;
  }
};

TEST_P(Masks, AreDescribed) {
  EXPECT_EQ(gates.info().kind, "mask");
  std::string all;
  for (const TensorInfo &t : gates.info().tensors)
    all += t.role + " " + t.name + ";";
  EXPECT_EQ(all, "setting tau;setting init;param a.fc1.weight;param a.fc2.weight;");
  Object own = taken(i.make("kept"));
  all.clear();
  for (const TensorInfo &t : own.info().tensors)
    all += t.role + " " + t.name + ";";
  EXPECT_EQ(all, "setting factor;param a.fc1.weight;param a.fc2.weight;state start.fc1.weight;"
                 "state start.fc2.weight;");
}

TEST_P(Masks, ASearchMovesTheGatesAlone) {
  std::string before = bitsOf(net);
  EXPECT_EQ(read(gates, "a.fc1.weight", 24, {4, 6}), std::vector<float>(24, 0.5f));
  Object adam = taken(i.make("adam"));
  Function search = taken(i.function("search"));
  float loss = 0;
  for (int k = 0; k < 10; ++k)
    expectOk(search(net, gates, adam, b.inputs(), b.targets(), &loss));
  EXPECT_EQ(bitsOf(net), before);
  EXPECT_NE(read(gates, "a.fc1.weight", 24, {4, 6}), std::vector<float>(24, 0.5f));
}

TEST_P(Masks, TheHostSaysWhichWeightsLive) {
  // Three inputs of the first hidden unit, and its output.
  float a1[24], a2[6];
  std::fill(a1, a1 + 24, -1.0f);
  std::fill(a2, a2 + 6, -1.0f);
  a1[0] = a1[6] = a1[12] = a2[0] = 1;
  expectOk(gates.write("a.fc1.weight", Array(a1, {4, 6})));
  expectOk(gates.write("a.fc2.weight", Array(a2, {6, 1})));
  auto live = [](size_t k) { return k % 6 == 0 && k < 18; };
  std::vector<float> was = read(net, "fc1.weight", 24, {4, 6});
  expectOk(taken(i.function("cut"))(net, gates, 4));
  std::vector<float> now = read(net, "fc1.weight", 24, {4, 6});
  for (size_t k = 0; k < 24; ++k)
    EXPECT_EQ(now[k], live(k) ? was[k] : 0.0f) << k;
  Function retrain = taken(i.function("retrain"));
  float first = 0, loss = 0;
  for (int k = 0; k < 50; ++k)
    expectOk(retrain(net, gates, opt, 4, b.inputs(), b.targets(), k ? &loss : &first));
  EXPECT_LT(loss, first);
  now = read(net, "fc1.weight", 24, {4, 6});
  std::vector<float> momentum = read(opt, "m.fc1.weight", 24, {4, 6});
  for (size_t k = 0; k < 24; ++k) {
    EXPECT_EQ(now[k] != 0, live(k)) << k;
    EXPECT_EQ(momentum[k] != 0, live(k)) << k;
  }
  EXPECT_NE(now[0], was[0]);
}

TEST_P(Masks, SettingsAndStatesAreTheHosts) {
  Object own = taken(i.make("kept"));
  Function softened = taken(i.function("softened")), rewind = taken(i.function("rewind"));
  float once[8], twice[8];
  expectOk(net.write("fc1.bias", std::vector<float>(6, 0.0f)));
  expectOk(softened(net, own, b.inputs(), Array(once, {8})));
  EXPECT_EQ(taken(own.get("factor")), 1);
  expectOk(own.set("factor", 0));
  expectOk(softened(net, own, b.inputs(), Array(twice, {8})));
  EXPECT_NE(once[1], once[2]);
  EXPECT_EQ(twice[1], twice[2]); // only the last bias is left
  // What it was built over is the network of the same draws, until the host says otherwise.
  Object other = taken(i.make("Net", 9));
  expectOk(rewind(other, own));
  EXPECT_EQ(read(other, "fc1.weight", 24, {4, 6}), read(net, "fc1.weight", 24, {4, 6}));
  expectOk(own.write("start.fc1.weight", Array(std::vector<float>(24, 0.25f).data(), {4, 6})));
  expectOk(rewind(other, own));
  EXPECT_EQ(read(other, "fc1.weight", 24, {4, 6}), std::vector<float>(24, 0.25f));
}

TEST_P(Masks, AreSavedWithWhatTheyWereMadeWith) {
  std::string path = testing::TempDir() + "dyn-host-mask-" + std::to_string(getpid());
  expectOk(gates.set("tau", 0.125));
  expectOk(gates.write("a.fc2.weight", Array(std::vector<float>(6, 3.0f).data(), {6, 1})));
  expectOk(gates.save(path));
  Object again = taken(i.make("concrete"));
  EXPECT_NE(bitsOf(again), bitsOf(gates));
  expectOk(again.load(path));
  EXPECT_EQ(taken(again.get("tau")), 0.125);
  EXPECT_EQ(bitsOf(again), bitsOf(gates));
  // `m` is part of the program.
  Function paired = taken(i.function("paired"));
  Object pairs = taken(i.make("n_of_m"));
  ASSERT_EQ(pairs.info().fixed.size(), 1u);
  EXPECT_EQ(pairs.info().fixed[0], std::pair(std::string("m"), std::string("2")));
  expectOk(pairs.save(path));
  Program fours = taken(program.with("group", 4));
  Object other = taken(taken(fours.instantiate()).make("n_of_m"));
  Error e = other.load(path).error();
  expectCode(e, "E0704");
  EXPECT_NE(e.text.find("made with m = 2, the model with 4"), std::string::npos) << e.text;
  float out[8];
  expectOk(paired(net, pairs, b.inputs(), Array(out, {8})));
  unlink(path.c_str());
}

INSTANTIATE_TEST_SUITE_P(BothPipelines, Masks, testing::Bool());

} // namespace
