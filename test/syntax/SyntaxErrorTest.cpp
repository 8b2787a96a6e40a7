//===- SyntaxErrorTest.cpp - what is wrong is said, once, and nothing crashes ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Parse.h"

using namespace dyn::test;
using Strings = std::vector<std::string>;

TEST(SyntaxErrors, SayWhatWasExpected) {
  EXPECT_EQ(error("let = 3"), "E0101 expected a name or `(`, found `=`");
  EXPECT_EQ(error("let x = f(a b)"), "E0101 expected `,` or `)`, found `b`");
  EXPECT_EQ(error("let x = )"), "E0101 expected an expression, found `)`");
  EXPECT_EQ(error("save net"), "E0101 expected `to`, found the end of the line");
  EXPECT_EQ(error("minimize net { x }"), "E0101 expected `,` or `with`, found `{`");
  EXPECT_EQ(error("claim good: a"), "E0101 expected a string, found `good`");
}

TEST(SyntaxErrors, HelpWithSlips) {
  EXPECT_NE(error("let mean = 3").find("`mean` is a reserved word"), std::string::npos);
  EXPECT_NE(error("let y = 3x").find("`3*x`"), std::string::npos);
  EXPECT_NE(error("return x").find("there is no `return`"), std::string::npos);
  EXPECT_NE(error("if x = 3 { }").find("compared with `==`"), std::string::npos);
  EXPECT_NE(error("let a = b\n  + c").find("move `+` to the line above"), std::string::npos);
  EXPECT_NE(error("a < b < c").find("do not chain"), std::string::npos);
  EXPECT_NE(error("x = a ** 2").find("`x^2`"), std::string::npos);
  EXPECT_NE(error("let x = .5").find("`0.5`"), std::string::npos);
  EXPECT_NE(error("let q = mean x").find("`mean[i] x[i]`"), std::string::npos);
  EXPECT_NE(error("for x in xs\n{ }").find("line of its header"), std::string::npos);
  EXPECT_NE(error("let x =\ny = 1").find("so this line belongs to it"), std::string::npos);
}

TEST(SyntaxErrors, AreReportedTogetherAndOnce) {
  Parsed p("model A {\n  param x =\n  fn call(x) = 3\n}\nmodel B {\n  foo\n}\n"
           "fn good() = 1\ntrain {\n  let = 3\n  let y = 1 2 3\n}\n");
  EXPECT_EQ(p.codes(), (Strings{"E0101", "E0101", "E0101", "E0101"})) << p.diagnostics.render();
  // What could be read is there, what could not is not.
  ASSERT_EQ(p.tree->items.size(), 1u);
  EXPECT_EQ(p.item<dyn::dsl::ast::FunctionItem>(0).name.text, "good");
}

TEST(SyntaxErrors, PointAtTheOpenBracket) {
  Parsed p("train {\n  let v = (1, 2\n  let w = 3\n}\n");
  ASSERT_EQ(p.codes().size(), 1u) << p.diagnostics.render();
  EXPECT_NE(p.diagnostics.render().find("^ still open here"), std::string::npos);
  EXPECT_EQ(Parsed("fn f() {").codes(), Strings{"E0101"});
}

TEST(SyntaxErrors, UnterminatedString) {
  EXPECT_EQ(error("let s = \"abc"),
            "E0102 this string does not end on its line | close it with `\"`");
  EXPECT_EQ(Parsed("train { save net to \"a\\").codes().front(), "E0102");
}

TEST(SyntaxErrors, NumberTooLarge) {
  EXPECT_EQ(error("let n = 99999999999999999999").substr(0, 5), "E0103");
  EXPECT_EQ(error("let n = 1e999").substr(0, 5), "E0103");
  EXPECT_EQ(error("let n = 9223372036854775807"), "no error");
  EXPECT_EQ(error("let n = 1e-999"), "no error");
}

TEST(SyntaxErrors, NestingTooDeep) {
  auto times = [](const std::string &text, int n) {
    std::string out;
    while (n-- > 0)
      out += text;
    return out;
  };
  for (const std::string &deep :
       {times("(", 100000), times("-", 100000), times("not ", 5000), times("a^", 5000) + "a",
        times("1+", 100000) + "1", "x" + times(".a", 5000), "x" + times("[0]", 5000),
        times("if a { ", 5000), times("sum[i] ", 5000) + "x", times("x => ", 5000) + "x",
        "if a { }" + times(" else if a { }", 5000)})
    EXPECT_EQ(error("let x = " + deep).substr(0, 5), "E0104") << deep.substr(0, 20);
  EXPECT_EQ(error("let x = " + times("(", 150) + "1" + times(")", 150)), "no error");
  EXPECT_EQ(error("let x = " + times("1+", 900) + "1"), "no error");
}

TEST(SyntaxErrors, UnknownCharacters) {
  EXPECT_EQ(error("a && b"), "E0105 unknown character `&&` | a conjunction is written `and`");
  EXPECT_EQ(error("a \xC3\x97 b"), "E0105 unknown character `\xC3\x97` | a product is written `*`");
  EXPECT_EQ(error("a # note ("), "E0105 unknown character `#` | a comment begins with `//`");
  EXPECT_EQ(error(std::string("a \0 b", 5)).substr(0, 31), "E0105 unknown character `\\x00`");
  EXPECT_EQ(error("\xFF\xFE"), "E0105 unknown character `\\xFF`");
}

TEST(SyntaxErrors, UnknownEscape) {
  EXPECT_EQ(error("let s = \"a\\qb\"").substr(0, 37), "E0106 unknown escape `\\q` in a string");
}

TEST(SyntaxErrors, BackwardCall) {
  EXPECT_EQ(error("l.backward()").substr(0, 34), "E0110 `l.backward()` has no effect");
  EXPECT_EQ(error("opt.zero_grad()").substr(0, 5), "E0110");
  EXPECT_EQ(error("l.backward(x)"), "no error");
}

TEST(SyntaxErrors, OddTextsDoNotCrash) {
  for (const char *text : {"",
                           "\n;;\n",
                           "}",
                           "}}}}",
                           "{{{{",
                           ")(",
                           "/// only",
                           "train",
                           "train {",
                           "use",
                           "let",
                           "\"",
                           "\\",
                           "a.",
                           "x[",
                           "0..",
                           "...",
                           "fn f(",
                           "= = =",
                           "enum A { }",
                           "train { x.1_0 }",
                           "train { x[1..=] }",
                           "}\n}\n{\n{"}) {
    Parsed p(text);
    EXPECT_NE(p.tree, nullptr);
    p.diagnostics.render();
    p.diagnostics.renderJson();
  }
}
