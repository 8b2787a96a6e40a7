//===- Function.cpp - calling a function ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Function.h"

#include <cmath>
#include <limits>

using namespace dyn::host;

Function::State::State(std::shared_ptr<Instance::State> i, const FunctionInfo &info,
                       const Entry &entry)
    : instance(std::move(i)), info(info), entry(entry), table(entry.slots.size()),
      numbers(entry.slots.size()), moved(entry.slots.size()) {
  ranges.reserve(info.arguments.size() + info.results.size());
  used.reserve(info.arguments.size());
}

const FunctionInfo &Function::info() const noexcept {
  static const FunctionInfo none;
  return state ? state->info : none;
}

Status Function::call(Argument *arguments, size_t count) const noexcept {
  return guarded([&]() -> Status {
    if (!state)
      return fail(Code::E1001, "function");
    if (!state->instance->busy.begin())
      return fail(Code::E1019, "instance");
    Status done = guarded([&] { return state->call(arguments, count); });
    for (const State::Used &u : state->used)
      u.object->end(u.written);
    state->used.clear();
    state->instance->busy.end();
    return done;
  });
}

Status Function::State::call(Argument *arguments, size_t count) {
  if (Status bad = bind(arguments, count); !bad)
    return bad;
  dyn_error error;
  int status = dyn_run_call(instance->run, entry.code, table.data(), &error);
  constexpr int cancelled = 75; // variables have been written then, results have not
  for (size_t s = 0; s < moved.size(); ++s) {
    Moved &m = moved[s];
    if (m.back && (!status || (status == cancelled && entry.slots[s].kind != Slot::Result)))
      std::memcpy(m.where.data, m.room.data(), m.where.bytes());
    m.back = false;
  }
  if (status)
    return fromRuntime(error);
  ++instance->calls;
  return {};
}

/// `bool`, `real[n, 4]`.
static std::string described(const ValueInfo &v) {
  std::string text = v.object >= 0 ? "an object" : name(v.type);
  return v.shape.empty() ? text : text + shapeText(v.shape.data(), v.shape.size());
}

const std::string &Function::State::nameOf(size_t i) const {
  static const std::string result = "result";
  const std::string &name = argument(i).name;
  return name.empty() ? result : name;
}

Status Function::State::bind(Argument *arguments, size_t count) {
  size_t takes = info.arguments.size(), gives = info.results.size();
  if (count != takes + gives || (count && !arguments))
    return fail(Code::E1010, info.name, takes, gives, count);
  ranges.clear();
  for (size_t i = 0; i < takes; ++i)
    if (info.arguments[i].object >= 0)
      if (Status bad = bindObject(arguments[i], i); !bad)
        return bad;
  for (size_t s = 0; s < entry.slots.size(); ++s)
    if (entry.slots[s].kind == Slot::Extent)
      numbers[s] = -1; // not known yet
  for (size_t s = 0; s < entry.slots.size(); ++s) {
    const Slot &slot = entry.slots[s];
    table[s] = &numbers[s];
    Status done;
    if (slot.kind == Slot::Seed)
      numbers[s] = instance->seed;
    else if (slot.kind == Slot::Call)
      numbers[s] = instance->calls;
    else if (slot.kind == Slot::Tensor)
      table[s] = arguments[slot.argument].object->state->tensors[size_t(slot.tensor)];
    else if (slot.kind == Slot::Result)
      done = bindArray(arguments[slot.argument], size_t(slot.argument), s, true);
    else if (slot.kind == Slot::Value && arguments[slot.argument].kind == Argument::Kind::Array)
      done = bindArray(arguments[slot.argument], size_t(slot.argument), s,
                       info.arguments[size_t(slot.argument)].written);
    else if (slot.kind == Slot::Value)
      done = bindNumber(arguments[slot.argument], size_t(slot.argument), s);
    if (!done)
      return done;
  }
  return checkOverlaps();
}

static const char *kindOf(const Argument &a) {
  switch (a.kind) {
  case Argument::Kind::Object:
    return "an object";
  case Argument::Kind::Array:
    return "an array";
  case Argument::Kind::Real:
    return "a real number";
  case Argument::Kind::Integer:
    return "an integer";
  default:
    return "a bool";
  }
}

/// Whether two objects have the same tensors, which may be of two programs.
static bool alike(const ObjectInfo &a, const ObjectInfo &b) {
  auto same = [](const TensorInfo &x, const TensorInfo &y) {
    return x.name == y.name && x.type == y.type && x.shape == y.shape;
  };
  return a.type == b.type &&
         std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(), same);
}

Status Function::State::bindObject(Argument &a, size_t i) {
  const ValueInfo &v = info.arguments[i];
  if (a.kind != Argument::Kind::Object)
    return fail(Code::E1011, i + 1, info.name, v.name, described(v), kindOf(a));
  Object::State *o = a.object ? a.object->state.get() : nullptr;
  if (!o)
    return fail(Code::E1001, "object");
  const ObjectInfo &want = instance->shared->objects[size_t(v.object)];
  bool own = o->program == instance->shared && o->index == size_t(v.object);
  if (!own && !alike(want, o->info()))
    return fail(Code::E1020, i + 1, info.name, v.name, want.type, o->info().type);
  if (v.written && a.isConst)
    return fail(Code::E1017, i + 1, info.name, v.name);
  if (!o->begin(v.written))
    return fail(Code::E1019, o->info().kind);
  used.push_back({o, v.written});
  auto *begin = static_cast<const char *>(o->block.memory);
  ranges.push_back({begin, begin + o->block.bytes, v.written, i});
  return {};
}

