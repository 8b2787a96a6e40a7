//===- Instance.cpp - settings, draws and memory for calls ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "State.h"

#include "Function.h"

#include "dyn/dsl/Elaborate.h"

#include <charconv>
#include <cmath>

using namespace dyn::host;

static std::string text(std::string_view s) { return std::string(s); }

std::vector<dyn_setting> dyn::host::list(const std::map<std::string, std::string> &settings) {
  std::vector<dyn_setting> all;
  for (auto &[name, value] : settings)
    all.push_back({name.c_str(), value.c_str()});
  return all;
}

dyn_hooks dyn::host::adapt(Hooks &hooks) {
  dyn_hooks h{};
  h.user = &hooks;
  if (hooks.parallelFor)
    h.parallel_for = [](void *user, int64_t tasks, void (*task)(void *, int64_t),
                        void *environment) {
      static_cast<Hooks *>(user)->parallelFor(tasks, task, environment);
    };
  if (hooks.allocate && hooks.release) {
    h.allocate = [](void *user, size_t bytes, size_t alignment) {
      return static_cast<Hooks *>(user)->allocate(bytes, alignment);
    };
    h.release = [](void *user, void *memory, size_t bytes) {
      static_cast<Hooks *>(user)->release(memory, bytes);
    };
  }
  if (hooks.log)
    h.log = [](void *user, const char *text) { static_cast<Hooks *>(user)->log(text); };
  if (hooks.metric)
    h.metric = [](void *user, const char *series, int64_t step, double value) {
      static_cast<Hooks *>(user)->metric(series, step, value);
    };
  return h;
}

static const SettingInfo *findSetting(const Program::State &p, std::string_view name) {
  for (const SettingInfo &s : p.settings)
    if (s.name == name)
      return &s;
  return nullptr;
}

/// Whether `value` is all of a number, or what else the type takes.
static bool isValue(const std::string &type, const std::string &value) {
  const char *begin = value.data(), *end = begin + value.size();
  double real;
  int64_t whole;
  if (type == "real")
    return std::from_chars(begin, end, real) == std::from_chars_result{end, {}} &&
           std::isfinite(real);
  if (type == "int")
    return std::from_chars(begin, end, whole) == std::from_chars_result{end, {}};
  return type != "bool" || value == "true" || value == "false";
}

static Status checkSetting(const Program::State &p, std::string_view name,
                           const std::string &value) {
  const SettingInfo *s = findSetting(p, name);
  if (s && dyn::dsl::ConfigEntry{s->name, s->type, ""}.isStatic())
    return fail(Code::E1009, name, s->value);
  if (s && !isValue(s->type, value))
    return fail(Code::E1008, value, name, "a value of type " + s->type);
  if (s)
    return {};
  std::vector<std::string> names;
  for (const SettingInfo &known : p.settings)
    names.push_back(known.name);
  return fail(Code::E1007, name, nearest(name, names));
}

Status dyn::host::checkSettings(const Program::State &p,
                                const std::map<std::string, std::string> &given) {
  for (auto &[name, value] : given)
    if (Status bad = checkSetting(p, name, value); !bad)
      return bad;
  return {};
}

Result<Instance> Program::instantiate(const InstanceOptions &options) const noexcept {
  return guarded([&]() -> Result<Instance> {
    if (!state)
      return fail(Code::E1001, "program");
    if (Status bad = checkSettings(*state, options.settings); !bad)
      return bad.error();
    if (!options.hooks.allocate != !options.hooks.release)
      return fail(Code::E1026, "hooks", "half", "allocate and release belong together");
    auto s = std::make_shared<Instance::State>();
    s->program = *this;
    s->shared = state;
    s->hooks = options.hooks;
    s->seed = options.seed;
    std::vector<dyn_setting> settings = list(options.settings);
    dyn_run_options o{};
    o.size = sizeof o;
    o.settings = settings.data();
    o.setting_count = settings.size();
    o.seed = options.seed;
    o.threads = options.threads;
    o.hooks = adapt(s->hooks);
    dyn_error error{};
    if (dyn_run_create(&state->code.program, &o, &s->run, &error))
      return fromRuntime(error);
    Instance i;
    i.state = std::move(s);
    return i;
  });
}

Result<Instance> Program::instantiate() const noexcept { return instantiate(InstanceOptions()); }

const Program &Instance::program() const noexcept {
  static const Program none;
  return state ? state->program : none;
}

