// RUN: dyn-opt %s -dyn-grad -canonicalize -cse | FileCheck %s
// The derivative of (dx^3/dx)^2: the inner one is expanded first, then the outer.

// CHECK-LABEL: func.func @second
// CHECK-NOT: dyn.value_and_grad
// CHECK: return
func.func @second(%x: f64) -> f64 {
  %v, %g = dyn.value_and_grad wrt(%x) : (f64) -> (f64, f64) {
  ^bb0(%a: f64):
    %u, %d = dyn.value_and_grad wrt(%a) : (f64) -> (f64, f64) {
    ^bb0(%b: f64):
      %s = arith.mulf %b, %b : f64
      %c = arith.mulf %s, %b : f64
      dyn.yield %c : f64
    }
    %q = arith.mulf %d, %d : f64
    dyn.yield %q : f64
  }
  return %g : f64
}
