//===- Errors.h - how a run fails ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_ERRORS_H
#define DYN_RUNTIME_ERRORS_H

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace dyn::rt {

enum class Code {
#define DYN_RT_ERROR(CODE, NAME, STATUS, MESSAGE, HELP) CODE,
#include "Errors.def"
#undef DYN_RT_ERROR
};

struct Info {
  const char *code, *name;
  int status;
  const char *message, *help;
};
const Info &info(Code code);

/// An error on its way to the border of the runtime, where it becomes the run's.
struct Error {
  int status = 0;
  std::string text;
  const char *code = "";
  std::string file = {}; ///< place in the program, if there is one
  int64_t line = 0;
};

template <typename... Args> Error errorOf(Code code, const Args &...args) {
  const Info &i = info(code);
  std::string help = fmt::format(fmt::runtime(i.help), args...);
  return {i.status,
          fmt::format("error[{}]: {}\n  = help: {}\n", i.code,
                      fmt::format(fmt::runtime(i.message), args...), help),
          i.code};
}

/// Throws the error with its message filled in.
template <typename... Args> [[noreturn]] void raise(Code code, const Args &...args) {
  throw errorOf(code, args...);
}

/// As above, for messages that begin with a place in the program.
template <typename... Args>
[[noreturn]] void raiseAt(Code code, const std::string &file, int64_t line, const Args &...args) {
  Error e = errorOf(code, file, line, args...);
  e.file = file;
  e.line = line;
  throw e;
}

} // namespace dyn::rt

#endif // DYN_RUNTIME_ERRORS_H
