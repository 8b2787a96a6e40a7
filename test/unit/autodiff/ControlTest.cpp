//===- ControlTest.cpp - derivatives through branches and loops -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"
#include "Directions.h"

#include "Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace dyn::test;

namespace {
struct Control : testing::Test {
  MLIRContext context;
  void SetUp() override { prepare(context); }

  void both(const Case &c) {
    for (Order order : {Order::First, Order::Second})
      for (const Extents &e : {Extents{3, 5, 2}, Extents{1, 1, 1}, Extents{2, 0, 1}})
        for (const char *pipeline : {"dyn-grad", "dyn-grad,canonicalize,cse,dyn-simplify"}) {
          auto wrong = check(context, c, e, order, pipeline);
          EXPECT_EQ(wrong, std::nullopt) << c.name << ": " << wrong.value_or("");
        }
    for (const Extents &e : {Extents{3, 5, 2}, Extents{1, 1, 1}, Extents{2, 0, 1}})
      for (const char *pipeline : {"dyn-grad", "dyn-grad,canonicalize,cse,dyn-simplify"}) {
        auto wrong = checkForward(context, c, e, 3, pipeline);
        EXPECT_EQ(wrong, std::nullopt) << c.name << ": " << wrong.value_or("");
        wrong = checkHvp(context, c, e, pipeline);
        EXPECT_EQ(wrong, std::nullopt) << c.name << ": " << wrong.value_or("");
      }
  }
  /// Results of @f once its derivatives are expanded; none if something fails.
  std::vector<Array> run(const char *text, std::vector<Array> inputs) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    PassManager passes(&context);
    std::vector<Array> results;
    Interpreter interpreter;
    if (!module || failed(parsePassPipeline("dyn-grad", passes)) || failed(passes.run(*module)) ||
        failed(interpreter.run(module->lookupSymbol<func::FuncOp>("f"), inputs, results))) {
      ADD_FAILURE() << text;
      results.clear();
    }
    logged = interpreter.logged;
    return results;
  }
  std::vector<double> logged; ///< by the last run
  std::string first(const Case &c) {
    return check(context, c, {3, 5, 2}, Order::First).value_or("");
  }
};

const char *counted = R"(
  %lo = arith.constant 1 : index
  %hi = arith.constant 8 : index
  %st = arith.constant 3 : index
  %y, %e = scf.for %i = %lo to %hi step %st iter_args(%h = %a, %d = %b) -> (tensor<Bxf64>, f64) {
    %j = arith.index_cast %i : index to i64
    %t = arith.sitofp %j : i64 to f64
    %u = arith.mulf %d, %t : f64
    %v = dyn.broadcast %u dims [] : f64 to tensor<Bxf64>
    %x = arith.mulf %h, %v : tensor<Bxf64>
    %z = math.sin %x : tensor<Bxf64>
    %o = arith.addf %z, %c : tensor<Bxf64>
    %f = math.cos %d : f64
    scf.yield %o, %f : tensor<Bxf64>, f64
  })";
} // namespace

TEST_F(Control, For) {
  both({"for", {"tensor<Bxf64>", "f64", "tensor<Bxf64>"}, counted, "tensor<Bxf64>"});
}

TEST_F(Control, ForWithLimit) {
  both({"for-limit",
        {"tensor<Axf64>", "f64"},
        R"(
  %lo = arith.constant 0 : index
  %st = arith.constant 1 : index
  %y = scf.for %i = %lo to %n step %st iter_args(%h = %b) -> (f64) {
    %x = tensor.extract %a[%i] : tensor<Axf64>
    %z = arith.mulf %x, %h : f64
    %o = math.sin %z : f64
    scf.yield %o : f64
  } {dyn.limit = 4 : i64})",
        "f64"});
}

TEST_F(Control, NestedFor) {
  both({"nested",
        {"tensor<Bxf64>"},
        R"(
  %lo = arith.constant 0 : index
  %hi = arith.constant 3 : index
  %st = arith.constant 1 : index
  %y = scf.for %i = %lo to %hi step %st iter_args(%h = %a) -> (tensor<Bxf64>) {
    %k = scf.for %j = %lo to %i step %st iter_args(%m = %h) -> (tensor<Bxf64>) {
      %z = arith.mulf %m, %a : tensor<Bxf64>
      %s = math.sin %z : tensor<Bxf64>
      scf.yield %s : tensor<Bxf64>
    } {dyn.limit = 3 : i64}
    scf.yield %k : tensor<Bxf64>
  })",
        "tensor<Bxf64>"});
}

TEST_F(Control, If) {
  both({"if",
        {"tensor<AxBxf64>", "f64"},
        R"(
  %zero = arith.constant 0.0 : f64
  %k = arith.cmpf ogt, %b, %zero : f64
  %y = scf.if %k -> (tensor<AxBxf64>) {
    %e = math.exp %a : tensor<AxBxf64>
    scf.yield %e : tensor<AxBxf64>
  } else {
    %v = dyn.broadcast %b dims [] : f64 to tensor<AxBxf64>
    %m = arith.mulf %a, %v : tensor<AxBxf64>
    scf.yield %m : tensor<AxBxf64>
  })",
        "tensor<AxBxf64>"});
}

TEST_F(Control, LoopWithBranch) {
  both({"loop-if",
        {"f64", "f64"},
        R"(
  %lo = arith.constant 0 : index
  %hi = arith.constant 5 : index
  %st = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %y = scf.for %i = %lo to %hi step %st iter_args(%h = %a) -> (f64) {
    %k = arith.cmpf ogt, %h, %one : f64
    %o = scf.if %k -> (f64) {
      %m = arith.mulf %h, %b : f64
      %s = math.sin %m : f64
      scf.yield %s : f64
    } else {
      %p = arith.addf %h, %one : f64
      scf.yield %p : f64
    }
    scf.yield %o : f64
  })",
        "f64"});
}

