// Streams: fed by a host, from files and from standard input.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AtomicFile.h"
#include "Host.h"

#include <chrono>
#include <csignal>
#include <sys/wait.h>

using namespace dyn::rt;
using namespace std::chrono_literals;

namespace {

/// Example i is ((i, 1), i mod 3).
int push(dyn_run *run, int64_t from, int64_t count, double seconds, int64_t *taken = nullptr,
         dyn_error *e = nullptr) {
  std::vector<float> x;
  std::vector<int64_t> label;
  for (int64_t i = from; i < from + count; ++i) {
    x.push_back(float(i));
    x.push_back(1);
    label.push_back(i % 3);
  }
  const void *columns[] = {x.data(), label.data()};
  return dyn_run_push(run, "samples", columns, 2, count, seconds, taken, e);
}

/// What a run logs when it is fed `count` examples in pieces, and its status.
std::vector<double> logged(int64_t count, int64_t piece, size_t capacity, int wanted,
                           std::chrono::milliseconds pause = 0ms) {
  std::vector<double> values;
  HostRun run([&](dyn_run_options &o) {
    o.stream_capacity = capacity;
    o.hooks.user = &values;
    o.hooks.metric = [](void *user, const char *, int64_t, double value) {
      static_cast<std::vector<double> *>(user)->push_back(value);
    };
  });
  std::thread feeder([&] {
    for (int64_t i = 0; i < count; i += piece) {
      int64_t n = std::min(piece, count - i), taken = 0;
      EXPECT_EQ(push(run, i, n, -1, &taken), 0);
      EXPECT_EQ(taken, n);
      std::this_thread::sleep_for(pause);
    }
    EXPECT_EQ(dyn_run_end_stream(run, "samples", nullptr), 0);
  });
  EXPECT_EQ(dyn_run_train(run, nullptr), wanted);
  feeder.join();
  return values;
}

TEST(Stream, BatchesDoNotDependOnWhoIsFaster) {
  std::vector<double> all = logged(103, 103, 0, 0);
  EXPECT_EQ(all.size(), 26u); // 25 whole ones and three examples
  EXPECT_EQ(logged(103, 1, 0, 0), all);
  EXPECT_EQ(logged(103, 7, 3, 0), all); // less room than a batch
  EXPECT_EQ(logged(103, 50, 16, 0, 1ms), all);
  EXPECT_EQ(logged(0, 1, 0, 3).size(), 0u);
  EXPECT_EQ(logged(9, 1, 0, 3).size(), 3u);
}

TEST(Stream, APushWaitsForRoomAndNoLonger) {
  HostRun run([](dyn_run_options &o) { o.stream_capacity = 10; });
  int64_t taken = -1;
  EXPECT_EQ(push(run, 0, 6, 0, &taken), 0);
  EXPECT_EQ(taken, 6);
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(push(run, 6, 6, 0.05, &taken), 0);
  EXPECT_EQ(taken, 4);
  auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, 50ms);
  EXPECT_LT(waited, 5s);
}

TEST(Stream, MisuseIsTold) {
  HostRun run;
  dyn_error e;
  float x[2] = {};
  int64_t label = 0;
  const void *two[] = {x, &label}, *broken[] = {x, nullptr};
  auto code = [&](const char *name, const void *const *columns, size_t n, int64_t count) {
    EXPECT_EQ(dyn_run_push(run, name, columns, n, count, 0, nullptr, &e), 2);
    return std::string(e.code);
  };
  EXPECT_EQ(code("other", two, 2, 1), "E1111");
  EXPECT_NE(std::string(e.text).find("samples"), std::string::npos);
  EXPECT_EQ(code("samples", two, 1, 1), "E1112");
  EXPECT_EQ(code("samples", broken, 2, 1), "E1101");
  EXPECT_EQ(code("samples", nullptr, 2, 1), "E1101");
  EXPECT_EQ(code("samples", two, 2, -1), "E1107");
  EXPECT_EQ(dyn_run_end_stream(run, "samples", &e), 0);
  EXPECT_EQ(code("samples", two, 2, 1), "E1113");
}

TEST(Stream, APushEndsWithTheRun) {
  HostRun run([](dyn_run_options &o) { o.stream_capacity = 4; });
  std::thread trainer([&] { EXPECT_EQ(dyn_run_train(run, nullptr), 75); });
  int status = 0;
  std::thread feeder([&] {
    for (int64_t i = 0; !status; ++i)
      status = push(run, i, 1, -1);
  });
  std::this_thread::sleep_for(50ms);
  dyn_run_cancel(run);
  trainer.join();
  feeder.join();
  EXPECT_EQ(status, 2);
}

TEST(Stream, ARunThatWaitsCanBeStopped) {
  HostRun run;
  std::thread other([&] {
    std::this_thread::sleep_for(50ms);
    dyn_run_cancel(run);
  });
  EXPECT_EQ(dyn_run_train(run, nullptr), 75);
  other.join();
}

