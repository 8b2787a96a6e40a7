//===- OpsTest.cpp - every op of the dialect states all it must -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Dialect.h"
#include "dyn/lowering/Passes.h"
#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace mlir;
using namespace dyn;

namespace {
/// Expanded by dyn-grad, so nothing below has to know them.
const std::set<llvm::StringRef> derivatives = {"dyn.value_and_grad", "dyn.jvp", "dyn.lift",
                                               "dyn.stated", "dyn.yield"};
/// Computations without a rule: integers, draws, and what derivatives do not see through.
const std::set<llvm::StringRef> constant = {"dyn.arg_reduce", "dyn.iota",  "dyn.random", "dyn.stop",
                                            "dyn.first",      "dyn.kth",   "dyn.order"};
/// Computations that the runtime does.
const std::set<llvm::StringRef> calls = {"dyn.first", "dyn.kth", "dyn.order"};

std::string loweringTests() {
  std::ostringstream all;
  for (const auto &file : std::filesystem::directory_iterator(DYN_LOWERING_TESTS))
    if (file.path().extension() == ".mlir")
      all << std::ifstream(file.path()).rdbuf() << '\n';
  return all.str();
}
} // namespace

TEST(Ops, StateShapeDerivativeCostAndLowering) {
  DialectRegistry registry;
  registry.insert<DynDialect>();
  registerLowering(registry);
  MLIRContext context(registry);
  context.loadDialect<DynDialect>();
  std::string tests = loweringTests();
  size_t computations = 0, effects = 0;
  for (RegisteredOperationName op : context.getRegisteredOperations()) {
    llvm::StringRef name = op.getStringRef();
    if (!name.starts_with("dyn."))
      continue;
    bool shape = op.hasInterface<ShapeRule>(), cost = op.hasInterface<Costed>(),
         lowering = op.hasInterface<Lowerable>(), rule = op.hasInterface<Differentiable>();
    if (derivatives.count(name)) {
      EXPECT_FALSE(shape || cost || lowering || rule) << name.str();
      continue;
    }
    EXPECT_NE(tests.find(name.str()), std::string::npos)
        << name.str() << " is lowered by no test in test/lit/lowering";
    if (!shape && !cost && !rule) {
      ++effects; // calls of the runtime, by dyn-lower-effects; keys are folded by a function
      EXPECT_TRUE(!lowering || name == "dyn.key_fold") << name.str();
      continue;
    }
    ++computations;
    EXPECT_TRUE(shape) << name.str() << " states no shape";
    EXPECT_TRUE(cost) << name.str() << " states no cost";
    EXPECT_NE(lowering, calls.count(name) == 1) << name.str() << " states no lowering";
    EXPECT_NE(rule, constant.count(name) == 1) << name.str() << " states no derivative";
  }
  EXPECT_GE(computations, 13u);
  EXPECT_GE(effects, 20u);
}
