//===- Program.cpp - a program from its meta data to its end ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include "AtomicFile.h"
#include "Errors.h"
#include "RunDirectory.h"
#include "Subnormals.h"

using namespace dyn::rt;
using nlohmann::json;

static void takeTables(Run &run, const dyn_rt_program &program) {
  run.meta = json::parse(program.meta, program.meta + program.meta_length, nullptr, false);
  if (run.meta.is_discarded() || !run.meta.is_object())
    raise(Code::E0806, "it is no JSON object");
  if (run.meta.value("abi", 0) != DYN_RT_ABI)
    raise(Code::E0805, run.meta.value("abi", 0), DYN_RT_ABI);
  for (const char *list :
       {"strings", "series", "config", "claims", "checks", "loops", "slots", "sources", "streams"})
    if (!run.meta.contains(list))
      run.meta[list] = json::array();
  run.strings = run.meta["strings"].get<std::vector<std::string>>();
  run.claims = claimsOf(run.meta);
  run.streams.resize(run.meta["streams"].size());
  for (const json &s : run.meta.value("read", json::array()))
    run.series.keep(s);
  for (auto &l : run.meta["loops"]) {
    run.outermost.push_back(l.value("parent", -1) < 0);
    run.counted.push_back(l.value("steps", false));
    run.parent.push_back(l.value("parent", -1));
    run.reads.push_back(l.value("stream", -1));
  }
}

void dyn::rt::readMeta(Run &run, const dyn_rt_program &program) {
  try {
    takeTables(run, program);
    takeDefaults(run);
  } catch (const json::exception &e) {
    raise(Code::E0806, e.what());
  }
}

void dyn::rt::execute(Run &run, void (*train)(int64_t)) {
  FlushSubnormals flush;
  // Everything the other side of setjmp touches lives in `run`.
  if (setjmp(run.escape) == 0)
    train(reinterpret_cast<int64_t>(&run));
}

void dyn::rt::begin(Run &run, Progress::Kind progress, const std::vector<std::string> &command) {
  bool resume = !run.resumeFrom.empty();
  if (run.useRunDirectory && !resume)
    makeRunDirectory(run, command);
  else if (run.useRunDirectory)
    reopenRunDirectory(run);
  run.metrics = std::make_unique<Metrics>(run.meta["series"].get<std::vector<std::string>>(),
                                          run.useRunDirectory ? run.runDirectory : "", run.console,
                                          progress, run.quiet);
  if (resume) {
    run.checkpoints.load(run, run.runDirectory);
    run.console.note(fmt::format("resumed at step {}\n", run.checkpoints.resumedStep));
  }
  if (!run.hosted || run.useRunDirectory)
    run.metrics->begin();
  if (!run.pool)
    run.pool = std::make_unique<Pool>(run.threads);
}

void dyn::rt::end(Run &run) {
  run.loaders.clear();
  for (auto &s : run.streams)
    if (s)
      s->close();
  run.metrics->finish();
  int64_t all = run.metrics->steps, before = run.metrics->resumedAt;
  if (!run.quiet)
    run.console.note(fmt::format("{} steps{}{}\n", all - before,
                                 before ? fmt::format(" after {}", before) : "",
                                 run.useRunDirectory ? ", recorded in " + run.runDirectory : ""));
  if (!run.error.status)
    run.error.status = reportClaims(run) ? 0 : 3;
  writeInputs(run);
  try {
    run.metrics->writeTable();
    run.console.check();
  } catch (const Error &e) {
    run.error.status = e.status;
    if (run.error.text != e.text)
      run.error.text += e.text;
  }
  if (run.useRunDirectory)
    writeStatus(run);
}