static const char *halving = R"(
  %half = arith.constant 0.37 : f64
  %ten = arith.constant 0.3 : f64
  %y, %q = scf.while (%h = %a, %m = %b) : (f64, f64) -> (f64, f64) {
    %s = math.absf %h : f64
    %k = arith.cmpf ogt, %s, %ten : f64
    %v = arith.mulf %h, %m : f64
    scf.condition(%k) %h, %v : f64, f64
  } do {
  ^bb0(%h: f64, %v: f64):
    %o = arith.mulf %h, %half : f64
    %w2 = arith.mulf %o, %b : f64
    %t = math.tanh %w2 : f64
    %u = math.sin %v : f64
    scf.yield %t, %u : f64, f64
  })";

TEST_F(Control, While) {
  std::string text = std::string(halving) + " attributes {dyn.limit = 20 : i64}";
  both({"while", {"f64", "f64"}, text.c_str(), "f64", 0.5});
}

TEST_F(Control, EffectsHappenOnce) {
  const char *text = R"(
  func.func @f(%x: f64) -> f64 {
    %r:2 = dyn.value_and_grad wrt(%x) : (f64) -> (f64, f64) {
    ^bb0(%a: f64):
      %lo = arith.constant 0 : index
      %hi = arith.constant 3 : index
      %st = arith.constant 1 : index
      %y = scf.for %i = %lo to %hi step %st iter_args(%h = %a) -> (f64) {
        dyn.log 0, %h
        %o = arith.mulf %h, %h : f64
        scf.yield %o : f64
      }
      dyn.log 0, %y
      dyn.yield %y : f64
    }
    return %r#1 : f64
  })";
  std::vector<Array> results = run(text, {Array(2.0)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(logged, (std::vector<double>{2, 4, 16, 256}));
  EXPECT_EQ(results[0].data[0], 8 * 128.0);
}

TEST_F(Control, StopPassesNothing) {
  // The quotient sees the stopped path, so the check has to object.
  EXPECT_NE(first({"stop",
                   {"f64"},
                   "%q = dyn.stop %a : f64 to f64\n%y = arith.mulf %q, %a : f64",
                   "f64",
                   0.5}),
            "");
}

TEST_F(Control, UnboundedLoopsAreErrors) {
  const char *loop = R"(
  %lo = arith.constant 0 : index
  %st = arith.constant 1 : index
  %y = scf.for %i = %lo to %n step %st iter_args(%h = %a) -> (f64) {
    %o = math.sin %h : f64
    scf.yield %o : f64
  })";
  EXPECT_NE(first({"for", {"f64"}, loop, "f64"}).find("[E0222]"), std::string::npos);
  EXPECT_NE(first({"while", {"f64", "f64"}, halving, "f64"}).find("[E0222]"), std::string::npos);
}

TEST_F(Control, ForwardNeedsNoBound) {
  const char *text = R"(
  func.func @f(%x: f64, %n: index) -> f64 {
    %one = arith.constant 1.0 : f64
    %y, %t = dyn.jvp 1 wrt(%x) along(%one) : (f64), (f64) -> (f64, f64) {
    ^bb0(%a: f64):
      %lo = arith.constant 0 : index
      %st = arith.constant 1 : index
      %p = scf.for %i = %lo to %n step %st iter_args(%h = %one) -> (f64) {
        %o = arith.mulf %h, %a : f64
        scf.yield %o : f64
      }
      %big = arith.constant 100.0 : f64
      %q = scf.while (%h = %p) : (f64) -> (f64) {
        %k = arith.cmpf olt, %h, %big : f64
        scf.condition(%k) %h : f64
      } do {
      ^bb0(%h: f64):
        %o = arith.mulf %h, %a : f64
        scf.yield %o : f64
      }
      dyn.yield %q : f64
    }
    return %t : f64
  })";
  std::vector<Array> results = run(text, {Array(2.0), Array(3.0)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].data[0], 7 * 64.0); // x^7 is the first power above 100
}

TEST_F(Control, EffectsHappenOnceWhenLifted) {
  const char *text = R"(
  func.func @f(%x: f64, %m: tensor<3xf64>) -> tensor<3xf64> {
    %r = dyn.lift 1 (%m) : (tensor<3xf64>) -> tensor<3xf64> {
    ^bb0(%v: f64):
      %y, %t = dyn.jvp 1 wrt(%x) along(%v) : (f64), (f64) -> (f64, f64) {
      ^bb0(%a: f64):
        %lo = arith.constant 0 : index
        %hi = arith.constant 3 : index
        %st = arith.constant 1 : index
        %p = scf.for %i = %lo to %hi step %st iter_args(%h = %a) -> (f64) {
          dyn.log 0, %h
          %o = arith.mulf %h, %h : f64
          scf.yield %o : f64
        }
        dyn.log 0, %p
        dyn.yield %p : f64
      }
      dyn.yield %t : f64
    }
    return %r : tensor<3xf64>
  })";
  Array directions(llvm::ArrayRef<int64_t>{3});
  directions.data = {1, 0, -0.5};
  std::vector<Array> results = run(text, {Array(2.0), directions});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(logged, (std::vector<double>{2, 4, 16, 256}));
  EXPECT_EQ(results[0].data, (std::vector<double>{8 * 128.0, 0, -4 * 128.0}));
}
