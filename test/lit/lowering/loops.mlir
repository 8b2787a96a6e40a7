// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize --dyn-bufferize --dyn-plan-memory | FileCheck %s

// What a loop carries stays in its buffer: a product of the carried value needs
// one more buffer and one copy, a sum needs neither; a loop with a condition likewise.

// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %k: tensor<2x2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %p = arith.constant 0 : i64
  %z = arith.constant dense<0.0> : tensor<2x2xf32>
  // CHECK: scf.for
  // CHECK: dyn.contract
  // CHECK: linalg.generic {{.*}} ins(%[[S:.*]], %{{.*}} outs(%[[S]] :
  // CHECK: dyn.copy
  // CHECK-NOT: dyn.copy
  // CHECK: scf.while
  // CHECK: scf.condition(%{{.*}}) %{{.*}} : index
  // CHECK-NOT: dyn.copy
  // CHECK: return
  %r:2 = scf.for %t = %c0 to %c5 step %c1 iter_args(%h = %z, %s = %z) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
    %h2 = dyn.contract %h [0, 2], %k [2, 1] : tensor<2x2xf32>, tensor<2x2xf32> to tensor<2x2xf32>
    %s2 = arith.addf %s, %h2 : tensor<2x2xf32>
    scf.yield %h2, %s2 : tensor<2x2xf32>, tensor<2x2xf32>
  }
  %v:2 = scf.while (%q = %c0, %m = %r#1) : (index, tensor<2x2xf32>) -> (index, tensor<2x2xf32>) {
    %go = arith.cmpi slt, %q, %c5 : index
    scf.condition(%go) %q, %m : index, tensor<2x2xf32>
  } do {
  ^bb0(%q: index, %m: tensor<2x2xf32>):
    %m2 = arith.addf %m, %m : tensor<2x2xf32>
    %q2 = arith.addi %q, %c1 : index
    scf.yield %q2, %m2 : index, tensor<2x2xf32>
  }
  dyn.save %p, [0, 1] (%r#0, %v#1 : tensor<2x2xf32>, tensor<2x2xf32>)
  return
}
