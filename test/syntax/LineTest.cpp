//===- LineTest.cpp - which line ends separate statements ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Parse.h"

using namespace dyn::test;
using Strings = std::vector<std::string>;

TEST(Lines, EndStatements) {
  EXPECT_EQ(stmts("a\nb"), (Strings{"a", "b"}));
  EXPECT_EQ(stmts("a; b;\n\n;c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(stmts(""), Strings{});
  EXPECT_EQ(stmts(";;"), Strings{});
}

TEST(Lines, GoOnInsideBrackets) {
  EXPECT_EQ(stmt("f(a,\n\n  b\n)"), "(call f a b)");
  EXPECT_EQ(stmt("x[\n i\n ,\n j ]"), "(index x i j)");
  // Braces inside brackets hold statements again.
  EXPECT_EQ(stmt("f({ a\n b })"), "(call f {\n  a\n  b})");
}

TEST(Lines, GoOnAfterOperators) {
  EXPECT_EQ(stmt("a +\n b"), "(+ a b)");
  EXPECT_EQ(stmt("let x =\n  a and\n  b"), "(let x = (and a b))");
  EXPECT_EQ(stmt("log a: x,\n b: y"), "(log a: x b: y)");
}

TEST(Lines, GoOnBeforeSomeWords) {
  EXPECT_EQ(stmt("a\n  .b()\n  .c"), "(field (call (field a b)) c)");
  EXPECT_EQ(stmt("if a { b }\nelse { c }"), "(if a {\n  b} else {\n  c})");
  EXPECT_EQ(stmt("update net\n with opt by g"), "(update net with opt by g)");
}

TEST(Lines, MinusBeginsAStatement) { EXPECT_EQ(stmts("a\n-b"), (Strings{"a", "(- b)"})); }

TEST(Lines, CarriageReturnsAndCommentsAreBlank) {
  EXPECT_EQ(stmts("a // one\r\nb\r\n// two\n"), (Strings{"a", "b"}));
}

TEST(Lines, ByteOrderMarkIsBlank) { EXPECT_TRUE(Parsed("\xEF\xBB\xBFtrain { }").codes().empty()); }

TEST(Docs, AreAttached) {
  Parsed p(
      "/// A file.\nuse nn\n\nconfig {\n  a: int = 1 /// first\n  /// second,\n  /// "
      "two lines\n  b: int = 2\n}\n\n/// A cell.\nmodel Cell(w: dim) {\n  param u: real[w] /// "
      "weights\n  fn call(x: real, /// input\n          y: real) -> real = x /// output\n}\n");
  ASSERT_TRUE(p.codes().empty()) << p.diagnostics.render();
  EXPECT_EQ(p.tree->doc, "A file.");
  const auto &config = p.item<dyn::dsl::ast::ConfigItem>(1);
  EXPECT_EQ(config.fields[0].doc, "first");
  EXPECT_EQ(config.fields[1].doc, "second,\ntwo lines");
  const auto &model = p.item<dyn::dsl::ast::ModelItem>(2);
  EXPECT_EQ(model.doc, "A cell.");
  EXPECT_EQ(model.members[0].doc, "weights");
  EXPECT_EQ(model.members[1].doc, "output");
  EXPECT_EQ(model.members[1].function->params[0].doc, "input");
  EXPECT_EQ(model.members[1].function->params[1].doc, "");
}
