// Whatever a host does wrong is an error with a code, and nothing else.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

using namespace dyn::host;

namespace {

/// Fails when something is printed while it lives.
class Misuse : public testing::Test {
protected:
  void SetUp() override {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    program = compiled(regressorText);
    functions = compiled(functionsText);
    i = taken(program.instantiate());
    f = taken(functions.instantiate());
    net = taken(i.make("Regressor"));
    opt = taken(i.make("adamw"));
    step = taken(i.function("step"));
    shift = taken(f.function("shift"));
  }
  void TearDown() override {
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  }
  Program program, functions;
  Instance i, f;
  Object net, opt;
  Function step, shift;
  Batch b;
  float loss = 0;
};

TEST_F(Misuse, OfPrograms) {
  expectCode(Program::fromFile("/nowhere/at/all.dyn").error(), "E1002");
  expectCode(Program::fromText("module {}", "program.mlir").error(), "E1002");
  Result<Program> wrong = Program::fromText("fn f(x: real) -> real = y +\n\nfn g(", "wrong.dyn");
  expectCode(wrong.error(), "E0101");
  EXPECT_EQ(wrong.error().place.file, "wrong.dyn");
  EXPECT_GE(wrong.error().place.line, 1);
  for (const char *text : {"", "\0\1\2", "}{", "\xff\xfe", "train {", "use nowhere", "fn f(x: real) -> real {"})
    (void)Program::fromText(text);
  std::string deep(100000, '(');
  expectCode(Program::fromText("fn f() -> real = " + deep).error(), "E0104");
  Options o;
  o.functions = {"nothing"};
  expectCode(Program::fromText(functionsText, "a.dyn", o).error(), "E0201");
  o.functions = {"open_ended"};
  Result<Program> open = Program::fromText(regressorText, "a.dyn", o);
  expectCode(open.error(), "E0261");
  EXPECT_GT(open.error().place.column, 1);
  o = {};
  o.dims = {{"hiden", "8"}};
  expectCode(Program::fromText(regressorText, "a.dyn", o).error(), "E1007");
  o.dims = {{"lr", "8"}};
  expectCode(Program::fromText(regressorText, "a.dyn", o).error(), "E1026");
  o.dims = {{"hidden", "many"}};
  expectCode(Program::fromText(regressorText, "a.dyn", o).error(), "E0225");
  expectCode(program.with("hidden", -3).error(), "E0225");
  o = {};
  o.cpu = "abacus";
  expectCode(Program::fromText(functionsText, "a.dyn", o).error(), "E1026");
}

TEST_F(Misuse, OfNames) {
  Status bad = Status(i.function("stepp").error());
  expectCode(bad.error(), "E1003");
  EXPECT_NE(bad.error().message.find("did you mean `step`?"), std::string::npos);
  expectCode(i.function("open_ended").error(), "E0261");
  expectCode(i.make("Regresor").error(), "E1004");
  expectCode(net.tensor("fc1.wait").error(), "E1006");
  expectCode(i.set("lrr", 1).error(), "E1007");
  expectCode(i.set("lr", std::string("fast")).error(), "E1008");
  expectCode(i.set("steps", 1.5).error(), "E1008");
  expectCode(i.set("hidden", 8).error(), "E1009");
  InstanceOptions o;
  o.settings = {{"hidden", "9"}};
  expectCode(program.instantiate(o).error(), "E1009");
  o.settings = {{"lr", "none"}};
  expectCode(program.instantiate(o).error(), "E1008");
  o.settings.clear();
  int mode = 0;
  o.hooks.allocate = [&](size_t bytes, size_t alignment) -> void * {
    if (mode == 2)
      throw std::runtime_error("a hook that throws");
    return mode ? nullptr : std::aligned_alloc(alignment, (bytes + 63) / 64 * 64);
  };
  expectCode(program.instantiate(o).error(), "E1026");
  o.hooks.release = [](void *memory, size_t) { std::free(memory); };
  Instance poor = taken(program.instantiate(o));
  mode = 1;
  expectCode(poor.make("Regressor").error(), "E1024");
  mode = 2;
  expectCode(poor.make("Regressor").error(), "E1025");
  Program linears = compiled("use nn\nfn f(a: nn.Linear(3, 3)) -> real = sum(a.bias)\n"
                             "fn g(a: nn.Linear(2, 2)) -> real = sum(a.bias)\n");
  Instance l = taken(linears.instantiate());
  expectCode(l.make("Linear").error(), "E1005");
  EXPECT_EQ(taken(l.make("g.a")).info().type, "Linear(inputs: 2, outputs: 2)");
  EXPECT_EQ(taken(l.make("Linear(inputs: 3, outputs: 3)")).info().tensors[1].shape[0], 3);
}

TEST_F(Misuse, OfArguments) {
  auto x = b.inputs(), y = b.targets();
  expectCode(step(net, opt, x, y).error(), "E1010");
  expectCode(step.call(nullptr, 5).error(), "E1010");
  expectCode(step(opt, opt, x, y, &loss).error(), "E1020");
  expectCode(step(3, opt, x, y, &loss).error(), "E1011");
  expectCode(step(net, opt, 1.5, y, &loss).error(), "E1011");
  expectCode(step(net, opt, net, y, &loss).error(), "E1011");
  std::vector<double> wide(8);
  expectCode(step(net, opt, x, wide, &loss).error(), "E1012");
  expectCode(step(net, opt, Array(b.y, {2, 4}), y, &loss).error(), "E1013");
  expectCode(step(net, opt, Array(b.y, {8}), y, &loss).error(), "E1013");
  expectCode(step(net, opt, x, b.targets(7), &loss).error(), "E1013");
  std::vector<float> many(65 * 4), targets(65);
  expectCode(step(net, opt, Array(many.data(), {65, 4}), targets, &loss).error(), "E1014");
  expectCode(step(net, opt, Array(&b.x[0][0], {4, 4}, {8, 1}), b.targets(4), &loss).error(), "E1015");
  expectCode(step(net, opt, Array(&b.x[0][0], {4, 4}, {1, 4}), b.targets(4), &loss).error(), "E1015");
  expectCode(step(net, opt, Array(&b.x[0][0], {8, 4}, {4}), y, &loss).error(), "E1011");
  float *none = nullptr;
  expectCode(step(net, opt, Array(none, {8, 4}), y, &loss).error(), "E1016");
  expectCode(step(net, opt, x, y, none).error(), "E1016");
  const float fixed = 0;
  expectCode(step(net, opt, x, y, &fixed).error(), "E1017");
  const Object &constant = net;
  expectCode(step(constant, opt, x, y, &loss).error(), "E1017");
  expectCode(step(net, opt, x, y, &b.y[2]).error(), "E1018");
  Array inside = *net.tensor("fc1.bias");
  inside.shape[0] = 8;
  expectCode(step(net, opt, x, inside, &loss).error(), "E1018");
  std::vector<float> few(99);
  expectCode(shift(few, 1).error(), "E1013");
  expectCode(shift(1.0, 1).error(), "E1017");
  std::vector<float> w(100);
  expectCode(shift(w, true).error(), "E1011");
  int64_t n;
  bool flag;
  double d;
  Function counts = taken(f.function("counts"));
  expectCode(counts(1.5, true, 1, 0.5, &n, &flag, &d).error(), "E1011");
  expectCode(counts(1, 1, 1, 0.5, &n, &flag, &d).error(), "E1011");
  expectCode(counts(1, true, 256, 0.5, &n, &flag, &d).error(), "E1021");
  expectCode(taken(f.function("pick"))(2, 0.5, &loss).error(), "E1021");
  int64_t mode = -1;
  expectCode(taken(f.function("pick"))(&mode, 0.5, &loss).error(), "E1021");
  expectOk(step(net, opt, x, y, &loss)); // all is as it was
}

TEST_F(Misuse, OfWhatIsInUse) {
  // The optimizer is one that a call writes already: this one.
  Program both = compiled(R"(use nn
fn mix(var a: nn.Linear(3, 3), b: nn.Linear(3, 3)) { a = a + 0*(grad[a] sum(a.weight)) }
fn twice(a: nn.Linear(3, 3), b: nn.Linear(3, 3)) -> real = sum(a.weight) - sum(b.weight)
)");
  Instance x = taken(both.instantiate());
  Object one = taken(x.make("Linear"));
  Function mix = taken(x.function("mix")), twice = taken(x.function("twice"));
  expectCode(mix(one, one).error(), "E1019");
  expectOk(twice(one, one, &loss)); // reading may be shared
  EXPECT_EQ(loss, 0);
  // A call inside a call of one instance.
  std::string code;
  Function *inner = nullptr;
  InstanceOptions o;
  o.hooks.parallelFor = [&](int64_t tasks, void (*task)(void *, int64_t), void *environment) {
    if (inner)
      code = (*inner)(1.0, &loss).error().code;
    for (int64_t t = 0; t < tasks; ++t)
      task(environment, t);
  };
  Instance busy = taken(functions.instantiate(o));
  Function half = taken(busy.function("half")), product = taken(busy.function("product"));
  std::vector<float> a(90000, 1.0f), c(90000);
  inner = &half;
  expectOk(product(Array(a.data(), {300, 300}), Array(a.data(), {300, 300}), Array(c.data(), {300, 300})));
  EXPECT_EQ(code, "E1019");
  EXPECT_EQ(c[0], 300);
}

TEST_F(Misuse, OfEmptyHandles) {
  Program noProgram;
  expectCode(noProgram.instantiate().error(), "E1001");
  expectCode(noProgram.with("n", 3).error(), "E1001");
  expectCode(noProgram.run({}).error(), "E1001");
  EXPECT_TRUE(noProgram.functions().empty());
  EXPECT_EQ(noProgram.name(), "");
  Program moved = std::move(program);
  expectCode(program.instantiate().error(), "E1001");
  Instance none;
  expectCode(none.make("Regressor").error(), "E1001");
  expectCode(none.function("step").error(), "E1001");
  expectCode(none.set("lr", 1).error(), "E1001");
  expectCode(none.seed(1).error(), "E1001");
  Object gone = std::move(net);
  expectCode(step(net, opt, b.inputs(), b.targets(), &loss).error(), "E1001");
  expectCode(net.tensor("x").error(), "E1001");
  expectCode(net.save("x").error(), "E1001");
  expectCode(net.copy().error(), "E1001");
  Function nothing;
  expectCode(nothing().error(), "E1001");
  EXPECT_EQ(nothing.info().name, "");
  // A function outlives the handles of its instance and of its program.
  moved = Program();
  i = Instance();
  expectOk(step(gone, opt, b.inputs(), b.targets(), &loss));
  dyn::host::Run run;
  expectCode(run.train().error(), "E1001");
  expectCode(run.endStream("s").error(), "E1001");
  run.cancel();
  Instance().cancel();
  EXPECT_TRUE(run.claims().empty());
  // The result of what failed is an empty handle.
  Result<Program> failed = Program::fromFile("/nowhere.dyn");
  expectCode(failed->instantiate()->make("x").error(), "E1001");
}

TEST_F(Misuse, OfObjectsAndFiles) {
  float few[3], fixed[16] = {};
  expectCode(net.read("fc1.bias", Array(few, {3})).error(), "E1023");
  expectCode(net.read("fc1.bias", Array(static_cast<const float *>(fixed), {16})).error(), "E1023");
  expectCode(net.write("fc1.bias", Array(static_cast<float *>(nullptr), {16})).error(), "E1023");
  expectCode(opt.set("rate", 1).error(), "E1006");
  expectCode(opt.set("m.fc1.bias", 1).error(), "E1023");
  expectCode(net.load("/nowhere.safetensors").error(), "E0501");
  expectCode(net.save("/nowhere/net.safetensors").error(), "E0601");
  std::string path = testing::TempDir() + "dyn-host-opt-" + std::to_string(getpid());
  expectOk(opt.save(path));
  std::string before = bitsOf(net);
  expectCode(net.load(path).error(), "E0704");
  EXPECT_EQ(bitsOf(net), before);
  expectCode(functions.run({}).error(), "E1022");
  RunOptions o;
  o.settings = {{"nothing", "1"}};
  expectCode(program.run(o).error(), "E1007");
  unlink(path.c_str());
}

} // namespace
