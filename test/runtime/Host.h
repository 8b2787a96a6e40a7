// A program as the compiler would write it, for tests that play the host.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef DYN_TEST_RUNTIME_HOST_H
#define DYN_TEST_RUNTIME_HOST_H

#include "dyn/run.h"
#include "dyn/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

inline int64_t address(const void *p) { return reinterpret_cast<int64_t>(p); }

/// w += lr*x + a small draw, in tasks; x below 0 fails at line 3.
inline int64_t step(int64_t r, void **arguments) {
  auto *w = static_cast<float *>(arguments[0]);
  float x = *static_cast<const float *>(arguments[1]);
  if (x < 0)
    dyn_rt_check_failed(r, 0, 0, 0);
  struct Work {
    float *w, by;
  };
  auto *work = reinterpret_cast<Work *>(dyn_rt_arena(r, 64));
  *work = {w, x * float(dyn_rt_config_real(r, 0)) + float(dyn_rt_seed(r)) * 1e-3f};
  dyn_rt_parallel_for(r, 8, address(reinterpret_cast<void *>(+[](void *e, int64_t i) {
                        auto &job = *static_cast<Work *>(e);
                        job.w[i] += job.by;
                      })),
                      address(work));
  dyn_rt_log(r, 0, double(w[0]));
  dyn_rt_step(r);
  return 0;
}

/// Eight tasks, of which those from `arguments[0]` on fail.
inline int64_t failingTasks(int64_t r, void **arguments) {
  struct Work {
    int64_t run, first;
  } work{r, *static_cast<int64_t *>(arguments[0])};
  auto task = +[](void *e, int64_t i) {
    auto &job = *static_cast<Work *>(e);
    if (i >= job.first)
      dyn_rt_check_failed(job.run, 1, i, 3);
  };
  dyn_rt_parallel_for(r, 8, address(reinterpret_cast<void *>(task)), address(&work));
  return 0;
}

inline void halve(float *to) {
  volatile float tiny = std::numeric_limits<float>::min();
  *to = tiny / 2;
}
inline int64_t halveTiny(int64_t, void **arguments) {
  halve(static_cast<float *>(arguments[0]));
  return 0;
}
inline int64_t halveTinyInTasks(int64_t r, void **arguments) {
  auto task = +[](void *e, int64_t i) { halve(static_cast<float *>(e) + i); };
  dyn_rt_parallel_for(r, 8, address(reinterpret_cast<void *>(task)), address(arguments[0]));
  return 0;
}

inline int64_t forEver(int64_t r, void **) {
  for (int64_t i = 0;; ++i) {
    dyn_rt_tick(r, 0, i, i + 1);
    std::this_thread::yield();
  }
}

/// Sums the batches of the stream; the sum becomes the series, their sizes the claim.
inline void train(int64_t r) {
  constexpr int64_t batch = 4;
  int64_t batches = dyn_rt_stream(r, 0, batch), i = dyn_rt_resume_counter(r, 0, 0), dims[1] = {2};
  double state[2] = {}; // sum, examples
  dyn_rt_resume_tensor(r, 0, 0, DYN_F64, 1, address(dims), address(state));
  dyn_rt_resume_done(r, 0);
  for (; dyn_rt_stream_more(r, batches); ++i) {
    int64_t n = dyn_rt_loader_next(r, batches, i);
    auto *x = reinterpret_cast<const float *>(dyn_rt_loader_column(r, batches, 0));
    auto *label = reinterpret_cast<const int64_t *>(dyn_rt_loader_column(r, batches, 1));
    for (int64_t k = 0; k < n; ++k)
      state[0] = 0.9 * state[0] + double(x[2 * k]) * double(x[2 * k + 1]) + double(label[k]);
    state[1] += double(n);
    dyn_rt_log(r, 0, state[0]);
    dyn_rt_step(r);
    dyn_rt_tick(r, 0, i, i + 1);
    if (dyn_rt_checkpoint_due(r, 0)) {
      dyn_rt_checkpoint_begin(r, 0, i + 1, 0, 0);
      dyn_rt_checkpoint_tensor(r, 0, DYN_F64, 1, address(dims), address(state));
      dyn_rt_checkpoint_end(r);
    }
  }
  dyn_rt_loader_close(r, batches);
  dyn_rt_claim(r, 0, state[1] >= 10, state[1], 10);
}

inline const dyn_rt_program &program() {
  static const std::string meta =
      R"({"abi":1,"name":"p","source_hash":"abc","config":[)"
      R"({"name":"lr","type":"real","default":1.0},{"name":"hidden","type":"dim","default":8},)"
      R"({"name":"samples","type":"stream","default":"-"}],"series":["loss"],)"
      R"("loops":[{"name":"batch","parent":-1,"steps":true,"stream":0}],"slots":[{"name":"s"}],)"
      R"("streams":[{"name":"samples","columns":[{"name":"x","type":"f32","shape":[2]},)"
      R"({"name":"label","type":"i64","shape":[]}]}],)"
      R"("claims":[{"text":"all came","relation":">="}],)"
      R"("checks":[{"kind":"assert","file":"p.dyn","line":3,"text":"x >= 0"},)"
      R"({"kind":"subscript","file":"p.dyn","line":4,"text":"a[i]"}]})";
  static const dyn_rt_program p{meta.data(), int64_t(meta.size()), train};
  return p;
}

/// A run that a test may change the options of.
class HostRun {
public:
  explicit HostRun(std::function<void(dyn_run_options &)> change = {}) {
    dyn_run_options o = {};
    o.size = sizeof o;
    if (change)
      change(o);
    dyn_error e = {};
    EXPECT_EQ(dyn_run_create(&program(), &o, &run, &e), 0) << e.text;
  }
  ~HostRun() { reset(); }
  HostRun(const HostRun &) = delete;
  void reset() {
    dyn_run_destroy(run);
    run = nullptr;
  }
  operator dyn_run *() const { return run; }

private:
  dyn_run *run = nullptr;
};

struct Model {
  float w[8] = {};
  int step(dyn_run *run, float x, dyn_error *error = nullptr) {
    void *arguments[] = {w, &x};
    return dyn_run_call(run, ::step, arguments, error);
  }
};

/// A host's own `parallel for`.
struct Threads {
  explicit Threads(unsigned count) : count(count) {}
  dyn_hooks hooks() {
    dyn_hooks h = {};
    h.user = this;
    h.parallel_for = [](void *user, int64_t tasks, void (*task)(void *, int64_t), void *environment) {
      auto &self = *static_cast<Threads *>(user);
      std::atomic<int64_t> next{0};
      std::vector<std::thread> all;
      for (unsigned t = 0; t < self.count; ++t)
        all.emplace_back([&] {
          for (int64_t i; (i = next++) < tasks;) {
            task(environment, tasks - 1 - i);
            ++self.ran;
          }
        });
      for (std::thread &t : all)
        t.join();
    };
    return h;
  }
  unsigned count;
  std::atomic<int64_t> ran{0};
};

class HostFolder : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "dyn-host-" + std::to_string(getpid());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string folder;
};

#endif // DYN_TEST_RUNTIME_HOST_H
