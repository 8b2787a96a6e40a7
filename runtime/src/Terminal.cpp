//===- Terminal.cpp - what a terminal can show ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Terminal.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace dyn::rt;

static std::string_view variable(const char *name) {
  const char *v = getenv(name);
  return v ? v : "";
}

bool dyn::rt::isTerminal(int fd) {
  std::string_view term = variable("TERM");
  return isatty(fd) && !term.empty() && term != "dumb";
}

bool dyn::rt::wantsColor(std::string_view flag, int fd) {
  for (std::string_view word : {flag, variable("DYN_COLOR")}) {
    if (word == "always" || word == "never")
      return word == "always";
    if (word == "auto")
      return isTerminal(fd);
  }
  if (!variable("NO_COLOR").empty())
    return false;
  if (std::string_view force = variable("CLICOLOR_FORCE"); !force.empty() && force != "0")
    return true;
  return isTerminal(fd);
}

bool dyn::rt::hasUnicode() {
  std::string_view locale;
  for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (locale.empty())
      locale = variable(name);
  for (std::string_view spelling : {"UTF-8", "utf-8", "UTF8", "utf8"})
    if (locale.find(spelling) != std::string_view::npos)
      return true;
  return false;
}

int dyn::rt::terminalWidth() {
  winsize size{};
  return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void dyn::rt::appendPlain(std::string &to, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '[') {
      for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~');)
        ++i;
      continue;
    }
    if (unsigned char c = static_cast<unsigned char>(text[i]);
        c == '\n' || (c >= 0x20 && c != 0x7f))
      to += text[i];
  }
}
