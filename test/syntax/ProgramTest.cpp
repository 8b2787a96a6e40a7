//===- ProgramTest.cpp - whole programs as people write them -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Parse.h"

using namespace dyn::test;

namespace {
std::string dump(const std::string &text) {
  Parsed parsed(text);
  EXPECT_EQ(parsed.diagnostics.render(), "");
  return dyn::dsl::ast::dumpAst(*parsed.tree);
}
} // namespace

TEST(Programs, Classifier) {
  std::string tree = dump(R"(/// Image classifier on MNIST: the first program people read.
use nn, losses, optim, data, metrics

config {
  hidden: dim  = 256          /// hidden units
  epochs: int  = 5
  batch:  dim  = 128
  lr:     real = 1e-3         /// AdamW step size
  data:   path = "data/mnist" /// folder with the four IDX files
}

model Classifier(hidden: dim) {
  fc1: nn.Linear(28 * 28, hidden)
  fc2: nn.Linear(hidden, 10)
  fn call(image: real[28, 28]) -> real[10] = fc2(relu(fc1(flatten(image))))
}

train {
  let digits = data.mnist(config.data)
  var net = Classifier(config.hidden)
  var opt = optim.adamw(net, lr: config.lr)
  for epoch in 1..=config.epochs {
    for (image, label) in digits.train.shuffled().batches(config.batch) {
      log loss: minimize net with opt { mean(losses.cross_entropy(net(image), label)) }
    }
    log accuracy: metrics.accuracy(net(digits.test.image), digits.test.label)
  }
  save net to "mnist.safetensors"
  claim "an MLP reads digits": last(logged.accuracy) > 0.97
}
)");
  for (const char *part :
       {"(file (doc \"Image classifier on MNIST: the first program people read.\")",
        "(use nn losses optim data metrics)", "(field lr: real = 1e-3 (doc \"AdamW step size\"))",
        "(sub fc1: nn.Linear(call (* 28 28) hidden))",
        "(for (image, label) (call (field (call (field (field digits train) shuffled)) batches) "
        "(field config batch)) {",
        "(log loss: (minimize net with opt {",
        "(claim \"an MLP reads digits\" (> (call last (field logged accuracy)) 0.97))"})
    EXPECT_NE(tree.find(part), std::string::npos) << part << "\n" << tree;
}

TEST(Programs, Library) {
  std::string tree = dump(R"(
model Linear(inputs: dim, outputs: dim) {
  param weight: real[inputs, outputs] ~ uniform(-1/sqrt(inputs), 1/sqrt(inputs))
  param bias:   real[outputs] = 0
  fn call(x: real[inputs]) -> real[outputs] = x @ weight + bias
}
loss cross_entropy(logits: real[C], label: int) = logsumexp(logits) - logits[label]
optimizer adamw(lr: real, b1: real = 0.9, eps: real = 1e-8) {
  state m like w
  state h: real
  fn step(var w: real[...S], g: real[...S], t: int) {
    m = b1*m + (1 - b1)*g
    w -= lr*(m/(1 - b1^t)/(sqrt(h) + eps))
  }
}
mask concrete(tau: real = 2/3, init: real = 0) {
  param a like w = init                                  // one logit per gated weight
  fn soft(w: real[...S]) -> real[...S] {
    let u: real[...S] ~ uniform(1e-10, 1 - 1e-10)
    w*sigmoid((log(u) - log(1 - u))/tau + a)
  }
}
local fn curl(x: real[M], e: real[N], sign: real[M]) -> real[M, N] = outer(sign*x, e)
fn round_ste(x: real) -> real = round(x) derivative(dx) = dx
)");
  for (const char *part :
       {"~ (call uniform (/ (- 1) (call sqrt inputs)) (/ 1 (call sqrt inputs)))",
        "(state m like w)", "(state h: real)", "(param a like w = init)", "(optimizer adamw(",
        "fn step(var w: real[...S], g: real[...S], t: int)", "(mask concrete(",
        "(loss cross_entropy(logits: real[C], label: int) = (- (call logsumexp logits) (index "
        "logits label)))",
        "(let u: real[...S] ~ (call uniform 1e-10 (- 1 1e-10)))", "(local fn curl(",
        "(derivative (dx) = dx)"})
    EXPECT_NE(tree.find(part), std::string::npos) << part << "\n" << tree;
}

TEST(Programs, Search) {
  std::string tree = dump(R"(
fn search(net: Mlp, digits: Digits, rho: real) -> Mlp {
  var gates = masks.concrete(net where rank >= 2, init: log(rho/(1 - rho)))
  var lam = -1.0                                         // no estimate yet
  for (x, y) in digits.shuffled().cycle().batches(256).take(600) {
    let gt = grad[gates] 100*mean(losses.kl(softmax(gates.soft(net)(x)), softmax(net(x))))
    let pull = if sum(sigmoid(gates.a)) > room { norm(gt)/(norm(gs) + 1e-12) } else { 0 }
    lam = if lam < 0 { pull } else { 0.99*lam + 0.01*pull }
    update gates with opt by gt + lam*gs
  }
  gates.hard(net, largest(gates.a, floor(rho*size(gates))))   // exactly so many survive
}
)");
  EXPECT_NE(tree.find("(where net (>= rank 2)) init: (call log (/ rho (- 1 rho)))"),
            std::string::npos);
  EXPECT_NE(tree.find("(update gates with opt by (+ gt (* lam gs)))"), std::string::npos);
}

TEST(Programs, OtherDeclarations) {
  EXPECT_EQ(dump("const n: dim = 3*4\n"
                 "type Event { src: int; t: f64 = 0 }\n"
                 "type Row = real[3]\n"
                 "type Pair = (int, real[N])\n"
                 "enum Arm {\n  cts,\n  snip,\n}\n"
                 "extern pure fn host(x: real[4]) -> int\n"
                 "fn apply(f: fn(real[N]) -> real, n: dim <= 512) = f\n"
                 "model M { blocks: Block(w)[12] }\n"),
            "(file\n"
            "  (const n: dim = (* 3 4))\n"
            "  (type Event\n    (field src: int)\n    (field t: f64 = 0))\n"
            "  (type Row = real[3])\n"
            "  (type Pair = (int, real[N]))\n"
            "  (enum Arm cts snip)\n"
            "  (extern pure fn host(x: real[4]) -> int)\n"
            "  (fn apply(f: fn(real[N]) -> real, n: dim <= 512) = f)\n"
            "  (model M()\n    (sub blocks: Block(call w)[12])))\n");
}

TEST(Programs, Spans) {
  Parsed p("fn f(x: real) -> real =\n  x + wide(x)\n");
  const auto &f = p.item<dyn::dsl::ast::FunctionItem>(0);
  EXPECT_EQ(p.sources.text(f.body.expr->span), "x + wide(x)");
  EXPECT_EQ(p.sources.text(f.name.span), "f");
  EXPECT_EQ(p.sources.text(f.result->span), "real");
  EXPECT_EQ(p.sources.begin(f.body.expr->span).line, 2u);
  EXPECT_EQ(p.sources.begin(f.body.expr->span).column, 3u);
}

TEST(Programs, SpansCountBytesBehindOtherScripts) {
  Parsed p("fn f() = g(\"\xC3\xA4\xE4\xB8\xAD\", wide)");
  ASSERT_TRUE(p.codes().empty()) << p.diagnostics.render();
  const auto &f = p.item<dyn::dsl::ast::FunctionItem>(0);
  EXPECT_EQ(p.sources.text(f.body.expr->span), "g(\"\xC3\xA4\xE4\xB8\xAD\", wide)");
}
