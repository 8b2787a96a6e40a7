//===- Directions.cpp - forward mode against reverse mode -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Directions.h"

#include "Text.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace dyn::test;
using std::string;

namespace {

string framed(StringRef type, int64_t members) {
  string k = std::to_string(members) + "x";
  if (!type.starts_with("tensor"))
    return "tensor<" + k + type.str() + ">";
  size_t at = type.starts_with("tensor<?x") ? 9 : 7;
  return type.substr(0, at).str() + k + type.substr(at).str();
}

struct Writer {
  const Case &c;
  int64_t members;
  size_t k = c.inputs.size();

  string types() const {
    return join(k, [&](size_t i) { return c.inputs[i]; });
  }
  string names(const char *prefix) const {
    return join(k, [&](size_t i) { return "%" + string(prefix) + std::to_string(i); });
  }
  string typed(const char *prefix) const {
    return join(
        k, [&](size_t i) { return "%" + string(prefix) + std::to_string(i) + ": " + c.inputs[i]; });
  }
  string letters() const {
    return join(k, [&](size_t i) { return "%" + letter(i) + ": " + c.inputs[i]; });
  }
  /// `%y, %t` of the weighted sum at %x0, ... along %u0, ...
  string jvp(const char *at) const {
    return "  %y1, %t1 = dyn.jvp 1 wrt(" + names(at) + ") along(" + names("u") + ") : (" + types() +
           "), (" + types() + ") -> (f64, f64) {\n  ^bb0(" + letters() + "):\n" + weighted(c) +
           "  dyn.yield %s : f64\n  }\n";
  }
  string grad() const {
    return "func.func @grad(" + signature(c, 'x') + ") -> (f64, " + types() + ") {\n" +
           gradient(c, "r", 'x') + "  return " +
           join(k + 1, [](size_t i) { return "%r#" + std::to_string(i); }) + " : f64, " + types() +
           "\n}\n";
  }
  string tangent() const {
    return "func.func @jvp(" + signature(c, 'x') + ", " + typed("u") + ") -> (f64, f64) {\n" +
           jvp("x") + "  return %y1, %t1 : f64, f64\n}\n";
  }
  string liftedTangent() const {
    auto many = [&](size_t i) { return framed(c.inputs[i], members); };
    string out = "tensor<" + std::to_string(members) + "xf64>";
    return "func.func @many(" + signature(c, 'x') + ", " +
           join(k, [&](size_t i) { return "%m" + std::to_string(i) + ": " + many(i); }) + ") -> (" +
           out + ", f64) {\n  %l:2 = dyn.lift 1 (" + names("m") + ") : (" + join(k, many) +
           ") -> (" + out + ", f64) {\n  ^bb0(" + typed("u") + "):\n" + jvp("x") +
           "  dyn.yield %t1, %y1 : f64, f64\n  }\n  return %l#0, %l#1 : " + out + ", f64\n}\n";
  }
  string liftedGrad() const {
    string result = framed(c.result, members);
    string outs = join(k, [&](size_t i) { return framed(c.inputs[i], members); });
    return "func.func @rows(%n: index, %mw: " + result + ", " + typed("x") + ") -> (" + outs +
           ") {\n  %l:" + std::to_string(k) + " = dyn.lift " + std::to_string(k) + " (%mw) : (" +
           result + ") -> (" + outs + ") {\n  ^bb0(%w: " + c.result + "):\n" +
           gradient(c, "r", 'x') + "  dyn.yield " +
           join(k, [](size_t i) { return "%r#" + std::to_string(i + 1); }) + " : " + types() +
           "\n  }\n  return " + join(k, [](size_t i) { return "%l#" + std::to_string(i); }) +
           " : " + outs + "\n}\n";
  }
  string forwardOverReverse() const {
    string gs = join(k, [](size_t i) { return "%r#" + std::to_string(i + 1); });
    return "func.func @fr(" + signature(c, 'x') + ", " + typed("u") + ") -> (" + types() +
           ") {\n  %h:" + std::to_string(2 * k) + " = dyn.jvp " + std::to_string(k) + " wrt(" +
           names("x") + ") along(" + names("u") + ") : (" + types() + "), (" + types() + ") -> (" +
           types() + ", " + types() + ") {\n  ^bb0(" + typed("v") + "):\n" + gradient(c, "r", 'v') +
           "  dyn.yield " + gs + " : " + types() + "\n  }\n  return " +
           join(k, [&](size_t i) { return "%h#" + std::to_string(k + i); }) + " : " + types() +
           "\n}\n";
  }
  string reverseOverForward() const {
    return "func.func @rf(" + signature(c, 'x') + ", " + typed("u") + ") -> (" + types() +
           ") {\n  %h:" + std::to_string(k + 1) + " = dyn.value_and_grad wrt(" + names("x") +
           ") : (" + types() + ") -> (f64, " + types() + ") {\n  ^bb0(" + typed("v") + "):\n" +
           jvp("v") + "  dyn.yield %t1 : f64\n  }\n  return " +
           join(k, [&](size_t i) { return "%h#" + std::to_string(1 + i); }) + " : " + types() +
           "\n}\n";
  }
};

/// A module of one case with drawn inputs.
struct Trial {
  MLIRContext &context;
  string said;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
  std::mt19937 random{11};

