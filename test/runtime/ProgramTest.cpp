// Whole programs through dyn_rt_main: statuses, resuming, damaged checkpoints.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AtomicFile.h"
#include "Errors.h"
#include "Safetensors.h"
#include "dyn/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dyn::rt;
namespace fs = std::filesystem;

namespace {

int64_t address(const void *p) { return reinterpret_cast<int64_t>(p); }

/// What the program does besides training.
struct Behaviour {
  int64_t failingTask = -1, interruptAt = -1;
  std::string saveName = "out.safetensors", sourceName = "p.dyn";
};
Behaviour behaviour; // a test sets it, the program in the child process reads it

void task(void *run, int64_t i) {
  if (i >= behaviour.failingTask)
    dyn_rt_check_failed(reinterpret_cast<int64_t>(run), 0, i, 3);
}

/// Two nested loops over batches, as the compiler would write them.
void train(int64_t r) {
  constexpr int64_t batch = 10, epochs = 4;
  if (behaviour.failingTask >= 0)
    dyn_rt_parallel_for(r, 8, reinterpret_cast<int64_t>(&task), r);
  float w[4] = {};
  int64_t dims[1] = {4};
  int64_t column[1] = {dyn_rt_read_csv(r, dyn_rt_config_text(r, 1), DYN_F32, 0, 0, 0, 0)};
  int64_t data = dyn_rt_dataset(r, 1, address(column));
  int64_t batches = (dyn_rt_dataset_size(r, data) + batch - 1) / batch, done = 0;
  int64_t epoch = dyn_rt_resume_counter(r, 0, 0);
  dyn_rt_resume_tensor(r, 0, 0, DYN_F32, 1, address(dims), address(w));
  dyn_rt_resume_done(r, 0);
  for (; epoch < epochs; ++epoch) {
    int64_t loader = dyn_rt_loader(r, data, batch, 1, dyn_rt_seed(r) + epoch);
    int64_t b = dyn_rt_resume_counter(r, 1, 0);
    dyn_rt_resume_tensor(r, 1, 0, DYN_F32, 1, address(dims), address(w));
    dyn_rt_resume_done(r, 1);
    if (dyn_rt_hold_begin(r, 0, epoch))
      dyn_rt_hold_tensor(r, 1, DYN_I64, 0, 0, address(&epoch));
    for (; b < batches; ++b) {
      int64_t n = dyn_rt_loader_next(r, loader, b);
      auto *rows = reinterpret_cast<const float *>(dyn_rt_loader_column(r, loader, 0));
      for (int64_t i = 0; i < n; ++i)
        w[i % 4] = w[i % 4] * 0.9f + rows[i] * 0.1f;
      dyn_rt_log(r, 0, double(w[0]));
      dyn_rt_step(r);
      dyn_rt_tick(r, 1, b, batches);
      if (++done == behaviour.interruptAt)
        raise(SIGTERM);
      if (dyn_rt_checkpoint_due(r, 1)) {
        const int64_t around[] = {0};
        dyn_rt_checkpoint_begin(r, 1, b + 1, 1, address(around));
        dyn_rt_checkpoint_tensor(r, 0, DYN_F32, 1, address(dims), address(w));
        dyn_rt_checkpoint_end(r);
      }
    }
    dyn_rt_loader_close(r, loader);
    dyn_rt_tick(r, 0, epoch, epochs);
  }
  dyn_rt_save_begin(r, 0);
  dyn_rt_save_tensor(r, 1, DYN_F32, 1, address(dims), address(w));
  dyn_rt_save_end(r);
  dyn_rt_claim(r, 0, w[0] < 1000, double(w[0]), 1000);
}

class Program : public testing::Test {
protected:
  void SetUp() override {
    behaviour = {};
    folder = testing::TempDir() + "dyn-program-" + std::to_string(getpid());
    fs::remove_all(folder);
    ASSERT_EQ(makeFolders(folder), "");
    std::string rows;
    for (int i = 1; i <= 103; ++i)
      rows += std::to_string(i) + "\n";
    writeFile(folder + "/d.csv", rows);
    writeFile(folder + "/short.csv", rows.substr(0, 60));
  }
  void TearDown() override { fs::remove_all(folder); }

