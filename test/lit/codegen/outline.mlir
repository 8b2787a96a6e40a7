// RUN: dyn-opt %s --dyn-outline-kernels | FileCheck %s

#map = affine_map<(d0) -> (d0)>
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func.func @train
func.func @train(%run: i64, %s: f32, %x: memref<64xf32>, %y: memref<64xf32>,
                 %u: memref<?x8xf32>, %v: memref<8x32xf32>, %w: memref<?x32xf32>) {
  %zero = arith.constant 0.0 : f32
  // Equal ops share a kernel; a scalar from outside is an argument.
  // CHECK: call @[[ADD:kernel_[0-9]+]](%arg0, %arg1, %arg2, %arg3)
  linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%x : memref<64xf32>) outs(%y : memref<64xf32>) {
  ^bb0(%p: f32, %o: f32):
    %q = arith.addf %p, %s : f32
    linalg.yield %q : f32
  }
  // CHECK: call @[[ADD]](%arg0, %arg1, %arg3, %arg2)
  linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%y : memref<64xf32>) outs(%x : memref<64xf32>) {
  ^bb0(%p: f32, %o: f32):
    %q = arith.addf %p, %s : f32
    linalg.yield %q : f32
  }
  // A product overwrites what it would add to zeros.
  // CHECK-NEXT: call @[[PRODUCT:kernel_[0-9]+]](
  // CHECK-NEXT: return
  linalg.fill ins(%zero : f32) outs(%w : memref<?x32xf32>)
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%u, %v : memref<?x8xf32>, memref<8x32xf32>) outs(%w : memref<?x32xf32>) attrs = {dyn.contract} {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %d = arith.mulf %p, %q : f32
    %e = arith.addf %o, %d : f32
    linalg.yield %e : f32
  }
  return
}
// CHECK: func.func private @[[ADD]](%{{.*}}: i64, %{{.*}}: f32, {{.*}}) attributes {dyn.kernel}
// CHECK: func.func private @[[PRODUCT]](
// CHECK: dyn.overwrite
