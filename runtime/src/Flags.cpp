//===- Flags.cpp - the command line of a program ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Flags.h"

#include "Errors.h"
#include "Run.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

std::string dyn::rt::dashed(std::string s) {
  std::replace(s.begin(), s.end(), '_', '-');
  return s;
}

namespace {

struct Tool {
  const char *name, *value, *doc;
};
constexpr Tool tools[] = {
    {"seed", "N", "root of all random draws (0)"},
    {"threads", "N", "threads; results do not depend on them (all cores)"},
    {"run-dir", "DIR", "where results go (runs/<time>-<id>)"},
    {"no-run-dir", nullptr, "keep no record; saved files go to the current folder"},
    {"checkpoint", "every=N|every=Nmin|off", "how often to save the run (every=1min)"},
    {"resume", "[DIR]", "go on from the newest checkpoint (runs/latest)"},
    {"progress", "auto|bar|plain|none",
     "how to show progress (auto: a bar on a terminal, else plain lines)"},
    {"color", "auto|always|never", "colours (auto: on a terminal, unless NO_COLOR is set)"},
    {"quiet", nullptr, "no progress, no notes, no curves"},
    {"version", nullptr, "print the version"},
    {"help", nullptr, "this text"}};


/// A flag and what it does; a long flag has a line of its own.
std::string described(const std::string &flag, const std::string &doc) {
  return fmt::format("  --{:<22}{}{}\n", flag, flag.size() > 22 ? fmt::format("\n{:27}", "") : " ",
                     doc);
}

std::string help(const Run &run) {
  std::string s = fmt::format("{}: a training program\n", run.meta.value("name", "program"));
  if (std::string doc = run.meta.value("doc", ""); !doc.empty())
    s += "\n" + doc + "\n";
  bool dims = false;
  s += "\nThe program's own settings:\n";
  for (auto &c : run.meta["config"]) {
    std::string value =
        c["default"].is_string() ? c["default"].get<std::string>() : c["default"].dump();
    std::string type = c.value("type", "");
    bool fixed = isFixed(type);
    if (c.contains("cases"))
      type = fmt::format("{}", fmt::join(c["cases"].get<std::vector<std::string>>(), "|"));
    s += described(dashed(c.value("name", "")) + " " + type,
                   fmt::format("{} ({}{})", c.value("doc", ""),
                               fixed && run.dimsFixed ? "fixed in this binary: " : "", value));
    dims |= fixed;
  }
  if (dims)
    s += run.dimsFixed
             ? "A `dim` is fixed when the program is built, and so is a word that is one of several; "
               "build\nagain for another value.\n"
             : "Another value of a `dim`, or another word of several, is compiled as another "
               "program.\n";
  s += "\nFlags of every program:\n";
  for (const Tool &t : tools)
    s += described(t.value ? fmt::format("{} {}", t.name, t.value) : t.name, t.doc);
  s += "\nDYN_COLOR and DYN_PROGRESS are used where the flags are not given. An interrupt finishes "
       "the\n"
       "step, saves a checkpoint and ends with 75; a second one ends at once.\n"
       "\nExit status: 0 done and all claims hold, 2 the command line is wrong, 3 a claim failed, "
       "4 data\n"
       "missing or malformed, 5 output not written, 6 no memory, 7 checkpoint does not fit, 9 a "
       "check\n"
       "failed at run time, 70 our fault, 75 stopped early and resumable, 130 and 143 killed.\n";
  return s;
}

size_t distance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = row[j];
      row[j] = next;
    }
  }
  return row[b.size()];
}

std::string nearest(const Run &run, const std::string &name) {
  std::string best;
  size_t least = 4;
  auto consider = [&](const std::string &x) {
    if (size_t d = distance(name, x); d < least) {
      least = d;
      best = x;
    }
  };
  for (const Tool &t : tools)
    consider(t.name);
  for (auto &c : run.meta["config"])
    consider(dashed(c.value("name", "")));
  return best.empty() ? "" : fmt::format("; did you mean --{}?", best);
}

