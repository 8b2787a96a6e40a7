//===- Sweep.cpp - one program run over values of its settings ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Load.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <map>

using namespace dyn;
using namespace dyn::tool;

namespace {
struct Axis {
  std::string name;
  std::vector<std::string> values;
};
} // namespace

/// `1,2,5` or `1..4` or `1..=4`; nothing when it is neither.
static std::vector<std::string> valuesOf(llvm::StringRef text) {
  std::vector<std::string> out;
  auto [low, high] = text.split("..");
  if (text.contains("..")) {
    bool inclusive = high.consume_front("=");
    int64_t a, b;
    if (low.getAsInteger(10, a) || high.getAsInteger(10, b) || b - a > 1'000'000)
      return out;
    for (int64_t i = a; i < b + inclusive; ++i)
      out.push_back(std::to_string(i));
    return out;
  }
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  for (llvm::StringRef p : parts) {
    if (p.empty())
      return {};
    out.push_back(p.str());
  }
  return out;
}

static int wrong(llvm::StringRef given) {
  llvm::errs() << "error[E0802]: `" << given << "` is no value for --sweep, which takes "
               << "NAME=VALUES\n  = help: values are `0.1,0.2`, `1..4` (1 to 3) or `1..=4`\n";
  return 2;
}

/// The flags of one run: those of the command line, its point, a folder of its own.
static std::vector<std::string> flagsAt(const Request &r, const std::vector<std::string> &point) {
  std::vector<std::string> flags = r.rest;
  std::string name = llvm::join(point, ",");
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] == "--run-dir" && i + 1 < flags.size())
      flags[i + 1] += "/" + name;
    else if (llvm::StringRef(flags[i]).starts_with("--run-dir="))
      flags[i] += "/" + name;
  }
  for (const std::string &p : point)
    flags.push_back("--" + p);
  return flags;
}

int tool::sweep(const Request &r) {
  std::vector<Axis> axes;
  for (const std::string &s : r.sweeps) {
    auto [name, values] = llvm::StringRef(s).split('=');
    Axis axis{name.str(), valuesOf(values)};
    if (name.empty() || axis.values.empty())
      return wrong(s);
    axes.push_back(std::move(axis));
  }
  for (const std::string &flag : r.rest)
    if (llvm::StringRef(flag).starts_with("--resume")) {
      llvm::errs() << "error[E0801]: --resume goes on with one run, --sweep begins several\n"
                   << "  = help: resume each by its own folder\n";
      return 2;
    }
  // Programs differ by their `dim` settings only; any other value compiles nothing.
  std::map<std::string, std::unique_ptr<Program>> programs;
  std::vector<size_t> at(axes.size(), 0);
  int status = 0;
  while (true) {
    std::vector<std::string> point;
    point.reserve(axes.size());
    for (size_t i = 0; i < axes.size(); ++i)
      point.push_back(axes[i].name + "=" + axes[i].values[at[i]]);
    Request one = r;
    one.rest = flagsAt(r, point);
    auto program = std::make_unique<Program>();
    if (!load(one, program->loaded))
      return 2;
    std::string key;
    for (auto &[name, value] : program->loaded.options.config)
      key += name + "=" + value + ";";
    std::vector<std::string> flags = program->loaded.rest;
    auto &slot = programs[key];
    bool fresh = !slot;
    if (fresh) {
      if (int bad = prepare(one, *program))
        return bad;
      slot = std::move(program);
    }
    std::printf("--- %s\n", llvm::join(point, " ").c_str());
    std::fflush(stdout);
    int ended = slot->run(r.file, flags, fresh);
    if (ended == 2 || ended == 70 || ended == 75)
      return ended;
    if (!status)
      status = ended;
    size_t i = axes.size();
    while (i > 0 && ++at[i - 1] == axes[i - 1].values.size())
      at[--i] = 0;
    if (i == 0)
      return status;
  }
}
