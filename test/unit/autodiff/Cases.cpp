//===- Cases.cpp - a program for every op that has a rule -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Check.h"

using namespace dyn::test;

static const char *ab = "tensor<AxBxf64>";

/// `%y = NAME %a` on an array.
static Case unary(const char *name, const char *body, double low = -2, double high = 2) {
  return {name, {ab}, body, ab, low, high};
}
static Case binary(const char *name, const char *body, double low = -2, double high = 2) {
  return {name, {ab, ab}, body, ab, low, high};
}

static void elementwise(std::vector<Case> &out) {
  for (Case c :
       {binary("addf", "%y = arith.addf %a, %b : tensor<AxBxf64>"),
        binary("subf", "%y = arith.subf %a, %b : tensor<AxBxf64>"),
        binary("mulf", "%y = arith.mulf %a, %b : tensor<AxBxf64>"),
        binary("square", "%z = arith.mulf %a, %a : tensor<AxBxf64>\n"
                         "%y = arith.mulf %z, %b : tensor<AxBxf64>"),
        binary("divf", "%y = arith.divf %a, %b : tensor<AxBxf64>", 0.5),
        unary("negf", "%y = arith.negf %a : tensor<AxBxf64>"),
        binary("maximumf", "%y = arith.maximumf %a, %b : tensor<AxBxf64>"),
        binary("minimumf", "%y = arith.minimumf %a, %b : tensor<AxBxf64>"),
        binary("maxnumf", "%y = arith.maxnumf %a, %b : tensor<AxBxf64>"),
        binary("minnumf", "%y = arith.minnumf %a, %b : tensor<AxBxf64>"),
        binary("select", "%k = arith.cmpf ogt, %a, %b : tensor<AxBxf64>\n"
                         "%z = arith.mulf %a, %b : tensor<AxBxf64>\n"
                         "%y = arith.select %k, %z, %b : tensor<AxBxi1>, tensor<AxBxf64>"),
        unary("exp", "%y = math.exp %a : tensor<AxBxf64>"),
        unary("exp2", "%y = math.exp2 %a : tensor<AxBxf64>"),
        unary("expm1", "%y = math.expm1 %a : tensor<AxBxf64>"),
        unary("log", "%y = math.log %a : tensor<AxBxf64>", 0.5),
        unary("log2", "%y = math.log2 %a : tensor<AxBxf64>", 0.5),
        unary("log10", "%y = math.log10 %a : tensor<AxBxf64>", 0.5),
        unary("log1p", "%y = math.log1p %a : tensor<AxBxf64>", -0.5),
        unary("sqrt", "%y = math.sqrt %a : tensor<AxBxf64>", 0.5),
        unary("rsqrt", "%y = math.rsqrt %a : tensor<AxBxf64>", 0.5),
        unary("absf", "%y = math.absf %a : tensor<AxBxf64>"),
        unary("sin", "%y = math.sin %a : tensor<AxBxf64>"),
        unary("cos", "%y = math.cos %a : tensor<AxBxf64>"),
        unary("tan", "%y = math.tan %a : tensor<AxBxf64>", -1, 1),
        unary("sinh", "%y = math.sinh %a : tensor<AxBxf64>"),
        unary("cosh", "%y = math.cosh %a : tensor<AxBxf64>"),
        unary("tanh", "%y = math.tanh %a : tensor<AxBxf64>"),
        unary("atan", "%y = math.atan %a : tensor<AxBxf64>"),
        unary("erf", "%y = math.erf %a : tensor<AxBxf64>"),
        unary("floor",
              "%z = math.floor %a : tensor<AxBxf64>\n%y = arith.mulf %z, %a : tensor<AxBxf64>"),
        unary("ceil",
              "%z = math.ceil %a : tensor<AxBxf64>\n%y = arith.mulf %z, %a : tensor<AxBxf64>"),
        unary("round",
              "%z = math.round %a : tensor<AxBxf64>\n%y = arith.mulf %z, %a : tensor<AxBxf64>"),
        unary("trunc",
              "%z = math.trunc %a : tensor<AxBxf64>\n%y = arith.mulf %z, %a : tensor<AxBxf64>"),
        unary("roundeven",
              "%z = math.roundeven %a : tensor<AxBxf64>\n%y = arith.mulf %z, %a : tensor<AxBxf64>"),
        binary("powf", "%y = math.powf %a, %b : tensor<AxBxf64>", 0.5),
        unary("fpowi",
              "%k = arith.constant dense<3> : tensor<AxBxi64>\n"
              "%y = math.fpowi %a, %k : tensor<AxBxf64>, tensor<AxBxi64>",
              0.5)})
    out.push_back(c);
  out.push_back({"fma", {ab, ab, ab}, "%y = math.fma %a, %b, %c : tensor<AxBxf64>", ab});
  out.push_back({"scalars",
                 {"f64", "f64"},
                 "%u = math.sin %a : f64\n%v = arith.divf %u, %b : f64\n%y = math.exp %v : f64",
                 "f64",
                 0.5});
  out.push_back({"fpowi-zero",
                 {"f64"},
                 "%k = arith.constant 0 : i64\n"
                 "%y = math.fpowi %a, %k : f64, i64",
                 "f64",
                 0.5});
  // Rounded to f32 on the way, a difference quotient of 1e-5 sees only noise: the
  // shift is scaled up before and down after.
  out.push_back({"precision",
                 {"tensor<Axf64>"},
                 "%big = arith.constant dense<1048576.0> : tensor<Axf64>\n"
                 "%k = arith.mulf %a, %big : tensor<Axf64>\n"
                 "%g = math.floor %k : tensor<Axf64>\n%f = arith.subf %k, %g : tensor<Axf64>\n"
                 "%t = arith.truncf %g : tensor<Axf64> to tensor<Axf32>\n"
                 "%e = arith.extf %t : tensor<Axf32> to tensor<Axf64>\n"
                 "%h = arith.addf %e, %f : tensor<Axf64>\n"
                 "%y = arith.divf %h, %big : tensor<Axf64>",
                 "tensor<Axf64>",
                 -1,
                 1});
}

