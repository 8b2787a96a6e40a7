//===- Console.h - what a run says ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CONSOLE_H
#define DYN_RUNTIME_CONSOLE_H

#include <mutex>
#include <string>
#include <string_view>

namespace dyn::rt {

enum class Paint { none, good, bad, quiet };

/// Results to standard output, everything else to standard error, and both to the
/// run's log. Whole lines may come from any thread.
class Console {
public:
  Console();
  Console(const Console &) = delete;
  ~Console();
  /// As `wantsColor` in Terminal.h.
  void setColor(std::string_view flag);
  /// A host takes every line, or nobody does; nothing goes to the terminal.
  using Sink = void (*)(void *user, const char *text);
  void hand(Sink s, void *u);
  /// What has been said so far, and what follows, goes to `path`, too.
  void openLog(const std::string &path);

  void result(std::string_view lines);
  /// Raises E0601 when a result could not be shown.
  void check() const;
  void note(std::string_view lines);
  /// A line that the next text replaces; the log does not have it.
  void moving(std::string_view line);

  /// `text` in a colour, where standard output or error has colours.
  std::string onResult(Paint paint, std::string_view text) const;
  std::string onNote(Paint paint, std::string_view text) const;
  bool colorsNotes() const { return noteColor; }

private:
  void log(std::string_view lines);
  void show(int fd, std::string_view text);
  std::mutex mutex;
  std::string buffer; ///< of the log; before it is open, all of it
  std::string line;
  int file = -1;
  int failure = 0; ///< of standard output
  bool resultColor = false, noteColor = false;
  bool movingShown = false;
  bool hosted = false;
  Sink sink = nullptr;
  void *user = nullptr;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_CONSOLE_H
