//===- Main.cpp - a program from its flags to its exit status ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Flags.h"
#include "RunDirectory.h"
#include "Subnormals.h"
#include "Terminal.h"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <sys/mman.h>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

static volatile std::sig_atomic_t interrupts = 0;
static Run *interruptible = nullptr;
static void onSignal(int signal) {
  interrupts = interrupts + 1;
  if (interrupts > 1)
    _exit(128 + signal);
  if (interruptible)
    interruptible->checkpoints.stopRequested = true;
}

/// Prints every claim with what was measured; false when one fails.
static bool reportClaims(Run &run) {
  bool all = true;
  json list = json::array();
  for (size_t i = 0; i < run.claims.size(); ++i) {
    const json &c = run.meta["claims"][i];
    const ClaimResult &r = run.claims[i];
    bool good = r.seen && r.holds;
    std::string relation = c.value("relation", ""), verdict = !r.seen   ? "not reached"
                                                              : r.holds ? "holds"
                                                                        : "FAILS";
    std::string line = fmt::format("claim {}: {}  ({}",
                                   run.console.onResult(good ? Paint::good : Paint::bad, verdict),
                                   c.value("text", ""), c.value("condition", ""));
    if (r.seen && !relation.empty())
      line += fmt::format("; {:.6g} {} {:.6g}, margin {:.3g}", r.left, relation, r.right,
                          std::fabs(r.left - r.right));
    run.console.result(line + ")\n");
    all &= good;
    list.push_back({{"text", c.value("text", "")},
                    {"verdict", verdict},
                    {"left", fmt::format("{}", r.left)},
                    {"right", fmt::format("{}", r.right)}});
  }
  if (run.useRunDirectory && !run.claims.empty())
    writeFile(run.runDirectory + "/claims.json", jsonText(list));
  return all;
}

static void readMeta(Run &run, const dyn_rt_program &program) {
  run.meta = json::parse(program.meta, program.meta + program.meta_length, nullptr, false);
  if (run.meta.is_discarded() || !run.meta.is_object())
    raise(Code::E0806, "it is no JSON object");
  if (run.meta.value("abi", 0) != DYN_RT_ABI)
    raise(Code::E0805, run.meta.value("abi", 0), DYN_RT_ABI);
  for (const char *list :
       {"strings", "series", "config", "claims", "checks", "loops", "slots", "sources"})
    if (!run.meta.contains(list))
      run.meta[list] = json::array();
  run.strings = run.meta["strings"].get<std::vector<std::string>>();
  run.claims.resize(run.meta["claims"].size());
  for (const json &s : run.meta.value("read", json::array()))
    run.series.keep(s);
  for (auto &l : run.meta["loops"]) {
    run.outermost.push_back(l.value("parent", -1) < 0);
    run.counted.push_back(l.value("steps", false));
  }
}

static void execute(Run &run, void (*train)(int64_t)) {
  FlushSubnormals flush;
  // Everything the other side of setjmp touches lives in `run`.
  if (setjmp(run.escape) == 0)
    train(reinterpret_cast<int64_t>(&run));
}

/// The message with its first word, `error[...]`, in colour.
static std::string colored(const Run &run, const std::string &message) {
  size_t end = message.find(':');
  if (!message.starts_with("error") || end == std::string::npos)
    return message;
  return run.console.onNote(Paint::bad, message.substr(0, end)) + message.substr(end);
}

static Progress::Kind progressKind(const Run &run) {
  if (run.quiet || run.progress == "none")
    return Progress::Kind::none;
  bool bar = run.progress == "bar" || (run.progress == "auto" && isTerminal(2));
  return bar ? Progress::Kind::bar : Progress::Kind::plain;
}

static void begin(Run &run, int argc, char **argv) {
  bool resume = !run.resumeFrom.empty();
  if (run.useRunDirectory && !resume)
    makeRunDirectory(run, argc, argv);
  else if (run.useRunDirectory)
    reopenRunDirectory(run);
  run.metrics = std::make_unique<Metrics>(run.meta["series"].get<std::vector<std::string>>(),
                                          run.useRunDirectory ? run.runDirectory : "", run.console,
                                          progressKind(run), run.quiet);
  if (resume) {
    run.checkpoints.load(run, run.runDirectory);
    run.console.note(fmt::format("resumed at step {}\n", run.checkpoints.resumedStep));
  }
  run.metrics->begin();
  run.pool = std::make_unique<Pool>(run.threads);
}

static void end(Run &run) {
  run.loaders.clear();
  run.metrics->finish();
  int64_t all = run.metrics->steps, before = run.metrics->resumedAt;
  if (!run.quiet)
    run.console.note(fmt::format("{} steps{}{}\n", all - before,
                                 before ? fmt::format(" after {}", before) : "",
                                 run.useRunDirectory ? ", recorded in " + run.runDirectory : ""));
  if (!run.status)
    run.status = reportClaims(run) ? 0 : 3;
  writeInputs(run);
  try {
    run.metrics->writeTable();
    run.console.check();
  } catch (const Error &e) {
    run.status = e.status;
    if (run.message != e.text)
      run.message += e.text;
  }
  if (run.useRunDirectory)
    writeStatus(run);
}

int dyn_rt_main(const dyn_rt_program *program, int argc, char **argv, const char *compileNote) {
  Run run;
  try {
    try {
      readMeta(run, *program);
    } catch (const json::exception &e) {
      raise(Code::E0806, e.what());
    }
    run.dimsFixed = !compileNote;
    if (std::string text = parseFlags(run, argc, argv); !text.empty()) {
      fmt::print("{}", text);
      std::fflush(stdout);
      return 0;
    }
    run.console.setColor(run.color);
    if (compileNote && *compileNote && !run.quiet)
      run.console.note(fmt::format("{}\n", compileNote));
    std::signal(SIGXFSZ, SIG_IGN);
    begin(run, argc, argv);
    interruptible = &run;
    interrupts = 0;
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    execute(run, program->train);
    interruptible = nullptr;
    end(run);
  } catch (const Error &e) {
    run.status = e.status;
    run.message += e.text;
  } catch (const std::exception &e) {
    run.status = 70;
    run.message += std::string("error: internal fault of the runtime: ") + e.what() + "\n";
  }
  interruptible = nullptr;
  if (!run.message.empty())
    run.console.note(colored(run, run.message));
  for (auto &[bytes, arena] : run.arenas)
    munmap(arena.first, size_t(arena.second));
  return run.status;
}
