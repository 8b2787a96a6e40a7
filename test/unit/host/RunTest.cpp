// Whole programs in a host's process.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <unistd.h>

using namespace dyn::host;

namespace {

class Train : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "dyn-host-run-" + std::to_string(getpid());
    std::filesystem::create_directories(folder);
    options.settings = {{"name", folder + "/net.safetensors"}};
    options.hooks.metric = [this](std::string_view series, int64_t step, double value) {
      losses.push_back(value);
      names += series;
      last = step;
    };
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string folder, names;
  std::vector<double> losses;
  int64_t last = 0;
  RunOptions options;
};

TEST_F(Train, MetricsAndClaimsComeToTheHost) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  dyn::host::Run run = taken(compiled(regressorText).run(options));
  expectOk(run.train());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(losses.size(), 20u);
  EXPECT_EQ(names.substr(0, 8), "lossloss");
  EXPECT_LT(losses.back(), losses.front());
  EXPECT_EQ(run.steps(), 20);
  std::vector<Claim> claims = run.claims();
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_TRUE(claims[0].holds);
  EXPECT_TRUE(claims[1].seen);
  EXPECT_FALSE(claims[1].holds);
  EXPECT_FALSE(run.train().ok()); // once in its life
}

TEST_F(Train, StepByStepHasTheBitsOfTrain) {
  Program p = compiled(regressorText);
  expectOk(taken(p.run(options)).train());
  Instance i = taken(p.instantiate());
  Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw")), trained = taken(i.make("Regressor", 1));
  expectOk(trained.load(options.settings["name"]));
  Function step = taken(i.function("step"));
  Batch b;
  float loss;
  for (size_t k = 0; k < 20; ++k) {
    expectOk(step(net, opt, b.inputs(), b.targets(), &loss));
    EXPECT_EQ(double(loss), losses[k]) << k;
  }
  EXPECT_EQ(bitsOf(net), bitsOf(trained));
}

TEST_F(Train, AnotherThreadStopsItAndItGoesOn) {
  options.settings["steps"] = "2000000";
  options.runDirectory = folder + "/run";
  std::atomic<bool> begun{false};
  options.hooks.metric = [&](std::string_view, int64_t, double) { begun = true; };
  Program p = compiled(regressorText);
  dyn::host::Run run = taken(p.run(options));
  std::thread other([&] {
    while (!begun)
      std::this_thread::yield();
    run.cancel();
  });
  Status stopped = run.train();
  other.join();
  ASSERT_FALSE(stopped.ok());
  expectCode(stopped.error(), "E1115");
  int64_t at = run.steps();
  EXPECT_GT(at, 0);
  EXPECT_LT(at, 2000000);
  run = dyn::host::Run();
  options.runDirectory.clear();
  options.resume = folder + "/run";
  options.settings.erase("steps");
  options.settings.erase("name");
  dyn::host::Run again = taken(p.run(options));
  int64_t further = 0;
  std::thread stopper([&] {
    while (again.steps() <= at)
      std::this_thread::yield();
    again.cancel();
  });
  EXPECT_FALSE(again.train().ok());
  stopper.join();
  further = again.steps();
  EXPECT_GT(further, at);
}

TEST_F(Train, AStreamFeedsIt) {
  Program p = compiled(R"(
config { samples: stream }
train {
  for (x, y) in stream(config.samples, x: real[3], y: real).batches(4) { log total: sum(x) + sum(y) }
}
)");
  options.settings.clear();
  dyn::host::Run run = taken(p.run(options));
  std::thread trainer([&] { expectOk(run.train()); });
  std::vector<float> x(10 * 3, 1.0f), y(10, 0.5f);
  EXPECT_EQ(taken(run.push("samples", {Array(x.data(), {10, 3}), y}, 10)), 10);
  expectCode(run.push("samples", {Array(x.data(), {10, 3}), Array(y.data(), {9})}).error(), "E1013");
  expectOk(run.endStream("samples"));
  trainer.join();
  EXPECT_EQ(losses, (std::vector<double>{14, 14, 7}));
}

TEST(Documented, TheProgramOfThePageRuns) {
  std::string bin = testing::internal::GetArgvs()[0];
  std::string command = "cd " DOCUMENTED " && \"" + std::filesystem::absolute(bin).parent_path().string() + "/documented\"", said;
  FILE *pipe = popen(command.c_str(), "r");
  char text[256] = "";
  while (fgets(text, sizeof text, pipe))
    said += text;
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_TRUE(said.starts_with("squared error ")) << said;
  EXPECT_LT(std::stof(said.substr(14)), 0.1);
  EXPECT_TRUE(std::filesystem::exists(DOCUMENTED "/net.safetensors"));
}

} // namespace
