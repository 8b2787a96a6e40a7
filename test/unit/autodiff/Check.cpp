//===- Check.cpp - derivatives against central differences ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"

#include "Interpreter.h"
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
#include <random>

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

static std::string fill(StringRef text, const Extents &extents) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    auto word = [](char d) { return std::isalnum(d) || d == '_' || d == '%' || d == '#'; };
    bool inType = i > 0 && (text[i - 1] == '<' || text[i - 1] == 'x' || text[i - 1] == '[');
    bool ends = i + 1 == text.size() || text[i + 1] == 'x' || !word(text[i + 1]);
    if (c >= 'A' && c <= 'C' && inType && ends)
      out += std::to_string(extents[c - 'A']);
    else
      out += c;
  }
  return out;
}

static std::string join(size_t n, const std::function<std::string(size_t)> &item) {
  std::string out;
  for (size_t i = 0; i < n; ++i)
    out += (i ? ", " : "") + item(i);
  return out;
}

static std::string letter(size_t i) { return std::string(1, char('a' + i)); }

/// Adds up all elements of `%name` into `%sum`.
static std::string total(const std::string &name, StringRef type, const std::string &sum) {
  if (!type.starts_with("tensor"))
    return "  %" + sum + "z = arith.constant 0.0 : f64\n  %" + sum + " = arith.addf %" + name +
           ", %" + sum + "z : f64\n";
  size_t rank = type.count('x');
  std::string dims = join(rank, [](size_t i) { return std::to_string(i); });
  return "  %" + sum + " = dyn.reduce add %" + name + " dims [" + dims + "] : " + type.str() +
         " to f64\n";
}

/// Inputs of a function: the extent, the weights of the result, the variables.
static std::string signature(const Case &c, char prefix) {
  return "%n: index, %w: " + std::string(c.result) + ", " + join(c.inputs.size(), [&](size_t i) {
           return "%" + std::string(1, prefix) + std::to_string(i) + ": " + c.inputs[i];
         });
}

/// Computes %s, the weighted sum of the body's result, from %a, %b, ...
static std::string weighted(const Case &c) {
  return std::string(c.body) + "\n  %p = arith.mulf %y, %w : " + c.result + "\n" +
         total("p", c.result, "s");
}

/// `%name:k = dyn.value_and_grad` of the case with respect to %x0, %x1, ...
static std::string gradient(const Case &c, const std::string &name, char prefix) {
  size_t k = c.inputs.size();
  auto types = join(k, [&](size_t i) { return c.inputs[i]; });
  return "  %" + name + ":" + std::to_string(k + 1) + " = dyn.value_and_grad wrt(" +
         join(k, [&](size_t i) { return "%" + std::string(1, prefix) + std::to_string(i); }) +
         ") : (" + types + ") -> (f64, " + types + ") {\n  ^bb0(" +
         join(k, [&](size_t i) { return "%" + letter(i) + ": " + c.inputs[i]; }) + "):\n" +
         weighted(c) + "  dyn.yield %s : f64\n  }\n";
}

/// Computes %q, the sum of squares of the gradients with respect to %v0, ...
static std::string gradientNorm(const Case &c) {
  std::string out = gradient(c, "g", 'v');
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    std::string at = std::to_string(i), g = "%g#" + std::to_string(i + 1);
    out += "  %sq" + at + " = arith.mulf " + g + ", " + g + " : " + c.inputs[i] + "\n" +
           total("sq" + at, c.inputs[i], "t" + at);
    out +=
        i == 0
            ? std::string("  %q0z = arith.constant 0.0 : f64\n  %q0 = arith.addf %t0, %q0z : f64\n")
            : "  %q" + at + " = arith.addf %q" + std::to_string(i - 1) + ", %t" + at + " : f64\n";
  }
  return out;
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

static Array draw(Type type, int64_t n, double low, double high, std::mt19937 &random) {
  SmallVector<int64_t> shape;
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    for (int64_t d : tensor.getShape())
      shape.push_back(ShapedType::isDynamic(d) ? n : d);
  Array out(shape);
  std::uniform_real_distribution<double> uniform(low, high);
  for (double &x : out.data)
    x = uniform(random);
  return out;
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
  auto differ = [](double x, double y, double tolerance) {
    return !(std::fabs(x - y) <= tolerance * (1 + std::fabs(x) + std::fabs(y)));
  };
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
