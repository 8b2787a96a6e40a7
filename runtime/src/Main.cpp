//===- Main.cpp - a program from its flags to its exit status ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Flags.h"
#include "Run.h"
#include "Subnormals.h"

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <random>
#include <sys/file.h>
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

static std::string runName() {
  char stamp[40];
  std::time_t t = std::time(nullptr);
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%SZ", std::gmtime(&t));
  std::random_device random;
  std::string id;
  for (int i = 0; i < 6; ++i)
    id += "abcdefghijkmnpqrstuvwxyz23456789"[random() % 32];
  return std::string("runs/") + stamp + "-" + id;
}

/// One process a run directory; the lock ends with the run.
static void lockRunDirectory(Run &run) {
  std::string path = run.runDirectory + "/.lock";
  run.lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (run.lock < 0)
    raise(Code::E0601, path, std::strerror(errno));
  if (flock(run.lock, LOCK_EX | LOCK_NB) != 0)
    raise(Code::E0605, run.runDirectory);
}

static std::string jsonText(const json &j) {
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

static void makeRunDirectory(Run &run, int argc, char **argv) {
  if (run.runDirectory.empty())
    run.runDirectory = runName();
  if (access((run.runDirectory + "/run.json").c_str(), F_OK) == 0)
    raise(Code::E0603, run.runDirectory);
  for (const char *sub : {"/checkpoints", "/source"})
    if (std::string why = makeFolders(run.runDirectory + sub); !why.empty())
      raise(Code::E0602, run.runDirectory, why);
  lockRunDirectory(run);
  if (run.runDirectory.rfind("runs/", 0) == 0) {
    std::string temporary = "runs/.latest-" + std::to_string(getpid());
    if (symlink(run.runDirectory.c_str() + 5, temporary.c_str()) == 0)
      std::rename(temporary.c_str(), "runs/latest");
  }
  json info = {{"schema", 1},
               {"program", run.meta.value("name", "")},
               {"version", run.meta.value("version", "")},
               {"source_hash", run.meta.value("source_hash", "")},
               {"seed", run.seed},
               {"threads", run.threads}};
  for (int i = 0; i < argc; ++i)
    info["command"].push_back(argv[i]);
  info["config"] = json::object();
  for (const ConfigValue &c : run.config)
    info["config"][c.name] = c.text;
  writeFile(run.runDirectory + "/run.json", jsonText(info));
  for (auto &s : run.meta.value("sources", json::array())) {
    std::string name = s.value("name", "source.dyn");
    if (leavesFolder(name))
      name = name.substr(name.rfind('/') + 1);
    std::string path = run.runDirectory + "/source/" + name;
    if (std::string why = makeFolders(path.substr(0, path.rfind('/'))); !why.empty())
      raise(Code::E0602, path, why);
    writeFile(path, s.value("text", ""));
  }
}

/// Prints every claim with what was measured; false when one fails.
static bool reportClaims(Run &run) {
  bool all = true;
  json list = json::array();
  for (size_t i = 0; i < run.claims.size(); ++i) {
    const json &c = run.meta["claims"][i];
    const ClaimResult &r = run.claims[i];
    std::string relation = c.value("relation", ""), verdict = !r.seen   ? "not reached"
                                                              : r.holds ? "holds"
                                                                        : "FAILS";
    fmt::print("claim {}: {}  ({}", verdict, c.value("text", ""), c.value("condition", ""));
    if (r.seen && !relation.empty())
      fmt::print("; {:.6g} {} {:.6g}, margin {:.3g}", r.left, relation, r.right,
                 std::fabs(r.left - r.right));
    fmt::print(")\n");
    all &= r.seen && r.holds;
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

int dyn_rt_main(const dyn_rt_program *program, int argc, char **argv, const char *compileNote) {
  Run run;
  try {
    try {
      readMeta(run, *program);
    } catch (const json::exception &e) {
      raise(Code::E0806, e.what());
    }
    if (std::string text = parseFlags(run, argc, argv); !text.empty()) {
      fmt::print("{}", text);
      return 0;
    }
    if (compileNote && !run.quiet)
      fmt::print(stderr, "{}\n", compileNote);
    bool resume = !run.resumeFrom.empty();
    if (resume) {
      char real[4096];
      run.runDirectory = realpath(run.resumeFrom.c_str(), real) ? real : run.resumeFrom;
    }
    std::signal(SIGXFSZ, SIG_IGN);
    if (run.useRunDirectory && !resume)
      makeRunDirectory(run, argc, argv);
    else if (run.useRunDirectory)
      lockRunDirectory(run);
    run.metrics = std::make_unique<Metrics>(run.meta["series"].get<std::vector<std::string>>(),
                                            run.useRunDirectory ? run.runDirectory : "",
                                            run.progress, run.quiet);
    if (resume) {
      run.checkpoints.load(run, run.runDirectory);
      fmt::print(stderr, "resumed at step {}\n", run.checkpoints.resumedStep);
    }
    run.metrics->begin();
    run.pool = std::make_unique<Pool>(run.threads);
    interruptible = &run;
    interrupts = 0;
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    execute(run, program->train);
    interruptible = nullptr;
    run.loaders.clear();
    run.metrics->finish();
    for (const std::string &n : run.notes)
      fmt::print(stderr, "{}\n", n);
    if (!run.quiet)
      fmt::print(stderr, "{} steps{}{}\n", run.metrics->steps - run.metrics->resumedAt,
                 resume ? fmt::format(" after {}", run.metrics->resumedAt) : "",
                 run.useRunDirectory ? ", recorded in " + run.runDirectory : "");
    if (!run.status)
      run.status = reportClaims(run) ? 0 : 3;
  } catch (const Error &e) {
    run.status = e.status;
    run.message = e.text;
  } catch (const std::exception &e) {
    run.status = 70;
    run.message = std::string("error: internal fault of the runtime: ") + e.what() + "\n";
  }
  if (!run.message.empty())
    std::fputs(run.message.c_str(), stderr);
  for (auto &[bytes, arena] : run.arenas)
    munmap(arena.first, size_t(arena.second));
  std::fflush(stdout);
  return run.status;
}