void setConfig(ConfigValue &c, const std::string &text) {
  switch (assign(c, text)) {
  case Assigned::yes:
    return;
  case Assigned::malformed:
    raise(Code::E0802, text, dashed(c.name), expected(c.type));
  case Assigned::fixed:
    raise(Code::E0804, dashed(c.name), c.text);
  }
}

using Words = std::initializer_list<const char *>;
constexpr Words progressWords = {"auto", "bar", "plain", "none"},
                colorWords = {"auto", "always", "never"};

std::string oneOf(std::string v, const std::string &name, Words words) {
  if (std::none_of(words.begin(), words.end(), [&](const char *w) { return v == w; }))
    raise(Code::E0802, v, name, fmt::format("{}", fmt::join(words, ", ")));
  return v;
}

/// Settings of the terminal can be variables, too.
void takeVariables(Run &run) {
  if (const char *v = getenv("DYN_PROGRESS"); v && *v && run.progress.empty())
    run.progress = oneOf(v, "progress", progressWords);
  if (run.progress.empty())
    run.progress = "auto";
  if (const char *v = getenv("DYN_COLOR"); v && *v)
    oneOf(v, "color", colorWords);
}

} // namespace

std::string dyn::rt::parseFlags(Run &run, int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "-h")
      arg = "--help";
    if (arg.rfind("--", 0) != 0)
      raise(Code::E0801, arg, "");
    std::optional<std::string> value;
    if (size_t eq = arg.find('='); eq != std::string::npos) {
      value = arg.substr(eq + 1);
      arg.resize(eq);
    }
    std::string name = dashed(arg.substr(2));
    for (const Tool &t : tools)
      if (name == t.name && !t.value && value)
        raise(Code::E0802, *value, name, "none");
    auto take = [&]() -> std::string {
      if (value)
        return *value;
      if (i + 1 >= argc)
        raise(Code::E0803, name, name);
      return argv[++i];
    };
    auto count = [&](int64_t least) {
      std::string v = take();
      auto n = parseNumber<int64_t>(v);
      if (!n || *n < least)
        raise(Code::E0802, v, name, fmt::format("an integer of at least {}", least));
      return *n;
    };
    ConfigValue *own = nullptr;
    for (ConfigValue &c : run.config)
      if (dashed(c.name) == name)
        own = &c;
    if (own)
      own->given = true,
      setConfig(*own, own->type == "bool" && !value && (i + 1 >= argc || argv[i + 1][0] == '-')
                          ? "true"
                          : take());
    else if (name == "help")
      return help(run);
    else if (name == "version")
      return fmt::format("{} {}, runtime {}\n", run.meta.value("name", "program"),
                         run.meta.value("version", ""), DYN_RT_ABI);
    else if (name == "seed")
      run.seedGiven = true, run.seed = count(INT64_MIN);
    else if (name == "threads")
      run.threads = unsigned(std::min<int64_t>(count(1), 1024));
    else if (name == "run-dir")
      run.runDirectory = take();
    else if (name == "no-run-dir")
      run.useRunDirectory = false;
    else if (name == "quiet")
      run.quiet = true;
    else if (name == "progress")
      run.progress = oneOf(take(), name, progressWords);
    else if (name == "color")
      run.color = oneOf(take(), name, colorWords);
    else if (name == "checkpoint") {
      if (std::string how = take(); !setCheckpoints(run.checkpoints, how))
        raise(Code::E0802, how, name, checkpointWords);
    } else if (name == "resume")
      run.resumeFrom = value                                   ? *value
                       : i + 1 < argc && argv[i + 1][0] != '-' ? argv[++i]
                                                               : "runs/latest";
    else
      raise(Code::E0801, arg, nearest(run, name));
  }
  takeVariables(run);
  if (!run.resumeFrom.empty())
    keepSettings(run);
  internTexts(run);
  if (!run.threads)
    run.threads = std::max(1u, std::thread::hardware_concurrency());
  return "";
}
