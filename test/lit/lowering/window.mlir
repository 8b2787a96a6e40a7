// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize --cse --dyn-fuse | FileCheck %s

// Windows read a padded copy with indices that only grow, and disappear in the
// contraction that reads them; the transpose adds into a padded array.

// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d0 * 2 + d3)>
// CHECK-DAG: #[[R:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 * 2 + d2)>
// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %x: tensor<3x8xf32>, %f: tensor<3x3x5xf32>, %e: tensor<3x4x3xf32>) -> (tensor<4x5xf32>, tensor<3x8xf32>) {
  // CHECK: %[[P:.*]] = tensor.pad %arg1 low[0, 1] high[0, 0]
  // CHECK: linalg.generic {indexing_maps = [#[[W]],
  // CHECK-SAME: ins(%[[P]], %arg2
  // CHECK-SAME: dyn.contract
  %w = dyn.window %x dim 1 stride 2 dilation 1 low 1 : tensor<3x8xf32> to tensor<3x4x3xf32>
  %y = dyn.contract %w [2, 0, 3], %f [2, 3, 1] : tensor<3x4x3xf32>, tensor<3x3x5xf32> to tensor<4x5xf32>
  // CHECK: linalg.generic {{.*}}#[[R]]], iterator_types = ["parallel", "reduction", "reduction"]{{.*}}dyn.unwindow
  // CHECK: tensor.extract_slice %{{.*}}[0, 1] [3, 8] [1, 1]
  %u = dyn.unwindow %e dim 1 stride 2 dilation 1 low 1 : tensor<3x4x3xf32> to tensor<3x8xf32>
  return %y, %u : tensor<4x5xf32>, tensor<3x8xf32>
}
