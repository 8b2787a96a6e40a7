//===- Parse.h - helpers of the syntax tests -----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_SYNTAX_PARSE_H
#define DYN_TEST_SYNTAX_PARSE_H

#include "dyn/dsl/Parser.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace dyn::test {

/// A parsed text with everything it needs to live.
struct Parsed {
  explicit Parsed(std::string text) : diagnostics(sources) {
    file = sources.add("test.dyn", std::move(text));
    tree = dsl::parseFile(file, sources, diagnostics);
  }

  std::vector<std::string> codes() const {
    std::vector<std::string> list;
    for (const dsl::Diagnostic *d : diagnostics.sorted())
      list.emplace_back(dsl::diagInfo(d->id).code);
    return list;
  }

  template <typename T> const T &item(size_t index) const {
    return dynamic_cast<const T &>(*tree->items.at(index));
  }

  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics;
  dsl::FileId file;
  std::unique_ptr<dsl::ast::File> tree;
};

/// The statements of `train { TEXT }`, one dump for each.
inline std::vector<std::string> stmts(const std::string &text) {
  Parsed parsed("train {\n" + text + "\n}\n");
  EXPECT_EQ(parsed.diagnostics.render(), "") << text;
  std::vector<std::string> dumps;
  if (parsed.tree->items.size() == 1)
    for (const auto &s : parsed.item<dsl::ast::TrainItem>(0).body->stmts)
      dumps.push_back(dsl::ast::dumpAst(*s));
  return dumps;
}

inline std::string stmt(const std::string &text) {
  std::vector<std::string> list = stmts(text);
  EXPECT_EQ(list.size(), 1u) << text;
  return list.empty() ? "" : list.front();
}

/// The first diagnostic of `train { TEXT }`: code, message and first help.
inline std::string error(const std::string &text) {
  Parsed parsed("train {\n" + text + "\n}\n");
  auto list = parsed.diagnostics.sorted();
  if (list.empty())
    return "no error";
  std::string out = std::string(dsl::diagInfo(list[0]->id).code) + " " + list[0]->message;
  return list[0]->helps.empty() ? out : out + " | " + list[0]->helps[0];
}

} // namespace dyn::test

#endif // DYN_TEST_SYNTAX_PARSE_H
