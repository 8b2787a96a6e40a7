//===- Run.cpp - a whole program inside a host ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "State.h"

using namespace dyn::host;

struct Run::State {
  std::shared_ptr<const Program::State> program;
  std::shared_ptr<const Loaded> code;
  Hooks hooks;
  dyn_run *run = nullptr;
  ~State() { dyn_run_destroy(run); }
};

/// The code of `train`, compiled by the first who asks.
static Result<std::shared_ptr<const Loaded>> trainOf(const Program::State &p) {
  std::lock_guard<std::mutex> lock(p.trainLock);
  if (!p.train) {
    auto loaded = std::make_shared<Loaded>();
    if (Status bad = compile(const_cast<Program::State &>(p), *loaded, /*train=*/true); !bad)
      return bad.error();
    p.train = std::move(loaded);
  }
  return p.train;
}

Result<Run> Program::run(const RunOptions &options) const noexcept {
  return guarded([&]() -> Result<Run> {
    if (!state)
      return fail(Code::E1001, "program");
    if (!state->hasTrain)
      return fail(Code::E1022);
    if (Status bad = checkSettings(*state, options.settings); !bad)
      return bad.error();
    Result<std::shared_ptr<const Loaded>> code = trainOf(*state);
    if (!code)
      return code.error();
    auto s = std::make_shared<Run::State>();
    s->program = state;
    s->code = *code;
    s->hooks = options.hooks;
    std::vector<dyn_setting> settings = list(options.settings);
    auto orNull = [](const std::string &t) { return t.empty() ? nullptr : t.c_str(); };
    dyn_run_options o{};
    o.size = sizeof o;
    o.settings = settings.data();
    o.setting_count = settings.size();
    o.seed = options.seed;
    o.threads = options.threads;
    o.run_directory = orNull(options.runDirectory);
    o.resume = orNull(options.resume);
    o.checkpoint = orNull(options.checkpoint);
    o.stream_capacity = options.streamCapacity;
    o.hooks = adapt(s->hooks);
    dyn_error error{};
    if (dyn_run_create(&s->code->program, &o, &s->run, &error))
      return fromRuntime(error);
    Run r;
    r.state = std::move(s);
    return r;
  });
}

Status Run::train() noexcept {
  return guarded([&]() -> Status {
    if (!state)
      return fail(Code::E1001, "run");
    dyn_error error{};
    int status = dyn_run_train(state->run, &error);
    constexpr int claimFailed = 3;
    return status && status != claimFailed ? Status(fromRuntime(error)) : Status();
  });
}

void Run::cancel() noexcept {
  if (state)
    dyn_run_cancel(state->run);
}

int64_t Run::steps() const noexcept { return state ? dyn_run_steps(state->run) : 0; }

std::vector<Claim> Run::claims() const noexcept {
  std::vector<Claim> all;
  for (size_t i = 0; state && i < dyn_run_claim_count(state->run); ++i) {
    dyn_claim c{};
    if (!dyn_run_claim(state->run, i, &c, nullptr))
      all.push_back({c.text, c.seen != 0, c.holds != 0, c.left, c.right});
  }
  return all;
}

Result<int64_t> Run::push(std::string_view stream, const std::vector<Array> &columns,
                          double seconds) noexcept {
  return guarded([&]() -> Result<int64_t> {
    if (!state)
      return fail(Code::E1001, "run");
    std::vector<const void *> data;
    for (const Array &a : columns) {
      bool usable = a.rank > 0 && a.rank <= Array::maxRank;
      if (!usable || a.shape[0] != columns[0].shape[0])
        return fail(Code::E1013, data.size() + 1, "push", stream, "as many rows as the others",
                    usable ? shapeText(a.shape, size_t(a.rank)) : "none");
      if (!a.contiguous())
        return fail(Code::E1015, data.size() + 1, "push", stream);
      if (!a.data && a.elements())
        return fail(Code::E1016, data.size() + 1, "push", stream);
      data.push_back(a.data);
    }
    int64_t taken = 0;
    dyn_error error{};
    if (dyn_run_push(state->run, std::string(stream).c_str(), data.data(), data.size(),
                     columns.empty() ? 0 : columns[0].shape[0], seconds, &taken, &error))
      return fromRuntime(error);
    return taken;
  });
}

Status Run::endStream(std::string_view stream) noexcept {
  return guarded([&]() -> Status {
    if (!state)
      return fail(Code::E1001, "run");
    dyn_error error{};
    if (dyn_run_end_stream(state->run, std::string(stream).c_str(), &error))
      return fromRuntime(error);
    return {};
  });
}
