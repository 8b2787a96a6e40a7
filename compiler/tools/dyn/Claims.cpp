//===- Claims.cpp - the claims of many programs ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Load.h"

#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Elaborate.h"
#include "dyn/dsl/Parser.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <map>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace dyn;
using namespace dyn::tool;

/// Modules lie beside programs: only what has a `train` can be run, and what claims
/// nothing may be an experiment of many hours. A file that cannot be parsed counts, so
/// that its errors are seen.
static bool claimsSomething(const std::string &path) {
  auto text = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!text)
    return true;
  dsl::SourceManager sources;
  dsl::Diagnostics quiet(sources);
  dsl::FileId id = sources.add(path, (*text)->getBuffer().str());
  auto file = dsl::parseFile(id, sources, quiet);
  bool program = llvm::any_of(file->items, [](const dsl::ast::ItemPtr &item) {
    return llvm::isa<dsl::ast::TrainItem>(item.get());
  });
  return quiet.hasErrors() || (program && dumpAst(*file).find("(claim ") != std::string::npos);
}

static std::vector<std::string> programs(const std::vector<std::string> &paths) {
  std::vector<std::string> files;
  for (const std::string &p : paths) {
    if (!llvm::sys::fs::is_directory(p)) {
      files.push_back(p);
      continue;
    }
    std::error_code ec;
    for (llvm::sys::fs::recursive_directory_iterator it(p, ec), end; it != end && !ec;
         it.increment(ec))
      if (llvm::StringRef(it->path()).ends_with(".dyn") && claimsSomething(it->path()))
        files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

/// The settings that the program has, as its flags; those that one has are taken off `unused`.
static std::vector<std::string> settingsOf(const std::string &path, const Request &r,
                                           std::set<std::string> &unused) {
  std::vector<std::string> flags;
  auto text = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!text)
    return flags;
  dsl::SourceManager sources;
  dsl::FileId id = sources.add(path, (*text)->getBuffer().str());
  std::set<std::string> names;
  for (const dsl::ConfigEntry &e : dsl::configEntries(sources, id))
    names.insert(e.name);
  for (const std::string &s : r.settings) {
    std::string name = s.substr(0, s.find('='));
    std::replace(name.begin(), name.end(), '-', '_');
    if (!names.count(name))
      continue;
    flags.push_back("--" + s);
    unused.erase(s);
  }
  return flags;
}

int tool::claims(const Request &r, const std::vector<std::string> &paths) {
  std::vector<std::string> files = programs(paths);
  if (files.empty()) {
    llvm::errs() << "error: no program with a claim found\n";
    return 2;
  }
  for (const std::string &s : r.settings)
    if (s.find('=') == std::string::npos || s[0] == '=') {
      llvm::errs() << "error[E0802]: `" << s << "` is no value for --set, which takes NAME=VALUE\n"
                   << "  = help: write `--set data=FOLDER`\n";
      return 2;
    }
  std::set<std::string> unused(r.settings.begin(), r.settings.end());
  std::map<std::string, std::vector<std::string>> flags;
  for (const std::string &f : files)
    flags[f] = settingsOf(f, r, unused);
  if (!unused.empty()) {
    llvm::errs() << "error[E0801]: no program has the setting of `--set " << *unused.begin() << "`\n"
                 << "  = help: see dyn run PROGRAM --help\n";
    return 2;
  }
  int worst = 0;
  for (const std::string &f : files) {
    llvm::outs() << f << "\n";
    llvm::outs().flush();
    // A process each: one program that ends badly does not end the others.
    pid_t child = fork();
    if (child < 0) {
      llvm::errs() << "error: no process could be started\n";
      return 6;
    }
    if (child == 0) {
      Request one = r;
      one.file = f;
      one.rest.insert(one.rest.begin(), "--no-run-dir");
      one.rest.insert(one.rest.end(), flags[f].begin(), flags[f].end());
      int status = run(one);
      llvm::outs().flush();
      _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 70);
  }
  return worst;
}
