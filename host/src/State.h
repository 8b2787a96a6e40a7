//===- State.h - what the handles hold ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_STATE_H
#define DYN_HOST_STATE_H

#include "Errors.h"
#include "Memory.h"
#include "dyn/driver/Compile.h"
#include "dyn/host/Instance.h"
#include "dyn/host/Run.h"

#include <atomic>
#include <mutex>

namespace dyn::host {

/// One buffer of an entry's table (docs/runtime.md).
struct Slot {
  enum Kind : uint8_t { Extent, Value, Tensor, Seed, Call, Result } kind = Value;
  int argument = -1; ///< position among what a call hands in, results behind the arguments
  int tensor = 0;    ///< of the object
  int extent = -1;   ///< the slot of a run-time leading extent
};
struct Entry {
  std::string symbol;
  dyn_entry code = nullptr;
  std::vector<Slot> slots;
};

/// An object in memory: its meta data and its machine code.
struct Loaded {
  driver::Compiled compiled;
  driver::Jit jit;
  dyn_rt_program program{};
};

struct Program::State {
  std::string path, text, name, doc;
  Options options;
  Loaded code;
  std::vector<FunctionInfo> functions;
  std::vector<ObjectInfo> objects;
  std::vector<SettingInfo> settings;
  std::vector<Entry> entries, makers; ///< of functions and objects
  bool hasTrain = false;

  mutable std::mutex trainLock;
  mutable std::shared_ptr<const Loaded> train; ///< compiled when first asked for
};

/// Compiles what a state names: its functions, or its `train`. Success is an empty error.
Status compile(Program::State &state, Loaded &into, bool train);
/// Fills the lists of a state from its meta data.
Status describe(Program::State &state);
Status checkSettings(const Program::State &state, const std::map<std::string, std::string> &given);

/// Hooks as the runtime takes them; `hooks` must stay.
dyn_hooks adapt(Hooks &hooks);
/// The settings as the runtime takes them; the texts stay those of `settings`.
std::vector<dyn_setting> list(const std::map<std::string, std::string> &settings);

/// True while one thread uses something.
class Busy {
public:
  bool begin() { return !used.exchange(true, std::memory_order_acquire); }
  void end() { used.store(false, std::memory_order_release); }

private:
  std::atomic<bool> used{false};
};

struct Instance::State {
  Program program;
  std::shared_ptr<const Program::State> shared;
  Hooks hooks;
  dyn_run *run = nullptr;
  int64_t seed = 0, calls = 0;
  Busy busy;
  ~State() { dyn_run_destroy(run); }
};

struct Object::State {
  std::shared_ptr<const Program::State> program;
  size_t index;
  Hooks hooks;
  Block block;
  std::vector<void *> tensors;
  /// Calls that read it; -1: one that writes.
  mutable std::atomic<int> users{0};

  State(std::shared_ptr<const Program::State> program, size_t index, const Hooks &hooks);
  const ObjectInfo &info() const { return program->objects[index]; }
  bool begin(bool writes) const;
  void end(bool writes) const { users.fetch_add(writes ? 1 : -1, std::memory_order_release); }
};

} // namespace dyn::host

#endif // DYN_HOST_STATE_H
