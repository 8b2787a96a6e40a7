//===- main.cpp - the command `dyn` ---------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Commands.h"
#include "dyn/dsl/Diagnostics.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

using namespace dyn::tool;

static const std::string statuses = R"(
Exit status: 0 done and all claims hold, 1 the program is wrong, 2 the command line is wrong,
3 a claim failed, 4 data missing or malformed, 5 output not written, 6 no memory, 7 checkpoint does
not fit, 9 a check failed at run time, 70 our fault, 75 stopped early and resumable, 130 and 143
killed: nothing more was saved.)";

static const std::string footer = R"(
Start here:
  dyn program.dyn                     short for dyn run program.dyn: compile in memory and train
  dyn run program.dyn --lr 0.01       a setting of the program itself
  dyn run program.dyn --help          what the program can be told
  dyn run program.dyn --sweep lr=0.1,0.3 --sweep seed=0..5
  dyn build program.dyn -o train      a native binary with the same flags
  dyn explain E0203                   more about an error

Variables: DYN_PATH folders with modules; DYN_CACHE folder of compiled programs, DYN_CACHE_LIMIT its
size in MB; DYN_COLOR and DYN_PROGRESS as the flags; NO_COLOR and CLICOLOR_FORCE switch colours.
)" + statuses;

static const std::string runFooter = R"(
Flags before the file are those above; flags behind it are the program's:
  dyn run train.dyn --help            its settings, and the flags of every run
  dyn run -O 0 train.dyn --epochs 1   the reference pipeline, one epoch
  dyn run train.dyn --resume          go on with the latest run
Results go to standard output, progress and notes to standard error, the record to runs/.
)" + statuses;

static const std::string buildFooter = R"(
A `dim` setting is fixed when a program is built; the others stay flags of the binary:
  dyn build train.dyn -o train --width 64
  ./train --lr 0.01 --run-dir first
  dyn build train.dyn --emit=kernels  print a stage instead
)" + statuses;

static bool isProgram(const std::string &arg) {
  auto ends = [&](const std::string &with) {
    return arg.size() > with.size() &&
           arg.compare(arg.size() - with.size(), with.size(), with) == 0;
  };
  return arg[0] != '-' && (ends(".dyn") || ends(".mlir"));
}

/// Everything after `run FILE` belongs to the program, --help included.
static std::vector<std::string> splitProgramFlags(std::vector<std::string> &args) {
  auto file = args.empty() || args[0] != "run"
                  ? args.end()
                  : std::find_if(args.begin() + 1, args.end(), isProgram);
  if (file == args.end())
    return {};
  std::vector<std::string> rest(file + 1, args.end());
  args.erase(file + 1, args.end());
  return rest;
}

/// `--sweep` may stand behind the program as well.
static void takeSweeps(Request &r) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < r.rest.size(); ++i) {
    const std::string &arg = r.rest[i];
    if (arg == "--sweep" && i + 1 < r.rest.size())
      r.sweeps.push_back(r.rest[++i]);
    else if (arg.rfind("--sweep=", 0) == 0)
      r.sweeps.push_back(arg.substr(8));
    else
      rest.push_back(arg);
  }
  r.rest = rest;
}

/// What was wrong with the command line, and the name that was meant.
static int wrongUsage(const CLI::App &app, const std::vector<std::string> &args,
                      const CLI::ParseError &e) {
  if (args.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return 2;
  }
  std::vector<std::string> verbs, flags;
  const CLI::App *verb = &app;
  for (const CLI::App *sub : app.get_subcommands([](const CLI::App *) { return true; })) {
    verbs.push_back(sub->get_name());
    if (sub->parsed())
      verb = sub;
  }
  for (const CLI::Option *o : verb->get_options())
    for (const std::string &name : o->get_lnames())
      flags.push_back("--" + name);
  auto hint = [](const std::string &written, const std::vector<std::string> &known) {
    auto near = dyn::dsl::nearestName(written, known);
    return near ? "; did you mean `" + *near + "`?" : std::string();
  };
  std::string text = e.what();
  if (verb == &app && args[0][0] != '-')
    text = "`" + args[0] + "` is neither a verb nor a program" + hint(args[0], verbs);
  else
    for (const std::string &a : args)
      if (std::string name = a.substr(0, a.find('='));
          a.rfind("--", 0) == 0 && std::find(flags.begin(), flags.end(), name) == flags.end()) {
        text = "`" + name + "` is not a flag of `" + verb->get_display_name() + "`" +
               hint(name, flags);
        break;
      }
  std::fprintf(stderr, "error[E0801]: %s\n  = help: see %s --help\n", text.c_str(),
               verb == &app ? "dyn" : ("dyn " + verb->get_name()).c_str());
  return 2;
}

