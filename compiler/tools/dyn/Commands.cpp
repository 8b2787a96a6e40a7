//===- Commands.cpp - what the verbs of `dyn` do --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Commands.h"

#include "dyn/driver/Compile.h"
#include "dyn/dsl/Elaborate.h"
#include "dyn/runtime.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dyn;
using namespace dyn::tool;

namespace {

struct Loaded {
  dsl::SourceManager sources;
  dsl::FileId main = dsl::noFile;
  driver::CompileOptions options;
  std::vector<std::string> rest;
};

/// Reads the file and takes the program's `dim` settings out of its flags.
bool load(const Request &r, Loaded &l) {
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
  if (const char *path = getenv("DYN_PATH")) {
    llvm::SmallVector<llvm::StringRef> parts;
    llvm::StringRef(path).split(parts, ':', -1, /*KeepEmpty=*/false);
    for (llvm::StringRef p : parts)
      l.options.libraryPaths.push_back(p.str());
  }
  llvm::SmallString<128> installed(llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(nullptr, nullptr)));
  llvm::sys::path::append(installed, "..", "lib", "dyn");
  l.options.libraryPaths.push_back(llvm::sys::fs::is_directory(installed) ? std::string(installed) : DYN_LIBRARY);

  auto entries = dsl::configEntries(l.sources, l.main);
  for (size_t i = 0; i < r.rest.size(); ++i) {
    llvm::StringRef arg = r.rest[i];
    auto [name, value] = arg.split('=');
    std::string key = name.ltrim('-').str();
    std::replace(key.begin(), key.end(), '-', '_');
    bool isDim = arg.starts_with("--") && std::any_of(entries.begin(), entries.end(), [&](auto &e) { return e.name == key && e.type == "dim"; });
    if (!isDim) {
      l.rest.push_back(r.rest[i]);
      continue;
    }
    if (!arg.contains('=')) {
      if (i + 1 == r.rest.size()) {
        llvm::errs() << "error[E0803]: --" << key << " needs a value\n";
        return false;
      }
      value = r.rest[++i];
    }
    int64_t n;
    if (value.getAsInteger(10, n) || n < 0) {
      llvm::errs() << "error[E0802]: `" << value << "` is no value for --" << key << ", which takes an extent\n  = help: see --help\n";
      return false;
    }
    l.options.config[key] = value.str();
  }
  return true;
}

int report(const dsl::Diagnostics &d, const driver::Failure &f) {
  dsl::RenderOptions o;
  o.color = isatty(2) && !getenv("NO_COLOR");
  llvm::errs() << d.render(o);
  if (!f.message.empty())
    llvm::errs() << "error: " << f.message << "\n";
  return d.hasErrors() ? 1 : f.status;
}

std::string note(const driver::Compiled &c) {
  return c.fromCache ? fmt::format("0 kernels compiled, {} from the cache, {:.3f} s", c.kernels, c.seconds)
                     : fmt::format("{} kernels compiled, 0 from the cache, {:.3f} s", c.kernels, c.seconds);
}

bool writeOut(const std::string &path, llvm::StringRef text) {
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
    llvm::sys::fs::remove(temporary);
    llvm::errs() << "error[E0601]: " << path << ": cannot be written\n";
    return false;
  }
  return true;
}

} // namespace

int tool::run(const Request &r) {
  Loaded l;
  if (!load(r, l))
    return 2;
  dsl::Diagnostics diagnostics(l.sources);
  driver::Failure failure;
  auto c = driver::compile(l.sources, l.main, l.options, diagnostics, failure);
  if (!c)
    return report(diagnostics, failure);
  driver::Jit jit;
  std::string error;
  auto train = jit.load(c->object, error);
  if (!train) {
    llvm::errs() << "error: internal fault while loading: " << error << "\n";
    return 70;
  }
  dyn_rt_program program{c->meta.data(), int64_t(c->meta.size()), train};
  std::vector<char *> argv{const_cast<char *>(r.file.c_str())};
  for (std::string &a : l.rest)
    argv.push_back(a.data());
  return dyn_rt_main(&program, int(argv.size()), argv.data(), note(*c).c_str());
}