static void shapes(std::vector<Case> &out) {
  auto add = [&](Case c) { out.push_back(std::move(c)); };
  add({"broadcast",
       {"tensor<Bxf64>"},
       "%y = dyn.broadcast %a dims [1] : tensor<Bxf64> to tensor<AxBxCxf64>",
       "tensor<AxBxCxf64>"});
  add({"broadcast-scalar",
       {"f64"},
       "%y = dyn.broadcast %a dims [] extents(%n) : f64 to tensor<?xBxf64>",
       "tensor<?xBxf64>"});
  add({"broadcast-dynamic",
       {"tensor<?xf64>"},
       "%y = dyn.broadcast %a dims [0] extents(%n) : tensor<?xf64> to tensor<?xCxf64>",
       "tensor<?xCxf64>"});
  add({"transpose",
       {"tensor<AxBxCxf64>"},
       "%y = dyn.transpose %a [2, 0, 1] : tensor<AxBxCxf64> to tensor<CxAxBxf64>",
       "tensor<CxAxBxf64>"});
  add({"reshape",
       {"tensor<?x2x3xf64>"},
       "%y = dyn.reshape %a : tensor<?x2x3xf64> to tensor<?x6xf64>",
       "tensor<?x6xf64>"});
  add({"expand-collapse",
       {"tensor<Ax6xf64>"},
       "%e = tensor.expand_shape %a [[0], [1, 2]] output_shape [A, 2, 3] : tensor<Ax6xf64> into "
       "tensor<Ax2x3xf64>\n"
       "%q = arith.mulf %e, %e : tensor<Ax2x3xf64>\n"
       "%y = tensor.collapse_shape %q [[0], [1, 2]] : tensor<Ax2x3xf64> into tensor<Ax6xf64>",
       "tensor<Ax6xf64>"});
  add({"extract-slice",
       {"tensor<5x7xf64>"},
       "%i = arith.constant 1 : index\n"
       "%y = tensor.extract_slice %a[%i, 0] [1, 3] [1, 2] : tensor<5x7xf64> to tensor<3xf64>",
       "tensor<3xf64>",
       -2,
       2,
       false});
  add({"insert-slice",
       {"tensor<3xf64>", "tensor<5x7xf64>"},
       "%i = arith.constant 4 : index\n%q = arith.mulf %b, %b : tensor<5x7xf64>\n"
       "%y = tensor.insert_slice %a into %q[%i, 1] [1, 3] [1, 2] : tensor<3xf64> into "
       "tensor<5x7xf64>",
       "tensor<5x7xf64>",
       -2,
       2,
       false});
  add({"extract-insert",
       {"tensor<3x2xf64>", "f64"},
       "%i = arith.constant 2 : index\n%j = arith.constant 1 : index\n"
       "%e = tensor.extract %a[%i, %j] : tensor<3x2xf64>\n%m = arith.mulf %e, %b : f64\n"
       "%y = tensor.insert %m into %a[%j, %j] : tensor<3x2xf64>",
       "tensor<3x2xf64>",
       -2,
       2,
       false});
  add({"from-elements",
       {"f64", "f64"},
       "%m = arith.mulf %a, %b : f64\n%y = tensor.from_elements %a, %b, %m, %a : tensor<2x2xf64>",
       "tensor<2x2xf64>",
       -2,
       2,
       false});
  add({"splat", {"f64"}, "%y = tensor.splat %a : tensor<AxBxf64>", "tensor<AxBxf64>"});
  add({"cast",
       {"tensor<AxBxf64>"},
       "%q = tensor.cast %a : tensor<AxBxf64> to tensor<?xBxf64>\n"
       "%r = arith.mulf %q, %q : tensor<?xBxf64>\n"
       "%y = tensor.cast %r : tensor<?xBxf64> to tensor<AxBxf64>",
       "tensor<AxBxf64>"});
  add({"concat",
       {"tensor<AxBxf64>", "tensor<Ax3xf64>"},
       "%q = tensor.concat dim(1) %a, %b, %b : (tensor<AxBxf64>, tensor<Ax3xf64>, tensor<Ax3xf64>) "
       "-> tensor<Ax?xf64>\n"
       "%i = arith.constant 0 : index\n"
       "%y = tensor.extract_slice %q[%i, 0] [A, 6] [1, 1] : tensor<Ax?xf64> to tensor<Ax6xf64>",
       "tensor<Ax6xf64>"});
}

