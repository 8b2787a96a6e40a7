//===- Settings.h - the values of `config` ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_SETTINGS_H
#define DYN_RUNTIME_SETTINGS_H

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace dyn::rt {

struct Run;
struct Checkpoints;

/// A value of `config` as the flags, or a host, left it.
struct ConfigValue {
  std::string name, type, text;
  double real = 0;
  int64_t integer = 0;
  int64_t handle = -1; ///< of paths, texts and streams
  bool given = false;  ///< not the program's own
};

/// All of `s` as a number, whatever the locale.
template <typename T> std::optional<T> parseNumber(const std::string &s) {
  T v{};
  auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  return ec == std::errc() && end == s.data() + s.size() && !s.empty() ? std::optional<T>(v)
                                                                       : std::nullopt;
}

/// Fills the run's settings from the meta data.
void takeDefaults(Run &run);

/// Whether another value of this type is another program: extents and cases of an enum.
bool isFixed(const std::string &type);

enum class Assigned { yes, malformed, fixed };
Assigned assign(ConfigValue &c, const std::string &text);
/// What values of a type look like, for messages.
const char *expected(const std::string &type);

/// `every=N`, `every=Nmin` or `off`; false when it is none of them.
bool setCheckpoints(Checkpoints &c, std::string how);
constexpr const char *checkpointWords = "every=N (steps), every=Nmin or off";

/// Gives a resumed run the settings it was started with. Raises E07xx.
void keepSettings(Run &run);

/// Makes texts known to the program.
void internTexts(Run &run);

} // namespace dyn::rt

#endif // DYN_RUNTIME_SETTINGS_H
