// RUN: dyn-opt %s --dyn-outline-kernels | FileCheck %s
// RUN: dyn-opt %s --dyn-outline-kernels --dyn-emit-loops --canonicalize | FileCheck %s --check-prefix=LOOPS

#rows = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// A maximum, what follows it, and a sum are one kernel: row after row.
// CHECK-LABEL: func.func @train
// CHECK: call @kernel_0
// CHECK-NEXT: call @kernel_1
// CHECK-NEXT: return
func.func @train(%run: i64, %n: index, %c: memref<32xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %x = memref.alloc(%n) : memref<?x32xf32>
  %y = memref.alloc(%n) : memref<?x32xf32>
  %max = memref.alloc(%n) : memref<?xf32>
  linalg.fill ins(%low : f32) outs(%max : memref<?xf32>)
  linalg.generic {indexing_maps = [#rows, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x32xf32>) outs(%max : memref<?xf32>) {
  ^bb0(%p: f32, %q: f32):
    %r = arith.maximumf %q, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#rows, #row, #rows], iterator_types = ["parallel", "parallel"]} ins(%x, %max : memref<?x32xf32>, memref<?xf32>) outs(%y : memref<?x32xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %d = arith.subf %p, %q : f32
    linalg.yield %d : f32
  }
  // Columns need all rows.
  linalg.generic {indexing_maps = [#rows, #column], iterator_types = ["reduction", "parallel"]} ins(%y : memref<?x32xf32>) outs(%c : memref<32xf32>) {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %q, %p : f32
    linalg.yield %r : f32
  }
  return
}
// LOOPS-LABEL: func.func private @kernel_0
// LOOPS: scf.for
// LOOPS: memref.store
// LOOPS: arith.maximumf
// LOOPS: arith.subf
// LOOPS: vector.store
// LOOPS: return
