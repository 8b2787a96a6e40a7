//===- DiagnosticsTest.cpp - registry, collection, rendering, suggestions ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Diagnostics.h"

#include <gtest/gtest.h>

#include <set>

using namespace dyn::dsl;

namespace {
struct DiagnosticsTest : testing::Test {
  FileId add(std::string text, std::string name = "mnist.dyn") {
    return sources.add(std::move(name), std::move(text));
  }
  /// The first place of `words` in a file.
  SourceSpan find(FileId file, std::string_view words) {
    size_t at = sources.file(file).text().find(words);
    EXPECT_NE(at, std::string_view::npos);
    auto begin = static_cast<uint32_t>(at);
    return {file, begin, begin + static_cast<uint32_t>(words.size())};
  }

  SourceManager sources;
  Diagnostics diag{sources};
};
} // namespace

TEST_F(DiagnosticsTest, RegistryIsComplete) {
  std::set<std::string_view> names;
  for (const DiagInfo &info : allDiags()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(findDiag(info.code), &info);
    EXPECT_EQ(findDiag(info.name), &info);
    EXPECT_GT(info.explanation.size(), 100u) << info.code;
    EXPECT_NE(info.message.back(), '.') << info.code;
    EXPECT_FALSE(std::isupper(static_cast<unsigned char>(info.message.front()))) << info.code;
  }
  EXPECT_EQ(findDiag("e0203")->id, Diag::E0203);
  EXPECT_EQ(findDiag("E9999"), nullptr);
}

TEST_F(DiagnosticsTest, TwoPlacesOnOneLine) {
  FileId f = add("model M {\n  fn call(x: real[784]) -> real[10] = x @ weight\n}\n");
  SourceSpan rhs = find(f, "weight");
  SourceSpan lhs{f, rhs.begin - 4, rhs.begin - 3};
  diag.report(lhs, Diag::E0203, "real[B, 784]", "real[512, 10]")
      .label("784 columns")
      .note(rhs, "512 rows, from `hidden` at line 5")
      .help("is a layer missing? fc2(relu(fc1(x)))");
  EXPECT_EQ(diag.render(),
            R"(error[E0203]: these shapes do not multiply: real[B, 784] @ real[512, 10]
 --> mnist.dyn:2:39
  |
2 |   fn call(x: real[784]) -> real[10] = x @ weight
  |                                       ^   ^^^^^^ 512 rows, from `hidden` at line 5
  |                                       784 columns
  = help: is a layer missing? fc2(relu(fc1(x)))
)");
}

TEST_F(DiagnosticsTest, PlacesOnOtherLinesAndInOtherFiles) {
  FileId f = add("let a = 1\n\nlet b = 2\n\n\n\n\n\n\nlet a = 3\n");
  FileId g = add("fn a() = 1\n", "lib.dyn");
  SourceSpan again{f, sources.file(f).lineBegin(10) + 4, sources.file(f).lineBegin(10) + 5};
  diag.report(again, Diag::E0202, "a")
      .note(find(f, "a"), "first here")
      .note(find(f, "b"), "not this one")
      .note(find(g, "a()"), "and here")
      .note("names are looked up in the file first");
  EXPECT_EQ(diag.render(), R"(error[E0202]: `a` is already defined
  --> mnist.dyn:10:5
   |
 1 | let a = 1
   |     ^ first here
 2 |
 3 | let b = 2
   |     ^ not this one
...
10 | let a = 3
   |     ^
  ::: lib.dyn:1:4
   |
 1 | fn a() = 1
   |    ^^^ and here
   = note: names are looked up in the file first
   = help: give one of them another name
)");
}

TEST_F(DiagnosticsTest, TabsControlCharactersAndWideOnes) {
  FileId f = add("\tx = \"\x1b[31m\xE4\xB8\xAD\xFF\" + name\n", "a\x07.dyn");
  diag.report(find(f, "name"), Diag::E0201, "na\x1b[0mme").label("he\nre");
  EXPECT_EQ(diag.render(), "error[E0201]: unknown name `na\\x1B[0mme`\n"
                           " --> a\\x07.dyn:1:18\n"
                           "  |\n"
                           "1 |     x = \"\\x1B[31m\xE4\xB8\xAD\\xFF\" + name\n"
                           "  |                            ^^^^ he\\x0Are\n");
}

TEST_F(DiagnosticsTest, LongLinesAreCut) {
  FileId f = add(std::string(5000, 'a') + " name " + std::string(5000, 'b'));
  diag.report(find(f, "name"), Diag::E0201, "name");
  std::string text = diag.render();
  EXPECT_LT(text.size(), 700u);
  EXPECT_NE(text.find(" name "), std::string::npos);
  size_t lineBegin = text.find("1 | ...");
  size_t caretBegin = text.find("\n", lineBegin) + 1;
  EXPECT_EQ(text.find("name", lineBegin) - lineBegin, text.find("^^^^") - caretBegin);
}

