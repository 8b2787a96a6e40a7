// RUN: dyn-opt %s -dyn-grad -canonicalize -cse | FileCheck %s
// The tangents of all directions at once: the matrix is shared and is no loop, the
// primal product is computed once.

// CHECK-LABEL: func.func @jacobian
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>, %[[W:.*]]: tensor<3x5xf64>, %[[D:.*]]: tensor<4x3xf64>
// CHECK-NOT: dyn.jvp
// CHECK-NOT: scf.for
// CHECK: %[[Z:.*]] = dyn.contract %[[X]] [1], %[[W]] [1, 0] : tensor<3xf64>, tensor<3x5xf64> to tensor<5xf64>
// CHECK: dyn.contract %[[D]] [0, 2], %[[W]] [2, 1] : tensor<4x3xf64>, tensor<3x5xf64> to tensor<4x5xf64>
// CHECK-NOT: dyn.contract
// CHECK: return
func.func @jacobian(%x: tensor<3xf64>, %w: tensor<3x5xf64>, %d: tensor<4x3xf64>) -> tensor<4x5xf64> {
  %r = dyn.lift 1 (%d) : (tensor<4x3xf64>) -> tensor<4x5xf64> {
  ^bb0(%v: tensor<3xf64>):
    %y, %t = dyn.jvp 1 wrt(%x) along(%v) : (tensor<3xf64>), (tensor<3xf64>) -> (tensor<5xf64>, tensor<5xf64>) {
    ^bb0(%a: tensor<3xf64>):
      %z = dyn.contract %a [1], %w [1, 0] : tensor<3xf64>, tensor<3x5xf64> to tensor<5xf64>
      %s = math.tanh %z : tensor<5xf64>
      dyn.yield %s : tensor<5xf64>
    }
    dyn.yield %t : tensor<5xf64>
  }
  return %r : tensor<4x5xf64>
}

// A frame stands behind a dynamic leading dimension.
// CHECK-LABEL: func.func @rows
// CHECK: dyn.reduce add %{{.*}} dims [2] : tensor<?x4x3xf64> to tensor<?x4xf64>
func.func @rows(%m: tensor<?x4x3xf64>) -> tensor<?x4xf64> {
  %r = dyn.lift 1 (%m) : (tensor<?x4x3xf64>) -> tensor<?x4xf64> {
  ^bb0(%v: tensor<?x3xf64>):
    %s = dyn.reduce add %v dims [1] : tensor<?x3xf64> to tensor<?xf64>
    dyn.yield %s : tensor<?xf64>
  }
  return %r : tensor<?x4xf64>
}
