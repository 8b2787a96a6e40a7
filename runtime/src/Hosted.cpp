//===- Hosted.cpp - a run inside a host program ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Hosted.h"

#include "Errors.h"
#include "Program.h"
#include "Subnormals.h"

#include <cstring>

using namespace dyn::rt;

template <size_t N> static void copyText(char (&to)[N], const std::string &from) {
  size_t n = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), n);
  to[n] = 0;
  if (from.size() >= N)
    std::memcpy(to + N - 4, "...", 3);
}

int dyn::rt::tell(const Error &e, dyn_error *to) {
  if (!to)
    return e.status;
  to->status = e.status;
  to->line = e.line;
  copyText(to->code, e.code);
  copyText(to->file, e.file);
  copyText(to->text, e.text);
  return e.status;
}

/// Clears the failure of the call before.
static void forget(Run &run) {
  if (run.error.status)
    run.error = {};
  run.kept.clear();
}

static void set(Run &run, const char *name, const char *value) {
  demand(name, "name");
  demand(value, "value");
  std::string all;
  for (ConfigValue &c : run.config) {
    all += (all.empty() ? "" : ", ") + c.name;
    if (c.name != name)
      continue;
    if (run.metrics && c.type == "stream")
      raise(Code::E1107, "settings", "`" + c.name + "`", "streams when the run is created");
    switch (assign(c, value)) {
    case Assigned::malformed:
      raise(Code::E1103, value, name, expected(c.type));
    case Assigned::fixed:
      raise(Code::E1104, name, c.integer);
    case Assigned::yes:
      c.given = true;
      return;
    }
  }
  raise(Code::E1102, name, all.empty() ? "none" : all);
}

/// The options of a host that was compiled with another runtime may be shorter or longer.
static dyn_run_options known(const dyn_run_options *given) {
  dyn_run_options o = {};
  if (!given)
    return o;
  if (given->size < sizeof(size_t) || given->size > 1 << 16)
    raise(Code::E1107, "size", given->size, "sizeof(dyn_run_options)");
  std::memcpy(&o, given, std::min(given->size, sizeof o));
  if (!o.settings && o.setting_count)
    raise(Code::E1101, "settings");
  if (!o.hooks.allocate != !o.hooks.release)
    raise(Code::E1107, "hooks", "one of `allocate` and `release`", "both or none");
  if (o.threads > 1024)
    raise(Code::E1107, "threads", o.threads, "at most 1024");
  if (o.stream_capacity > size_t(1) << 40)
    raise(Code::E1107, "stream_capacity", o.stream_capacity, "at most 2^40");
  if (o.resume && o.run_directory)
    raise(Code::E1107, "run_directory", "`" + std::string(o.run_directory) + "`",
          "null in a run that is resumed");
  return o;
}

static void prepare(Run &run, const dyn_run_options &o) {
  run.hosted = true;
  run.quiet = !o.hooks.log;
  run.console.hand(o.hooks.log, o.hooks.user);
  run.memory = {o.hooks.user, o.hooks.allocate, o.hooks.release};
  if (o.hooks.parallel_for)
    run.pool = std::make_unique<Pool>(o.hooks.parallel_for, o.hooks.user);
  run.threads = o.threads ? o.threads : 1;
  run.seed = o.seed;
  run.useRunDirectory = o.run_directory || o.resume;
  if (o.run_directory)
    run.runDirectory = o.run_directory;
  if (o.stream_capacity)
    run.streamCapacity = int64_t(o.stream_capacity);
  if (o.checkpoint && !setCheckpoints(run.checkpoints, o.checkpoint))
    raise(Code::E1107, "checkpoint", "`" + std::string(o.checkpoint) + "`", checkpointWords);
  for (size_t i = 0; i < o.setting_count; ++i)
    set(run, o.settings[i].name, o.settings[i].value);
  if (o.resume) {
    run.resumeFrom = o.resume;
    keepSettings(run);
  }
  for (ConfigValue &c : run.config)
    if (c.type == "stream" && !c.given)
      c.text = "-"; // it is the host's to feed, whatever the command line would read
  internTexts(run);
  begin(run, Progress::Kind::none, {"(a host program)"});
  run.metrics->tell(o.hooks.metric, o.hooks.user);
  for (size_t i = 0; i < run.streams.size(); ++i)
    streamAt(run, int64_t(i));
}

