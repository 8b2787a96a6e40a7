// Programs that the tests of the host interface call.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

const char *const regressorText = R"(use nn, optim
/// A regressor on four inputs.

config {
  hidden: dim  = 16      /// width of the hidden layer
  lr:     real = 1e-2    /// step size
  steps:  int  = 20      /// of `train`
  name:   text = "net.safetensors"
}
/// Two layers.
model Regressor(hidden: dim) {
  fc1: nn.Linear(4, hidden)
  fc2: nn.Linear(hidden, 1)
  fn call(x: real[4]) -> real = fc2(tanh(fc1(x)))[0]
}
/// One training step; the loss before it.
fn step(var net: Regressor(config.hidden), var opt: optim.adamw(net, lr: config.lr),
        x: real[N <= 64, 4], y: real[N]) -> real =
  minimize net with opt { mean((net(x) - y)^2) }
/// What the model says.
fn predict(net: Regressor(config.hidden), x: real[N <= 64, 4]) -> real[N] = net(x)
loss squared(a: real, b: real) -> real = (a - b)^2
fn open_ended(x: real[D]) -> real = sum(x)

train {
  let phase[n: 8, i: 4] = real((n*5 + i*3) mod 8)/8 - 0.5
  let target[n: 8] = phase[n, 0] - 0.5*phase[n, 2]
  var net = Regressor(config.hidden)
  var opt = optim.adamw(net, lr: config.lr)
  for s in 0..config.steps {
    log loss: minimize net with opt { mean((net(phase) - target)^2) }
  }
  save net to config.name
  claim "it learns": last(logged.loss) < first(logged.loss)
  claim "to the end of the world": last(logged.loss) < 0
}
)";

const char *const functionsText = R"(
type Pair { left: real; right: real }
enum Mode { plain, doubled }
config { scale: real = 2 }
fn half(x: real) -> real = x/2
fn scaled(x: real) -> real = config.scale*x
fn pick(m: Mode, x: real) -> real = if m == Mode.doubled { 2*x } else { x }
fn both(p: Pair) -> (real, Pair) = (p.left + p.right, Pair(left: p.right, right: p.left))
fn counts(n: int, flag: bool, small: u8, wide: f64) -> (int, bool, f64) =
  (n + 1, not flag, wide + f64(real(small)))
fn shift(var w: real[100], d: real) { w += d }
fn sums(x: real[N <= 6, 3]) -> (real[N], real[3]) {
  let rows[n] = sum[i] x[n, i]
  let columns[i] = sum[n] x[n, i]
  (rows, columns)
}
fn noisy(x: real[5]) -> real[5] {
  let e: real[5] ~ normal(0, 1)
  x + e
}
fn replayed(k: int) -> real = seeded k {
  let e: real ~ normal(0, 1)
  e
}
fn at(x: real[4], i: int) -> real = x[i]
fn product(a: real[300, 300], b: real[300, 300]) -> real[300, 300] = a @ b
)";

/// In a process with a sanitizer, generated code is watched as well.
static dyn::host::Sanitizer sanitizerHere() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return dyn::host::Sanitizer::Address;
#elif __has_feature(thread_sanitizer)
  return dyn::host::Sanitizer::Thread;
#endif
#endif
  return dyn::host::Sanitizer::None;
}

dyn::host::Program compiled(const char *text, const dyn::host::Options &options) {
  dyn::host::Options all = options;
  all.sanitizer = sanitizerHere();
  return taken(dyn::host::Program::fromText(text, "test.dyn", all));
}
