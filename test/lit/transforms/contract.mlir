// RUN: dyn-opt %s -dyn-simplify | FileCheck %s

// CHECK-LABEL: func.func @sum_of_products
// CHECK-NEXT: %[[C:.*]] = dyn.contract %arg0 [0, 1], %arg1 [1]
// CHECK-NEXT: return %[[C]]
func.func @sum_of_products(%m: tensor<3x4xf32>, %v: tensor<4xf32>) -> tensor<3xf32> {
  %b = dyn.broadcast %v dims [1] : tensor<4xf32> to tensor<3x4xf32>
  %p = arith.mulf %m, %b : tensor<3x4xf32>
  %s = dyn.reduce add %p dims [1] : tensor<3x4xf32> to tensor<3xf32>
  return %s : tensor<3xf32>
}

// Both broadcasts carry a label of their own; neither is lost.
// CHECK-LABEL: func.func @outer
// CHECK-NEXT: dyn.contract %arg0 [0, 2], %arg1 [1, 2]
func.func @outer(%a: tensor<?x4xf32>, %b: tensor<5x4xf32>, %n: index) -> tensor<?x5xf32> {
  %x = dyn.broadcast %a dims [0, 2] extents(%n) : tensor<?x4xf32> to tensor<?x5x4xf32>
  %y = dyn.broadcast %b dims [1, 2] extents(%n) : tensor<5x4xf32> to tensor<?x5x4xf32>
  %p = arith.mulf %x, %y : tensor<?x5x4xf32>
  %s = dyn.reduce add %p dims [2] : tensor<?x5x4xf32> to tensor<?x5xf32>
  return %s : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @transposes
// CHECK-NEXT: %[[C:.*]] = dyn.contract %arg0 [2, 1], %arg1 [2, 0]
// CHECK-NEXT: return %[[C]]
func.func @transposes(%a: tensor<4x3xf32>, %b: tensor<4x5xf32>) -> tensor<5x3xf32> {
  %t = dyn.transpose %a [1, 0] : tensor<4x3xf32> to tensor<3x4xf32>
  %c = dyn.contract %t [0, 2], %b [2, 1] : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  %u = dyn.transpose %c [1, 0] : tensor<3x5xf32> to tensor<5x3xf32>
  return %u : tensor<5x3xf32>
}

// A product of equal shapes stays a reduction.
// CHECK-LABEL: func.func @dot
// CHECK: dyn.reduce add
func.func @dot(%a: tensor<4xf32>, %b: tensor<4xf32>) -> f32 {
  %p = arith.mulf %a, %b : tensor<4xf32>
  %s = dyn.reduce add %p dims [0] : tensor<4xf32> to f32
  return %s : f32
}
