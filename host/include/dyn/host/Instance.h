//===- Instance.h - functions, models and optimizers of a program ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_INSTANCE_H
#define DYN_HOST_INSTANCE_H

#include "dyn/host/Hooks.h"
#include "dyn/host/Program.h"

#include <concepts>
#include <optional>

namespace dyn::host {

/// A model or an optimizer: its tensors, in memory of its own. Written by one call at a
/// time; several may read it. It may outlive whatever made it.
class DYN_HOST_API Object {
public:
  Object() noexcept;
  Object(Object &&) noexcept;
  Object &operator=(Object &&) noexcept;
  ~Object();

  const ObjectInfo &info() const noexcept;
  /// The memory of a tensor, to read and write between calls.
  Result<Array> tensor(std::string_view name) noexcept;
  /// Copies a tensor out of the object, or into it.
  Status read(std::string_view name, const Array &to) const noexcept;
  Status write(std::string_view name, const Array &from) noexcept;
  /// A number, as in `set("lr", 1e-3)`.
  Status set(std::string_view name, double value) noexcept;
  Result<double> get(std::string_view name) const noexcept;

  /// A safetensors file, as `save net to "file"` writes it.
  Status save(const std::string &path) const noexcept;
  /// Names, types and shapes must agree, else nothing is changed.
  Status load(const std::string &path) noexcept;
  Result<Object> copy() const noexcept;

  struct State;

private:
  std::unique_ptr<State> state;
  friend class Instance;
  friend class Function;
};

/// What a call hands in: an object, an array, a number, or the address of one for a result.
class Argument {
public:
  enum class Kind : uint8_t { Object, Array, Real, Integer, Bool };

  Argument(Object &object) : kind(Kind::Object), object(&object) {}
  Argument(const Object &object)
      : kind(Kind::Object), isConst(true), object(const_cast<Object *>(&object)) {}
  Argument(const Array &array) : kind(Kind::Array), array(array) {}
  template <typename T>
    requires std::convertible_to<T, Array> && (!std::same_as<std::remove_cvref_t<T>, Array>)
  Argument(T &&values) : kind(Kind::Array), array(Array(std::forward<T>(values))) {}
  template <typename T>
    requires(isElement<std::remove_const_t<T>>)
  Argument(T *number) : kind(Kind::Array), array(number, {}) {}
  template <std::floating_point T> Argument(T number) : kind(Kind::Real), real(number) {}
  template <std::same_as<bool> T> Argument(T b) : kind(Kind::Bool), integer(b) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Argument(T number) : kind(Kind::Integer), integer(int64_t(number)) {}

  Kind kind;
  bool isConst = false;
  Object *object = nullptr;
  Array array;
  double real = 0;
  int64_t integer = 0;
};

/// A function of an instance, ready to be called.
class DYN_HOST_API Function {
public:
  const FunctionInfo &info() const noexcept;
  /// What it takes, in order, then where its results go. Allocates nothing.
  template <typename... Args> Status operator()(Args &&...args) const noexcept {
    Argument all[] = {Argument(std::forward<Args>(args))...};
    return call(all, sizeof...(args));
  }
  Status operator()() const noexcept { return call(nullptr, 0); }
  Status call(Argument *arguments, size_t count) const noexcept;

  struct State;

private:
  std::shared_ptr<State> state;
  friend class Instance;
};

struct InstanceOptions {
  int64_t seed = 0;     ///< root of all draws
  unsigned threads = 0; ///< that work on a call, the caller's among them; 0: that alone
  std::map<std::string, std::string> settings;
  Hooks hooks;
};

/// Settings, random draws and memory to call a program's functions with. One thread at a
/// time; instances share nothing but code, so any number may work at once.
class DYN_HOST_API Instance {
public:
  /// A new model or optimizer: `Regressor`, or `step.net` for what parameter `net` of
  /// `step` takes. A model has the draws that `var net = ...` has in a run of this seed.
  Result<Object> make(std::string_view name, std::optional<int64_t> seed = {}) noexcept;
  Result<Function> function(std::string_view name) noexcept;
  /// Another value of a setting that is no `dim`.
  Status set(std::string_view name, const std::string &value) noexcept;
  Status set(std::string_view name, double value) noexcept;
  /// The seed of the calls that follow, which are counted anew.
  Status seed(int64_t seed) noexcept;
  /// From any thread: the call in progress ends with E1115 where an iteration of a loop begins;
  /// else the next one does, at once. Nothing is lost: what the call changes then holds the values
  /// that its variables had there.
  void cancel() noexcept;
  const Program &program() const noexcept;

  struct State;

private:
  std::shared_ptr<State> state;
  friend class Program;
};

} // namespace dyn::host

#endif // DYN_HOST_INSTANCE_H
