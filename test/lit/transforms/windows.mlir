// RUN: dyn-opt %s -dyn-simplify | FileCheck %s

// The gradient of a convolution by its image: windows of the gradient, from their end.
// CHECK-LABEL: func.func @by_image
// CHECK-NEXT: %[[W:.*]] = dyn.window %arg0 dim 1 stride 1 dilation -1 low -1 : tensor<?x8x5xf32> to tensor<?x8x3x5xf32>
// CHECK-NEXT: %[[C:.*]] = dyn.contract %[[W]] [0, 1, 3, 4], %arg1 [3, 2, 4] : {{.*}} to tensor<?x8x2xf32>
// CHECK-NEXT: return %[[C]]
func.func @by_image(%g: tensor<?x8x5xf32>, %k: tensor<3x2x5xf32>) -> tensor<?x8x2xf32> {
  %p = dyn.contract %g [0, 1, 4], %k [2, 3, 4] : tensor<?x8x5xf32>, tensor<3x2x5xf32> to tensor<?x8x3x2xf32>
  %u = dyn.unwindow %p dim 1 stride 1 dilation 1 low 1 : tensor<?x8x3x2xf32> to tensor<?x8x2xf32>
  return %u : tensor<?x8x2xf32>
}

// Operands in the other order.
// CHECK-LABEL: func.func @swapped
// CHECK-NEXT: %[[W:.*]] = dyn.window %arg0 dim 0 stride 1 dilation -2 low 0 : tensor<8x5xf32> to tensor<12x3x5xf32>
// CHECK-NEXT: dyn.contract %arg1 [1, 2], %[[W]] [0, 1, 2] : {{.*}} to tensor<12xf32>
func.func @swapped(%g: tensor<8x5xf32>, %k: tensor<3x5xf32>) -> tensor<12xf32> {
  %p = dyn.contract %k [1, 2], %g [0, 2] : tensor<3x5xf32>, tensor<8x5xf32> to tensor<8x3xf32>
  %u = dyn.unwindow %p dim 0 stride 1 dilation 2 low 0 : tensor<8x3xf32> to tensor<12xf32>
  return %u : tensor<12xf32>
}

// Not where windows skip places, and not where both sides know the place.
// CHECK-LABEL: func.func @kept
// CHECK: dyn.unwindow
// CHECK: dyn.unwindow
func.func @kept(%g: tensor<4x5xf32>, %k: tensor<3x5xf32>, %h: tensor<4x3x5xf32>) -> (tensor<8xf32>, tensor<6xf32>) {
  %p = dyn.contract %g [0, 2], %k [1, 2] : tensor<4x5xf32>, tensor<3x5xf32> to tensor<4x3xf32>
  %u = dyn.unwindow %p dim 0 stride 2 dilation 1 low 1 : tensor<4x3xf32> to tensor<8xf32>
  %q = dyn.contract %g [0, 2], %h [0, 1, 2] : tensor<4x5xf32>, tensor<4x3x5xf32> to tensor<4x3xf32>
  %v = dyn.unwindow %q dim 0 stride 1 dilation 1 low 0 : tensor<4x3xf32> to tensor<6xf32>
  return %u, %v : tensor<8xf32>, tensor<6xf32>
}
