// RUN: dyn-opt %s --dyn-lower-tensors | FileCheck %s

// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %x: tensor<4x3xf32>, %k: tensor<4x3xi1>) -> (tensor<4xf32>, tensor<4xi64>, i1) {
  // The neutral element of max, and a maximum that keeps NaN.
  // CHECK: arith.constant 0xFF800000 : f32
  // CHECK: linalg.generic {{.*}}["parallel", "reduction"]{{.*}}dyn.reduce
  // CHECK: arith.maximumf
  %m = dyn.reduce max %x dims [1] : tensor<4x3xf32> to tensor<4xf32>
  // CHECK: linalg.generic {{.*}} outs(%{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xi64>)
  // CHECK: arith.cmpf uno
  // CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, i64
  %a = dyn.arg_reduce max %x dim 1 : tensor<4x3xf32> to tensor<4xi64>
  // CHECK: arith.constant true
  // CHECK: arith.andi
  %l = dyn.reduce all %k dims [0, 1] : tensor<4x3xi1> to i1
  return %m, %a, %l : tensor<4xf32>, tensor<4xi64>, i1
}
