// Functions called with the host's own memory.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <cmath>

using namespace dyn::host;

namespace {

TEST(Describe, FunctionsObjectsAndSettings) {
  Program p = compiled(regressorText);
  EXPECT_EQ(p.name(), "test");
  ASSERT_EQ(p.functions().size(), 4u);
  const FunctionInfo &step = p.functions()[0];
  EXPECT_EQ(step.name, "step");
  EXPECT_EQ(step.doc, "One training step; the loss before it.");
  EXPECT_TRUE(step.callable);
  ASSERT_EQ(step.arguments.size(), 4u);
  EXPECT_EQ(step.arguments[0].name, "net");
  EXPECT_TRUE(step.arguments[0].written);
  EXPECT_EQ(p.objects()[size_t(step.arguments[0].object)].type, "Regressor(hidden: 16)");
  EXPECT_EQ(step.arguments[2].shape, (std::vector<int64_t>{-1, 4}));
  EXPECT_EQ(step.arguments[2].bound, 64);
  EXPECT_EQ(step.results.size(), 1u);
  EXPECT_NE(step.signature.find("x: real[N <= 64, 4]"), std::string::npos);
  const FunctionInfo &open = p.functions()[3];
  EXPECT_FALSE(open.callable);
  EXPECT_EQ(open.why.code, "E0261");
  EXPECT_EQ(open.why.place.line, 23);
  ASSERT_EQ(p.objects().size(), 2u);
  EXPECT_EQ(p.objects()[0].doc, "Two layers.");
  ASSERT_EQ(p.objects()[0].tensors.size(), 4u);
  EXPECT_EQ(p.objects()[0].tensors[0].name, "fc1.weight");
  EXPECT_EQ(p.objects()[0].tensors[0].shape, (std::vector<int64_t>{4, 16}));
  EXPECT_EQ(p.objects()[1].kind, "optimizer");
  EXPECT_EQ(p.objects()[1].tensors[0].name, "lr");
  EXPECT_EQ(p.objects()[1].tensors[0].role, "setting");
  ASSERT_EQ(p.settings().size(), 4u);
  EXPECT_EQ(p.settings()[0].type, "dim");
  EXPECT_EQ(p.settings()[0].value, "16");
  EXPECT_TRUE(p.hasTrain());
}

TEST(Call, AStepLearnsInPlace) {
  Program p = compiled(regressorText);
  Instance i = taken(p.instantiate());
  Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw"));
  Function step = taken(i.function("step")), predict = taken(i.function("predict"));
  Batch b;
  float first = 0, last = 0, said[8];
  expectOk(step(net, opt, b.inputs(), b.targets(), &first));
  for (int k = 0; k < 300; ++k)
    expectOk(step(net, opt, b.inputs(), b.targets(), &last));
  EXPECT_LT(last, 0.01f * first);
  EXPECT_EQ(taken(opt.get("steps")), 301);
  expectOk(predict(net, b.inputs(), Array(said, {8})));
  double error = 0;
  for (int n = 0; n < 8; ++n)
    error += (said[n] - b.y[n]) * (said[n] - b.y[n]) / 8;
  EXPECT_LT(error, 0.01 * first);
}

/// The model by plain loops, in double.
double reference(Object &net, const float *x) {
  auto at = [&](const char *name) { return static_cast<float *>(net.tensor(name)->data); };
  const float *w1 = at("fc1.weight"), *b1 = at("fc1.bias"), *w2 = at("fc2.weight");
  double out = at("fc2.bias")[0];
  for (int h = 0; h < 16; ++h) {
    double a = b1[h];
    for (int k = 0; k < 4; ++k)
      a += double(x[k]) * w1[k * 16 + h];
    out += std::tanh(a) * w2[h];
  }
  return out;
}

TEST(Call, AgreesWithPlainLoopsAtBothLevels) {
  for (bool optimize : {true, false}) {
    Options o;
    o.optimize = optimize;
    Instance i = taken(compiled(regressorText, o).instantiate());
    Object net = taken(i.make("Regressor"));
    Function predict = taken(i.function("predict"));
    Batch b;
    for (int rows : {8, 5, 1}) {
      float said[8];
      expectOk(predict(net, b.inputs(rows), Array(said, {rows})));
      for (int n = 0; n < rows; ++n)
        EXPECT_NEAR(said[n], reference(net, b.x[n]), 1e-5);
    }
    expectOk(predict(net, b.inputs(0), Array(static_cast<float *>(nullptr), {0})));
  }
}

TEST(Call, AnotherDimIsAnotherProgram) {
  Program p = compiled(regressorText), wide = taken(p.with("hidden", 40));
  EXPECT_EQ(wide.settings()[0].value, "40");
  Instance i = taken(wide.instantiate());
  Object net = taken(i.make("step.net"));
  EXPECT_EQ(net.info().tensors[0].shape, (std::vector<int64_t>{4, 40}));
  // A model of the former program is no model of this one.
  Object former = taken(taken(p.instantiate()).make("Regressor"));
  Batch b;
  float said[8];
  expectCode(taken(i.function("predict"))(former, b.inputs(), Array(said, {8})).error(), "E1020");
}

TEST(Call, SettingsAreReadByCallsAndByWhatIsMade) {
  Program p = compiled(functionsText);
  InstanceOptions o;
  o.settings = {{"scale", "3"}};
  Instance i = taken(p.instantiate(o));
  Function scaled = taken(i.function("scaled"));
  float y = 0;
  expectOk(scaled(2.0f, &y));
  EXPECT_EQ(y, 6);
  expectOk(i.set("scale", 5.5));
  expectOk(scaled(2, &y));
  EXPECT_EQ(y, 11);
  Instance r = taken(compiled(regressorText).instantiate());
  expectOk(r.set("lr", 0.25));
  Object opt = taken(r.make("adamw"));
  EXPECT_EQ(taken(opt.get("lr")), 0.25);
}

TEST(Call, AllKindsOfValues) {
  Instance i = taken(compiled(functionsText).instantiate());
  float y = 0, left = 0, right = 0;
  expectOk(taken(i.function("pick"))(1, 3.0, &y));
  EXPECT_EQ(y, 6);
  expectOk(taken(i.function("both"))(1.0, 2.0, &y, &left, &right));
  EXPECT_EQ(y, 3);
  EXPECT_EQ(left, 2);
  EXPECT_EQ(right, 1);
  int64_t n = 0;
  bool flag = false;
  double wide = 0;
  expectOk(taken(i.function("counts"))(41, false, 7, 0.5, &n, &flag, &wide));
  EXPECT_EQ(n, 42);
  EXPECT_TRUE(flag);
  EXPECT_EQ(wide, 7.5);
  std::vector<float> w(100, 1.0f);
  expectOk(taken(i.function("shift"))(w, 2.5));
  EXPECT_EQ(w, std::vector<float>(100, 3.5f));
  float x[2][3] = {{1, 2, 3}, {4, 5, 6}}, rows[2], columns[3];
  expectOk(taken(i.function("sums"))(Array(&x[0][0], {2, 3}), Array(rows, {2}), Array(columns, {3})));
  EXPECT_EQ(rows[1], 15);
  EXPECT_EQ(columns[2], 9);
}

TEST(Call, MemoryOfAnyAlignmentGivesTheSameBits) {
  Instance i = taken(compiled(functionsText).instantiate());
  Function product = taken(i.function("product"));
  constexpr size_t n = 300 * 300;
  std::vector<float> a(n), b(n), c(n);
  for (size_t k = 0; k < n; ++k)
    a[k] = float(k % 17) / 16, b[k] = float(k % 13) / 8 - 0.5f;
  expectOk(product(Array(a.data(), {300, 300}), Array(b.data(), {300, 300}), Array(c.data(), {300, 300})));
  // Aligned for an element alone, then not even that.
  for (size_t off : {4u, 12u, 1u, 6u}) {
    std::vector<char> am(n * 4 + 16), bm(n * 4 + 16), cm(n * 4 + 16);
    std::memcpy(am.data() + off, a.data(), n * 4);
    std::memcpy(bm.data() + off, b.data(), n * 4);
    auto at = [&](std::vector<char> &m) {
      return Array(reinterpret_cast<float *>(m.data() + off), {300, 300});
    };
    expectOk(product(at(am), at(bm), at(cm)));
    EXPECT_EQ(std::memcmp(cm.data() + off, c.data(), n * 4), 0) << off;
    EXPECT_EQ(cm[off - 1], 0);
    EXPECT_EQ(cm[off + n * 4], 0);
  }
}

TEST(Call, EveryCallDrawsAnewAndASeedReplaysAll) {
  Instance i = taken(compiled(functionsText).instantiate());
  Function noisy = taken(i.function("noisy")), replayed = taken(i.function("replayed"));
  float x[5] = {}, a[5], b[5], c[5], k1, k2;
  expectOk(noisy(Array(x, {5}), Array(a, {5})));
  expectOk(noisy(Array(x, {5}), Array(b, {5})));
  EXPECT_NE(std::memcmp(a, b, sizeof a), 0);
  expectOk(i.seed(0));
  expectOk(noisy(Array(x, {5}), Array(c, {5})));
  EXPECT_EQ(std::memcmp(a, c, sizeof a), 0);
  expectOk(replayed(3, &k1));
  expectOk(replayed(3, &k2));
  EXPECT_EQ(k1, k2);
}

TEST(Call, RunTimeChecksNameThePlace) {
  Instance i = taken(compiled(functionsText).instantiate());
  float x[4] = {1, 2, 3, 4}, y = 0;
  Function at = taken(i.function("at"));
  expectOk(at(Array(x, {4}), 2, &y));
  EXPECT_EQ(y, 3);
  Status bad = at(Array(x, {4}), 4, &y);
  expectCode(bad.error(), "E0902");
  EXPECT_EQ(bad.error().place.line, 25);
  expectOk(at(Array(x, {4}), 0, &y)); // and it works again
  EXPECT_EQ(y, 1);
}

TEST(Call, RealIsWhatTheProgramSays) {
  Options o;
  o.f64 = true;
  Instance i = taken(compiled(functionsText, o).instantiate());
  double y = 0;
  expectOk(taken(i.function("half"))(1.0 / 3, &y));
  EXPECT_EQ(y, 1.0 / 6);
}

} // namespace
