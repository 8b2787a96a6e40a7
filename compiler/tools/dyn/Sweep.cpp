//===- Sweep.cpp - one program run over values of its settings ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Load.h"

#include "dyn/dsl/Elaborate.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>
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

/// What a setting of this type takes, when this is not it; null when it is.
static const char *wanted(llvm::StringRef type, llvm::StringRef value) {
  int64_t n;
  double d;
  if (type == "int" && value.getAsInteger(10, n))
    return "an integer";
  if (type == "dim" && (value.getAsInteger(10, n) || n < 0))
    return "an extent";
  if (type == "real" && (value.getAsDouble(d) || std::isnan(d)))
    return "a real number";
  if (type == "bool" && value != "true" && value != "false")
    return "true or false";
  return nullptr;
}

/// Whether all values suit their settings: seen before the first of many runs.
static bool suit(const Request &r, const std::vector<Axis> &axes) {
  dsl::SourceManager sources;
  auto text = llvm::MemoryBuffer::getFile(r.file, /*IsText=*/true);
  if (!text)
    return true; // reported where it is loaded
  dsl::FileId main = sources.add(r.file, (*text)->getBuffer().str());
  for (const Axis &a : axes) {
    std::string name = a.name, type = name == "seed" ? "int" : "";
    std::replace(name.begin(), name.end(), '-', '_');
    for (const dsl::ConfigEntry &e : dsl::configEntries(sources, main))
      if (e.name == name)
        type = e.type;
    for (const std::string &v : a.values)
      if (const char *want = wanted(type, v)) {
        llvm::errs() << "error[E0802]: `" << v << "` is no value for --" << a.name
                     << ", which takes " << want << "\n  = help: nothing was run\n";
        return false;
      }
  }
  return true;
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
  if (!suit(r, axes))
    return 2;
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
