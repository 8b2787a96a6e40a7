//===- Errors.cpp - making errors ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"

#include "dyn/dsl/Diagnostics.h"

using namespace dyn::host;

const CodeInfo &dyn::host::info(Code code) {
  static const CodeInfo all[] = {
#define DYN_HOST_ERROR(CODE, NAME, MESSAGE, HELP) {#CODE, MESSAGE, HELP},
#include "Errors.def"
#undef DYN_HOST_ERROR
  };
  return all[int(code)];
}

void dyn::host::render(Error &e) {
  e.text = e.code.empty() ? e.message : fmt::format("error[{}]: {}", e.code, e.message);
  if (e.place.line)
    e.text += fmt::format("\n --> {}:{}:{}", e.place.file, e.place.line, e.place.column);
  if (!e.help.empty())
    e.text += "\n  = help: " + e.help;
  e.text += "\n";
}

Error dyn::host::fromRuntime(const dyn_error &error) {
  Error e;
  e.code = error.code;
  e.text = error.text;
  e.place.file = error.file;
  e.place.line = int(error.line);
  // `error[E0901]: message`, then `  = help: ...`.
  std::string_view rest = error.text;
  if (size_t colon = rest.find("]: "); rest.starts_with("error[") && colon != rest.npos)
    rest.remove_prefix(colon + 3);
  size_t help = rest.find("\n  = help: ");
  if (help != rest.npos) {
    e.help = rest.substr(help + 11);
    rest = rest.substr(0, help);
  }
  e.message = rest;
  for (std::string *s : {&e.help, &e.message})
    while (s->ends_with('\n'))
      s->pop_back();
  return e;
}

std::string dyn::host::shapeText(const int64_t *shape, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? std::string("n") : std::to_string(shape[i]));
  return text + "]";
}

std::string dyn::host::nearest(std::string_view name, const std::vector<std::string> &known) {
  auto near = dyn::dsl::nearestName(name, known);
  return near ? "; did you mean `" + *near + "`?" : "";
}
