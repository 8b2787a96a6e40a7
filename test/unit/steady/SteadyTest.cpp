// A compiled program allocates nothing while it trains, on any thread.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Counter.h"
#include "dyn/runtime.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace fs = std::filesystem;

extern "C" {
extern const char dyn_program_meta[];
void train(int64_t run);
void __real_dyn_rt_step(int64_t run);
}

namespace {
constexpr int64_t first = 200, last = 1200; // the steps between which is counted
int64_t steps, before, after;
void (*disturbance)() = nullptr; // called every step
} // namespace

/// Stands between the program and the runtime.
extern "C" void __wrap_dyn_rt_step(int64_t run) {
  __real_dyn_rt_step(run);
  ++steps;
  if (steps == first)
    before = allocations();
  if (disturbance)
    disturbance();
  // Long enough for the recorder to write and to draw several times.
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  if (steps == last)
    after = allocations();
}

namespace {

class Steady : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "dyn-steady-" + std::to_string(getpid());
    fs::remove_all(folder);
    fs::create_directory(folder);
    former = fs::current_path();
    fs::current_path(folder);
    std::ofstream table("table.csv");
    table << "a,b,c,d,y\n";
    for (int i = 0; i < 330; ++i)
      table << i % 7 * 0.1 << "," << i % 5 * 0.1 << "," << i % 3 * 0.1 << "," << i % 2 * 0.1 << ","
            << i % 11 * 0.1 << "\n";
  }
  void TearDown() override {
    disturbance = nullptr;
    fs::current_path(former);
    fs::remove_all(folder);
  }
  /// Allocations within a thousand steps.
  int64_t count(std::vector<const char *> flags) {
    steps = before = after = 0;
    flags.insert(flags.begin(), "steps");
    dyn_rt_program program{dyn_program_meta, int64_t(std::strlen(dyn_program_meta)), train};
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int status =
        dyn_rt_main(&program, int(flags.size()), const_cast<char **>(flags.data()), nullptr);
    std::string said = testing::internal::GetCapturedStderr();
    testing::internal::GetCapturedStdout();
    EXPECT_EQ(status, 0) << said;
    EXPECT_GE(steps, last);
    drawn = size_t(std::count(said.begin(), said.end(), '\r'));
    return after - before;
  }
  std::string folder;
  fs::path former;
  size_t drawn = 0;
};

TEST_F(Steady, NothingIsAllocatedInAThousandSteps) {
  for (const char *threads : {"1", "3"}) {
    EXPECT_EQ(count({"--run-dir", threads, "--threads", threads, "--progress", "bar"}), 0);
    EXPECT_GE(drawn, 2u) << "the display was not at work";
    EXPECT_GE(fs::file_size(std::string(threads) + "/metrics.jsonl"), 40000u);
  }
  EXPECT_EQ(count({"--no-run-dir", "--progress", "plain"}), 0);
}

TEST_F(Steady, AnAllocationAStepIsSeen) {
  disturbance = [] { delete new volatile int(7); };
  EXPECT_GE(count({"--no-run-dir", "--quiet"}), last - first);
  disturbance = [] {
    if (steps % 100 == 0)
      std::thread([] { delete new volatile int(7); }).join();
  };
  EXPECT_GE(count({"--no-run-dir", "--quiet"}), 2 * (last - first) / 100);
}

} // namespace
