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

/// Writes aside, flushes, renames, flushes the folder. On failure raises E0601;
/// the former file is then as it was.
void writeFile(const std::string &path, std::string_view contents);

/// The whole file; raises E0501.
std::string readFile(const std::string &path);

/// Makes a folder and those above it; an empty text, or the reason.
std::string makeFolders(const std::string &path);

/// Whether a relative path may lead out of the folder it is relative to.
bool leavesFolder(std::string_view path);

} // namespace dyn::rt

#endif // DYN_RUNTIME_ATOMICFILE_H
