//===- Cache.h - compiled programs on disk, addressed by content ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_CACHE_H
#define DYN_DRIVER_CACHE_H

#include "dyn/driver/Compile.h"

namespace dyn::driver {

/// Looks up a program by its main file and options. A hit means that every
/// module it used would be found again, unchanged, and that the entry is whole.
std::optional<Compiled> lookUp(const dsl::SourceFile &main, const CompileOptions &options);

/// Stores an entry: written aside, flushed, renamed. Failing to store is no error.
/// `used` names the files that were read besides `main`.
void store(const dsl::SourceFile &main, const CompileOptions &options, const Compiled &compiled,
           const std::vector<std::string> &used);

/// Removes what was used longest ago until all entries of `folder` have at most `limit` bytes,
/// and what writers left that were killed.
void trimCache(const std::string &folder, uint64_t limit);

} // namespace dyn::driver

#endif // DYN_DRIVER_CACHE_H
