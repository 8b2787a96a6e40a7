//===- Compile.h - from a source file to an object ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_COMPILE_H
#define DYN_DRIVER_COMPILE_H

#include "dyn/dsl/Diagnostics.h"
#include "dyn/dsl/Source.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dyn::driver {

enum class Stage { Ast, Dyn, Grad, Linalg, Kernels, Llvm, Asm, Obj };

/// What generated code is instrumented for; its process has this sanitizer.
enum class Sanitizer { None, Address, Thread };

struct CompileOptions {
  bool optimize = true;                      ///< -O3, else -O0
  std::string cpu = "host";                  ///< a name LLVM knows, or "host"
  bool f64 = false;                          ///< the program's `real`
  std::map<std::string, std::string> config; ///< values of `dim` entries
  std::vector<std::string> libraryPaths;
  bool forHosts = false;              ///< entries that a host calls, instead of `train`
  std::vector<std::string> functions; ///< the entries asked for; empty: all there can be
  std::string prefix;                 ///< of their names; empty: the program's name
  bool useCache = true;
  std::string cacheFolder;            ///< empty: the user's
  uint64_t cacheLimit = uint64_t(512) << 20; ///< bytes of all entries; the oldest go first
  Sanitizer sanitizer = Sanitizer::None;
  bool catchCrashes = true; ///< by signal handlers, for a process of our own
};

struct Compiled {
  std::string meta;   ///< JSON for the runtime
  std::string object; ///< relocatable: defines the entries and `dyn_program_meta`
  unsigned kernels = 0;
  bool fromCache = false;
  double seconds = 0;
};

/// Status of the process when a step failed: 1 wrong program, 70 our fault.
struct Failure {
  int status = 1;
  std::string message; ///< empty when the diagnostics say it all
};

/// Compiles `main`. On failure reports to `diagnostics` or fills `failure`.
std::optional<Compiled> compile(dsl::SourceManager &sources, dsl::FileId main,
                                const CompileOptions &options, dsl::Diagnostics &diagnostics,
                                Failure &failure);

/// Text (or bytes, for `Obj`) of one stage.
std::optional<std::string> emit(dsl::SourceManager &sources, dsl::FileId main, Stage stage,
                                const CompileOptions &options, dsl::Diagnostics &diagnostics,
                                Failure &failure);

/// Loads an object into this process.
class Jit {
public:
  Jit();
  ~Jit();
  /// Empty, or why it failed.
  std::string load(const std::string &object);
  /// The address of a symbol of the object; null when it has none of this name.
  void *find(const std::string &symbol);

private:
  struct State;
  std::unique_ptr<State> state;
};

/// Links an object with the runtime into a native executable. Returns a reason on failure.
std::string linkExecutable(const std::string &object, const std::string &output);

/// What the symbols of a library begin with; names in its header begin with the program's.
std::string symbolPrefix(const std::string &program);

/// The functions of meta data that a host can call, and why it cannot call the others.
struct Callable {
  unsigned count = 0;
  std::vector<std::string> others;
};
Callable callableOf(const std::string &meta);

/// Writes lib`program`.a and `program`.h into `folder`. Returns a reason on failure.
std::string writeLibrary(const Compiled &compiled, const std::string &program,
                         const std::string &folder);

/// The cache on disk.
std::string cacheFolder();
struct CacheUse {
  uint64_t entries = 0, bytes = 0;
};
CacheUse cacheUse();
bool clearCache();

} // namespace dyn::driver

#endif // DYN_DRIVER_COMPILE_H