Status Function::State::bindArray(Argument &a, size_t i, size_t slot, bool written) {
  const ValueInfo &v = argument(i);
  if (a.kind != Argument::Kind::Array)
    return fail(Code::E1011, i + 1, info.name, nameOf(i), described(v) + " to be written",
                kindOf(a));
  const Array &x = a.array;
  if (x.rank < 0 || x.rank > Array::maxRank)
    return fail(Code::E1011, i + 1, info.name, nameOf(i), described(v), "no array");
  if (x.type != v.type)
    return fail(Code::E1012, i + 1, info.name, nameOf(i), name(v.type), name(x.type));
  bool fits = size_t(x.rank) == v.shape.size();
  for (size_t d = 0; fits && d < v.shape.size(); ++d)
    fits = v.shape[d] < 0 ? x.shape[d] >= 0 : x.shape[d] == v.shape[d];
  int known = entry.slots[slot].extent;
  if (fits && known >= 0 && numbers[size_t(known)] >= 0)
    fits = x.shape[0] == numbers[size_t(known)];
  if (!fits) {
    std::vector<int64_t> want(v.shape);
    if (known >= 0)
      want[0] = numbers[size_t(known)];
    return fail(Code::E1013, i + 1, info.name, nameOf(i), shapeText(want.data(), want.size()),
                shapeText(x.shape, size_t(x.rank)));
  }
  if (known >= 0 && x.shape[0] > v.bound)
    return fail(Code::E1014, i + 1, info.name, nameOf(i), v.bound, x.shape[0]);
  if (known >= 0)
    numbers[size_t(known)] = x.shape[0];
  if (!x.contiguous())
    return fail(Code::E1015, i + 1, info.name, nameOf(i));
  size_t bytes = x.bytes(), width = widthOf(x.type);
  if (!x.data && bytes)
    return fail(Code::E1016, i + 1, info.name, nameOf(i));
  if (written && !x.writable)
    return fail(Code::E1017, i + 1, info.name, nameOf(i));
  auto *data = static_cast<char *>(x.data);
  ranges.push_back({data, data + bytes, written, i});
  if (v.limit && (*reinterpret_cast<int64_t *>(data) < 0 ||
                  *reinterpret_cast<int64_t *>(data) >= v.limit))
    return fail(Code::E1021, i + 1, info.name, nameOf(i), described(v),
                *reinterpret_cast<int64_t *>(data));
  table[slot] = data;
  if (reinterpret_cast<uintptr_t>(data) % width == 0)
    return {};
  // Code takes no element that lies askew: it works on a copy.
  Moved &m = moved[slot];
  m.where = x;
  m.back = written;
  if (m.room.size() * sizeof(std::max_align_t) < bytes)
    m.room.resize(bytes / sizeof(std::max_align_t) + 1);
  std::memcpy(m.room.data(), data, bytes);
  table[slot] = m.room.data();
  return {};
}

Status Function::State::bindNumber(Argument &a, size_t i, size_t slot) {
  const ValueInfo &v = info.arguments[i];
  if (v.written)
    return fail(Code::E1017, i + 1, info.name, nameOf(i));
  bool real = v.type == Type::F32 || v.type == Type::F64;
  bool takes = a.kind == Argument::Kind::Integer ? v.type != Type::Bool
               : a.kind == Argument::Kind::Real  ? real
               : a.kind == Argument::Kind::Bool  ? v.type == Type::Bool
                                                 : false;
  if (!takes || !v.shape.empty())
    return fail(Code::E1011, i + 1, info.name, nameOf(i), described(v), kindOf(a));
  double number = a.kind == Argument::Kind::Real ? a.real : double(a.integer);
  int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  if (v.type == Type::I32)
    low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  if (v.type == Type::U8)
    low = 0, high = 255;
  if (v.limit)
    low = 0, high = v.limit - 1;
  if (!real && (a.integer < low || a.integer > high))
    return fail(Code::E1021, i + 1, info.name, nameOf(i), described(v), a.integer);
  void *at = &numbers[slot];
  auto f32 = float(number);
  auto i32 = int32_t(a.integer);
  auto u8 = uint8_t(a.integer);
  switch (v.type) {
  case Type::F32:
    std::memcpy(at, &f32, sizeof f32);
    break;
  case Type::F64:
    std::memcpy(at, &number, sizeof number);
    break;
  case Type::I32:
    std::memcpy(at, &i32, sizeof i32);
    break;
  case Type::I64:
    numbers[slot] = a.integer;
    break;
  default:
    std::memcpy(at, &u8, sizeof u8);
  }
  return {};
}

Status Function::State::checkOverlaps() const {
  for (size_t i = 0; i < ranges.size(); ++i)
    for (size_t k = 0; k < i; ++k) {
      const Range &a = ranges[k], &b = ranges[i];
      if ((a.written || b.written) && a.begin < b.end && b.begin < a.end)
        return fail(Code::E1018, std::min(a.argument, b.argument) + 1,
                    std::max(a.argument, b.argument) + 1, info.name);
    }
  return {};
}
