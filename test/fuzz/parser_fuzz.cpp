//===- parser_fuzz.cpp - any bytes are parsed or refused, never a crash --===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Parser.h"

#include <cstdlib>

using namespace dyn::dsl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  std::string text(reinterpret_cast<const char *>(data), size);
  FileId file = sources.add("fuzz.dyn", std::move(text));
  std::unique_ptr<ast::File> tree = parseFile(file, sources, diagnostics);
  if (!tree)
    std::abort();
  std::string shown = ast::dumpAst(*tree) + diagnostics.render() + diagnostics.renderJson();
  // What is printed of a wrong program must be safe to print.
  for (char c : diagnostics.render())
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n')
      std::abort();
  return shown.empty();
}