  explicit Trial(MLIRContext &context)
      : context(context), handler(&context, [this](Diagnostic &d) { said += d.str() + "\n"; }) {}

  std::optional<string> compile(const string &text, const char *pipeline) {
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return "does not parse: " + said + text;
    PassManager passes(&context);
    if (failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(*module)))
      return "pipeline failed: " + said + text;
    return std::nullopt;
  }
  std::vector<Array> run(const char *name, ArrayRef<Array> args) {
    std::vector<Array> results;
    Interpreter interpreter;
    if (failed(interpreter.run(module->lookupSymbol<func::FuncOp>(name), args, results)))
      results.clear();
    return results;
  }
  func::FuncOp function(const char *name) { return module->lookupSymbol<func::FuncOp>(name); }
};

int64_t axisIn(Type single) {
  auto t = dyn_cast<RankedTensorType>(single);
  return t && t.getRank() && t.isDynamicDim(0) ? 1 : 0;
}

/// Member `k` of `all`, whose frame is dimension `axis`.
Array member(const Array &all, int64_t axis, int64_t k) {
  SmallVector<int64_t> shape = all.shape;
  shape.erase(shape.begin() + axis);
  Array out(shape);
  if (out.data.empty())
    return out;
  Array from = all;
  forEach(shape, [&](ArrayRef<int64_t> at) {
    SmallVector<int64_t> full(at);
    full.insert(full.begin() + axis, k);
    out.at(at) = from.at(full);
  });
  return out;
}

std::optional<string> compare(const char *what, const Array &got, const Array &want,
                              double tolerance) {
  if (got.data.size() != want.data.size())
    return string(what) + " has another size";
  for (size_t i = 0; i < got.data.size(); ++i)
    if (differ(got.data[i], want.data[i], tolerance))
      return string(what) + "[" + std::to_string(i) + "] is " + std::to_string(got.data[i]) +
             ", not " + std::to_string(want.data[i]);
  return std::nullopt;
}

} // namespace

