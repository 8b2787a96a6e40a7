// RUN: dyn-opt %s --dyn-outline-kernels | FileCheck %s

#rows = affine_map<(d0, d1) -> (d0, d1)>
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func.func @train
func.func @train(%run: i64) {
  %x = memref.alloc() : memref<4x4xf32>
  %u = memref.alloc() : memref<4x8xf32>
  %v = memref.alloc() : memref<8x16xf32>
  %c = memref.alloc() : memref<4x16xf32>
  %d = memref.alloc() : memref<4x16xf32>
  %y = memref.alloc() : memref<4x16xf32>
  %z = memref.alloc() : memref<4x16xf32>
  // The product goes down to its only reader, past what does not touch it.
  // CHECK: call @[[OTHER:kernel_[0-9]+]](
  // CHECK-NEXT: call @[[WITH:kernel_[0-9]+]](
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%u, %v : memref<4x8xf32>, memref<8x16xf32>) outs(%c : memref<4x16xf32>) attrs = {dyn.contract} {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %e = arith.addf %o, %m : f32
    linalg.yield %e : f32
  }
  linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%x : memref<4x4xf32>) outs(%x : memref<4x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.addf %p, %p : f32
    linalg.yield %m : f32
  }
  linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%c : memref<4x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.negf %p : f32
    linalg.yield %m : f32
  }
  // Not past one that changes a factor.
  // CHECK-NEXT: call @[[ALONE:kernel_[0-9]+]](
  // CHECK-NEXT: call @
  // CHECK-NEXT: call @
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%u, %v : memref<4x8xf32>, memref<8x16xf32>) outs(%d : memref<4x16xf32>) attrs = {dyn.contract} {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %e = arith.addf %o, %m : f32
    linalg.yield %e : f32
  }
  linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%u : memref<4x8xf32>) outs(%u : memref<4x8xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.mulf %p, %p : f32
    linalg.yield %m : f32
  }
  linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%d : memref<4x16xf32>) outs(%z : memref<4x16xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = math.absf %p : f32
    linalg.yield %m : f32
  }
  // Nor one that sees the product from another side.
  // CHECK: call @[[SQUARE:kernel_[0-9]+]](
  // CHECK-NEXT: memref.transpose
  // CHECK-NEXT: call @
  // CHECK-NEXT: return
  %s = memref.alloc() : memref<4x4xf32>
  %r = memref.alloc() : memref<4x4xf32>
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %x : memref<4x4xf32>, memref<4x4xf32>) outs(%s : memref<4x4xf32>) attrs = {dyn.contract} {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %e = arith.addf %o, %m : f32
    linalg.yield %e : f32
  }
  %t = memref.transpose %s (i, j) -> (j, i) : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>
  linalg.generic {indexing_maps = [#rows, #rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%s, %t : memref<4x4xf32>, memref<4x4xf32, strided<[1, 4]>>) outs(%r : memref<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.addf %p, %q : f32
    linalg.yield %m : f32
  }
  return
}
// CHECK: func.func private @[[WITH]](
// CHECK: attrs = {{.*}}dyn.partial, dyn.tail
// CHECK: arith.negf
// CHECK: func.func private @[[ALONE]](
// CHECK-NOT: dyn.tail
// CHECK: return
