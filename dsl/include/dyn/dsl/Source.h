//===- Source.h - source files, spans and the source manager -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_SOURCE_H
#define DYN_DSL_SOURCE_H

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::dsl {

using FileId = uint32_t;
inline constexpr FileId noFile = ~FileId(0);

/// A half-open range of bytes in one file.
struct SourceSpan {
  FileId file = noFile;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool isValid() const { return file != noFile; }
  bool contains(const SourceSpan &other) const {
    return file == other.file && begin <= other.begin && other.end <= end;
  }
  friend bool operator==(const SourceSpan &, const SourceSpan &) = default;
};

/// The smallest span that covers both; one of them if the other is invalid.
SourceSpan join(SourceSpan a, SourceSpan b);

/// Both count from 1. Columns count characters (code points), not bytes.
struct LineColumn {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// One source text with the offsets at which its lines begin.
class SourceFile {
public:
  SourceFile(std::string name, std::string text);

  const std::string &name() const { return fileName; }
  std::string_view text() const { return contents; }
  uint32_t size() const { return static_cast<uint32_t>(contents.size()); }

  uint32_t lineCount() const { return static_cast<uint32_t>(lineStarts.size()); }
  /// The line (from 1) that holds `offset`; offsets past the end are on the last line.
  uint32_t lineOf(uint32_t offset) const;
  uint32_t lineBegin(uint32_t line) const;
  /// The text of a line without its line end; empty for a line that does not exist.
  std::string_view lineText(uint32_t line) const;
  LineColumn lineColumn(uint32_t offset) const;

private:
  std::string fileName;
  std::string contents;
  std::vector<uint32_t> lineStarts;
};

/// Owns every source text of a compilation. Files stay where they are.
class SourceManager {
public:
  FileId add(std::string name, std::string text);
  /// The file that was added under this name.
  std::optional<FileId> find(std::string_view name) const;

  size_t fileCount() const { return files.size(); }
  const SourceFile &file(FileId id) const { return files[id]; }
  bool has(FileId id) const { return id < files.size(); }

  LineColumn lineColumn(FileId id, uint32_t offset) const;
  LineColumn begin(SourceSpan span) const { return lineColumn(span.file, span.begin); }
  std::string_view lineText(FileId id, uint32_t line) const;
  /// The text that a span covers; empty for an invalid span.
  std::string_view text(SourceSpan span) const;

private:
  std::deque<SourceFile> files;
};

} // namespace dyn::dsl

#endif // DYN_DSL_SOURCE_H
