//===- RegistryTest.cpp - every rule is checked, and checks can fail ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"
#include "Directions.h"

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <set>

using namespace mlir;
using namespace dyn::test;

TEST(Registry, EveryRuleHasACase) {
  MLIRContext context;
  prepare(context);
  std::set<std::string> seen;
  for (const Case &c : cases()) {
    auto module = parseSourceString<ModuleOp>(program(c, {3, 6, 2}, Order::First), &context);
    ASSERT_TRUE(module) << c.name;
    module->walk([&](Operation *op) { seen.insert(op->getName().getStringRef().str()); });
  }
  size_t rules = 0;
  for (RegisteredOperationName name : context.getRegisteredOperations()) {
    if (!name.hasInterface<dyn::Differentiable>())
      continue;
    ++rules;
    EXPECT_TRUE(seen.count(name.getStringRef().str()))
        << name.getStringRef().str() << " has a rule that no case checks";
  }
  EXPECT_GT(rules, 40u);
}

namespace {
/// A rule for an op that has none: -1/sqrt(1 - x*x), times `factor` percent.
template <int factor> struct Acos : dyn::Differentiable::ExternalModel<Acos<factor>, math::AcosOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    Location loc = op->getLoc();
    auto number = [&](double d) -> Value {
      return arith::ConstantOp::create(b, loc, b.getF64FloatAttr(d));
    };
    Value square = arith::MulFOp::create(b, loc, in[0], in[0]);
    Value root = math::SqrtOp::create(b, loc, arith::SubFOp::create(b, loc, number(1), square));
    out.push_back(arith::DivFOp::create(
        b, loc, arith::MulFOp::create(b, loc, ct[0], number(-factor / 100.0)), root));
    return success();
  }
  LogicalResult buildJVP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange tangents, SmallVectorImpl<Value> &out) const {
    return buildVJP(op, b, in, results, tangents, out);
  }
};

template <int factor> std::optional<std::string> checkAcos() {
  MLIRContext context;
  prepare(context);
  math::AcosOp::attachInterface<Acos<factor>>(context);
  Case c{"acos", {"f64"}, "%y = math.acos %a : f64", "f64", -0.5, 0.5};
  return check(context, c, {1, 1, 1}, Order::First);
}

/// Right in reverse, `factor` percent of that forward.
template <int factor>
struct Uneven : dyn::Differentiable::ExternalModel<Uneven<factor>, math::AcosOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange ct, SmallVectorImpl<Value> &out) const {
    return Acos<100>().buildVJP(op, b, in, results, ct, out);
  }
  LogicalResult buildJVP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange tangents, SmallVectorImpl<Value> &out) const {
    return Acos<factor>().buildVJP(op, b, in, results, tangents, out);
  }
};

template <int factor> std::optional<std::string> checkUneven() {
  MLIRContext context;
  prepare(context);
  math::AcosOp::attachInterface<Uneven<factor>>(context);
  Case c{"acos", {"f64"}, "%y = math.acos %a : f64", "f64", -0.5, 0.5};
  return checkForward(context, c, {1, 1, 1}, 2, "dyn-grad");
}
} // namespace

TEST(Registry, AWrongForwardRuleIsFound) {
  EXPECT_EQ(checkUneven<100>(), std::nullopt);
  std::optional<std::string> wrong = checkUneven<101>();
  ASSERT_TRUE(wrong);
  EXPECT_NE(wrong->find("by reverse mode"), std::string::npos) << *wrong;
}

TEST(Registry, AWrongRuleIsFound) {
  EXPECT_EQ(checkAcos<100>(), std::nullopt);
  std::optional<std::string> wrong = checkAcos<101>();
  ASSERT_TRUE(wrong);
  EXPECT_NE(wrong->find("the difference quotient"), std::string::npos) << *wrong;
}

TEST(Registry, AnOpWithoutRuleIsAnError) {
  MLIRContext context;
  prepare(context);
  Case c{"acos", {"f64"}, "%y = math.acos %a : f64", "f64", -0.5, 0.5};
  std::optional<std::string> said = check(context, c, {1, 1, 1}, Order::First);
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("[E0220] no derivative for 'math.acos'"), std::string::npos) << *said;
}