std::optional<string> dyn::test::checkForward(MLIRContext &context, const Case &c,
                                              const Extents &extents, int64_t members,
                                              const char *pipeline) {
  Trial trial(context);
  Writer w{c, members};
  string text = fill(w.grad() + w.tangent() + w.liftedTangent() + w.liftedGrad(), extents);
  if (auto wrong = trial.compile(text, pipeline))
    return wrong;
  size_t k = c.inputs.size();
  std::vector<Array> at{Array(double(extents[0]))}, along;
  ArrayRef<Type> types = trial.function("jvp").getArgumentTypes();
  for (size_t i = 0; i <= k; ++i)
    at.push_back(draw(types[i + 1], extents[0], i ? c.low : -2, i ? c.high : 2, trial.random));
  for (size_t i = 0; i < k; ++i)
    along.push_back(draw(types[i + 2], extents[0], -1, 1, trial.random));
  auto with = [](std::vector<Array> args, ArrayRef<Array> more) {
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  auto tangent = [&](ArrayRef<Array> u) { return trial.run("jvp", with(at, u)); };

  std::vector<Array> grad = trial.run("grad", at), one = tangent(along);
  if (grad.empty() || one.empty())
    return "does not run: " + trial.said;
  if (differ(one[0].data[0], grad[0].data[0], 1e-12))
    return "the value changes";
  auto moved = [&](double h) {
    std::vector<Array> there = at;
    for (size_t i = 0; i < k; ++i)
      for (size_t e = 0; e < along[i].data.size(); ++e)
        there[i + 2].data[e] += h * along[i].data[e];
    return trial.run("grad", there)[0].data[0];
  };
  double inner = 0;
  for (size_t i = 0; i < k; ++i)
    for (size_t e = 0; e < along[i].data.size(); ++e)
      inner += along[i].data[e] * grad[i + 1].data[e];
  double got = one[1].data[0], quotient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
  if (differ(got, inner, 1e-11))
    return "the tangent is " + std::to_string(got) + ", by reverse mode " + std::to_string(inner);
  if (differ(got, quotient, 5e-6))
    return "the tangent is " + std::to_string(got) + ", the difference quotient " +
           std::to_string(quotient);

  std::vector<Array> directions;
  ArrayRef<Type> many = trial.function("many").getArgumentTypes();
  for (size_t i = 0; i < k; ++i)
    directions.push_back(draw(many[k + 2 + i], extents[0], -1, 1, trial.random));
  std::vector<Array> tangents = trial.run("many", with(at, directions));
  if (tangents.empty())
    return "does not run lifted: " + trial.said;
  if (auto wrong = compare("the value", tangents[1], one[0], 1e-12))
    return wrong;
  for (int64_t m = 0; m < members; ++m) {
    std::vector<Array> u;
    for (size_t i = 0; i < k; ++i)
      u.push_back(member(directions[i], axisIn(types[i + 2]), m));
    if (auto wrong = compare("a lifted tangent", Array(tangents[0].data[m]), tangent(u)[1], 1e-12))
      return wrong;
  }

  Array weights =
      draw(trial.function("rows").getArgumentTypes()[1], extents[0], -1, 1, trial.random);
  std::vector<Array> args = at;
  args[1] = weights;
  std::vector<Array> rows = trial.run("rows", args);
  if (rows.empty())
    return "does not run lifted in reverse: " + trial.said;
  for (int64_t m = 0; m < members; ++m) {
    args[1] = member(weights, axisIn(types[1]), m);
    std::vector<Array> want = trial.run("grad", args);
    for (size_t i = 0; i < k; ++i)
      if (auto wrong = compare("a lifted gradient", member(rows[i], axisIn(types[i + 2]), m),
                               want[i + 1], 1e-12))
        return wrong;
  }
  return std::nullopt;
}

std::optional<string> dyn::test::checkHvp(MLIRContext &context, const Case &c,
                                          const Extents &extents, const char *pipeline) {
  Trial trial(context);
  Writer w{c, 1};
  string text = fill(w.grad() + w.forwardOverReverse() + w.reverseOverForward(), extents);
  if (auto wrong = trial.compile(text, pipeline))
    return wrong;
  size_t k = c.inputs.size();
  std::vector<Array> at{Array(double(extents[0]))}, args;
  ArrayRef<Type> types = trial.function("fr").getArgumentTypes();
  for (size_t i = 0; i <= k; ++i)
    at.push_back(draw(types[i + 1], extents[0], i ? c.low : -2, i ? c.high : 2, trial.random));
  args = at;
  for (size_t i = 0; i < k; ++i)
    args.push_back(draw(types[i + 2], extents[0], -1, 1, trial.random));
  std::vector<Array> forward = trial.run("fr", args), reverse = trial.run("rf", args);
  if (forward.size() != k || reverse.size() != k)
    return "does not run: " + trial.said;
  auto moved = [&](double h) {
    std::vector<Array> there = at;
    for (size_t i = 0; i < k; ++i)
      for (size_t e = 0; e < at[i + 2].data.size(); ++e)
        there[i + 2].data[e] += h * args[k + 2 + i].data[e];
    return trial.run("grad", there);
  };
  std::vector<Array> up = moved(1e-5), down = moved(-1e-5);
  for (size_t i = 0; i < k; ++i) {
    Array quotient = up[i + 1];
    for (size_t e = 0; e < quotient.data.size(); ++e)
      quotient.data[e] = (up[i + 1].data[e] - down[i + 1].data[e]) / 2e-5;
    if (auto wrong = compare("forward over reverse", forward[i], reverse[i], 1e-10))
      return wrong;
    if (auto wrong = compare("the Hessian product", forward[i], quotient, 5e-6))
      return wrong;
  }
  return std::nullopt;
}
