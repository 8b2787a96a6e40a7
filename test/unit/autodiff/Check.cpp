//===- Check.cpp - derivatives against central differences ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"

#include "Text.h"
#include "dyn/autodiff/Passes.h"
#include "dyn/transforms/Passes.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include <cmath>

using namespace mlir;
using namespace dyn::test;

void dyn::test::prepare(MLIRContext &context) {
  static const bool once = [] {
    DialectRegistry unused;
    registerAutodiff(unused);
    registerTransforms(unused);
    registerTransformsPasses();
    return true;
  }();
  (void)once;
  DialectRegistry registry;
  registry.insert<DynDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect,
                  scf::SCFDialect, tensor::TensorDialect>();
  registerDerivativeRules(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  context.disableMultithreading();
}

std::string dyn::test::program(const Case &c, const Extents &extents, Order order) {
  size_t k = c.inputs.size();
  std::string types = join(k, [&](size_t i) { return c.inputs[i]; });
  std::string names = join(k, [&](size_t i) { return "%x" + std::to_string(i); });
  std::string last = "%q" + std::to_string(k - 1);
  std::string primal, grad;
  if (order == Order::First) {
    std::string bind = join(k, [&](size_t i) { return "%" + letter(i) + ": " + c.inputs[i]; });
    primal = "func.func @primal(%n: index, %w: " + std::string(c.result) + ", " + bind +
             ") -> f64 {\n" + weighted(c) + "  return %s : f64\n}\n";
    grad = gradient(c, "r", 'x');
  } else {
    primal = "func.func @primal(" + signature(c, 'v') + ") -> f64 {\n" + gradientNorm(c) +
             "  return " + last + " : f64\n}\n";
    grad = "  %r:" + std::to_string(k + 1) + " = dyn.value_and_grad wrt(" + names + ") : (" +
           types + ") -> (f64, " + types + ") {\n  ^bb0(" +
           join(k, [&](size_t i) { return "%v" + std::to_string(i) + ": " + c.inputs[i]; }) +
           "):\n" + gradientNorm(c) + "  dyn.yield " + last + " : f64\n  }\n";
  }
  grad = "func.func @grad(" + signature(c, 'x') + ") -> (f64, " + types + ") {\n" + grad +
         "  return " + join(k + 1, [](size_t i) { return "%r#" + std::to_string(i); }) +
         " : f64, " + types + "\n}\n";
  return fill(primal + grad, extents);
}

std::optional<std::string> dyn::test::check(MLIRContext &context, const Case &c,
                                            const Extents &extents, Order order,
                                            const char *pipeline) {
  std::string text = program(c, extents, order), said;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &d) { said += d.str() + "\n"; });
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return "does not parse: " + said + text;
  PassManager passes(&context);
  if (failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(*module)))
    return "pipeline failed: " + said + text;
  auto primal = module->lookupSymbol<func::FuncOp>("primal");
  auto grad = module->lookupSymbol<func::FuncOp>("grad");
  std::mt19937 random(7);
  std::vector<Array> args{Array(double(extents[0]))}, results, shifted;
  for (Type t : grad.getArgumentTypes().drop_front())
    args.push_back(draw(t, extents[0], c.low, c.high, random));
  Interpreter interpreter;
  auto value = [&]() -> std::optional<double> {
    if (failed(interpreter.run(primal, args, shifted)))
      return std::nullopt;
    return shifted[0].data[0];
  };
  std::optional<double> here = value();
  if (!here || failed(interpreter.run(grad, args, results)))
    return "does not run: " + said;
  if (differ(*here, results[0].data[0], 1e-12))
    return "the value changes";
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    if (results[i + 1].data.size() != args[i + 2].data.size())
      return "gradient " + std::to_string(i) + " has another size";
    for (size_t at = 0; at < results[i + 1].data.size(); ++at) {
      double &x = args[i + 2].data[at], x0 = x, h = 1e-5;
      x = x0 + h;
      double up = value().value_or(NAN);
      x = x0 - h;
      double down = value().value_or(NAN);
      x = x0;
      double want = (up - down) / (2 * h), got = results[i + 1].data[at];
      if (differ(want, got, 2e-6))
        return "d" + letter(i) + "[" + std::to_string(at) + "] is " + std::to_string(got) +
               ", the difference quotient " + std::to_string(want);
    }
  }
  return std::nullopt;
}
