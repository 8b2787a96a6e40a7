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

// A slot of a tape: the slice leads with its run-time extent, the tape with its slots.
// CHECK-LABEL: func.func @slot
// CHECK: %[[S:.*]] = tensor.extract_slice %{{.*}}[0, %{{.*}}, 0, 0] [2, 1, %{{.*}}, 3] [1, 1, 1, 1] : tensor<2x5x?x3xf64> to tensor<2x?x3xf64>
// CHECK: dyn.transpose %[[S]] [1, 0, 2] : tensor<2x?x3xf64> to tensor<?x2x3xf64>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, %{{.*}}, 0, 0] [2, 1, %{{.*}}, 3] [1, 1, 1, 1] : tensor<2x?x3xf64> into tensor<2x5x?x3xf64>
func.func @slot(%m: tensor<2x5x?x3xf64>, %i: index, %n: index) -> (tensor<?x2x3xf64>, tensor<2x5x?x3xf64>) {
  %r:2 = dyn.lift 2 (%m) : (tensor<2x5x?x3xf64>) -> (tensor<?x2x3xf64>, tensor<2x5x?x3xf64>) {
  ^bb0(%v: tensor<5x?x3xf64>):
    %s = tensor.extract_slice %v[%i, 0, 0] [1, %n, 3] [1, 1, 1] : tensor<5x?x3xf64> to tensor<?x3xf64>
    %q = arith.negf %s : tensor<?x3xf64>
    %t = tensor.insert_slice %q into %v[%i, 0, 0] [1, %n, 3] [1, 1, 1] : tensor<?x3xf64> into tensor<5x?x3xf64>
    dyn.yield %s, %t : tensor<?x3xf64>, tensor<5x?x3xf64>
  }
  return %r#0, %r#1 : tensor<?x2x3xf64>, tensor<2x5x?x3xf64>
}
