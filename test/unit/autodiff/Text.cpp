//===- Text.cpp - the programs of a case, as text -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Text.h"

#include <cmath>

using namespace mlir;
using namespace dyn::test;

std::string dyn::test::fill(StringRef text, const Extents &extents) {
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

std::string dyn::test::join(size_t n, const std::function<std::string(size_t)> &item) {
  std::string out;
  for (size_t i = 0; i < n; ++i)
    out += (i ? ", " : "") + item(i);
  return out;
}

std::string dyn::test::letter(size_t i) { return std::string(1, char('a' + i)); }

std::string dyn::test::total(const std::string &name, StringRef type, const std::string &sum) {
  if (!type.starts_with("tensor"))
    return "  %" + sum + "z = arith.constant 0.0 : f64\n  %" + sum + " = arith.addf %" + name +
           ", %" + sum + "z : f64\n";
  size_t rank = type.count('x');
  std::string dims = join(rank, [](size_t i) { return std::to_string(i); });
  return "  %" + sum + " = dyn.reduce add %" + name + " dims [" + dims + "] : " + type.str() +
         " to f64\n";
}

std::string dyn::test::signature(const Case &c, char prefix) {
  return "%n: index, %w: " + std::string(c.result) + ", " + join(c.inputs.size(), [&](size_t i) {
           return "%" + std::string(1, prefix) + std::to_string(i) + ": " + c.inputs[i];
         });
}

std::string dyn::test::weighted(const Case &c) {
  return std::string(c.body) + "\n  %p = arith.mulf %y, %w : " + c.result + "\n" +
         total("p", c.result, "s");
}

std::string dyn::test::gradient(const Case &c, const std::string &name, char prefix) {
  size_t k = c.inputs.size();
  auto types = join(k, [&](size_t i) { return c.inputs[i]; });
  return "  %" + name + ":" + std::to_string(k + 1) + " = dyn.value_and_grad wrt(" +
         join(k, [&](size_t i) { return "%" + std::string(1, prefix) + std::to_string(i); }) +
         ") : (" + types + ") -> (f64, " + types + ") {\n  ^bb0(" +
         join(k, [&](size_t i) { return "%" + letter(i) + ": " + c.inputs[i]; }) + "):\n" +
         weighted(c) + "  dyn.yield %s : f64\n  }\n";
}

std::string dyn::test::gradientNorm(const Case &c) {
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

Array dyn::test::draw(Type type, int64_t n, double low, double high, std::mt19937 &random) {
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

bool dyn::test::differ(double x, double y, double tolerance) {
  return !(std::fabs(x - y) <= tolerance * (1 + std::fabs(x) + std::fabs(y)));
}