class StreamFiles : public HostFolder {
protected:
  void SetUp() override {
    HostFolder::SetUp();
    rows = "x0,x1,label\n";
    for (int i = 0; i < 103; ++i)
      rows += std::to_string(i) + ",1," + std::to_string(i % 3) + "\n";
    writeFile(folder + "/s.csv", rows);
  }
  /// Runs the program in a process of its own, with `input` on its standard input.
  int run(std::vector<std::string> arguments, const std::string &input = "") {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
      if (chdir(folder.c_str()) != 0 || !std::freopen("said", "w", stdout))
        _exit(99);
      dup2(1, 2);
      dup2(ends[0], 0);
      close(ends[1]);
      arguments.insert(arguments.begin(), "p");
      std::vector<char *> argv;
      for (std::string &a : arguments)
        argv.push_back(a.data());
      int status = dyn_rt_main(&program(), int(argv.size()), argv.data(), nullptr);
      std::fflush(nullptr);
      _exit(status);
    }
    close(ends[0]);
    for (size_t at = 0; at < input.size();) {
      ssize_t n = write(ends[1], input.data() + at, std::min<size_t>(input.size() - at, 100));
      if (n <= 0)
        break;
      at += size_t(n);
    }
    if (interrupt) {
      std::this_thread::sleep_for(300ms);
      kill(child, SIGTERM);
    } else {
      close(ends[1]);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (interrupt)
      close(ends[1]);
    said = readFile(folder + "/said");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  std::string table(const std::string &name) { return readFile(folder + "/" + name + "/metrics.csv"); }
  bool says(const std::string &text) { return said.find(text) != std::string::npos; }
  std::string rows, said;
  bool interrupt = false;
};

TEST_F(StreamFiles, AFileAndStandardInputGiveTheSame) {
  EXPECT_EQ(run({"--samples", "s.csv", "--run-dir", "file", "--quiet"}), 0) << said;
  EXPECT_EQ(run({"--run-dir", "input", "--quiet"}, rows), 0) << said;
  EXPECT_EQ(table("file"), table("input"));
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 104);
  EXPECT_EQ(run({"--run-dir", "open", "--quiet"}, rows.substr(0, rows.size() - 1)), 0) << said;
  EXPECT_EQ(table("file"), table("open"));
  EXPECT_NE(readFile(folder + "/file/data.json").find("s.csv"), std::string::npos);
}

TEST_F(StreamFiles, RowsThatAreWrongAreTold) {
  EXPECT_EQ(run({"--no-run-dir"}, "h\n1,2\n"), 4);
  EXPECT_TRUE(says("error[E0510]: standard input: row 2")) << said;
  EXPECT_EQ(run({"--no-run-dir"}, "h\n1,2,3\n1,b,3\n"), 4);
  EXPECT_TRUE(says("E0509")) << said;
  EXPECT_EQ(run({"--no-run-dir"}, "h\n1,\"2,3\n"), 4);
  EXPECT_TRUE(says("E0516")) << said;
  EXPECT_EQ(run({"--no-run-dir", "--samples", "none.csv"}), 4);
  EXPECT_TRUE(says("E0501")) << said;
}

TEST_F(StreamFiles, AFileIsPassedOverWhenARunIsResumed) {
  EXPECT_EQ(run({"--samples", "s.csv", "--run-dir", "whole", "--quiet"}), 0) << said;
  // Half of the examples by standard input, which then is idle: the run stops where it waits.
  size_t half = 0;
  for (int line = 0; line < 53; ++line)
    half = rows.find('\n', half) + 1;
  interrupt = true;
  EXPECT_EQ(run({"--run-dir", "part", "--quiet"}, rows.substr(0, half)), 75) << said;
  interrupt = false;
  EXPECT_EQ(run({"--resume", "part", "--samples", "s.csv"}), 0) << said;
  EXPECT_EQ(table("whole"), table("part"));
}

TEST_F(StreamFiles, StandardInputGoesOnWithWhatComes) {
  size_t half = 0;
  for (int line = 0; line < 53; ++line)
    half = rows.find('\n', half) + 1;
  interrupt = true;
  EXPECT_EQ(run({"--run-dir", "part", "--quiet"}, rows.substr(0, half)), 75) << said;
  interrupt = false;
  EXPECT_EQ(run({"--samples", "s.csv", "--run-dir", "whole", "--quiet"}), 0) << said;
  EXPECT_EQ(run({"--resume", "part"}, "x0,x1,label\n" + rows.substr(half)), 0) << said;
  EXPECT_EQ(table("whole"), table("part"));
}

TEST_F(StreamFiles, AHostCanNameAFileAndKeepARecord) {
  std::string path = folder + "/s.csv", record = folder + "/record";
  dyn_setting settings[] = {{"samples", path.c_str()}};
  HostRun run([&](dyn_run_options &o) {
    o.settings = settings;
    o.setting_count = 1;
    o.run_directory = record.c_str();
  });
  dyn_error e;
  EXPECT_EQ(push(run, 0, 1, 0, nullptr, &e), 2);
  EXPECT_STREQ(e.code, "E1114");
  EXPECT_EQ(dyn_run_train(run, &e), 0) << e.text;
  EXPECT_EQ(this->run({"--samples", "s.csv", "--run-dir", "file", "--quiet"}), 0) << said;
  EXPECT_EQ(table("record"), table("file"));
}

TEST_F(StreamFiles, AHostStopsWithACheckpointAndGoesOn) {
  std::string record = folder + "/record";
  {
    HostRun run([&](dyn_run_options &o) { o.run_directory = record.c_str(); });
    std::thread trainer([&] { EXPECT_EQ(dyn_run_train(run, nullptr), 75); });
    EXPECT_EQ(push(run, 0, 52, -1), 0);
    while (dyn_run_steps(run) < 13)
      std::this_thread::sleep_for(1ms);
    dyn_run_cancel(run);
    trainer.join();
  }
  HostRun run([&](dyn_run_options &o) { o.resume = record.c_str(); });
  std::thread feeder([&] {
    EXPECT_EQ(push(run, 52, 51, -1), 0);
    EXPECT_EQ(dyn_run_end_stream(run, "samples", nullptr), 0);
  });
  dyn_error e = {};
  EXPECT_EQ(dyn_run_train(run, &e), 0) << e.text;
  feeder.join();
  EXPECT_EQ(this->run({"--samples", "s.csv", "--run-dir", "file", "--quiet"}), 0) << said;
  EXPECT_EQ(table("record"), table("file"));
}

} // namespace
