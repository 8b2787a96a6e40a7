//===- Elementwise.cpp - arith and math, element by element ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;
using namespace dyn::test;

using In = const double *;
using Fn = double (*)(In);

static double propagate(double x, double y, bool first) {
  return std::isnan(x) || std::isnan(y) ? NAN : first ? x : y;
}

static const llvm::StringMap<Fn> &functions() {
  static const llvm::StringMap<Fn> table = {
      {"arith.addf", [](In x) { return x[0] + x[1]; }},
      {"arith.subf", [](In x) { return x[0] - x[1]; }},
      {"arith.mulf", [](In x) { return x[0] * x[1]; }},
      {"arith.divf", [](In x) { return x[0] / x[1]; }},
      {"arith.negf", [](In x) { return -x[0]; }},
      {"arith.maximumf", [](In x) { return propagate(x[0], x[1], x[0] > x[1]); }},
      {"arith.minimumf", [](In x) { return propagate(x[0], x[1], x[0] < x[1]); }},
      {"arith.maxnumf", [](In x) { return std::fmax(x[0], x[1]); }},
      {"arith.minnumf", [](In x) { return std::fmin(x[0], x[1]); }},
      {"arith.select", [](In x) { return x[0] != 0 ? x[1] : x[2]; }},
      {"arith.addi", [](In x) { return x[0] + x[1]; }},
      {"arith.subi", [](In x) { return x[0] - x[1]; }},
      {"arith.muli", [](In x) { return x[0] * x[1]; }},
      {"arith.divsi", [](In x) { return std::trunc(x[0] / x[1]); }},
      {"arith.ceildivsi", [](In x) { return std::ceil(x[0] / x[1]); }},
      {"arith.maxsi", [](In x) { return std::fmax(x[0], x[1]); }},
      {"arith.minsi", [](In x) { return std::fmin(x[0], x[1]); }},
      {"arith.andi", [](In x) { return double(int64_t(x[0]) & int64_t(x[1])); }},
      {"arith.ori", [](In x) { return double(int64_t(x[0]) | int64_t(x[1])); }},
      {"arith.xori", [](In x) { return double(int64_t(x[0]) ^ int64_t(x[1])); }},
      {"arith.extf", [](In x) { return x[0]; }},
      {"arith.truncf", [](In x) { return double(float(x[0])); }},
      {"arith.sitofp", [](In x) { return x[0]; }},
      {"arith.uitofp", [](In x) { return x[0]; }},
      {"arith.fptosi", [](In x) { return std::trunc(x[0]); }},
      {"arith.index_cast", [](In x) { return x[0]; }},
      {"arith.extui", [](In x) { return x[0]; }},
      {"math.exp", [](In x) { return std::exp(x[0]); }},
      {"math.exp2", [](In x) { return std::exp2(x[0]); }},
      {"math.expm1", [](In x) { return std::expm1(x[0]); }},
      {"math.log", [](In x) { return std::log(x[0]); }},
      {"math.log2", [](In x) { return std::log2(x[0]); }},
      {"math.log10", [](In x) { return std::log10(x[0]); }},
      {"math.log1p", [](In x) { return std::log1p(x[0]); }},
      {"math.sqrt", [](In x) { return std::sqrt(x[0]); }},
      {"math.rsqrt", [](In x) { return 1 / std::sqrt(x[0]); }},
      {"math.absf", [](In x) { return std::fabs(x[0]); }},
      {"math.sin", [](In x) { return std::sin(x[0]); }},
      {"math.cos", [](In x) { return std::cos(x[0]); }},
      {"math.tan", [](In x) { return std::tan(x[0]); }},
      {"math.acos", [](In x) { return std::acos(x[0]); }},
      {"math.atan", [](In x) { return std::atan(x[0]); }},
      {"math.sinh", [](In x) { return std::sinh(x[0]); }},
      {"math.cosh", [](In x) { return std::cosh(x[0]); }},
      {"math.tanh", [](In x) { return std::tanh(x[0]); }},
      {"math.erf", [](In x) { return std::erf(x[0]); }},
      {"math.powf", [](In x) { return std::pow(x[0], x[1]); }},
      {"math.fpowi", [](In x) { return std::pow(x[0], x[1]); }},
      {"math.fma", [](In x) { return std::fma(x[0], x[1], x[2]); }},
      {"math.floor", [](In x) { return std::floor(x[0]); }},
      {"math.ceil", [](In x) { return std::ceil(x[0]); }},
      {"math.round", [](In x) { return std::round(x[0]); }},
      {"math.trunc", [](In x) { return std::trunc(x[0]); }},
      {"math.roundeven", [](In x) { return std::nearbyint(x[0]); }},
      {"dyn.stop", [](In x) { return x[0]; }}};
  return table;
}

static bool compare(arith::CmpFPredicate p, double x, double y) {
  // Bits of the predicate: 1 equal, 2 greater, 4 less, 8 unordered.
  int relation = std::isnan(x) || std::isnan(y) ? 8 : x == y ? 1 : x > y ? 2 : 4;
  return (int(p) & relation) != 0;
}

static bool compare(arith::CmpIPredicate p, double x, double y) {
  using P = arith::CmpIPredicate;
  switch (p) {
  case P::eq:
    return x == y;
  case P::ne:
    return x != y;
  case P::slt:
  case P::ult:
    return x < y;
  case P::sle:
  case P::ule:
    return x <= y;
  case P::sgt:
  case P::ugt:
    return x > y;
  case P::sge:
  case P::uge:
    return x >= y;
  }
  return false;
}

bool Interpreter::elementwise(Operation &op) {
  std::function<double(In)> f;
  if (auto cmp = dyn_cast<arith::CmpFOp>(op))
    f = [cmp](In x) mutable { return double(compare(cmp.getPredicate(), x[0], x[1])); };
  else if (auto cmp = dyn_cast<arith::CmpIOp>(op))
    f = [cmp](In x) mutable { return double(compare(cmp.getPredicate(), x[0], x[1])); };
  else if (Fn known = functions().lookup(op.getName().getStringRef()))
    f = known;
  else
    return false;
  std::vector<Array> in = getAll(op.getOperands());
  // A select may have a scalar condition for arrays.
  Array out(in.back().shape);
  SmallVector<double> x(in.size());
  for (size_t i = 0; i < out.data.size(); ++i) {
    for (auto [k, a] : llvm::enumerate(in))
      x[k] = a.shape.empty() ? a.data[0] : a.data[i];
    out.data[i] = f(x.data());
  }
  values[op.getResult(0)] = out;
  return true;
}
