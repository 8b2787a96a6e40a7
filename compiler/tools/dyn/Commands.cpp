//===- Commands.cpp - what the verbs of `dyn` do --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Load.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace dyn;
using namespace dyn::tool;

static bool writeOut(const std::string &path, llvm::StringRef text) {
  if (path.empty() || path == "-") {
    llvm::outs() << text;
    return true;
  }
  llvm::SmallString<128> temporary;
  int fd = -1;
  if (auto ec = llvm::sys::fs::createUniqueFile(path + ".%%%%%%", fd, temporary)) {
    llvm::errs() << "error[E0601]: " << path << ": cannot be written: " << ec.message() << "\n";
    return false;
  }
  llvm::raw_fd_ostream os(fd, /*shouldClose=*/true);
  os << text;
  os.close();
  if (os.has_error() || llvm::sys::fs::rename(temporary, path)) {
    os.clear_error();
    (void)llvm::sys::fs::remove(temporary);
    llvm::errs() << "error[E0601]: " << path << ": cannot be written\n";
    return false;
  }
  return true;
}

/// What `build` takes besides the file: its own flags and the static settings.
static int unknownFlag(const Loaded &l) {
  std::vector<std::string> known = {"output",   "emit",        "cpu",  "f64",
                                    "no-cache", "cache-limit", "color", "lib", "function",
                                    "sanitize"};
  known.insert(known.end(), l.dims.begin(), l.dims.end());
  known.insert(known.end(), l.choices.begin(), l.choices.end());
  llvm::StringRef flag = l.rest[0];
  auto near = dsl::nearestName(flag.ltrim('-').split('=').first.str(), known);
  llvm::errs() << "error[E0801]: `" << flag << "` is not known to `dyn build`"
               << (near ? "; did you mean --" + *near + "?" : "")
               << "\n  = help: only `dim` settings and cases of an enum are fixed when a program is built\n";
  return 2;
}

int tool::run(const Request &r) {
  if (!r.sweeps.empty())
    return sweep(r);
  Program p;
  if (!load(r, p.loaded))
    return 2;
  if (int bad = prepare(r, p))
    return bad;
  std::vector<std::string> flags = p.loaded.rest;
  if (!r.color.empty())
    flags.insert(flags.begin(), "--color=" + r.color);
  return p.run(r.file, flags, /*tell=*/true);
}

/// A library and its header; what a host cannot call is told.
static int writeLibrary(const Request &r, const driver::Compiled &c) {
  std::string program = llvm::sys::path::stem(r.file).str();
  driver::Callable callable = driver::callableOf(c.meta);
  if (!callable.count) {
    llvm::errs() << "error[E0811]: " << r.file << ": no function can be called by a host\n";
    for (const std::string &why : callable.others)
      llvm::errs() << "  " << why << "\n";
    llvm::errs() << "  = help: write a `fn` at the top whose parameters have one type each\n";
    return 1;
  }
  std::string folder = r.output.empty() ? "." : r.output;
  if (std::string why = driver::writeLibrary(c, program, folder); !why.empty()) {
    llvm::errs() << "error[E0601]: " << why << "\n";
    return 5;
  }
  for (const std::string &why : callable.others)
    llvm::errs() << "note: left out " << why << "\n";
  llvm::errs() << note(c) << ", wrote lib" << program << ".a and " << program << ".h with "
               << callable.count << " functions\n";
  return 0;
}

int tool::build(const Request &r) {
  Loaded l;
  if (!load(r, l))
    return 2;
  if (!l.rest.empty())
    return unknownFlag(l);
  dsl::Diagnostics diagnostics(l.sources);
  driver::Failure failure;
  static const std::map<std::string, driver::Stage> stages = {
      {"ast", driver::Stage::Ast},         {"dyn", driver::Stage::Dyn},
      {"grad", driver::Stage::Grad},       {"linalg", driver::Stage::Linalg},
      {"kernels", driver::Stage::Kernels}, {"llvm", driver::Stage::Llvm},
      {"asm", driver::Stage::Asm},         {"obj", driver::Stage::Obj}};
  if (auto it = stages.find(r.emit); it != stages.end()) {
    auto text = driver::emit(l.sources, l.main, it->second, l.options, diagnostics, failure);
    if (!text)
      return report(r, diagnostics, failure);
    std::string out = r.output;
    if (out.empty() && it->second == driver::Stage::Obj)
      out = llvm::sys::path::stem(r.file).str() + ".o";
    return writeOut(out, *text) ? 0 : 5;
  }
  auto c = driver::compile(l.sources, l.main, l.options, diagnostics, failure);
  if (!c)
    return report(r, diagnostics, failure);
  if (r.library)
    return writeLibrary(r, *c);
  std::string out = r.output.empty() ? llvm::sys::path::stem(r.file).str() : r.output;
  if (std::string why = driver::linkExecutable(c->object, out); !why.empty()) {
    llvm::errs() << "error: " << why << "\n";
    return 5;
  }
  llvm::errs() << note(*c) << ", wrote " << out << "\n";
  return 0;
}

int tool::check(const Request &r) {
  Loaded l;
  if (!load(r, l))
    return 2;
  dsl::Diagnostics diagnostics(l.sources);
  driver::Failure failure;
  auto text = driver::emit(l.sources, l.main, driver::Stage::Grad, l.options, diagnostics, failure);
  if (!text)
    return report(r, diagnostics, failure);
  int status = report(r, diagnostics, {0, ""}); // warnings
  if (!r.json)
    llvm::outs() << r.file << ": no errors\n";
  return status;
}

int tool::explain(const std::string &code) {
  struct Entry {
    const char *code, *name, *message, *help;
  };
  static const Entry others[] = {
#define DYN_RT_ERROR(CODE, NAME, STATUS, MESSAGE, HELP) {#CODE, #NAME, MESSAGE, HELP},
#include "Errors.def"
#undef DYN_RT_ERROR
#define DYN_HOST_ERROR(CODE, NAME, MESSAGE, HELP) {#CODE, #NAME, MESSAGE, HELP},
#include "host/src/Errors.def"
#undef DYN_HOST_ERROR
  };
  if (const dsl::DiagInfo *info = dsl::findDiag(code)) {
    llvm::outs() << info->code << " " << info->name << "\n\n"
                 << info->message << "\n\n"
                 << info->explanation << "\n";
    return 0;
  }
  for (const Entry &e : others)
    if (llvm::StringRef(e.code).equals_insensitive(code)) {
      llvm::outs() << e.code << " " << e.name << "\n\n"
                   << e.message << "\n\nThe way out: " << e.help << ".\n";
      return 0;
    }
  std::vector<std::string> all;
  for (const dsl::DiagInfo &d : dsl::allDiags())
    all.emplace_back(d.code);
  for (const Entry &e : others)
    all.emplace_back(e.code);
  auto near = dsl::nearestName(code, all);
  llvm::errs() << "error: no diagnostic `" << code << "`"
               << (near ? "; did you mean " + *near + "?" : "") << "\n";
  return 2;
}

int tool::cache(const Request &r, bool clear) {
  driver::CompileOptions o;
  if (!takeCacheLimit(r, o))
    return 2;
  if (clear)
    return driver::clearCache() ? 0 : 5;
  driver::CacheUse use = driver::cacheUse();
  llvm::outs() << driver::cacheFolder() << ": " << use.bytes << " bytes in " << use.entries
               << " entries, at most " << (o.cacheLimit >> 20) << " MB\n";
  return 0;
}