/// What a call ended with: success clears it, a stop is over when it was told.
static int finish(dyn_run &r, dyn_error *error) {
  if (!r.run.error.status)
    return 0;
  if (r.run.error.status == 75)
    r.run.checkpoints.stopRequested = false;
  return tell(r.run.error, error);
}

static int call(dyn_run &r, dyn_entry entry, void **arguments) {
  FlushSubnormals flush;
  if (setjmp(r.run.escape) == 0)
    return int(entry(reinterpret_cast<int64_t>(&r.run), arguments));
  return r.run.error.status;
}

extern "C" {

int32_t dyn_runtime_abi(void) { return DYN_RT_ABI; }

int dyn_run_create(const dyn_rt_program *program, const dyn_run_options *options, dyn_run **run,
                   dyn_error *error) {
  return answered(error, [&] {
    demand(run, "run");
    *run = nullptr;
    demand(program, "program");
    demand(program->meta, "meta");
    dyn_run_options o = known(options);
    auto made = std::make_unique<dyn_run>();
    readMeta(made->run, *program);
    made->train = program->train;
    prepare(made->run, o);
    *run = made.release();
  });
}

void dyn_run_destroy(dyn_run *run) { delete run; }

int dyn_run_set(dyn_run *run, const char *name, const char *value, dyn_error *error) {
  return answered(error, [&] {
    demand(run, "run");
    Turn turn(*run);
    set(run->run, name, value);
    internTexts(run->run);
  });
}

int dyn_run_seed(dyn_run *run, int64_t seed, dyn_error *error) {
  return answered(error, [&] {
    demand(run, "run");
    Turn turn(*run);
    run->run.seed = seed;
  });
}

int dyn_run_call(dyn_run *run, dyn_entry entry, void **arguments, dyn_error *error) {
  if (!run || !entry || run->busy.exchange(true, std::memory_order_acquire))
    return answered(error, [&] {
      demand(run, "run");
      demand(reinterpret_cast<const void *>(entry), "entry");
      raise(Code::E1105);
    });
  Run &r = run->run;
  forget(r);
  r.calling = true;
  int status = 75;
  if (!r.checkpoints.stopRequested.load(std::memory_order_relaxed))
    status = call(*run, entry, arguments);
  else
    r.error = errorOf(Code::E1115, "before it began");
  r.calling = false;
  if (r.error.status)
    status = finish(*run, error);
  else if (error)
    error->status = status;
  run->busy.store(false, std::memory_order_release);
  return status;
}

int dyn_run_train(dyn_run *run, dyn_error *error) {
  int status = 0;
  int refused = answered(error, [&] {
    demand(run, "run");
    demand(reinterpret_cast<const void *>(run->train), "train");
    Turn turn(*run);
    if (run->trained)
      raise(Code::E1106);
    run->trained = true;
    forget(run->run);
    execute(run->run, run->train);
    end(run->run);
    if (run->run.error.status == 3 && run->run.error.text.empty())
      run->run.error.text = "a claim does not hold\n";
    status = finish(*run, error);
  });
  return refused ? refused : status;
}

void dyn_run_cancel(dyn_run *run) {
  if (!run)
    return;
  run->run.checkpoints.stopRequested = true;
  for (auto &s : run->run.streams)
    if (s)
      s->wake();
}

int64_t dyn_run_steps(const dyn_run *run) { return run ? run->run.metrics->steps.load() : 0; }

size_t dyn_run_claim_count(const dyn_run *run) { return run ? run->run.claims.size() : 0; }

int dyn_run_claim(const dyn_run *run, size_t i, dyn_claim *claim, dyn_error *error) {
  return answered(error, [&] {
    demand(run, "run");
    demand(claim, "claim");
    const Run &r = run->run;
    if (i >= r.claims.size())
      raise(Code::E1108, i, int64_t(r.claims.size()) - 1);
    const ClaimResult &c = r.claims[i];
    *claim = {r.meta["claims"][i]["text"].get_ref<const std::string &>().c_str(), c.reached > 0,
              c.holds(), c.left, c.right};
  });
}
}
