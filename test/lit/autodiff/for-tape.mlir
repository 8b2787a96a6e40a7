// RUN: dyn-opt %s -dyn-grad -canonicalize -cse | FileCheck %s
// The forward loop records what it carries; the reverse loop reads it backwards.

// CHECK-LABEL: func.func @loop
// CHECK: %[[TAPE:.*]] = tensor.empty() : tensor<4x3xf32>
// CHECK: %[[F:.*]]:2 = scf.for %[[I:.*]] = {{.*}} iter_args(%[[H:.*]] = %arg0, %[[T:.*]] = %[[TAPE]])
// CHECK:   %[[R:.*]] = tensor.insert_slice %[[H]] into %[[T]][%[[I]], 0] [1, 3] [1, 1]
// CHECK:   %[[E:.*]] = math.exp %[[H]]
// CHECK:   scf.yield %[[E]], %[[R]]
// CHECK: scf.for
// CHECK:   %[[S:.*]] = tensor.extract_slice %[[F]]#1
// CHECK:   math.exp %[[S]]
// CHECK:   arith.mulf
// CHECK-NOT: dyn.value_and_grad
func.func @loop(%x: tensor<3xf32>) -> tensor<3xf32> {
  %v, %g = dyn.value_and_grad wrt(%x) : (tensor<3xf32>) -> (f32, tensor<3xf32>) {
  ^bb0(%a: tensor<3xf32>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 4 : index
    %st = arith.constant 1 : index
    %y = scf.for %i = %lo to %hi step %st iter_args(%h = %a) -> (tensor<3xf32>) {
      %e = math.exp %h : tensor<3xf32>
      scf.yield %e : tensor<3xf32>
    }
    %s = dyn.reduce add %y dims [0] : tensor<3xf32> to f32
    dyn.yield %s : f32
  }
  return %g : tensor<3xf32>
}
