//===- Terminal.h - what a terminal can show ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_TERMINAL_H
#define DYN_RUNTIME_TERMINAL_H

#include <string>
#include <string_view>

namespace dyn::rt {

/// Whether `fd` is a terminal that takes escapes.
bool isTerminal(int fd);

/// Whether text on `fd` is coloured. `flag` is auto, always, never, or empty when
/// none was given; after it decide DYN_COLOR, NO_COLOR, CLICOLOR_FORCE, the terminal.
bool wantsColor(std::string_view flag, int fd);

/// Whether the locale has characters beyond ASCII.
bool hasUnicode();

/// Columns of the terminal on standard error; 80 when it does not tell.
int terminalWidth();

/// Adds `text` to `to` without colours and other control characters, line ends
/// excepted.
void appendPlain(std::string &to, std::string_view text);

} // namespace dyn::rt

#endif // DYN_RUNTIME_TERMINAL_H
