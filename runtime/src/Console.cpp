//===- Console.cpp - what a run says ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Console.h"

#include "Errors.h"
#include "Terminal.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace dyn::rt;

/// 0, or why not all was written.
static int writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : EIO;
    text.remove_prefix(size_t(n));
  }
  return 0;
}

static std::string painted(bool color, Paint paint, std::string_view text) {
  static constexpr const char *codes[] = {"", "\x1b[32m", "\x1b[1;31m", "\x1b[2m"};
  return color && paint != Paint::none ? fmt::format("{}{}\x1b[0m", codes[int(paint)], text)
                                       : std::string(text);
}

Console::Console() {
  buffer.reserve(1 << 12);
  line.reserve(1 << 12);
}

Console::~Console() {
  if (file >= 0)
    close(file);
}

void Console::setColor(std::string_view flag) {
  resultColor = wantsColor(flag, 1);
  noteColor = wantsColor(flag, 2);
}

void Console::hand(Sink s, void *u) {
  hosted = true;
  sink = s;
  user = u;
}

void Console::openLog(const std::string &path) {
  std::lock_guard lock(mutex);
  file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0)
    raise(Code::E0601, path, std::strerror(errno));
  writeAll(file, buffer);
  buffer.clear();
}

void Console::log(std::string_view lines) {
  if (hosted && file < 0)
    return;
  appendPlain(buffer, lines);
  if (file < 0)
    return;
  writeAll(file, buffer);
  buffer.clear();
}

void Console::show(int fd, std::string_view text) {
  if (hosted) {
    line.assign(text);
    if (sink)
      sink(user, line.c_str());
    return;
  }
  // The moving line makes room for what stays.
  line.assign(movingShown ? "\r\x1b[K" : "");
  movingShown = false;
  if (fd == 2) {
    line += text;
    writeAll(2, line);
    return;
  }
  writeAll(2, line);
  if (int why = writeAll(1, text))
    failure = why;
}

void Console::check() const {
  if (failure)
    raise(Code::E0601, "standard output", std::strerror(failure));
}

void Console::result(std::string_view lines) {
  std::lock_guard lock(mutex);
  show(1, lines);
  log(lines);
}

void Console::note(std::string_view lines) {
  std::lock_guard lock(mutex);
  show(2, lines);
  log(lines);
}

void Console::moving(std::string_view text) {
  std::lock_guard lock(mutex);
  line.assign("\r\x1b[K");
  line += text;
  writeAll(2, line);
  movingShown = true;
}

std::string Console::onResult(Paint paint, std::string_view text) const {
  return painted(resultColor, paint, text);
}
std::string Console::onNote(Paint paint, std::string_view text) const {
  return painted(noteColor, paint, text);
}
