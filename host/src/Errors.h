//===- Errors.h - making errors ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_ERRORS_H
#define DYN_HOST_ERRORS_H

#include "dyn/host/Array.h"
#include "dyn/host/Error.h"
#include "dyn/run.h"

#include <fmt/format.h>

#include <new>
#include <string_view>

namespace dyn::host {

enum class Code {
#define DYN_HOST_ERROR(CODE, NAME, MESSAGE, HELP) CODE,
#include "Errors.def"
#undef DYN_HOST_ERROR
};
struct CodeInfo {
  const char *code, *message, *help;
};
const CodeInfo &info(Code code);

/// The text of an error from its parts.
void render(Error &error);

template <typename... Args> Error fail(Code code, const Args &...args) {
  const CodeInfo &i = info(code);
  Error e;
  e.code = i.code;
  e.message = fmt::format(fmt::runtime(i.message), args...);
  e.help = i.help;
  render(e);
  return e;
}
Error fromRuntime(const dyn_error &error);

std::string shapeText(const int64_t *shape, size_t rank);
/// `; did you mean ...?`, or nothing.
std::string nearest(std::string_view name, const std::vector<std::string> &known);

/// `f`, with what it throws as an error.
template <typename F> auto guarded(F f) noexcept -> decltype(f()) {
  try {
    return f();
  } catch (const std::bad_alloc &) {
    return fail(Code::E1024);
  } catch (const std::exception &e) {
    return fail(Code::E1025, e.what());
  }
}

} // namespace dyn::host

#endif // DYN_HOST_ERRORS_H