Status Instance::set(std::string_view name, const std::string &value) noexcept {
  return guarded([&]() -> Status {
    if (!state)
      return fail(Code::E1001, "instance");
    if (Status bad = checkSetting(*state->shared, name, value); !bad)
      return bad;
    if (!state->busy.begin())
      return fail(Code::E1019, "instance");
    dyn_error error{};
    int status = dyn_run_set(state->run, text(name).c_str(), value.c_str(), &error);
    state->busy.end();
    return status ? Status(fromRuntime(error)) : Status();
  });
}

Status Instance::set(std::string_view name, double value) noexcept {
  return guarded([&]() -> Status {
    const SettingInfo *s = state ? findSetting(*state->shared, name) : nullptr;
    bool whole = std::floor(value) == value && std::fabs(value) < 9e15;
    if (s && s->type == "int" && whole)
      return set(name, std::to_string(int64_t(value)));
    if (s && s->type == "bool" && (value == 0 || value == 1))
      return set(name, std::string(value == 1 ? "true" : "false"));
    return set(name, fmt::format("{}", value));
  });
}

Status Instance::seed(int64_t seed) noexcept {
  return guarded([&]() -> Status {
    if (!state)
      return fail(Code::E1001, "instance");
    if (!state->busy.begin())
      return fail(Code::E1019, "instance");
    state->seed = seed;
    state->calls = 0;
    state->busy.end();
    return {};
  });
}

void Instance::cancel() noexcept {
  if (state)
    dyn_run_cancel(state->run);
}

/// Position of the object called `name`, or why there is none.
static Result<int64_t> findObject(const Program::State &p, std::string_view name) {
  std::vector<std::string> names;
  size_t dot = name.find('.');
  if (dot != name.npos)
    for (const FunctionInfo &f : p.functions)
      if (f.name == name.substr(0, dot))
        for (const ValueInfo &v : f.arguments)
          if (v.object >= 0 && v.name == name.substr(dot + 1))
            return int64_t(v.object);
  int64_t found = -1;
  std::string candidates;
  int count = 0;
  for (size_t i = 0; i < p.objects.size(); ++i) {
    names.push_back(p.objects[i].name);
    if (p.objects[i].name != name && p.objects[i].type != name)
      continue;
    found = int64_t(i);
    ++count;
    candidates += (candidates.empty() ? "`" : ", `") + p.objects[i].type + "`";
  }
  if (!count)
    return fail(Code::E1004, name, nearest(name, names));
  if (count > 1)
    return fail(Code::E1005, name, candidates);
  return found;
}

Result<Object> Instance::make(std::string_view name, std::optional<int64_t> seed) noexcept {
  return guarded([&]() -> Result<Object> {
    if (!state)
      return fail(Code::E1001, "instance");
    Result<int64_t> at = findObject(*state->shared, name);
    if (!at)
      return at.error();
    auto index = size_t(*at);
    const Entry &maker = state->shared->makers[index];
    if (!maker.code)
      return fail(Code::E1004, name, "");
    if (!state->busy.begin())
      return fail(Code::E1019, "instance");
    dyn_error error{};
    int status = 0;
    Object o;
    Status made = guarded([&]() -> Status {
      o.state = std::make_unique<Object::State>(state->shared, index, state->hooks);
      int64_t key = seed.value_or(state->seed), none = 0;
      std::vector<void *> table;
      for (const Slot &s : maker.slots)
        table.push_back(s.kind == Slot::Seed     ? static_cast<void *>(&key)
                        : s.kind == Slot::Result ? o.state->tensors[size_t(s.argument)]
                                                 : &none);
      status = dyn_run_call(state->run, maker.code, table.data(), &error);
      return {};
    });
    state->busy.end();
    if (!made)
      return made.error();
    if (status)
      return fromRuntime(error);
    return o;
  });
}

Result<Function> Instance::function(std::string_view name) noexcept {
  return guarded([&]() -> Result<Function> {
    if (!state)
      return fail(Code::E1001, "instance");
    std::vector<std::string> names;
    const Program::State &p = *state->shared;
    for (size_t i = 0; i < p.functions.size(); ++i) {
      names.push_back(p.functions[i].name);
      if (p.functions[i].name != name)
        continue;
      if (!p.functions[i].callable)
        return p.functions[i].why;
      Function f;
      f.state = std::make_shared<Function::State>(state, p.functions[i], p.entries[i]);
      return f;
    }
    return fail(Code::E1003, name, nearest(name, names));
  });
}
