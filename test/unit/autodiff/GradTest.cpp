//===- GradTest.cpp - rules against central differences -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"
#include "Directions.h"

#include "gtest/gtest.h"

namespace dyn::test {
void PrintTo(const Case &c, std::ostream *os) { *os << c.name; }
} // namespace dyn::test

using namespace dyn::test;

namespace {

struct Rules : testing::TestWithParam<Case> {
  mlir::MLIRContext context;
  void SetUp() override { prepare(context); }

  template <typename Check> void each(Check check) {
    const Case &c = GetParam();
    std::vector<Extents> trials{{3, 6, 2}};
    if (c.anyExtent)
      trials.insert(trials.end(), {{1, 1, 1}, {0, 3, 2}, {2, 0, 3}, {5, 1, 7}});
    for (const Extents &e : trials) {
      std::optional<std::string> wrong = check(c, e);
      EXPECT_EQ(wrong, std::nullopt)
          << c.name << " at " << e[0] << " " << e[1] << " " << e[2] << ": " << wrong.value_or("");
    }
  }
  void checkAll(Order order, const char *pipeline) {
    each([&](const Case &c, const Extents &e) { return check(context, c, e, order, pipeline); });
  }
};

} // namespace

TEST_P(Rules, First) { checkAll(Order::First, "dyn-grad,cse"); }

TEST_P(Rules, FirstSimplified) { checkAll(Order::First, "dyn-grad,canonicalize,cse,dyn-simplify"); }

TEST_P(Rules, GradientNorm) {
  if (!GetParam().second)
    GTEST_SKIP() << "no second derivative";
  checkAll(Order::Second, "dyn-grad,canonicalize,cse,dyn-simplify");
}

TEST_P(Rules, Forward) {
  for (const char *pipeline : {"dyn-grad", "dyn-grad,canonicalize,cse,dyn-simplify"})
    for (int64_t members : {3, 1, 0})
      each([&](const Case &c, const Extents &e) {
        return checkForward(context, c, e, members, pipeline);
      });
}

TEST_P(Rules, HessianProduct) {
  if (!GetParam().second)
    GTEST_SKIP() << "no second derivative";
  each([&](const Case &c, const Extents &e) {
    return checkHvp(context, c, e, "dyn-grad,canonicalize,cse");
  });
}

INSTANTIATE_TEST_SUITE_P(All, Rules, testing::ValuesIn(cases()), [](const auto &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});
