//===- Value.cpp - walking and describing elaborated values ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Value.h"

#include <charconv>

using namespace dyn::dsl;

/// How many dimensions in front of a mask's values for tensor `k` are a stack's.
static int64_t stackRank(const Val &mask, size_t k) {
  int at = mask.field("@selection");
  bool known = at >= 0 && k < mask.items[at].items.size();
  return known ? int64_t(mask.items[at].items[k].stack.size()) : 0;
}

/// As short as it can be read back.
static std::string numeral(const Val &v) {
  if (v.kind == ValKind::Bool)
    return v.number ? "true" : "false";
  if (v.kind == ValKind::Int)
    return std::to_string(v.number);
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, v.real).ptr};
}

/// What a model, optimizer or mask was made with.
static void collectArguments(Val &v, std::vector<Leaf> &out, std::vector<std::string> &fixed,
                             const std::string &path) {
  if (v.isArray())
    out.push_back({path, &v, int64_t(v.array.shape.size()), Role::Field});
  bool hidden = path[0] == '@' || path.find(".@") != path.npos;
  if (v.isStatic() && !hidden)
    fixed.push_back(path + "=" + numeral(v));
  for (size_t i = 0; i < v.items.size(); ++i)
    collectArguments(v.items[i], out, fixed,
                     path + "." + (i < v.names.size() ? v.names[i] : std::to_string(i)));
}

/// Leaves in declaration order, and arguments if `fixed` is there.
static void collect(Val &v, std::vector<Leaf> &out, std::vector<std::string> *fixed,
                    const std::string &prefix) {
  if (v.kind == ValKind::Tuple) {
    for (size_t i = 0; i < v.items.size(); ++i)
      collect(v.items[i], out, fixed, prefix + (prefix.empty() ? "" : ".") + std::to_string(i));
    return;
  }
  if (v.kind != ValKind::Struct)
    return;
  for (size_t i = 0; i < v.items.size(); ++i) {
    std::string path = prefix.empty() ? v.names[i] : prefix + "." + v.names[i];
    Role role = v.roles[i];
    if (role == Role::Argument || role == Role::Field) {
      if (fixed)
        collectArguments(v.items[i], out, *fixed, path);
      continue;
    }
    if (role == Role::Sub)
      collect(v.items[i], out, fixed, path);
    else if (v.items[i].isArray())
      out.push_back({path, &v.items[i],
                     int64_t(v.items[i].array.shape.size()) - int64_t(v.stack.size()), role});
    else if (v.items[i].kind == ValKind::Delta)
      for (size_t k = 0; k < v.items[i].items.size(); ++k) {
        Val &item = v.items[i].items[k];
        int64_t inFront = int64_t(v.stack.size()) + stackRank(v, k);
        out.push_back({path + "." + v.items[i].names[k], &item,
                       int64_t(item.array.shape.size()) - inFront, role, v.items[i].names[k]});
      }
  }
}

void dyn::dsl::collectLeaves(Val &v, std::vector<Leaf> &out, const std::string &prefix) {
  collect(v, out, nullptr, prefix);
}

void dyn::dsl::collectStored(Val &v, std::vector<Leaf> &out, std::vector<std::string> &fixed) {
  collect(v, out, &fixed, "");
}

void dyn::dsl::collectValues(Val &v, llvm::SmallVectorImpl<mlir::Value *> &out) {
  if (v.kind == ValKind::Array || v.kind == ValKind::Handle)
    out.push_back(&v.array.value);
  for (Val &item : v.items)
    collectValues(item, out);
}

void dyn::dsl::forgetLimits(Val &v) {
  v.array.limit = 0;
  for (Val &item : v.items)
    forgetLimits(item);
}

std::string dyn::dsl::describe(const Extent &e) {
  return e.isStatic() ? std::to_string(e.size) : "n <= " + std::to_string(e.bound);
}

static const char *elemName(Elem e) {
  switch (e) {
  case Elem::F32:
  case Elem::F64:
    return "real";
  case Elem::I32:
    return "i32";
  case Elem::I64:
    return "int";
  case Elem::U8:
    return "u8";
  case Elem::Bool:
    return "bool";
  }
  return "?";
}

std::string dyn::dsl::describe(const Array &a) {
  std::string s = elemName(a.elem);
  if (a.shape.empty())
    return s;
  s += "[";
  for (size_t i = 0; i < a.shape.size(); ++i)
    s += (i ? ", " : "") + describe(a.shape[i]);
  return s + "]";
}

std::string dyn::dsl::describe(const Val &v) {
  switch (v.kind) {
  case ValKind::Error:
    return "an error";
  case ValKind::Unit:
    return "nothing";
  case ValKind::Int:
    return v.decl ? "`" + v.text + "`" : "the number " + std::to_string(v.number);
  case ValKind::Real:
    return "a number";
  case ValKind::Bool:
    return "a static bool";
  case ValKind::Text:
  case ValKind::Handle:
    return "text";
  case ValKind::Array:
    return describe(v.array);
  case ValKind::Tuple:
    return "a tuple of " + std::to_string(v.items.size());
  case ValKind::Struct: {
    if (!v.decl)
      return "`config`";
    std::string s;
    if (v.decl->kind() == ast::ItemKind::Model)
      s = static_cast<const ast::ModelItem *>(v.decl)->name.text;
    else if (v.decl->kind() == ast::ItemKind::Type)
      s = static_cast<const ast::TypeItem *>(v.decl)->name.text;
    for (const Extent &e : v.stack)
      s += "[" + describe(e) + "]";
    return s;
  }
  case ValKind::Delta:
    return "a delta";
  case ValKind::Function:
  case ValKind::Builtin:
    return "a function";
  case ValKind::Type:
    return "a type";
  case ValKind::Module:
    return "a module";
  case ValKind::Index:
    return "the index `" + v.axis->name + "`";
  case ValKind::Dim:
    return "a run-time extent";
  case ValKind::Range:
    return "a range";
  case ValKind::Dataset:
    return "a data set";
  case ValKind::Stream:
    return "the stream `" + v.text + "`";
  case ValKind::Series:
    return "a logged series";
  }
  return "?";
}

const char *dyn::dsl::storedName(Elem e) {
  switch (e) {
  case Elem::F32:
    return "f32";
  case Elem::F64:
    return "f64";
  case Elem::I32:
    return "i32";
  case Elem::I64:
    return "i64";
  case Elem::U8:
    return "u8";
  case Elem::Bool:
    return "bool";
  }
  return "";
}
