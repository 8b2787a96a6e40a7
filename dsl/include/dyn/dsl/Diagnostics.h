//===- Diagnostics.h - coded diagnostics: registry, engine, rendering ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_DIAGNOSTICS_H
#define DYN_DSL_DIAGNOSTICS_H

#include "dyn/dsl/Source.h"

#include <concepts>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

  template <typename... Args> DiagBuilder report(SourceSpan span, Diag id, const Args &...args) {
    const std::vector<std::string> texts{detail::diagArg(args)...};
    return add(span, id, texts);
  }

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
  DiagBuilder add(SourceSpan span, Diag id, const std::vector<std::string> &args);

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
