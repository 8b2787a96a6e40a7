// Runs inside a host program: settings, calls, hooks, failures, threads.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Host.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>

namespace {

TEST(Host, ANullIsTold) {
  dyn_error e;
  dyn_run *run = nullptr;
  EXPECT_EQ(dyn_run_create(nullptr, nullptr, &run, &e), 2);
  EXPECT_STREQ(e.code, "E1101");
  EXPECT_EQ(dyn_run_create(nullptr, nullptr, nullptr, nullptr), 2);
  EXPECT_EQ(dyn_run_call(nullptr, step, nullptr, &e), 2);
  EXPECT_EQ(dyn_run_train(nullptr, &e), 2);
  EXPECT_EQ(dyn_run_set(nullptr, "lr", "1", &e), 2);
  EXPECT_EQ(dyn_run_push(nullptr, "samples", nullptr, 0, 0, 0, nullptr, &e), 2);
  EXPECT_EQ(dyn_run_end_stream(nullptr, "samples", &e), 2);
  EXPECT_EQ(dyn_tensors_save(nullptr, nullptr, 0, &e), 2);
  EXPECT_EQ(dyn_run_steps(nullptr), 0);
  dyn_run_cancel(nullptr);
  dyn_run_destroy(nullptr);
  HostRun good;
  EXPECT_EQ(dyn_run_call(good, nullptr, nullptr, &e), 2);
  EXPECT_STREQ(e.code, "E1101");
}

TEST(Host, WrappersCheckWhatTheyHandOn) {
  dyn_error e;
  float x = 0;
  EXPECT_EQ(dyn_check_pointer(&x, "x", &e), 0);
  EXPECT_EQ(dyn_check_pointer(nullptr, "x", &e), 2);
  EXPECT_STREQ(e.code, "E1101");
  EXPECT_EQ(dyn_check_extent(8, 8, "B", &e), 0);
  EXPECT_EQ(dyn_check_extent(9, 8, "B", &e), 2);
  EXPECT_STREQ(e.code, "E1109");
  EXPECT_EQ(dyn_check_extent(-1, 8, "B", &e), 2);
}

TEST(Host, SettingsHaveNamesAndTypes) {
  dyn_error e;
  HostRun run;
  auto fails = [&](const char *name, const char *value) {
    EXPECT_EQ(dyn_run_set(run, name, value, &e), 2);
    EXPECT_NE(std::string(e.text).find("\n  = help: "), std::string::npos);
    return std::string(e.code);
  };
  EXPECT_EQ(fails("rate", "1"), "E1102");
  EXPECT_NE(std::string(e.text).find("lr, hidden, samples"), std::string::npos);
  EXPECT_EQ(fails("lr", "fast"), "E1103");
  EXPECT_EQ(fails("hidden", "9"), "E1104");
  EXPECT_EQ(fails("samples", "other.csv"), "E1107");
  EXPECT_EQ(dyn_run_set(run, "hidden", "8", &e), 0);
  EXPECT_EQ(dyn_run_set(run, "lr", "0.5", &e), 0);
  Model m;
  EXPECT_EQ(m.step(run, 1), 0);
  EXPECT_EQ(m.w[0], 0.5f);
}

TEST(Host, OptionsAreChecked) {
  auto code = [](dyn_run_options o) {
    dyn_error e = {};
    dyn_run *run = nullptr;
    EXPECT_NE(dyn_run_create(&program(), &o, &run, &e), 0);
    EXPECT_EQ(run, nullptr);
    return std::string(e.code);
  };
  dyn_run_options o = {};
  EXPECT_EQ(code(o), "E1107");
  o.size = sizeof o;
  dyn_setting unknown = {"nothing", "1"};
  auto with = [&](auto change) {
    dyn_run_options x = o;
    change(x);
    return code(x);
  };
  EXPECT_EQ(with([](auto &x) { x.setting_count = 1; }), "E1101");
  EXPECT_EQ(with([&](auto &x) { x.settings = &unknown, x.setting_count = 1; }), "E1102");
  EXPECT_EQ(with([](auto &x) { x.threads = 5000; }), "E1107");
  EXPECT_EQ(with([](auto &x) { x.checkpoint = "never"; }), "E1107");
  EXPECT_EQ(with([](auto &x) { x.run_directory = "a", x.resume = "a"; }), "E1107");
  EXPECT_EQ(with([](auto &x) { x.resume = "/nowhere"; }), "E0701");
  EXPECT_EQ(with([](auto &x) { x.hooks.allocate = [](void *, size_t, size_t) -> void * { return nullptr; }; }),
            "E1107");
  // A host of the next version may know more options.
  struct {
    dyn_run_options known;
    char more[64];
  } longer = {};
  longer.known.size = sizeof longer;
  dyn_run *run = nullptr;
  EXPECT_EQ(dyn_run_create(&program(), &longer.known, &run, nullptr), 0);
  dyn_run_destroy(run);
}

TEST(Host, ProgramsOfOtherVersionsAreRefused) {
  dyn_error e;
  dyn_run *run = nullptr;
  dyn_rt_program old{R"({"abi":0})", 9, nullptr};
  EXPECT_EQ(dyn_run_create(&old, nullptr, &run, &e), 70);
  EXPECT_STREQ(e.code, "E0805");
  dyn_rt_program damaged{"{", 1, nullptr};
  EXPECT_EQ(dyn_run_create(&damaged, nullptr, &run, &e), 70);
  EXPECT_STREQ(e.code, "E0806");
  EXPECT_EQ(dyn_runtime_abi(), DYN_RT_ABI);
}

TEST(Host, AFailureHasItsPlace) {
  HostRun run;
  Model m;
  dyn_error e = {};
  EXPECT_EQ(m.step(run, -1, &e), 9);
  EXPECT_STREQ(e.code, "E0901");
  EXPECT_STREQ(e.file, "p.dyn");
  EXPECT_EQ(e.line, 3);
  EXPECT_EQ(m.step(run, 1, &e), 0);
  EXPECT_EQ(e.status, 0);
}

TEST(Host, FailuresInTasksAreToldWhoeverRunsThem) {
  for (uint32_t threads : {0u, 1u, 3u})
    for (bool own : {false, true}) {
      Threads host(3);
      HostRun run([&](dyn_run_options &o) {
        o.threads = threads;
        if (own)
          o.hooks = host.hooks();
      });
      dyn_error e = {};
      int64_t first = 3;
      void *arguments[] = {&first};
      EXPECT_EQ(dyn_run_call(run, failingTasks, arguments, &e), 9);
      EXPECT_NE(std::string(e.text).find("subscript 3 is outside"), std::string::npos) << e.text;
      Model m;
      EXPECT_EQ(m.step(run, 1, &e), 0);
    }
}

TEST(Host, TheArithmeticOfTheHostStaysItsOwn) {
  volatile float tiny = std::numeric_limits<float>::min();
  HostRun run;
  float half = 0;
  void *arguments[] = {&half};
  EXPECT_EQ(dyn_run_call(run, halveTiny, arguments, nullptr), 0);
  EXPECT_EQ(half, 0);
  EXPECT_GT(tiny / 2, 0);
  Model m;
  EXPECT_EQ(m.step(run, -1), 9);
  EXPECT_GT(tiny / 2, 0);
  // Tasks on the host's threads compute as ours do.
  Threads host(2);
  HostRun hosted([&](dyn_run_options &o) { o.hooks = host.hooks(); });
  float halves[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  void *eight[] = {halves};
  EXPECT_EQ(dyn_run_call(hosted, halveTinyInTasks, eight, nullptr), 0);
  for (float h : halves)
    EXPECT_EQ(h, 0);
  EXPECT_GT(host.ran, 0);
}

TEST(Host, MemoryComesFromTheHost) {
  static int64_t live, calls;
  live = calls = 0;
  HostRun run([](dyn_run_options &o) {
    o.hooks.allocate = [](void *, size_t bytes, size_t alignment) {
      ++live, ++calls;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    o.hooks.release = [](void *, void *p, size_t) { --live, std::free(p); };
  });
  Model m;
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(m.step(run, 1), 0);
  EXPECT_EQ(calls, 1); // the arena
  run.reset();
  EXPECT_EQ(live, 0);
}

TEST(Host, WhatIsLoggedAndSaidGoesToTheHost) {
  struct Heard {
    std::vector<double> values;
    std::string said;
  } heard;
  HostRun run([&](dyn_run_options &o) {
    o.hooks.user = &heard;
    o.hooks.metric = [](void *user, const char *series, int64_t step, double value) {
      EXPECT_STREQ(series, "loss");
      auto &all = static_cast<Heard *>(user)->values;
      EXPECT_EQ(step, int64_t(all.size()));
      all.push_back(value);
    };
    o.hooks.log = [](void *user, const char *text) { static_cast<Heard *>(user)->said += text; };
  });
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Model m;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(m.step(run, 1), 0);
  EXPECT_EQ(m.step(run, -1), 9);
  EXPECT_EQ(heard.values.size(), 3u);
  EXPECT_EQ(dyn_run_steps(run), 3);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Host, OneCallAtATime) {
  HostRun run;
  static dyn_run *inner;
  inner = run;
  static int status;
  EXPECT_EQ(dyn_run_call(run,
                         [](int64_t, void **) -> int64_t {
                           dyn_error e;
                           status = dyn_run_call(inner, step, nullptr, &e);
                           EXPECT_STREQ(e.code, "E1105");
                           EXPECT_EQ(dyn_run_seed(inner, 1, &e), 2);
                           return 0;
                         },
                         nullptr, nullptr),
            0);
  EXPECT_EQ(status, 2);
}

TEST(Host, ACallStopsOnRequest) {
  HostRun run;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    dyn_run_cancel(run);
  });
  dyn_error e;
  EXPECT_EQ(dyn_run_call(run, forEver, nullptr, &e), 75);
  EXPECT_STREQ(e.code, "E1115");
  other.join();
  // The request is over with the call that it stopped.
  Model m;
  EXPECT_EQ(m.step(run, 1), 0);
  dyn_run_cancel(run);
  EXPECT_EQ(m.step(run, 1), 75);
  EXPECT_EQ(m.step(run, 1), 0);
}

TEST(Host, NoSignalHandlerIsInstalled) {
  struct sigaction before[3], after[3];
  int signals[] = {SIGINT, SIGTERM, SIGXFSZ};
  for (int i = 0; i < 3; ++i)
    sigaction(signals[i], nullptr, &before[i]);
  HostRun run;
  dyn_run_end_stream(run, "samples", nullptr);
  EXPECT_EQ(dyn_run_train(run, nullptr), 3);
  for (int i = 0; i < 3; ++i) {
    sigaction(signals[i], nullptr, &after[i]);
    EXPECT_EQ(before[i].sa_handler, after[i].sa_handler);
  }
}

TEST(Host, TwoThreadsHaveTheBitsOfTwoRuns) {
  auto train = [](int64_t seed, Model &m) {
    HostRun run([&](dyn_run_options &o) { o.seed = seed, o.threads = 2; });
    for (int i = 0; i < 500; ++i)
      ASSERT_EQ(m.step(run, float(i % 7)), 0);
  };
  Model alone[2], together[2];
  train(1, alone[0]);
  train(2, alone[1]);
  std::thread first(train, 1, std::ref(together[0])), second(train, 2, std::ref(together[1]));
  first.join();
  second.join();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(std::memcmp(alone[i].w, together[i].w, sizeof alone[i].w), 0);
  EXPECT_NE(std::memcmp(alone[0].w, alone[1].w, sizeof alone[0].w), 0);
}

TEST(Host, ClaimsAreRead) {
  HostRun run;
  dyn_run_end_stream(run, "samples", nullptr);
  EXPECT_EQ(dyn_run_train(run, nullptr), 3);
  ASSERT_EQ(dyn_run_claim_count(run), 1u);
  dyn_claim claim = {};
  dyn_error e;
  EXPECT_EQ(dyn_run_claim(run, 0, &claim, &e), 0);
  EXPECT_STREQ(claim.text, "all came");
  EXPECT_TRUE(claim.seen);
  EXPECT_FALSE(claim.holds);
  EXPECT_EQ(dyn_run_claim(run, 1, &claim, &e), 2);
  EXPECT_STREQ(e.code, "E1108");
  EXPECT_EQ(dyn_run_train(run, &e), 2);
  EXPECT_STREQ(e.code, "E1106");
}

using HostFiles = HostFolder;

TEST_F(HostFiles, TensorsAreSavedAndLoaded) {
  std::string path = folder + "/m.safetensors";
  float w[6] = {1, 2, 3, 4, 5, 6}, b = 7;
  int64_t dims[] = {2, 3};
  dyn_tensor tensors[] = {{"w", DYN_F32, 2, dims, w}, {"b", DYN_F32, 0, nullptr, &b}};
  dyn_error e;
  EXPECT_EQ(dyn_tensors_save(path.c_str(), tensors, 2, &e), 0);
  float w2[6] = {}, b2 = 0;
  tensors[0].data = w2;
  tensors[1].data = &b2;
  EXPECT_EQ(dyn_tensors_load(path.c_str(), tensors, 1, &e), 7);
  EXPECT_STREQ(e.code, "E0704");
  EXPECT_EQ(w2[0], 0); // nothing was changed
  dims[0] = 3;
  EXPECT_EQ(dyn_tensors_load(path.c_str(), tensors, 2, &e), 7);
  dims[0] = 2;
  EXPECT_EQ(dyn_tensors_load(path.c_str(), tensors, 2, &e), 0);
  EXPECT_EQ(w2[5], 6);
  EXPECT_EQ(b2, 7);
  // What is fixed is compared if the file says it.
  char two[] = "2", three[] = "3";
  dyn_tensor more[] = {tensors[0], tensors[1], {"heads", 0, -1, nullptr, two}};
  EXPECT_EQ(dyn_tensors_load(path.c_str(), more, 3, &e), 0);
  EXPECT_EQ(dyn_tensors_save(path.c_str(), more, 3, &e), 0);
  EXPECT_EQ(dyn_tensors_load(path.c_str(), more, 3, &e), 0);
  EXPECT_EQ(dyn_tensors_load(path.c_str(), tensors, 2, &e), 0);
  more[2].data = three;
  w2[5] = 0;
  EXPECT_EQ(dyn_tensors_load(path.c_str(), more, 3, &e), 7);
  EXPECT_STREQ(e.code, "E0704");
  EXPECT_NE(std::string(e.text).find("made with heads = 2, the model with 3"), std::string::npos)
      << e.text;
  EXPECT_EQ(w2[5], 0); // nothing was changed
  EXPECT_EQ(dyn_tensors_load((folder + "/none").c_str(), tensors, 2, &e), 4);
  EXPECT_STREQ(e.code, "E0501");
  EXPECT_EQ(dyn_tensors_save((folder + "/no/m").c_str(), tensors, 2, &e), 5);
  dims[0] = -1;
  EXPECT_EQ(dyn_tensors_save(path.c_str(), tensors, 2, &e), 2);
  EXPECT_STREQ(e.code, "E1107");
}

} // namespace
