// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize | FileCheck %s

// Keys are derived by one function of ten rounds of two products,
// of which one is of constants and one is not needed.

// CHECK-LABEL: func.func private @dyn_key_fold(
// CHECK-COUNT-18: arith.muli
// CHECK-NOT: arith.muli
// CHECK: return
// CHECK-LABEL: func.func @train
func.func @train(%run: i64) -> (tensor<8xf32>, tensor<8xf32>) {
  %c = arith.constant 7 : i64
  %key = dyn.seed
  // CHECK: call @dyn_key_fold
  %k = dyn.key_fold %key, %c
  // CHECK: linalg.generic
  // CHECK: linalg.index 0
  // CHECK: arith.minimumf
  %u = dyn.random uniform %k : tensor<8xf32>
  // CHECK: linalg.generic
  // CHECK-DAG: math.log
  // CHECK-DAG: math.cos
  // CHECK-DAG: math.sin
  %n = dyn.random normal %k : tensor<8xf32>
  return %u, %n : tensor<8xf32>, tensor<8xf32>
}
