//===- Program.h - a compiled program ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_PROGRAM_H
#define DYN_HOST_PROGRAM_H

#include "dyn/host/Array.h"
#include "dyn/host/Error.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::host {

class Instance;
class Run;
struct InstanceOptions;
struct RunOptions;

enum class Sanitizer { None, Address, Thread };

struct Options {
  std::vector<std::string> searchPath;     ///< folders with modules, before the library
  std::map<std::string, std::string> dims; ///< values of `dim` settings, cases of enums
  std::vector<std::string> functions;      ///< to be compiled; empty: all that can be called
  bool f64 = false;                        ///< `real` is f64 instead of f32
  bool optimize = true;                    ///< false: plain loops, the reference; a call that fails
                                           ///< there does not give back its buffers
  std::string cpu = "host";                ///< a name that LLVM knows
  std::string cache;                       ///< a folder for compiled programs; empty: none
  /// Instruments the generated code, for a process that has this sanitizer.
  Sanitizer sanitizer = Sanitizer::None;
};

/// An array or number that a function takes or gives. A leading extent of -1 is a run-time
/// one, of at most `bound`.
struct ValueInfo {
  std::string name;
  Type type = Type::F32;
  std::vector<int64_t> shape;
  int64_t bound = 0;
  int64_t limit = 0;    ///< of a case of an enum: how many there are; else 0
  bool written = false; ///< changed in place (`var`)
  int object = -1;      ///< a model or optimizer: its position in the program's objects
};

struct FunctionInfo {
  std::string name, doc;
  std::string signature; ///< as it was written
  Place place;
  /// What a call hands in, in order (of records and tuples each part), then the results.
  std::vector<ValueInfo> arguments, results;
  bool callable = false;
  Error why; ///< when it is not
};

struct TensorInfo {
  std::string name;
  Type type = Type::F32;
  std::vector<int64_t> shape;
  std::string role; ///< "param", "state" or "setting" (an argument of its constructor)
};

struct ObjectInfo {
  std::string name; ///< as it is declared
  std::string type; ///< with what it is made of, "Regressor(hidden: 16)"
  std::string doc;
  std::string kind; ///< "model", "optimizer" or "mask"
  std::vector<TensorInfo> tensors;
  std::vector<std::pair<std::string, std::string>> fixed; ///< what else it was made with, by name
};

/// An entry of `config`.
struct SettingInfo {
  std::string name, type, doc;
  std::string value; ///< its default; what is fixed, as it is in this program
};

/// Compiled code and what is known of it. Handles share it; any number of threads may use it.
class DYN_HOST_API Program {
public:
  static Result<Program> fromFile(const std::string &path, const Options &options = {}) noexcept;
  /// `name` stands for the file in errors.
  static Result<Program> fromText(std::string_view text, const std::string &name = "program.dyn",
                                  const Options &options = {}) noexcept;

  const std::string &name() const noexcept;
  const std::string &doc() const noexcept;
  const std::vector<FunctionInfo> &functions() const noexcept;
  const std::vector<ObjectInfo> &objects() const noexcept;
  const std::vector<SettingInfo> &settings() const noexcept;
  bool hasTrain() const noexcept;
  double seconds() const noexcept; ///< that compiling took
  bool fromCache() const noexcept;

  /// The same program with another value of a `dim` setting: compiled again.
  Result<Program> with(std::string_view dim, int64_t value) const noexcept;

  /// Something to call functions with.
  Result<Instance> instantiate(const InstanceOptions &options) const noexcept;
  Result<Instance> instantiate() const noexcept;
  /// A run of the whole `train`.
  Result<Run> run(const RunOptions &options) const noexcept;

  struct State;

private:
  std::shared_ptr<const State> state;
  friend class Instance;
  friend class Run;
};

} // namespace dyn::host

#endif // DYN_HOST_PROGRAM_H
