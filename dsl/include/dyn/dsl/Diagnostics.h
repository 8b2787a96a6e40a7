//===- Diagnostics.h - coded diagnostics: registry, engine, rendering ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_DIAGNOSTICS_H
#define DYN_DSL_DIAGNOSTICS_H

#include "dyn/dsl/Source.h"

#include <algorithm>
#include <concepts>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace dyn::dsl {

/// Every diagnostic by its code. `dsl/diagnostics/Diagnostics.def` is the registry.
enum class Diag : uint16_t {
#define DYN_DIAG(CODE, NAME, SEVERITY, MESSAGE, HELP, EXPLANATION) CODE,
#include "Diagnostics.def"
};

enum class Severity { Error, Warning, Remark };

/// What the registry says about a diagnostic.
struct DiagInfo {
  Diag id;
  std::string_view code; ///< "E0203"
  std::string_view name; ///< "shapes-do-not-multiply"
  Severity severity;
  std::string_view message;     ///< template with {0}, {1}, ...
  std::string_view help;        ///< default help, perhaps empty; same arguments as the message
  std::string_view explanation; ///< for `dyn explain`
};

const DiagInfo &diagInfo(Diag id);
/// By code or short name, in any case ("e0203"); null if there is none.
const DiagInfo *findDiag(std::string_view codeOrName);
std::span<const DiagInfo> allDiags();

/// A secondary place, or a remark without one.
struct DiagNote {
  SourceSpan span; ///< invalid: a line of its own, `= note: text`
  std::string text;
};

/// One reported diagnostic.
struct Diagnostic {
  Diag id;
  Severity severity;
  SourceSpan span;
  std::string message;
  std::string label; ///< at `span`, perhaps empty
  std::vector<DiagNote> notes;
  std::vector<std::string> helps;
};

namespace detail {
std::string diagArg(std::string_view text);
std::string diagArg(double number);
inline std::string diagArg(bool value) { return value ? "true" : "false"; }
inline std::string diagArg(char c) { return std::string(1, c); }
template <std::integral T> std::string diagArg(T number) { return std::to_string(number); }
template <typename T>
  requires(std::convertible_to<const T &, std::string_view> && !std::integral<T>)
std::string diagArg(const T &text) {
  return diagArg(std::string_view(text));
}
} // namespace detail

namespace detail {
constexpr std::string_view diagTexts[][2] = {
#define DYN_DIAG(CODE, NAME, SEVERITY, MESSAGE, HELP, EXPLANATION) {MESSAGE, HELP},
#include "Diagnostics.def"
};

/// How many arguments the message and the help of `id` speak of.
constexpr size_t diagArity(Diag id) {
  size_t arity = 0;
  for (std::string_view text : diagTexts[static_cast<size_t>(id)])
    for (size_t i = 0; i + 2 < text.size(); ++i)
      if (text[i] == '{' && text[i + 2] == '}' && text[i + 1] >= '0' && text[i + 1] <= '9')
        arity = std::max(arity, static_cast<size_t>(text[i + 1] - '0') + 1);
  return arity;
}

void otherNumberOfArguments(); // not constexpr: calling it stops the compiler

/// A diagnostic together with the arguments its texts speak of.
template <typename... Args> struct DiagWith {
  consteval DiagWith(Diag id) : id(id) {
    if (diagArity(id) != sizeof...(Args))
      otherNumberOfArguments();
  }
  Diag id;
};
} // namespace detail

/// Replaces {0}, {1}, ... in `pattern`; a number without argument stays as it is.
std::string formatDiag(std::string_view pattern, std::span<const std::string> args);

/// What `report` returns: adds to the diagnostic just reported. Valid until the next call of a
/// method of Diagnostics that is not `report`.
class DiagBuilder {
public:
  explicit DiagBuilder(Diagnostic *diagnostic) : diagnostic(diagnostic) {}

  /// A few words at the primary place.
  DiagBuilder &label(std::string text);
  /// A few words at another place.
  DiagBuilder &note(SourceSpan span, std::string text);
  /// A remark without a place.
  DiagBuilder &note(std::string text);
  /// The likeliest way out. The first call replaces the default help of the registry; further
  /// calls add.
  DiagBuilder &help(std::string text);

private:
  Diagnostic *diagnostic;
  bool ownHelp = false;
};

struct RenderOptions {
  bool color = false;
  /// Errors beyond this many are counted, not shown; 0 shows all.
  unsigned limit = 0;
};

/// Collects diagnostics and renders them.
class Diagnostics {
public:
  explicit Diagnostics(const SourceManager &sources) : sourceManager(&sources) {}

  template <typename... Args>
  DiagBuilder report(SourceSpan span, detail::DiagWith<std::type_identity_t<Args>...> with,
                     const Args &...args) {
    return reportTexts(span, with.id, {detail::diagArg(args)...});
  }
  /// With a number of arguments that is known at run time only.
  DiagBuilder reportTexts(SourceSpan span, Diag id, const std::vector<std::string> &args);

  bool hasErrors() const { return errors != 0; }
  unsigned errorCount() const { return errors; }
  bool empty() const { return all.empty(); }
  /// In the order of reporting, nothing removed. For tests and speculative checks.
  const std::deque<Diagnostic> &reported() const { return all; }
  const SourceManager &sources() const { return *sourceManager; }

  /// Forgets everything reported since `mark()` returned `mark`.
  size_t mark() const { return all.size(); }
  void rollback(size_t mark);
  void clear() { rollback(0); }

  /// Sorted by file and position; of several at one span only the first reported is kept, because
  /// the others follow from it.
  std::vector<const Diagnostic *> sorted() const;

  std::string render(const RenderOptions &options = {}) const;
  std::string render(const Diagnostic &diagnostic, const RenderOptions &options = {}) const;
  /// One JSON array with an object for each of `sorted()`.
  std::string renderJson() const;

private:
  const SourceManager *sourceManager;
  std::deque<Diagnostic> all;
  unsigned errors = 0;
};

/// The candidate most like `name`, or nothing if none is near enough to be meant.
std::optional<std::string> nearestName(std::string_view name,
                                       const std::vector<std::string> &candidates);

/// `text` fit for a terminal: control characters and broken UTF-8 become visible escapes.
std::string printable(std::string_view text);

} // namespace dyn::dsl

#endif // DYN_DSL_DIAGNOSTICS_H