int main(int argc, char **argv) {
  // `dyn file.dyn` means `dyn run file.dyn`.
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && isProgram(args[0]))
    args.insert(args.begin(), "run");
  Request r;
  r.rest = splitProgramFlags(args);

  CLI::App app{"Dyn: a language and compiler for training programs", "dyn"};
  app.footer(footer);
  app.set_version_flag("--version", std::string("dyn ") + DYN_VERSION);
  app.require_subcommand(1);
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
    sub->add_option("--cache-limit", r.cacheLimit, "MB of compiled programs to keep (512)");
    sub->add_option("--color", r.color, "colours (auto)")
        ->check(CLI::IsMember({"auto", "always", "never"}));
  };
  auto *runCommand = app.add_subcommand("run", "compile a program in memory and run it");
  common(runCommand);
  runCommand->footer(runFooter);
  runCommand->add_option("file", r.file, "the program; its own flags follow it")->required();
  runCommand
      ->add_option("--sweep", r.sweeps,
                   "NAME=VALUES: run once for each value of a setting or of seed, as in "
                   "lr=0.1,0.2 or seed=1..=8; several make all combinations")
      ->expected(1)
      ->take_all();
  auto *buildCommand =
      app.add_subcommand("build", "compile a program to a native binary or a stage");
  common(buildCommand);
  buildCommand->footer(buildFooter);
  buildCommand->add_option("file", r.file, "the program")->required();
  buildCommand->add_option("-o,--output", r.output, "where to write");
  buildCommand->add_option("--emit", r.emit, "the stage to write (exe)")
      ->check(
          CLI::IsMember({"ast", "dyn", "grad", "linalg", "kernels", "llvm", "asm", "obj", "exe"}));
  buildCommand->add_flag("--lib", r.library, "functions that a host calls, instead of `train`");
  buildCommand->add_option("--function", r.functions, "only this one; may be repeated")
      ->allow_extra_args(false);
  buildCommand
      ->add_option("--sanitize", r.sanitize,
                   "instrument the code for a process with this sanitizer")
      ->check(CLI::IsMember({"address", "thread"}));
  buildCommand->allow_extras();
  auto *checkCommand = app.add_subcommand("check", "report the errors of a program");
  common(checkCommand);
  checkCommand->add_option("file", r.file, "the program")->required();
  checkCommand->add_flag("--json", r.json, "diagnostics as JSON on standard output");
  auto *claimsCommand =
      app.add_subcommand("claims", "run the programs found and print their claims");
  common(claimsCommand);
  std::string seed;
  claimsCommand->add_option("paths", paths, "programs or folders")->required();
  claimsCommand->add_option("--seed", seed, "root of all random draws");
  claimsCommand
      ->add_option("--set", r.settings,
                   "NAME=VALUE: a setting of all programs that have it, as in data=FOLDER; may be "
                   "repeated")
      ->allow_extra_args(false);
  auto *explainCommand = app.add_subcommand("explain", "tell more about an error code");
  explainCommand->add_option("code", code, "as in E0203")->required();
  auto *cacheCommand = app.add_subcommand("cache", "the compiled programs kept on disk");
  cacheCommand->add_flag("--size", size, "print the folder and its size (default)");
  cacheCommand->add_flag("--clear", clear, "remove all entries");
  cacheCommand->add_option("--cache-limit", r.cacheLimit, "MB to keep (512)");
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::Success &e) { // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError &e) {
    return wrongUsage(app, args, e);
  }
  // The program's own flag also holds for the diagnostics of its compilation.
  for (size_t i = 0; i < r.rest.size(); ++i)
    if (r.rest[i].rfind("--color=", 0) == 0)
      r.color = r.rest[i].substr(8);
    else if (r.rest[i] == "--color" && i + 1 < r.rest.size())
      r.color = r.rest[i + 1];
  r.optimize = level == "3";
  r.cache = !noCache;
  r.f64 = f64;
  if (*runCommand) {
    takeSweeps(r);
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
  return cache(r, clear);
}
