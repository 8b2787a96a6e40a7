//===- Load.h - the program that a verb works on --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TOOLS_DYN_LOAD_H
#define DYN_TOOLS_DYN_LOAD_H

#include "Commands.h"
#include "dyn/driver/Compile.h"

namespace dyn::tool {

struct Loaded {
  dsl::SourceManager sources;
  dsl::FileId main = dsl::noFile;
  driver::CompileOptions options;
  std::vector<std::string> dims;    ///< names of the program's `dim` settings
  std::vector<std::string> choices; ///< of those that are a case of an enum
  std::vector<std::string> rest; ///< its other flags
};

/// Reads the file and takes the program's `dim` settings out of its flags. On
/// failure says why.
bool load(const Request &request, Loaded &loaded);

/// Limit of the cache: the flag, else DYN_CACHE_LIMIT. On failure says why.
bool takeCacheLimit(const Request &request, driver::CompileOptions &options);

/// Prints what went wrong; the exit status.
int report(const Request &request, const dsl::Diagnostics &diagnostics,
           const driver::Failure &failure);

/// The line about compiling that a run begins with.
std::string note(const driver::Compiled &compiled);

/// A compiled program in memory.
struct Program {
  Loaded loaded;
  driver::Compiled compiled;
  driver::Jit jit;
  void (*train)(int64_t) = nullptr;

  /// Runs it with these flags; says first how it was compiled, if `tell`.
  int run(const std::string &file, std::vector<std::string> flags, bool tell);
};
/// Compiles what is loaded; 0, or the status of what was reported.
int prepare(const Request &request, Program &program);

} // namespace dyn::tool

#endif // DYN_TOOLS_DYN_LOAD_H
