// RUN: dyn-opt %s --dyn-lower-tensors | FileCheck %s

// A contraction is one generic over labelled loops, summed loops last.

// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %a: tensor<?x4xf32>, %b: tensor<4x3xf32>, %u: tensor<4xf32>) -> (tensor<?x3xf32>, f32) {
  // CHECK: %[[N:.*]] = tensor.dim %{{.*}}, %c0
  // CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x3xf32>
  // CHECK: %[[F:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%[[E]]
  // CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]}
  // CHECK-SAME: outs(%[[F]] : tensor<?x3xf32>) attrs =  {dyn.contract}
  // CHECK: arith.mulf
  // CHECK: arith.addf
  %c = dyn.contract %a [0, 2], %b [2, 1] : tensor<?x4xf32>, tensor<4x3xf32> to tensor<?x3xf32>
  // A scalar result is read out of a tensor without dimensions.
  // CHECK: iterator_types = ["reduction"]
  // CHECK: tensor.extract %{{.*}}[] : tensor<f32>
  %d = dyn.contract %u [0], %u [0] : tensor<4xf32>, tensor<4xf32> to f32
  return %c, %d : tensor<?x3xf32>, f32
}
