// RUN: dyn-opt %s --dyn-lower-tensors | FileCheck %s

// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %g: tensor<?x5xf32>, %i: tensor<?xi64>, %v: tensor<4xf32>, %k: tensor<4xi64>) -> (tensor<9x5xf32>, tensor<4x3xf32>) {
  // Rows are added one after the other, in ascending order.
  // CHECK: scf.for
  // CHECK: tensor.extract %arg2
  // CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<5xf32>)
  // CHECK: tensor.insert_slice
  // CHECK: } {dyn.scatter}
  %t = dyn.scatter_add %g[%i] batch 0 : tensor<?x5xf32>, tensor<?xi64> to tensor<9x5xf32>
  // One place for each row is a comparison.
  // CHECK: linalg.generic
  // CHECK: linalg.index 1
  // CHECK: arith.select
  %o = dyn.scatter_add %v[%k] batch 1 : tensor<4xf32>, tensor<4xi64> to tensor<4x3xf32>
  return %t, %o : tensor<9x5xf32>, tensor<4x3xf32>
}
