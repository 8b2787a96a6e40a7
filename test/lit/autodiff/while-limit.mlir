// RUN: dyn-opt %s -dyn-grad -canonicalize | FileCheck %s
// A bounded loop counts itself, stops at its limit, and has limit + 1 slots.

// CHECK-LABEL: func.func @halve
// CHECK: tensor.empty() : tensor<9xf64>
// CHECK: scf.while
// CHECK:   arith.cmpf ogt
// CHECK:   %[[ROOM:.*]] = arith.cmpi slt, %{{.*}}, %c8
// CHECK:   arith.andi %{{.*}}, %[[ROOM]]
// CHECK: } attributes {dyn.limit = 8 : i64}
// CHECK: scf.for
// CHECK: } {dyn.limit = 8 : i64}
func.func @halve(%x: f64) -> f64 {
  %v, %g = dyn.value_and_grad wrt(%x) : (f64) -> (f64, f64) {
  ^bb0(%a: f64):
    %half = arith.constant 0.5 : f64
    %one = arith.constant 1.0 : f64
    %y = scf.while (%h = %a) : (f64) -> f64 {
      %k = arith.cmpf ogt, %h, %one : f64
      scf.condition(%k) %h : f64
    } do {
    ^bb0(%h: f64):
      %o = arith.mulf %h, %half : f64
      scf.yield %o : f64
    } attributes {dyn.limit = 8 : i64}
    dyn.yield %y : f64
  }
  return %g : f64
}
