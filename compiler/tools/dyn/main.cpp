//===- main.cpp - the command `dyn` ---------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstring>

using namespace dyn::tool;

static const char *const footer = R"(
Start here:
  dyn run program.dyn                 compile in memory and train
  dyn run program.dyn --lr 0.01       a setting of the program itself
  dyn run program.dyn --help          what the program can be told
  dyn build program.dyn -o train      a native binary with the same flags
  dyn explain E0203                   more about an error

Exit status: 0 done, 1 the program is wrong, 2 the command line is wrong, 3 a claim failed,
4 data missing or malformed, 5 output not written, 6 no memory, 7 checkpoint does not fit,
9 a check failed at run time, 70 our fault, 75 stopped early and resumable.)";

int main(int argc, char **argv) {
  // `dyn file.dyn` means `dyn run file.dyn`.
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && args[0].size() > 4 && args[0].compare(args[0].size() - 4, 4, ".dyn") == 0)
    args.insert(args.begin(), "run");

  CLI::App app{"Dyn: a language and compiler for training programs", "dyn"};
  app.footer(footer);
  app.set_version_flag("--version", std::string("dyn ") + DYN_VERSION);
  app.require_subcommand(1);
  Request r;
  std::vector<std::string> paths;
  std::string code;
  std::string level = "3";
  bool clear = false, size = false, noCache = false, f64 = false;
  auto common = [&](CLI::App *sub) {
    sub->add_option("-O", level, "0: plain scalar loops, the reference; 3: everything (default)")
        ->check(CLI::IsMember({"0", "3"}));
    sub->add_flag("--no-cache", noCache, "compile again, store nothing");
    sub->add_flag("--f64", f64, "the program's `real` is f64");
    sub->add_option("--cpu", r.cpu, "processor to compile for (host)");
  };
  auto *runCommand = app.add_subcommand("run", "compile a program in memory and run it");
  common(runCommand);
  runCommand->add_option("file", r.file, "the program; its own flags follow it")->required();
  runCommand->prefix_command();
  auto *buildCommand = app.add_subcommand("build", "compile a program to a native binary or a stage");
  common(buildCommand);
  buildCommand->add_option("file", r.file, "the program")->required();
  buildCommand->add_option("-o,--output", r.output, "where to write");
  buildCommand->add_option("--emit", r.emit, "what to write (exe)")
      ->check(CLI::IsMember({"ast", "dyn", "grad", "linalg", "kernels", "llvm", "asm", "obj", "exe"}));
  buildCommand->allow_extras();
  auto *checkCommand = app.add_subcommand("check", "report the errors of a program");
  common(checkCommand);
  checkCommand->add_option("file", r.file, "the program")->required();
  auto *claimsCommand = app.add_subcommand("claims", "run the programs found and print their claims");
  common(claimsCommand);
  std::string seed;
  claimsCommand->add_option("paths", paths, "programs or folders")->required();
  claimsCommand->add_option("--seed", seed, "root of all random draws");
  auto *explainCommand = app.add_subcommand("explain", "tell more about an error code");
  explainCommand->add_option("code", code, "as in E0203")->required();
  auto *cacheCommand = app.add_subcommand("cache", "the compiled programs kept on disk");
  cacheCommand->add_flag("--size", size, "print the folder and its size (default)");
  cacheCommand->add_flag("--clear", clear, "remove all entries");
  try {
    std::reverse(args.begin(), args.end());
    // After `run FILE` everything belongs to the program, --help included.
    app.parse(args);
  } catch (const CLI::ParseError &e) {
    int status = app.exit(e);
    return status == 0 ? 0 : 2;
  }
  r.optimize = level == "3";
  r.cache = !noCache;
  r.f64 = f64;
  if (*runCommand) {
    r.rest = runCommand->remaining();
    return run(r);
  }
  if (*buildCommand) {
    r.rest = buildCommand->remaining();
    return build(r);
  }
  if (*checkCommand)
    return check(r);
  if (*claimsCommand) {
    if (!seed.empty())
      r.rest = {"--seed", seed};
    return claims(r, paths);
  }
  if (*explainCommand)
    return explain(code);
  return cache(clear);
}