TEST_F(DiagnosticsTest, SortsAndDropsCascades) {
  FileId f = add("a b c");
  diag.report({f, 4, 5}, Diag::E0201, "c");
  diag.report({f, 0, 1}, Diag::E0201, "a");
  diag.report({f, 0, 1}, Diag::E0211);
  diag.report({}, Diag::E0227, "this program has no `train`");
  auto list = diag.sorted();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0]->id, Diag::E0201);
  EXPECT_EQ(list[1]->span.begin, 4u);
  EXPECT_EQ(list[2]->id, Diag::E0227);
  EXPECT_TRUE(diag.hasErrors());
  EXPECT_EQ(diag.errorCount(), 4u);
  size_t mark = diag.mark();
  diag.report({f, 2, 3}, Diag::E0201, "b");
  diag.rollback(mark);
  EXPECT_EQ(diag.errorCount(), 4u);
  EXPECT_NE(diag.render({.color = false, .limit = 1}).find("2 more messages not shown"),
            std::string::npos);
}

TEST_F(DiagnosticsTest, WithoutAPlace) {
  diag.report({}, Diag::E0227, "this program has no `train`");
  EXPECT_EQ(diag.render(), "error[E0227]: this program has no `train`\n");
}

TEST_F(DiagnosticsTest, HelpOfTheRegistryAndOwnHelp) {
  FileId f = add("i");
  diag.report({f, 0, 1}, Diag::E0218, "i");
  EXPECT_NE(diag.render().find("= help: give it one, as in `[i: n]`"), std::string::npos);
  diag.clear();
  diag.report({f, 0, 1}, Diag::E0218, "i").help("mine\nin two lines").help("another");
  EXPECT_NE(diag.render().find("  = help: mine\n          in two lines\n  = help: another\n"),
            std::string::npos)
      << diag.render();
}

TEST_F(DiagnosticsTest, Color) {
  FileId f = add("x");
  diag.report({f, 0, 1}, Diag::E0201, "x");
  EXPECT_EQ(diag.render(RenderOptions()).find('\x1b'), std::string::npos);
  EXPECT_NE(diag.render({.color = true}).find("\x1b[1;31merror[E0201]\x1b[0m"), std::string::npos);
}

TEST_F(DiagnosticsTest, Json) {
  FileId f = add("say \"x\"\n");
  diag.report(find(f, "\"x\""), Diag::E0201, "\"x\"").note("line\nend").help("a \\ b");
  EXPECT_EQ(diag.renderJson(),
            R"([{"code":"E0201","name":"unknown-name","severity":"error",)"
            R"("message":"unknown name `\"x\"`","label":"",)"
            R"("span":{"file":"mnist.dyn","line":1,"column":5,"endLine":1,"endColumn":8,)"
            R"("begin":4,"end":7},"notes":[{"text":"line\nend","span":null}],)"
            R"("helps":["a \\ b"]}])"
            "\n");
}

TEST(Names, Nearest) {
  const std::vector<std::string> names = {"relu", "gelu", "Linear", "cross_entropy", "x"};
  EXPECT_EQ(nearestName("rleu", names), "relu");
  EXPECT_EQ(nearestName("Linaer", names), "Linear");
  EXPECT_EQ(nearestName("linear", names), "Linear");
  EXPECT_EQ(nearestName("crossentropy", names), "cross_entropy");
  EXPECT_EQ(nearestName("y", names), std::nullopt);
  EXPECT_EQ(nearestName("quantize", names), std::nullopt);
  EXPECT_EQ(nearestName("", names), std::nullopt);
}

TEST(Names, Printable) {
  EXPECT_EQ(printable("a\tb"), "a\\x09b");
  EXPECT_EQ(printable("\xC3\xA4"), "\xC3\xA4");
  EXPECT_EQ(printable("\xC0\x80"), "\\xC0\\x80");
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\xE2\\x80\\xAE"); // turns the direction of text
  EXPECT_EQ(printable("\xF5"), "\\xF5");
}

TEST(Sources, LinesAndColumns) {
  SourceManager sources;
  FileId f = sources.add("a", "one\r\n\xC3\xA4y\n\nlast");
  EXPECT_EQ(sources.lineText(f, 1), "one");
  EXPECT_EQ(sources.lineText(f, 3), "");
  EXPECT_EQ(sources.lineText(f, 4), "last");
  EXPECT_EQ(sources.lineText(f, 9), "");
  EXPECT_EQ(sources.lineColumn(f, 7).column, 2u);
  EXPECT_EQ(sources.lineColumn(f, 7).line, 2u);
  EXPECT_EQ(sources.lineColumn(f, 1000).line, 4u);
  EXPECT_EQ(sources.find("a"), f);
  EXPECT_EQ(sources.find("b"), std::nullopt);
}
