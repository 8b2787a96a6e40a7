//===- Error.h - errors as values ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nothing of dyn::host throws, prints or exits. What can fail returns a Result.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_ERROR_H
#define DYN_HOST_ERROR_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

#define DYN_HOST_API __attribute__((visibility("default")))

namespace dyn::host {

/// A place in a program. Lines and columns count from 1; line 0: there is no place.
struct Place {
  std::string file;
  int line = 0, column = 0;
  int endLine = 0, endColumn = 0;
};

struct Error {
  std::string code;        ///< as for `dyn explain`, "E1004"
  std::string message;     ///< what was found, and what was expected
  std::string help;        ///< a way out; perhaps empty
  Place place;             ///< in the program
  std::string text;        ///< all of it as a terminal would show it
  std::vector<Error> more; ///< what else was found wrong in the program
};

/// A value, or why there is none. Without one, `*result` is an empty handle, and every
/// use of an empty handle is an error of its own (E1001).
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : held(std::move(value)) {}
  Result(Error error) : why(std::move(error)) {}

  bool ok() const noexcept { return !why; }
  explicit operator bool() const noexcept { return !why; }
  T &operator*() noexcept { return held; }
  const T &operator*() const noexcept { return held; }
  T *operator->() noexcept { return &held; }
  const T *operator->() const noexcept { return &held; }
  /// Empty when there is a value.
  const Error &error() const noexcept {
    static const Error none;
    return why ? *why : none;
  }

private:
  T held{};
  std::optional<Error> why;
};

/// Success, or why not. Success allocates nothing.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : why(std::move(error)) {}

  bool ok() const noexcept { return !why; }
  explicit operator bool() const noexcept { return !why; }
  const Error &error() const noexcept {
    static const Error none;
    return why ? *why : none;
  }

private:
  std::optional<Error> why;
};
using Status = Result<void>;

} // namespace dyn::host

#endif // DYN_HOST_ERROR_H