  /// Runs the program in a process of its own; its status, or 1000 + a signal.
  /// What it said is in `said`.
  int run(std::vector<std::string> arguments) {
    std::string meta =
        R"({"abi":1,"name":"p","source_hash":"abc","version":"1","strings":[")" +
        behaviour.saveName + R"(","w"],"config":[{"name":"lr","type":"real","default":0.1},)" +
        R"({"name":"data","type":"path","default":"d.csv"},)" +
        R"({"name":"hidden_size","type":"dim","default":8}],"series":["loss"],)" +
        R"("loops":[{"name":"epoch","parent":-1},{"name":"b","parent":0,"steps":true}],)" +
        R"("claims":[{"text":"small","relation":"<"}],"slots":[{"name":"net.w"},{"name":"held"}],)" +
        R"("checks":[{"kind":"subscript","file":"p.dyn","line":3,"text":"a[i]"}],)" +
        R"("sources":[{"name":")" + behaviour.sourceName + R"(","text":"x"}]})";
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
      if (chdir(folder.c_str()) != 0 || !std::freopen("said", "w", stdout))
        _exit(99);
      dup2(1, 2);
      arguments.insert(arguments.begin(), "p");
      std::vector<char *> argv;
      for (std::string &a : arguments)
        argv.push_back(a.data());
      dyn_rt_program program{meta.data(), int64_t(meta.size()), train};
      int status = dyn_rt_main(&program, int(argv.size()), argv.data(), nullptr);
      std::fflush(nullptr);
      _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
    said = readFile(folder + "/said");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  std::string file(const std::string &name) { return readFile(folder + "/" + name); }
  bool says(const std::string &text) { return said.find(text) != std::string::npos; }

  /// Stops a run in its third epoch, with a checkpoint; its path.
  std::string interrupted() {
    behaviour.interruptAt = 25;
    EXPECT_EQ(run({"--run-dir", "part", "--quiet"}), 75);
    behaviour.interruptAt = -1;
    std::string name = file("part/checkpoints/latest");
    return folder + "/part/checkpoints/" + name.substr(0, name.find('\n'));
  }
  int resume() { return run({"--resume", "part"}); }

  std::string folder, said;
};

std::string withoutTimes(std::string lines) {
  for (size_t at = 0; (at = lines.find("\"time\":", at)) != std::string::npos;)
    lines.erase(at, lines.find(',', at) + 1 - at);
  return lines;
}

TEST_F(Program, AResumedRunIsTheWholeRun) {
  EXPECT_EQ(run({"--run-dir", "whole", "--quiet"}), 0);
  interrupted();
  EXPECT_EQ(resume(), 0);
  EXPECT_TRUE(says("resumed at step 25"));
  EXPECT_TRUE(says("19 steps after 25"));
  EXPECT_EQ(file("whole/out.safetensors"), file("part/out.safetensors"));
  EXPECT_EQ(file("whole/metrics.csv"), file("part/metrics.csv"));
  EXPECT_EQ(withoutTimes(file("whole/metrics.jsonl")), withoutTimes(file("part/metrics.jsonl")));
}

TEST_F(Program, EqualRunsWriteEqualCheckpoints) {
  std::string path = interrupted(), first = readFile(path);
  fs::remove_all(folder + "/part");
  EXPECT_EQ(readFile(interrupted()), first);
}

