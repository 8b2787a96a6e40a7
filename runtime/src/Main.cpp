//===- Main.cpp - a program from its flags to its exit status ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"
#include "Flags.h"
#include "Program.h"
#include "Terminal.h"

#include <csignal>
#include <cstdio>
#include <unistd.h>

using namespace dyn::rt;

static volatile std::sig_atomic_t interrupts = 0;
static Run *interruptible = nullptr;
static void onSignal(int signal) {
  interrupts = interrupts + 1;
  if (interrupts > 1)
    _exit(128 + signal);
  if (interruptible)
    interruptible->checkpoints.stopRequested = true;
}

/// The message with its first word, `error[...]`, in colour.
static std::string colored(const Run &run, const std::string &message) {
  size_t end = message.find(':');
  if (!message.starts_with("error") || end == std::string::npos)
    return message;
  return run.console.onNote(Paint::bad, message.substr(0, end)) + message.substr(end);
}

static Progress::Kind progressKind(const Run &run) {
  if (run.quiet || run.progress == "none")
    return Progress::Kind::none;
  bool bar = run.progress == "bar" || (run.progress == "auto" && isTerminal(2));
  return bar ? Progress::Kind::bar : Progress::Kind::plain;
}

int dyn_rt_main(const dyn_rt_program *program, int argc, char **argv, const char *compileNote) {
  Run run;
  try {
    readMeta(run, *program);
    run.dimsFixed = !compileNote;
    if (std::string text = parseFlags(run, argc, argv); !text.empty()) {
      fmt::print("{}", text);
      std::fflush(stdout);
      return 0;
    }
    run.console.setColor(run.color);
    if (compileNote && *compileNote && !run.quiet)
      run.console.note(fmt::format("{}\n", compileNote));
    std::signal(SIGXFSZ, SIG_IGN);
    begin(run, progressKind(run), {argv, argv + argc});
    interruptible = &run;
    interrupts = 0;
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    execute(run, program->train);
    interruptible = nullptr;
    end(run);
  } catch (const Error &e) {
    run.error.status = e.status;
    run.error.text += e.text;
  } catch (const std::exception &e) {
    run.error.status = 70;
    run.error.text += std::string("error: internal fault of the runtime: ") + e.what() + "\n";
  }
  interruptible = nullptr;
  if (!run.error.text.empty())
    run.console.note(colored(run, run.error.text));
  return run.error.status;
}
