//===- Source.cpp - source files, spans and the source manager -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Source.h"

#include <algorithm>

using namespace dyn::dsl;

SourceSpan dyn::dsl::join(SourceSpan a, SourceSpan b) {
  if (!a.isValid() || !b.isValid() || a.file != b.file)
    return a.isValid() ? a : b;
  return {a.file, std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

SourceFile::SourceFile(std::string name, std::string text)
    : fileName(std::move(name)), contents(std::move(text)) {
  lineStarts.push_back(0);
  for (uint32_t i = 0; i < size(); ++i)
    if (contents[i] == '\n')
      lineStarts.push_back(i + 1);
}

uint32_t SourceFile::lineOf(uint32_t offset) const {
  auto after = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  return static_cast<uint32_t>(after - lineStarts.begin());
}

uint32_t SourceFile::lineBegin(uint32_t line) const {
  if (line == 0 || line > lineCount())
    return size();
  return lineStarts[line - 1];
}

std::string_view SourceFile::lineText(uint32_t line) const {
  if (line == 0 || line > lineCount())
    return {};
  uint32_t begin = lineStarts[line - 1];
  uint32_t end = line < lineCount() ? lineStarts[line] - 1 : size();
  if (end > begin && contents[end - 1] == '\r')
    --end;
  return text().substr(begin, end - begin);
}

LineColumn SourceFile::lineColumn(uint32_t offset) const {
  offset = std::min(offset, size());
  uint32_t line = lineOf(offset);
  uint32_t column = 1;
  for (uint32_t i = lineStarts[line - 1]; i < offset; ++i)
    column += (static_cast<unsigned char>(contents[i]) & 0xC0) != 0x80;
  return {line, column};
}

FileId SourceManager::add(std::string name, std::string text) {
  files.emplace_back(std::move(name), std::move(text));
  return static_cast<FileId>(files.size() - 1);
}

std::optional<FileId> SourceManager::find(std::string_view name) const {
  for (size_t i = 0; i < files.size(); ++i)
    if (files[i].name() == name)
      return static_cast<FileId>(i);
  return std::nullopt;
}

LineColumn SourceManager::lineColumn(FileId id, uint32_t offset) const {
  return has(id) ? files[id].lineColumn(offset) : LineColumn();
}

std::string_view SourceManager::lineText(FileId id, uint32_t line) const {
  return has(id) ? files[id].lineText(line) : std::string_view();
}

std::string_view SourceManager::text(SourceSpan span) const {
  if (!has(span.file))
    return {};
  std::string_view all = files[span.file].text();
  size_t begin = std::min<size_t>(span.begin, all.size());
  size_t end = std::clamp<size_t>(span.end, begin, all.size());
  return all.substr(begin, end - begin);
}