TEST_F(Program, DamagedCheckpointsAreRefused) {
  std::string path = interrupted(), good = readFile(path), manifest = readFile(path + ".json");
  auto restore = [&] {
    writeFile(path, good);
    writeFile(path + ".json", manifest);
  };
  auto withManifest = [&](const std::string &key, const std::string &value) {
    size_t from = manifest.find("\"" + key + "\"");
    size_t to = manifest.find_first_of(",\n", from);
    std::string m = manifest;
    writeFile(path + ".json", m.replace(from, to - from, "\"" + key + "\": " + value));
  };
  std::vector<std::function<void()>> damages = {[&] { writeFile(path, good.substr(0, 100)); },
                                                [&] { unlink(path.c_str()); },
                                                [&] { writeFile(path + ".json", "{"); },
                                                [&] { unlink((path + ".json").c_str()); },
                                                [&] { withManifest("metrics_length", "\"x\""); },
                                                [&] { withManifest("metrics_length", "-1"); },
                                                [&] { withManifest("metrics_length", "999999"); },
                                                [&] { withManifest("source_hash", "\"other\""); },
                                                [&] { withManifest("source_hash", "7"); },
                                                [&] {
                                                  std::vector<Tensor> all;
                                                  readSafetensors(good, all);
                                                  int64_t negative = -1000000;
                                                  for (Tensor &t : all)
                                                    if (t.name == "@counter.1")
                                                      std::memcpy(t.data.data(), &negative, 8);
                                                  writeFile(path, writeSafetensors(all));
                                                }};
  for (size_t i = 0; i < damages.size(); ++i) {
    damages[i]();
    EXPECT_EQ(resume(), 7) << "damage " << i << ": " << said;
    restore();
  }
  EXPECT_EQ(resume(), 0) << said;
}

TEST_F(Program, OtherDataIsRefused) {
  interrupted();
  EXPECT_EQ(run({"--resume", "part", "--data", "short.csv"}), 7);
  EXPECT_TRUE(says("E0706")) << said;
  fs::copy(folder + "/d.csv", folder + "/moved.csv");
  EXPECT_EQ(run({"--resume", "part", "--data", "moved.csv"}), 0) << said;
}

TEST_F(Program, AFailureInAWorkerEndsTheRun) {
  for (int64_t first : {0, 3, 7})
    for (const char *threads : {"1", "2", "3"}) {
      behaviour.failingTask = first;
      EXPECT_EQ(run({"--no-run-dir", "--threads", threads}), 9) << said;
      // The first failing task is the one that is told, whatever the threads.
      EXPECT_TRUE(says("subscript " + std::to_string(first) + " is outside 0 .. 2")) << said;
    }
}

TEST_F(Program, Flags) {
  EXPECT_EQ(run({"--lrr", "1"}), 2);
  EXPECT_TRUE(says("did you mean --lr?"));
  EXPECT_EQ(run({"--lr", "fast"}), 2);
  EXPECT_EQ(run({"--lr"}), 2);
  EXPECT_EQ(run({"--hidden-size=9"}), 2);
  EXPECT_TRUE(says("E0804"));
  EXPECT_EQ(run({"--hidden_size", "8", "--no-run-dir", "--quiet"}), 0) << said;
  EXPECT_EQ(run({"--threads", "0"}), 2);
  EXPECT_EQ(run({"--quiet=7"}), 2);
  EXPECT_EQ(run({"--checkpoint", "every=0"}), 2);
  EXPECT_TRUE(says("`every=0`"));
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_TRUE(says("hidden-size"));
  EXPECT_EQ(run({"--data", "none.csv", "--no-run-dir"}), 4);
}

TEST_F(Program, RunDirectory) {
  behaviour.sourceName = "lib/nn.dyn";
  behaviour.saveName = "models/a.safetensors";
  fs::copy(folder + "/d.csv", folder + "/d\xff.csv");
  EXPECT_EQ(run({"--data", "d\xff.csv"}), 0) << said;
  EXPECT_EQ(file("runs/latest/source/lib/nn.dyn"), "x");
  EXPECT_FALSE(file("runs/latest/models/a.safetensors").empty());
  EXPECT_EQ(run({"--run-dir", "runs/latest"}), 5);
  behaviour.saveName = "../out.safetensors";
  EXPECT_EQ(run({"--run-dir", "r"}), 5);
  EXPECT_TRUE(says("E0604"));
  EXPECT_FALSE(fs::exists(folder + "/out.safetensors"));
}

TEST_F(Program, OneProcessARunDirectory) {
  interrupted();
  int lock = open((folder + "/part/.lock").c_str(), O_RDWR);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  EXPECT_EQ(resume(), 5);
  EXPECT_TRUE(says("E0605"));
  close(lock);
  EXPECT_EQ(resume(), 0) << said;
}

} // namespace
