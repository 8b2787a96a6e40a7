//===- Load.cpp - the program that a verb works on ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Load.h"

#include "Terminal.h"
#include "dyn/dsl/Elaborate.h"
#include "dyn/runtime.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

using namespace dyn;
using namespace dyn::tool;

/// Folders with modules, after the program's own: DYN_PATH, then the library.
static std::vector<std::string> libraryPaths() {
  std::vector<std::string> all;
  if (const char *own = getenv("DYN_PATH")) {
    llvm::SmallVector<llvm::StringRef> parts;
    llvm::StringRef(own).split(parts, ':', -1, /*KeepEmpty=*/false);
    for (llvm::StringRef p : parts)
      all.push_back(p.str());
  }
  std::string self = llvm::sys::fs::getMainExecutable(nullptr, nullptr);
  llvm::SmallString<128> installed(llvm::sys::path::parent_path(self));
  llvm::sys::path::append(installed, "..", "share", "dyn", "lib");
  all.push_back(llvm::sys::fs::is_directory(installed) ? std::string(installed) : DYN_LIBRARY);
  return all;
}

bool tool::takeCacheLimit(const Request &r, driver::CompileOptions &o) {
  const char *variable = getenv("DYN_CACHE_LIMIT");
  std::string given = !r.cacheLimit.empty() ? r.cacheLimit : variable ? variable : "";
  llvm::StringRef text = given;
  uint64_t megabytes;
  if (text.empty())
    return true;
  if (text.getAsInteger(10, megabytes) || megabytes > (uint64_t(1) << 40)) {
    llvm::errs() << "error[E0802]: `" << text << "` is no value for "
                 << (r.cacheLimit.empty() ? "DYN_CACHE_LIMIT" : "--cache-limit")
                 << ", which takes megabytes\n  = help: 0 keeps nothing\n";
    return false;
  }
  o.cacheLimit = megabytes << 20;
  return true;
}

/// The static settings of the program: the others are for the run.
static bool takeDims(const Request &r, Loaded &l) {
  for (size_t i = 0; i < r.rest.size(); ++i) {
    llvm::StringRef arg = r.rest[i];
    auto [name, value] = arg.split('=');
    std::string key = name.ltrim('-').str();
    std::replace(key.begin(), key.end(), '-', '_');
    bool dim = llvm::is_contained(l.dims, key);
    if (!arg.starts_with("--") || (!dim && !llvm::is_contained(l.choices, key))) {
      l.rest.push_back(r.rest[i]);
      continue;
    }
    if (!arg.contains('=')) {
      if (i + 1 == r.rest.size()) {
        llvm::errs() << "error[E0803]: " << name << " needs a value\n  = help: write " << name
                     << "=VALUE\n";
        return false;
      }
      value = r.rest[++i];
    }
    int64_t n;
    if (dim && (value.getAsInteger(10, n) || n < 0)) {
      llvm::errs() << "error[E0802]: `" << value << "` is no value for " << name
                   << ", which takes an extent\n  = help: see --help\n";
      return false;
    }
    l.options.config[key] = value.str();
  }
  return true;
}

bool tool::load(const Request &r, Loaded &l) {
  auto text = llvm::MemoryBuffer::getFile(r.file, /*IsText=*/true);
  if (!text) {
    llvm::errs() << "error: cannot read " << r.file << ": " << text.getError().message() << "\n";
    return false;
  }
  l.main = l.sources.add(r.file, (*text)->getBuffer().str());
  l.options.optimize = r.optimize;
  l.options.f64 = r.f64;
  l.options.cpu = r.cpu;
  l.options.useCache = r.cache;
  l.options.libraryPaths = libraryPaths();
  l.options.forHosts = r.library || !r.functions.empty();
  l.options.functions = r.functions;
  l.options.sanitizer = r.sanitize == "address"  ? driver::Sanitizer::Address
                        : r.sanitize == "thread" ? driver::Sanitizer::Thread
                                                 : driver::Sanitizer::None;
  if (r.library)
    l.options.prefix = driver::symbolPrefix(llvm::sys::path::stem(r.file).str());
  if (!takeCacheLimit(r, l.options))
    return false;
  if (llvm::StringRef(r.file).ends_with(".dyn"))
    for (const dsl::ConfigEntry &e : dsl::configEntries(l.sources, l.main))
      if (e.isStatic())
        (e.type == "dim" ? l.dims : l.choices).push_back(e.name);
  return takeDims(r, l);
}

/// Whether what is wrong is a word of the command line: only the program knows which there are.
static bool isOfCommandLine(const Request &r, const dsl::Diagnostic &d) {
  return d.id == dsl::Diag::E0225 && llvm::any_of(r.rest, [&](const std::string &flag) {
           std::string word = flag.substr(flag.find('=') + 1);
           return d.message.find("`" + word + "` is no ") != std::string::npos;
         });
}

int tool::report(const Request &r, const dsl::Diagnostics &d, const driver::Failure &f) {
  if (r.json) {
    llvm::outs() << d.renderJson() << "\n";
  } else {
    dsl::RenderOptions o;
    o.color = rt::wantsColor(r.color, 2);
    llvm::errs() << d.render(o);
  }
  if (!f.message.empty())
    llvm::errs() << "error: " << f.message << "\n";
  if (llvm::any_of(d.reported(), [&](const dsl::Diagnostic &x) { return isOfCommandLine(r, x); }))
    return 2;
  return d.hasErrors() ? 1 : f.status;
}

std::string tool::note(const driver::Compiled &c) {
  return fmt::format("{} kernels compiled, {} from the cache, {:.3f} s",
                     c.fromCache ? 0 : c.kernels, c.fromCache ? c.kernels : 0, c.seconds);
}

int tool::prepare(const Request &r, Program &p) {
  dsl::Diagnostics diagnostics(p.loaded.sources);
  driver::Failure failure;
  auto c = driver::compile(p.loaded.sources, p.loaded.main, p.loaded.options, diagnostics, failure);
  if (!c)
    return report(r, diagnostics, failure);
  p.compiled = std::move(*c);
  std::string error = p.jit.load(p.compiled.object);
  p.train = error.empty() ? reinterpret_cast<void (*)(int64_t)>(p.jit.find("train")) : nullptr;
  if (!p.train) {
    llvm::errs() << "error: internal fault while loading: " << error << "\n";
    return 70;
  }
  return 0;
}

int Program::run(const std::string &file, std::vector<std::string> flags, bool tell) {
  dyn_rt_program program{compiled.meta.data(), int64_t(compiled.meta.size()), train};
  std::vector<char *> argv{const_cast<char *>(file.c_str())};
  for (std::string &a : flags)
    argv.push_back(a.data());
  std::string how = note(compiled);
  return dyn_rt_main(&program, int(argv.size()), argv.data(), tell ? how.c_str() : "");
}
