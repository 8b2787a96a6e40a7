// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize --cse --dyn-fuse | FileCheck %s
// RUN: dyn-opt %s --dyn-lower-tensors --canonicalize --cse --dyn-fuse --dyn-destinations | FileCheck %s --check-prefix=PLACED

// Windows of rows and of columns read one padded image from where it lies.
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d3, d2 + d4, d5)>
// CHECK-LABEL: func.func @train
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%arg1
// CHECK: %[[P:.*]] = tensor.pad %[[R]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK-NOT: tensor.pad
// CHECK: linalg.generic {indexing_maps = [#[[W]],
// CHECK-SAME: ins(%[[P]], %arg2

// What is padded is written between the zeros, and others read it there.
// PLACED-LABEL: func.func @train
// PLACED-COUNT-4: linalg.fill {{.*}}x{{.*}}xf32
// PLACED: %[[IN:.*]] = tensor.extract_slice %[[BIG:.*]][0, 1, 1, 0] [%{{.*}}, 8, 9, 2] [1, 1, 1, 1]
// PLACED: %[[V:.*]] = linalg.generic {{.*}} ins(%arg1 {{.*}} outs(%[[IN]]
// PLACED: %[[ALL:.*]] = tensor.insert_slice %[[V]] into %[[BIG]][0, 1, 1, 0]
// PLACED: %[[READ:.*]] = tensor.extract_slice %[[ALL]][0, 1, 1, 0]
// PLACED: linalg.generic {{.*}} ins(%[[ALL]], %arg2
// PLACED: return %{{.*}}, %[[READ]]
func.func @train(%run: i64, %x: tensor<?x8x9x2xf32>, %k: tensor<3x3x2xf32>) -> (tensor<?x8x9xf32>, tensor<?x8x9x2xf32>) {
  %a = math.absf %x : tensor<?x8x9x2xf32>
  %r = dyn.window %a dim 1 stride 1 dilation 1 low 1 : tensor<?x8x9x2xf32> to tensor<?x8x3x9x2xf32>
  %w = dyn.window %r dim 3 stride 1 dilation 1 low 1 : tensor<?x8x3x9x2xf32> to tensor<?x8x3x9x3x2xf32>
  %c = dyn.contract %w [0, 1, 3, 2, 4, 5], %k [3, 4, 5] : tensor<?x8x3x9x3x2xf32>, tensor<3x3x2xf32> to tensor<?x8x9xf32>
  return %c, %a : tensor<?x8x9xf32>, tensor<?x8x9x2xf32>
}
