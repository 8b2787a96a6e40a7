// RUN: dyn-opt %s --dyn-lower-tensors --split-input-file | FileCheck %s

// A transpose is a loop that reads in another order; a reshape moves nothing.

// CHECK: #[[BACK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK: #[[SAME:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: @turned
func.func @turned(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[BACK]], #[[SAME]]]
  %y = dyn.transpose %x [2, 0, 1] : tensor<2x3x4xf32> to tensor<4x2x3xf32>
  return %y : tensor<4x2x3xf32>
}

// -----

// CHECK-LABEL: @flat
func.func @flat(%x: tensor<?x2x3xf32>) -> tensor<?x6xf32> {
  // CHECK-NOT: linalg
  // CHECK: tensor.collapse_shape
  // CHECK-NOT: linalg
  %y = dyn.reshape %x : tensor<?x2x3xf32> to tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
