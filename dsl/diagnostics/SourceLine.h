//===- SourceLine.h - one source line as the terminal shows it -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_DIAGNOSTICS_SOURCELINE_H
#define DYN_DSL_DIAGNOSTICS_SOURCELINE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::dsl::detail {

/// The text of a line with tabs expanded and control characters spelled, cut to a window if it is
/// long, and the column on which each byte ended up.
class SourceLine {
public:
  /// `focus` is the byte that must stay visible.
  SourceLine(std::string_view text, size_t focus);

  const std::string &shown() const { return shownText; }
  /// The column (from 0) of a byte, within the window.
  size_t column(size_t byte) const;

private:
  std::string shownText;
  std::vector<size_t> columns; ///< one for each byte and one for the end
  size_t from = 0;
  size_t to = 0;
};

} // namespace dyn::dsl::detail

#endif // DYN_DSL_DIAGNOSTICS_SOURCELINE_H
