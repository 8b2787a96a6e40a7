//===- RunDirectory.cpp - where a run keeps its record ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RunDirectory.h"

#include "AtomicFile.h"
#include "Errors.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <random>
#include <sys/file.h>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

std::string dyn::rt::jsonText(const json &j) {
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

static std::string timeText(const char *format) {
  char stamp[40];
  std::time_t t = std::time(nullptr);
  std::strftime(stamp, sizeof stamp, format, std::gmtime(&t));
  return stamp;
}

static std::string runName() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 6; ++i)
    id += "abcdefghijkmnpqrstuvwxyz23456789"[random() % 32];
  return "runs/" + timeText("%Y-%m-%dT%H-%M-%SZ") + "-" + id;
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

/// `runs/latest` is for convenience: a folder where it cannot be made is no error.
static void pointLatest(const std::string &directory) {
  std::string target = directory;
  if (directory.starts_with("runs/")) {
    target.erase(0, 5);
  } else {
    char real[PATH_MAX];
    if (!realpath(directory.c_str(), real) || !makeFolders("runs").empty())
      return;
    target = real;
  }
  std::string temporary = "runs/.latest-" + std::to_string(getpid());
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) == 0 &&
      std::rename(temporary.c_str(), "runs/latest") != 0)
    unlink(temporary.c_str());
}

static void writeSources(Run &run) {
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

void dyn::rt::makeRunDirectory(Run &run, const std::vector<std::string> &command) {
  if (run.runDirectory.empty())
    run.runDirectory = runName();
  if (access((run.runDirectory + "/run.json").c_str(), F_OK) == 0)
    raise(Code::E0603, run.runDirectory);
  for (const char *sub : {"/checkpoints", "/source"})
    if (std::string why = makeFolders(run.runDirectory + sub); !why.empty())
      raise(Code::E0602, run.runDirectory, why);
  lockRunDirectory(run);
  removeStale(run.runDirectory);
  if (!run.hosted)
    pointLatest(run.runDirectory);
  json info = {{"schema", 1},
               {"program", run.meta.value("name", "")},
               {"version", run.meta.value("version", "")},
               {"source_hash", run.meta.value("source_hash", "")},
               {"seed", run.seed},
               {"threads", run.threads},
               {"started", timeText("%Y-%m-%dT%H:%M:%SZ")},
               {"status", nullptr}};
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  info["machine"] = host;
  info["command"] = command;
  info["config"] = json::object();
  for (const ConfigValue &c : run.config)
    info["config"][c.name] = c.text;
  writeFile(run.runDirectory + "/run.json", jsonText(info));
  writeSources(run);
  run.console.openLog(run.runDirectory + "/log.txt");
}

void dyn::rt::reopenRunDirectory(Run &run) {
  char real[PATH_MAX];
  run.runDirectory = realpath(run.resumeFrom.c_str(), real) ? real : run.resumeFrom;
  lockRunDirectory(run);
  removeStale(run.runDirectory);
  removeStale(run.runDirectory + "/checkpoints");
  run.console.openLog(run.runDirectory + "/log.txt");
}

void dyn::rt::noteInput(Run &run, const Input &input, const std::string &member, int64_t records) {
  json entry = {
      {"path", input.path}, {"size", input.size}, {"xxh3_128", input.hash}, {"records", records}};
  if (!member.empty())
    entry["member"] = member;
  for (const json &known : run.inputs)
    if (known == entry)
      return;
  run.inputs.push_back(std::move(entry));
  run.inputsChanged = true;
}

void dyn::rt::writeInputs(Run &run) {
  if (!run.inputsChanged || !run.useRunDirectory)
    return;
  writeFile(run.runDirectory + "/data.json", jsonText({{"schema", 1}, {"files", run.inputs}}));
  run.inputsChanged = false;
}

void dyn::rt::writeStatus(Run &run) {
  std::string path = run.runDirectory + "/run.json";
  json info = json::parse(readFile(path), nullptr, /*allow_exceptions=*/false);
  if (!info.is_object())
    raise(Code::E0702, path, "it is no JSON object");
  info["status"] = run.error.status;
  info["steps"] = run.metrics->steps.load();
  info["ended"] = timeText("%Y-%m-%dT%H:%M:%SZ");
  writeFile(path, jsonText(info));
}
