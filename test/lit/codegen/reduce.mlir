// RUN: dyn-opt %s --dyn-outline-kernels --dyn-emit-loops --canonicalize --cse | FileCheck %s

#rows = affine_map<(d0, d1) -> (d0, d1)>

func.func @train(%run: i64, %x: memref<?x10000xf32>, %r: memref<?xf32>, %y: memref<?x64xf32>, %c: memref<64xf32>) {
  linalg.generic {indexing_maps = [#rows, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x10000xf32>) outs(%r : memref<?xf32>) attrs = {dyn.reduce} {
  ^bb0(%p: f32, %o: f32):
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  linalg.generic {indexing_maps = [#rows, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]} ins(%y : memref<?x64xf32>) outs(%c : memref<64xf32>) attrs = {dyn.reduce} {
  ^bb0(%p: f32, %o: f32):
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  }
  return
}
// Tasks of rows, four at once; pieces of 4,096; 16 partial sums; a tree.
// CHECK-LABEL: func.func private @kernel_0
// CHECK: arith.constant dense<-0.000000e+00> : vector<16xf32>
// CHECK: scf.forall
// CHECK: scf.for {{.*}} step %c4 {
// CHECK: scf.for {{.*}} step %c4096 iter_args({{.*}}) -> (f32, f32, f32, f32)
// CHECK: scf.for {{.*}} step %c16 iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: vector.extract_strided_slice {{.*}} vector<16xf32> to vector<8xf32>
// Columns ascend in registers.
// CHECK-LABEL: func.func private @kernel_1
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-NOT: vector.extract_strided_slice
// CHECK: vector.store
