//===- ExpressionTest.cpp - precedence and every form of expression ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Parse.h"

using namespace dyn::test;
using Strings = std::vector<std::string>;

TEST(Precedence, PowerBindsTighterThanMinus) {
  EXPECT_EQ(stmt("-x^2"), "(- (^ x 2))");
  EXPECT_EQ(stmt("2^-1"), "(^ 2 (- 1))");
  EXPECT_EQ(stmt("a^b^c"), "(^ a (^ b c))");
  EXPECT_EQ(stmt("f(x)^2*y"), "(* (^ (call f x) 2) y)");
}

TEST(Precedence, SumsAndProductsGoLeft) {
  EXPECT_EQ(stmt("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(stmt("a/b/c"), "(/ (/ a b) c)");
  EXPECT_EQ(stmt("x @ w + b"), "(+ (@ x w) b)");
  EXPECT_EQ(stmt("a div b mod c"), "(mod (div a b) c)");
}

TEST(Precedence, ReductionTakesAProduct) {
  EXPECT_EQ(stmt("sum[k] a*b + c"), "(+ (sum[k] (* a b)) c)");
  EXPECT_EQ(stmt("-mean[b] x[b, ..]"), "(- (mean[b] (index x b ..)))");
  EXPECT_EQ(stmt("2*sum[k] a[k]*b[k]"), "(* 2 (sum[k] (* (index a k) (index b k))))");
  EXPECT_EQ(stmt("sum(x) + max(a, b)"), "(+ (call sum x) (call max a b))");
  EXPECT_EQ(stmt("sum[e: E where dst[e] == n] m[e]"),
            "(sum[e: E where (== (index dst e) n)] (index m e))");
}

TEST(Precedence, LogicIsLooserThanComparison) {
  EXPECT_EQ(stmt("not a == b and c or d"), "(or (and (not (== a b)) c) d)");
  EXPECT_EQ(stmt("net where rank >= 2 and not hidden"),
            "(where net (and (>= rank 2) (not hidden)))");
  EXPECT_EQ(stmt("x in 0..n"), "(in x (.. 0 n))");
}

TEST(Ranges, Forms) {
  EXPECT_EQ(stmt("0..n"), "(.. 0 n)");
  EXPECT_EQ(stmt("1..=n - 1 by 2"), "(..= 1 (- n 1) by 2)");
  EXPECT_EQ(stmt("x[..n]"), "(index x (..n))");
  EXPECT_EQ(stmt("x[.., ..., 1.., 2..=m, k]"), "(index x .. ... (1..) (2..=m) k)");
}

TEST(Postfix, FieldsCallsSubscripts) {
  EXPECT_EQ(stmt("a[p, g].0"), "(field (index a p g) 0)");
  EXPECT_EQ(stmt("x.0.1"), "(field (field x 0) 1)");
  EXPECT_EQ(stmt("data.shuffled().batches(n: 3)"),
            "(call (field (call (field data shuffled)) batches) n: 3)");
  EXPECT_EQ(stmt("Block(w)[12]"), "(index (call Block w) 12)");
  EXPECT_EQ(stmt("logged.loss + stats.mean"), "(+ (field logged loss) (field stats mean))");
}

TEST(Derivatives, Forms) {
  EXPECT_EQ(stmt("grad[net] 100*mean(f(net))"), "(grad[net] (* 100 (call mean (call f net))))");
  EXPECT_EQ(stmt("value_and_grad[x, y where live] e"), "(value_and_grad[x, (where y live)] e)");
  EXPECT_EQ(stmt("jvp[x along v] f(x)"), "(jvp[x along v] (call f x))");
  EXPECT_EQ(stmt("grad[x] { a }"), "(grad[x] {\n  a})");
}

TEST(Functions, Lambdas) {
  EXPECT_EQ(stmt("x => x + 1"), "(lambda (x) (+ x 1))");
  EXPECT_EQ(stmt("map((x: real, y) => x*y)"), "(call map (lambda (x: real, y) (* x y)))");
  EXPECT_EQ(stmt("() => 1"), "(lambda () 1)");
}

TEST(Literals, Values) {
  EXPECT_EQ(stmt("40_000"), "40000");
  EXPECT_EQ(stmt("1e-10 + 2.5E+3"), "(+ 1e-10 2.5E+3)");
  EXPECT_EQ(stmt("(1, true, \"a\\\"b\\n\")"), "(tuple 1 true \"a\\\"b\\n\")");
  EXPECT_EQ(stmt("[]"), "(array)");
  EXPECT_EQ(stmt("[1, 2,]"), "(array 1 2)");
  EXPECT_EQ(stmt("(1)"), "1");
}

TEST(Control, Forms) {
  EXPECT_EQ(stmt("if a { 1 } else if b { 2 } else { 3 }"),
            "(if a {\n  1} else (if b {\n  2} else {\n  3}))");
  EXPECT_EQ(stmt("for i in range(n) { }"), "(for i (call range n) {})");
  EXPECT_EQ(stmt("for (x, (y, _)) in d { yield x }"), "(for (x, (y, _)) d {\n  (yield x)})");
  EXPECT_EQ(stmt("minimize net where live, m with opt { e }"),
            "(minimize (where net live) m with opt {\n  e})");
  EXPECT_EQ(stmt("tap h = relu(x)"), "(tap h (call relu x))");
}

TEST(Statements, Forms) {
  EXPECT_EQ(stmt("x += 1"), "(+= x 1)");
  EXPECT_EQ(stmt("net.w[i] /= 2"), "(/= (index (field net w) i) 2)");
  EXPECT_EQ(stmt("let eps: real[D] ~ normal(0, 1)"), "(let eps: real[D] ~ (call normal 0 1))");
  EXPECT_EQ(stmt("let k[i, j] = dot(jac[i], jac[j])"),
            "(let k[i, j] = (call dot (index jac i) (index jac j)))");
  EXPECT_EQ(stmt("let r[a: Arm, s: 5] = seeded s { run(a) }"),
            "(let r[a: Arm, s: 5] = (seeded s {\n  (call run a)}))");
  EXPECT_EQ(stmt("var seen: Event[n <= 40_000]"), "(var seen: Event[n <= 40000])");
  EXPECT_EQ(stmt("update net where live with opt by g + d"),
            "(update (where net live) with opt by (+ g d))");
  EXPECT_EQ(stmt("while c limit 1000 { break }"), "(while c limit 1000 {\n  (break)})");
  EXPECT_EQ(stmt("log loss: l, mean: m"), "(log loss: l mean: m)");
  EXPECT_EQ(stmt("load net where hidden from \"a\""), "(load (where net hidden) from \"a\")");
  EXPECT_EQ(stmt("save net to path"), "(save net to path)");
  EXPECT_EQ(stmt("assert n == m, \"same\""), "(assert (== n m) \"same\")");
  EXPECT_EQ(stmt("claim \"good\": a > b"), "(claim \"good\" (> a b))");
}

TEST(Statements, WordsOfDeclarationsAreNames) {
  EXPECT_EQ(stmts("let model = mask; let log2 = log(loss)\nfrom = to; state += limit").size(), 4u);
}
