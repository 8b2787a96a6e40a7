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

/// Looks up a program by its main source and options. A hit means that every
/// file it used is unchanged and that the entry's checksum holds.
std::optional<Compiled> lookUp(const std::string &mainText, const CompileOptions &options);

/// Stores an entry: written aside, flushed, renamed. Failing to store is no error.
void store(const std::string &mainText, const CompileOptions &options, const Compiled &compiled,
           const std::vector<std::string> &files);

} // namespace dyn::driver

#endif // DYN_DRIVER_CACHE_H
