// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize | FileCheck %s

// Scalars and splats are captured, not read from memory; scalar arithmetic stays.

// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %x: tensor<?x3xf32>, %s: f32) -> (tensor<?x3xf32>, f32) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xf32>
  %b = dyn.broadcast %s dims [] extents(%n) : f32 to tensor<?x3xf32>
  // CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<?x3xf32>)
  // CHECK: arith.mulf %in, %arg2 : f32
  // CHECK-NOT: linalg.fill
  %y = arith.mulf %x, %b : tensor<?x3xf32>
  // CHECK: linalg.generic
  // CHECK: math.exp %in : f32
  %z = math.exp %y : tensor<?x3xf32>
  // CHECK: arith.addf %arg2, %arg2 : f32
  %t = arith.addf %s, %s : f32
  return %z, %t : tensor<?x3xf32>, f32
}