static void sums(std::vector<Case> &out) {
  auto add = [&](Case c) { out.push_back(std::move(c)); };
  add({"contract",
       {"tensor<AxBxf64>", "tensor<BxCxf64>"},
       "%y = dyn.contract %a [0, 2], %b [2, 1] : tensor<AxBxf64>, tensor<BxCxf64> to "
       "tensor<AxCxf64>",
       "tensor<AxCxf64>"});
  add({"contract-batched",
       {"tensor<?xBxCxf64>", "tensor<CxBxf64>"},
       "%y = dyn.contract %a [0, 3, 1], %b [1, 2] : tensor<?xBxCxf64>, tensor<CxBxf64> to "
       "tensor<?xCxBxf64>",
       "tensor<?xCxBxf64>"});
  add({"contract-lone",
       {"tensor<AxBxf64>", "tensor<CxAxf64>"},
       "%y = dyn.contract %a [0, 2], %b [1, 0] : tensor<AxBxf64>, tensor<CxAxf64> to "
       "tensor<AxCxf64>",
       "tensor<AxCxf64>"});
  add({"contract-scalar",
       {"tensor<AxBxf64>", "tensor<BxAxf64>"},
       "%y = dyn.contract %a [0, 1], %b [1, 0] : tensor<AxBxf64>, tensor<BxAxf64> to f64",
       "f64"});
  add({"contract-scalar-lone",
       {"tensor<AxBxf64>", "tensor<CxBxf64>"},
       "%y = dyn.contract %a [0, 1], %b [2, 1] : tensor<AxBxf64>, tensor<CxBxf64> to f64",
       "f64"});
  add({"contract-outer",
       {"tensor<Axf64>", "tensor<Bxf64>"},
       "%y = dyn.contract %a [1], %b [0] : tensor<Axf64>, tensor<Bxf64> to tensor<BxAxf64>",
       "tensor<BxAxf64>"});
  add({"reduce-add",
       {"tensor<AxBxCxf64>"},
       "%y = dyn.reduce add %a dims [0, 2] : tensor<AxBxCxf64> to tensor<Bxf64>",
       "tensor<Bxf64>"});
  add({"reduce-dynamic",
       {"tensor<?xBxf64>"},
       "%q = arith.mulf %a, %a : tensor<?xBxf64>\n%y = dyn.reduce add %q dims [1] : "
       "tensor<?xBxf64> to tensor<?xf64>",
       "tensor<?xf64>"});
  // Not over nothing: an infinite value has no difference quotient.
  add({"reduce-max",
       {"tensor<Ax3xf64>"},
       "%y = dyn.reduce max %a dims [1] : tensor<Ax3xf64> to tensor<Axf64>",
       "tensor<Axf64>"});
  add({"reduce-min",
       {"tensor<Ax5xf64>"},
       "%y = dyn.reduce min %a dims [1] : tensor<Ax5xf64> to tensor<Axf64>",
       "tensor<Axf64>"});
  add({"reduce-mul",
       {"tensor<AxBxf64>"},
       "%y = dyn.reduce mul %a dims [0] : tensor<AxBxf64> to tensor<Bxf64>",
       "tensor<Bxf64>",
       0.5});
  add({"reduce-mul-zero",
       {"tensor<2xf64>"},
       "%k = arith.constant dense<[0.0, 1.0]> : tensor<2xf64>\n%q = arith.mulf %a, %k : "
       "tensor<2xf64>\n"
       "%y = dyn.reduce mul %q dims [0] : tensor<2xf64> to f64",
       "f64",
       0.5,
       2,
       false,
       /*second=*/false});
  add({"gather",
       {"tensor<4xBxf64>"},
       "%i = arith.constant dense<[2, 0, 2, 3, 2]> : tensor<5xi64>\n"
       "%y = dyn.gather %a[%i] batch 0 : tensor<4xBxf64>, tensor<5xi64> to tensor<5xBxf64>",
       "tensor<5xBxf64>"});
  // Sorting and the k-th are gathers by positions that depend on the values.
  add({"sort",
       {"tensor<AxBxf64>"},
       "%i = dyn.order min %a : tensor<AxBxf64> to tensor<AxBxi64>\n"
       "%o = dyn.gather %a[%i] batch 1 : tensor<AxBxf64>, tensor<AxBxi64> to tensor<AxBxf64>\n"
       "%y = arith.mulf %o, %a : tensor<AxBxf64>",
       "tensor<AxBxf64>"});
  // Of no numbers there is no k-th.
  add({"kth",
       {"tensor<Ax3xf64>"},
       "%k = arith.constant 1 : i64\n"
       "%i = dyn.kth max %a, %k : tensor<Ax3xf64> to tensor<Axi64>\n"
       "%o = dyn.gather %a[%i] batch 1 : tensor<Ax3xf64>, tensor<Axi64> to tensor<Axf64>\n"
       "%y = arith.mulf %o, %o : tensor<Axf64>",
       "tensor<Axf64>"});
  add({"gather-batched",
       {"tensor<2x3xBxf64>"},
       "%i = arith.constant dense<[[0, 2], [1, 1]]> : tensor<2x2xi64>\n"
       "%y = dyn.gather %a[%i] batch 1 : tensor<2x3xBxf64>, tensor<2x2xi64> to tensor<2x2xBxf64>",
       "tensor<2x2xBxf64>"});
  add({"scatter-add",
       {"tensor<5xBxf64>"},
       "%i = arith.constant dense<[2, 0, 2, 3, 2]> : tensor<5xi64>\n"
       "%y = dyn.scatter_add %a[%i] batch 0 : tensor<5xBxf64>, tensor<5xi64> to tensor<4xBxf64>",
       "tensor<4xBxf64>"});
  add({"window",
       {"tensor<?x9xf64>"},
       "%y = dyn.window %a dim 1 stride 2 dilation 2 low 1 : tensor<?x9xf64> to tensor<?x4x3xf64>",
       "tensor<?x4x3xf64>"});
  add({"unwindow",
       {"tensor<Ax4x3xf64>"},
       "%y = dyn.unwindow %a dim 1 stride 1 dilation 1 low 1 : tensor<Ax4x3xf64> to "
       "tensor<Ax4xf64>",
       "tensor<Ax4xf64>"});
}

const std::vector<Case> &dyn::test::cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> out;
    elementwise(out);
    shapes(out);
    sums(out);
    return out;
  }();
  return all;
}
