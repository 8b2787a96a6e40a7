// RUN: dyn-opt %s -dyn-simplify | FileCheck %s

// CHECK-LABEL: func.func @neutral
// CHECK-NEXT: return %arg0
func.func @neutral(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %ones = dyn.broadcast %one dims [] extents(%n) : f32 to tensor<?xf32>
  %zeros = dyn.broadcast %zero dims [] extents(%n) : f32 to tensor<?xf32>
  %a = arith.mulf %ones, %x : tensor<?xf32>
  %b = arith.addf %a, %zeros : tensor<?xf32>
  %c = arith.negf %b : tensor<?xf32>
  %d = arith.negf %c : tensor<?xf32>
  return %d : tensor<?xf32>
}

// x*0 may be NaN and stays.
// CHECK-LABEL: func.func @times_zero
// CHECK: arith.mulf
func.func @times_zero(%x: f32) -> f32 {
  %zero = arith.constant 0.0 : f32
  %a = arith.mulf %x, %zero : f32
  return %a : f32
}

// CHECK-LABEL: func.func @square
// CHECK-NEXT: arith.mulf %arg0, %arg0
func.func @square(%x: tensor<3xf32>) -> tensor<3xf32> {
  %two = arith.constant dense<2.0> : tensor<3xf32>
  %y = math.powf %x, %two : tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: func.func @repeated
// CHECK: %[[N:.*]] = arith.constant 7.0
// CHECK: arith.mulf %arg0, %[[N]]
func.func @repeated(%x: f32) -> f32 {
  %b = dyn.broadcast %x dims [] : f32 to tensor<7xf32>
  %s = dyn.reduce add %b dims [0] : tensor<7xf32> to f32
  return %s : f32
}
