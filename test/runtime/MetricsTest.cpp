// Series in bounded memory, and their file read back.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Metrics.h"
#include "AtomicFile.h"
#include "Curve.h"
#include "Errors.h"
#include "Records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

using namespace dyn::rt;

namespace {

TEST(Curve, ExactWhereItIsShort) {
  Curve c;
  for (int i = 0; i < 60; ++i)
    c.add(i < 30 ? 0 : 1);
  EXPECT_EQ(c.draw(false), std::string(30, '_') + std::string(30, '#'));
  EXPECT_EQ(c.low(), 0);
  EXPECT_EQ(c.high(), 1);
}

TEST(Curve, KeepsTheShapeOfALongSeries) {
  Curve c;
  constexpr int n = 1'000'003;
  for (int i = 0; i < n; ++i)
    c.add(i);
  EXPECT_EQ(c.count(), n);
  EXPECT_EQ(c.last(), n - 1);
  EXPECT_EQ(c.high(), n - 1);
  std::string row = c.draw(false);
  ASSERT_EQ(row.size(), 60u);
  EXPECT_EQ(row.front(), '_');
  EXPECT_EQ(row.back(), '#');
  const std::string order = "_.-:=+*#";
  for (size_t i = 1; i < row.size(); ++i)
    EXPECT_GE(order.find(row[i]), order.find(row[i - 1]));
}

TEST(Curve, NumbersThatAreNotFinite) {
  Curve c;
  for (double v : {1.0, std::nan(""), 3.0, HUGE_VAL})
    c.add(v);
  EXPECT_EQ(c.low(), 1);
  EXPECT_EQ(c.high(), 3);
  EXPECT_EQ(c.draw(false).size(), 60u);
}

class Folder : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "dyn-metrics-" + std::to_string(getpid());
    std::filesystem::remove_all(folder);
    ASSERT_EQ(makeFolders(folder), "");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string folder;
};
using MetricsFile = Folder;

TEST_F(MetricsFile, EveryValueIsThereToTheBit) {
  Console console;
  Metrics m({"a", "odd \"name\""}, folder, console, Progress::Kind::none, true);
  m.begin();
  const double values[] = {0.1, 1e-300, -3, std::nan(""), HUGE_VAL, -HUGE_VAL, 1.0 / 3};
  for (double v : values) {
    m.log(0, v);
    m.log(1, 2 * v);
    m.step();
  }
  int64_t length = m.flush();
  size_t at = 0;
  readRecords(folder + "/metrics.jsonl", length,
              [&](std::string_view step, const std::vector<Field> &fields) {
                EXPECT_EQ(step, std::to_string(at));
                ASSERT_EQ(fields.size(), 2u);
                EXPECT_EQ(fields[1].name, R"("odd \"name\"")");
                double v = std::strtod(std::string(fields[0].value).c_str(), nullptr);
                EXPECT_TRUE(v == values[at] || (std::isnan(v) && std::isnan(values[at])));
                ++at;
              });
  EXPECT_EQ(at, std::size(values));
}

TEST_F(MetricsFile, LinesThatAreNoRecordsAreRefused) {
  const std::string good = "{\"step\":1,\"time\":0.1,\"a\":2}\n";
  auto read = [&](const std::string &text) -> std::string {
    writeFile(folder + "/m", text);
    try {
      readRecords(folder + "/m", int64_t(text.size()), [](auto, auto &) {});
    } catch (const Error &e) {
      EXPECT_EQ(e.status, 7);
      return e.text.substr(6, 5);
    }
    return "none";
  };
  EXPECT_EQ(read(good + good), "none");
  for (const char *bad :
       {"\n", "{}\n", "{\"step\":1}", "{\"time\":1}\n", "{\"step\":\"nan\"}\n", "{\"step\":1.5}\n",
        "{\"step\":1,\"a\":\"x\"}\n", "{\"step\":1,\"a\":}\n", "{\"step\":1,}\n", "{\"step\":1}x\n",
        "{\"step\":1,\"a\\\":2}\n", "[1]\n", "{\"step\":1,\"a\":[2]}\n"})
    EXPECT_EQ(read(good + bad), "E0702") << bad;
}

} // namespace
