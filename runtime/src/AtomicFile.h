//===- AtomicFile.h - writing a file so that nothing is lost ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_ATOMICFILE_H
#define DYN_RUNTIME_ATOMICFILE_H

#include <string>
#include <string_view>

namespace dyn::rt {

/// A file written in parts: aside at first, then flushed and renamed by `commit`. On
/// failure raises E0601; the former file is as it was, and nothing is left behind.
class AtomicFile {
public:
  explicit AtomicFile(const std::string &path);
  AtomicFile(const AtomicFile &) = delete;
  ~AtomicFile();
  void write(std::string_view part);
  void commit();

private:
  [[noreturn]] void fail(int reason);
  std::string path, temporary;
  int file = -1;
};

/// A whole file at once.
void writeFile(const std::string &path, std::string_view contents);

/// Removes what writers that were killed left in a folder.
void removeStale(const std::string &folder);

/// The whole file; raises E0501.
std::string readFile(const std::string &path);

/// Makes a folder and those above it; an empty text, or the reason.
std::string makeFolders(const std::string &path);

/// Whether a relative path may lead out of the folder it is relative to.
bool leavesFolder(std::string_view path);

} // namespace dyn::rt

#endif // DYN_RUNTIME_ATOMICFILE_H