int tool::build(const Request &r) {
  Loaded l;
  if (!load(r, l))
    return 2;
  if (!l.rest.empty()) {
    llvm::errs() << "error[E0801]: `" << l.rest[0] << "` is not known to `dyn build`\n  = help: only `dim` settings are fixed when a program is built\n";
    return 2;
  }
  dsl::Diagnostics diagnostics(l.sources);
  driver::Failure failure;
  static const std::map<std::string, driver::Stage> stages = {
      {"ast", driver::Stage::Ast}, {"dyn", driver::Stage::Dyn}, {"grad", driver::Stage::Grad}, {"linalg", driver::Stage::Linalg},
      {"kernels", driver::Stage::Kernels}, {"llvm", driver::Stage::Llvm}, {"asm", driver::Stage::Asm}, {"obj", driver::Stage::Obj}};
  if (auto it = stages.find(r.emit); it != stages.end()) {
    auto text = driver::emit(l.sources, l.main, it->second, l.options, diagnostics, failure);
    if (!text)
      return report(diagnostics, failure);
    std::string out = r.output;
    if (out.empty() && it->second == driver::Stage::Obj)
      out = llvm::sys::path::stem(r.file).str() + ".o";
    return writeOut(out, *text) ? 0 : 5;
  }
  auto c = driver::compile(l.sources, l.main, l.options, diagnostics, failure);
  if (!c)
    return report(diagnostics, failure);
  std::string out = r.output.empty() ? llvm::sys::path::stem(r.file).str() : r.output;
  if (std::string why = driver::linkExecutable(c->object, c->meta, out); !why.empty()) {
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
    return report(diagnostics, failure);
  llvm::outs() << r.file << ": no errors\n";
  return 0;
}

int tool::explain(const std::string &code) {
  struct Entry {
    const char *code, *name, *message, *help;
  };
  static const Entry runtime[] = {
#define DYN_RT_ERROR(CODE, NAME, STATUS, MESSAGE, HELP) {#CODE, #NAME, MESSAGE, HELP},
#include "Errors.def"
#undef DYN_RT_ERROR
  };
  if (const dsl::DiagInfo *info = dsl::findDiag(code)) {
    llvm::outs() << info->code << " " << info->name << "\n\n" << info->message << "\n\n" << info->explanation << "\n";
    return 0;
  }
  for (const Entry &e : runtime)
    if (llvm::StringRef(e.code).equals_insensitive(code)) {
      llvm::outs() << e.code << " " << e.name << "\n\n" << e.message << "\n\nThe way out: " << e.help << ".\n";
      return 0;
    }
  std::vector<std::string> all;
  for (const dsl::DiagInfo &d : dsl::allDiags())
    all.emplace_back(d.code);
  for (const Entry &e : runtime)
    all.emplace_back(e.code);
  auto near = dsl::nearestName(code, all);
  llvm::errs() << "error: no diagnostic `" << code << "`" << (near ? "; did you mean " + *near + "?" : "") << "\n";
  return 2;
}

int tool::claims(const Request &r, const std::vector<std::string> &paths) {
  std::vector<std::string> files;
  for (const std::string &p : paths) {
    if (!llvm::sys::fs::is_directory(p)) {
      files.push_back(p);
      continue;
    }
    std::error_code ec;
    for (llvm::sys::fs::recursive_directory_iterator it(p, ec), end; it != end && !ec; it.increment(ec))
      if (llvm::StringRef(it->path()).ends_with(".dyn"))
        files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    llvm::errs() << "error: no program found\n";
    return 2;
  }
  int worst = 0;
  for (const std::string &f : files) {
    // A process each: one program that ends badly does not end the others.
    llvm::outs() << f << "\n";
    llvm::outs().flush();
    pid_t child = fork();
    if (child == 0) {
      Request one = r;
      one.file = f;
      one.rest.insert(one.rest.begin(), "--no-run-dir");
      _exit(run(one));
    }
    int status = 0;
    waitpid(child, &status, 0);
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 70);
  }
  return worst;
}

int tool::cache(bool clear) {
  if (clear)
    return driver::clearCache() ? 0 : 5;
  llvm::outs() << driver::cacheFolder() << ": " << driver::cacheSize() << " bytes\n";
  return 0;
}
