//===- Object.cpp - models and optimizers ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "State.h"

using namespace dyn::host;

static size_t elements(const TensorInfo &t) {
  size_t n = 1;
  for (int64_t e : t.shape)
    n *= size_t(e);
  return n;
}

/// Bytes of a tensor with what keeps the next one aligned.
static size_t room(const TensorInfo &t) {
  size_t bytes = std::max<size_t>(elements(t) * widthOf(t.type), 1);
  return (bytes + Block::alignment - 1) / Block::alignment * Block::alignment;
}

static size_t bytesOf(const ObjectInfo &info) {
  size_t bytes = Block::alignment;
  for (const TensorInfo &t : info.tensors)
    bytes += room(t);
  return bytes;
}

Object::State::State(std::shared_ptr<const Program::State> p, size_t index, const Hooks &hooks)
    : program(std::move(p)), index(index), hooks(hooks), block(hooks, bytesOf(info())) {
  auto *at = static_cast<char *>(block.memory);
  for (const TensorInfo &t : info().tensors) {
    tensors.push_back(at);
    at += room(t);
  }
}

bool Object::State::begin(bool writes) const {
  int now = users.load(std::memory_order_relaxed);
  do {
    if (now < 0 || (writes && now))
      return false;
  } while (!users.compare_exchange_weak(now, writes ? -1 : now + 1, std::memory_order_acquire,
                                        std::memory_order_relaxed));
  return true;
}

Object::Object() noexcept = default;
Object::Object(Object &&) noexcept = default;
Object &Object::operator=(Object &&) noexcept = default;
Object::~Object() = default;

const ObjectInfo &Object::info() const noexcept {
  static const ObjectInfo none;
  return state ? state->info() : none;
}

static Array view(const TensorInfo &t, void *data) {
  Array a;
  a.data = data;
  a.type = t.type;
  a.writable = true;
  a.rank = int(t.shape.size());
  int64_t step = 1;
  for (int i = a.rank; i-- > 0; step *= t.shape[size_t(i)]) {
    a.shape[i] = t.shape[size_t(i)];
    a.strides[i] = step;
  }
  return a;
}

/// The tensor called `name`.
static Result<Array> find(const Object::State *s, std::string_view name) {
  if (!s)
    return fail(Code::E1001, "object");
  std::vector<std::string> names;
  for (size_t i = 0; i < s->info().tensors.size(); ++i) {
    const TensorInfo &t = s->info().tensors[i];
    if (t.name == name)
      return view(t, s->tensors[i]);
    names.push_back(t.name);
  }
  return fail(Code::E1006, s->info().type, name, nearest(name, names));
}

/// Whether `host` has the type and shape of the tensor `t`.
static Status check(std::string_view name, const Array &t, const Array &host, bool written) {
  bool same = host.rank == t.rank && host.type == t.type;
  for (int i = 0; same && i < t.rank; ++i)
    same = host.shape[i] == t.shape[i];
  auto what = [](const Array &a) {
    if (a.rank < 0 || a.rank > Array::maxRank)
      return std::string("no array");
    return dyn::host::name(a.type) + shapeText(a.shape, size_t(a.rank));
  };
  if (!same)
    return fail(Code::E1023, name, what(t), "", what(host));
  if (!host.data && t.elements())
    return fail(Code::E1023, name, what(t), "", "a null pointer");
  if (written && !host.writable)
    return fail(Code::E1023, name, what(t), ", to be written", "constant memory");
  return {};
}

/// Uses an object for what `f` does with it, unless a call does.
template <typename F> static Status using_(const Object::State *s, bool writes, F f) {
  if (!s)
    return fail(Code::E1001, "object");
  if (!s->begin(writes))
    return fail(Code::E1019, s->info().kind);
  Status done = f();
  s->end(writes);
  return done;
}

Result<Array> Object::tensor(std::string_view name) noexcept {
  return guarded([&] { return find(state.get(), name); });
}

Status Object::read(std::string_view name, const Array &to) const noexcept {
  return guarded([&] {
    return using_(state.get(), false, [&]() -> Status {
      Result<Array> t = find(state.get(), name);
      if (!t)
        return t.error();
      if (Status bad = check(name, *t, to, true); !bad)
        return bad;
      copyElements(*t, to);
      return {};
    });
  });
}

Status Object::write(std::string_view name, const Array &from) noexcept {
  return guarded([&] {
    return using_(state.get(), true, [&]() -> Status {
      Result<Array> t = find(state.get(), name);
      if (!t)
        return t.error();
      if (Status bad = check(name, *t, from, false); !bad)
        return bad;
      copyElements(from, *t);
      return {};
    });
  });
}

Status Object::set(std::string_view name, double value) noexcept {
  return guarded([&]() -> Status {
    Result<Array> t = find(state.get(), name);
    if (!t)
      return t.error();
    auto f32 = float(value);
    auto i64 = int64_t(std::clamp(value, -9e15, 9e15));
    bool truth = value != 0;
    switch (t->type) {
    case Type::F32:
      return write(name, Array(&f32, {}));
    case Type::F64:
      return write(name, Array(&value, {}));
    case Type::Bool:
      return write(name, Array(&truth, {}));
    default:
      return write(name, Array(&i64, {}));
    }
  });
}

Result<double> Object::get(std::string_view name) const noexcept {
  return guarded([&]() -> Result<double> {
    Result<Array> t = find(state.get(), name);
    if (!t)
      return t.error();
    float f32 = 0;
    double f64 = 0;
    int64_t i64 = 0;
    bool truth = false;
    Array to = t->type == Type::F32    ? Array(&f32, {})
               : t->type == Type::F64  ? Array(&f64, {})
               : t->type == Type::Bool ? Array(&truth, {})
                                       : Array(&i64, {});
    if (Status bad = read(name, to); !bad)
      return bad.error();
    return double(f32) + f64 + double(i64) + double(truth);
  });
}

/// What files hold.
static std::vector<dyn_tensor> stored(const Object::State &s) {
  std::vector<dyn_tensor> all;
  for (size_t i = 0; i < s.tensors.size(); ++i) {
    const TensorInfo &t = s.info().tensors[i];
    all.push_back({t.name.c_str(), int32_t(t.type), int32_t(t.shape.size()), t.shape.data(),
                   s.tensors[i]});
  }
  for (const auto &[name, value] : s.info().fixed)
    all.push_back({name.c_str(), 0, -1, nullptr, const_cast<char *>(value.c_str())});
  return all;
}

Status Object::save(const std::string &path) const noexcept {
  return guarded([&] {
    return using_(state.get(), false, [&]() -> Status {
      std::vector<dyn_tensor> all = stored(*state);
      dyn_error error{};
      if (dyn_tensors_save(path.c_str(), all.data(), all.size(), &error))
        return fromRuntime(error);
      return {};
    });
  });
}

Status Object::load(const std::string &path) noexcept {
  return guarded([&] {
    return using_(state.get(), true, [&]() -> Status {
      std::vector<dyn_tensor> all = stored(*state);
      dyn_error error{};
      if (dyn_tensors_load(path.c_str(), all.data(), all.size(), &error))
        return fromRuntime(error);
      return {};
    });
  });
}

Result<Object> Object::copy() const noexcept {
  return guarded([&]() -> Result<Object> {
    Object o;
    Status done = using_(state.get(), false, [&]() -> Status {
      o.state = std::make_unique<State>(state->program, state->index, state->hooks);
      size_t used = bytesOf(state->info()) - Block::alignment;
      std::memcpy(o.state->block.memory, state->block.memory, used);
      return {};
    });
    if (!done)
      return done.error();
    return o;
  });
}
