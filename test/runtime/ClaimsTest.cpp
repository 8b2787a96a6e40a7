//===- ClaimsTest.cpp - verdicts over many times --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Claims.h"
#include "dyn/runtime.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace dyn::rt;

namespace {

ClaimResult of(const char *relation, std::initializer_list<std::pair<double, double>> pairs) {
  ClaimResult c;
  c.relation = relation;
  for (auto [l, r] : pairs)
    c.reach(c.relation == "<"    ? l < r
            : c.relation == ">=" ? l >= r
            : c.relation == "==" ? l == r
            : c.relation == "!=" ? l != r
                                 : l == 1,
            l, r);
  return c;
}

TEST(Claims, KeepTheWorstMargin) {
  EXPECT_EQ(of("<", {{1, 5}, {4, 5}, {2, 5}}).figures(), "; 4 < 5, margin 1; worst of 3 times");
  EXPECT_EQ(of("<", {{1, 5}, {7, 5}, {6, 5}}).figures(), "; 7 < 5, margin 2; 2 of 3 times failed");
  EXPECT_EQ(of(">=", {{9, 5}, {5, 5}, {8, 5}}).figures(), "; 5 >= 5, margin 0; worst of 3 times");
  EXPECT_EQ(of("==", {{3, 3}, {3, 4}, {3, 9}}).figures(), "; 3 == 9, margin 6; 2 of 3 times failed");
  EXPECT_EQ(of("!=", {{3, 9}, {3, 3}}).figures(), "; 3 != 3, margin 0; 1 of 2 times failed");
  EXPECT_EQ(of("<", {{1, 5}, {7, 5}, {NAN, 5}}).failed, 2);
  EXPECT_TRUE(std::isnan(of("<", {{1, 5}, {7, 5}, {NAN, 5}}).left));
  EXPECT_EQ(of("", {{1, NAN}, {0, NAN}, {1, NAN}}).figures(), "; 1 of 3 times failed");
  EXPECT_EQ(of("", {{1, NAN}}).figures(), "");
  EXPECT_FALSE(of("<", {}).holds());
}

TEST(Claims, AreKeptInACheckpoint) {
  std::vector<ClaimResult> all{of("<", {{1, 5}, {7, 5}}), of("", {}), of("==", {{3, 3}})};
  std::vector<ClaimResult> again{of("<", {}), of("", {}), of("==", {})}, fewer{of("<", {})};
  EXPECT_TRUE(claimTensors(again).empty());
  for (Tensor &t : claimTensors(all)) {
    EXPECT_EQ(restoreClaims(t, again), true);
    EXPECT_EQ(restoreClaims(t, fewer), std::nullopt);
    Tensor other = t;
    other.type = DYN_F32;
    EXPECT_EQ(restoreClaims(other, again), std::nullopt);
    other.name = "net.w";
    EXPECT_EQ(restoreClaims(other, again), false);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(again[i].figures(), all[i].figures());
    EXPECT_EQ(again[i].holds(), all[i].holds());
  }
}

} // namespace
