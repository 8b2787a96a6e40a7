//===- Describe.cpp - the meta data of a program as lists ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "State.h"

#include "llvm/Support/JSON.h"

using namespace dyn::host;
namespace json = llvm::json;

static std::string text(const json::Object &o, llvm::StringRef key) {
  return o.getString(key).value_or("").str();
}

static Type typeNamed(llvm::StringRef text) {
  for (Type t : {Type::F32, Type::F64, Type::I32, Type::I64, Type::U8})
    if (text == name(t))
      return t;
  return Type::Bool;
}

template <typename T> static void fillArray(T &into, const json::Object &o) {
  into.name = text(o, "name");
  into.type = typeNamed(text(o, "type"));
  if (const json::Array *shape = o.getArray("shape"))
    for (const json::Value &n : *shape)
      into.shape.push_back(n.getAsInteger().value_or(0));
}

/// The entry of a function, and what its callers hand in.
static Entry describeEntry(const json::Object &o, FunctionInfo &info) {
  Entry e;
  const json::Array none, *list = o.getArray("arguments");
  std::string object;
  std::vector<int64_t> bounds;
  for (const json::Value &v : list ? *list : none) {
    const json::Object &a = *v.getAsObject();
    std::string kind = text(a, "kind"), parameter = text(a, "parameter");
    Slot s;
    s.extent = int(a.getInteger("extent").value_or(-1));
    bounds.push_back(a.getInteger("bound").value_or(0));
    ValueInfo value;
    fillArray(value, a);
    value.written = a.getBoolean("written").value_or(false);
    value.limit = a.getInteger("limit").value_or(0);
    value.bound = s.extent < 0 ? 0 : bounds[size_t(s.extent)];
    if (kind == "extent") {
      s.kind = Slot::Extent;
    } else if (kind == "seed") {
      s.kind = Slot::Seed;
    } else if (kind == "call") {
      s.kind = Slot::Call;
    } else if (kind == "result") {
      s.kind = Slot::Result;
      s.argument = int(info.results.size());
      info.results.push_back(std::move(value));
    } else if (kind == "tensor" && object == parameter) {
      s.kind = Slot::Tensor;
      s.argument = int(info.arguments.size()) - 1;
      s.tensor = e.slots.back().tensor + 1;
    } else if (kind == "tensor") {
      s.kind = Slot::Tensor;
      object = parameter;
      value.name = parameter;
      value.shape.clear();
      value.object = int(a.getInteger("object").value_or(0));
      s.argument = int(info.arguments.size());
      info.arguments.push_back(std::move(value));
    } else {
      s.argument = int(info.arguments.size());
      info.arguments.push_back(std::move(value));
    }
    e.slots.push_back(s);
  }
  for (Slot &s : e.slots)
    if (s.kind == Slot::Result)
      s.argument += int(info.arguments.size());
  return e;
}

static FunctionInfo describeFunction(const json::Object &o) {
  FunctionInfo f;
  f.name = text(o, "name");
  f.doc = text(o, "doc");
  f.signature = text(o, "signature");
  f.place.file = text(o, "file");
  f.place.line = int(o.getInteger("line").value_or(0));
  f.place.column = int(o.getInteger("column").value_or(0));
  f.callable = o.get("symbol") != nullptr;
  if (!f.callable) {
    f.why.code = text(o, "code");
    f.why.message = text(o, "message");
    f.why.help = text(o, "help");
    f.why.place = f.place;
    render(f.why);
  }
  return f;
}

static ObjectInfo describeObject(const json::Object &o) {
  ObjectInfo info;
  info.name = text(o, "name");
  info.type = text(o, "type");
  info.doc = text(o, "doc");
  info.kind = text(o, "kind");
  if (const json::Array *tensors = o.getArray("tensors"))
    for (const json::Value &v : *tensors) {
      TensorInfo t;
      fillArray(t, *v.getAsObject());
      t.role = text(*v.getAsObject(), "role");
      info.tensors.push_back(std::move(t));
    }
  if (const json::Array *fixed = o.getArray("fixed"))
    for (const json::Value &v : *fixed) {
      auto [name, value] = v.getAsString().value_or("").split('=');
      info.fixed.push_back({name.str(), value.str()});
    }
  return info;
}

static SettingInfo describeSetting(const json::Object &o, const Options &options) {
  SettingInfo s{text(o, "name"), text(o, "type"), text(o, "doc"), ""};
  if (const json::Value *v = o.get("default"))
    s.value = v->getAsString() ? v->getAsString()->str() : llvm::formatv("{0}", *v).str();
  if (auto given = options.dims.find(s.name); given != options.dims.end())
    s.value = given->second;
  return s;
}

Status dyn::host::describe(Program::State &s) {
  auto parsed = json::parse(s.code.compiled.meta);
  if (!parsed)
    return fail(Code::E1025, llvm::toString(parsed.takeError()));
  const json::Object *meta = parsed->getAsObject();
  if (!meta || !meta->getArray("functions") || !meta->getArray("objects"))
    return fail(Code::E1025, "the meta data has no functions");
  s.name = text(*meta, "name");
  s.doc = text(*meta, "doc");
  auto find = [&](Entry &e, const std::string &symbol) {
    e.symbol = symbol;
    e.code = symbol.empty() ? nullptr : reinterpret_cast<dyn_entry>(s.code.jit.find(symbol));
    return symbol.empty() || e.code;
  };
  for (const json::Value &v : *meta->getArray("functions")) {
    const json::Object &o = *v.getAsObject();
    FunctionInfo f = describeFunction(o);
    s.entries.push_back(describeEntry(o, f));
    s.functions.push_back(std::move(f));
    if (!find(s.entries.back(), text(o, "symbol")))
      return fail(Code::E1025, "no code for " + text(o, "symbol"));
  }
  for (const json::Value &v : *meta->getArray("objects")) {
    const json::Object &o = *v.getAsObject();
    FunctionInfo unused;
    s.objects.push_back(describeObject(o));
    s.makers.push_back(describeEntry(o, unused));
    if (!find(s.makers.back(), text(o, "make")))
      return fail(Code::E1025, "no code for " + text(o, "make"));
  }
  if (const json::Array *config = meta->getArray("config"))
    for (const json::Value &v : *config)
      s.settings.push_back(describeSetting(*v.getAsObject(), s.options));
  return {};
}
