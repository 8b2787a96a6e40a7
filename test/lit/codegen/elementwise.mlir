// RUN: dyn-opt %s --dyn-outline-kernels --dyn-emit-loops --canonicalize --cse | FileCheck %s

#rows = affine_map<(d0, d1) -> (d0, d1)>
#columns = affine_map<(d0, d1) -> (d1)>

func.func @train(%run: i64, %x: memref<?x20xf32>, %b: memref<20xf32>, %y: memref<?x20xf32>, %m: memref<?x32xi1>, %i: memref<9xi64>, %t: memref<7x32xf32>, %z: memref<9x32xf32>) {
  // The last of each row's vectors is masked.
  linalg.generic {indexing_maps = [#rows, #columns, #rows], iterator_types = ["parallel", "parallel"]} ins(%x, %b : memref<?x20xf32>, memref<20xf32>) outs(%y : memref<?x20xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.addf %p, %q : f32
    linalg.yield %r : f32
  }
  // Both loops are one, whose length is a multiple of 32; truth values are bytes.
  linalg.generic {indexing_maps = [#rows], iterator_types = ["parallel", "parallel"]} outs(%m : memref<?x32xi1>) {
  ^bb0(%o: i1):
    %true = arith.constant true
    %r = arith.xori %o, %true : i1
    linalg.yield %r : i1
  }
  // A row that is looked up is read as vectors.
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, #rows], iterator_types = ["parallel", "parallel"]} ins(%i : memref<9xi64>) outs(%z : memref<9x32xf32>) {
  ^bb0(%p: i64, %o: f32):
    %j = arith.index_cast %p : i64 to index
    %k = linalg.index 1 : index
    %r = memref.load %t[%j, %k] : memref<7x32xf32>
    linalg.yield %r : f32
  }
  return
}
// CHECK-LABEL: func.func private @kernel_0
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<16xf32>
// CHECK: vector.store
// CHECK: %[[MASK:.*]] = vector.maskedload
// CHECK: vector.maskedstore
// CHECK-LABEL: func.func private @kernel_1
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK: vector.load {{.*}} vector<16xi8>
// CHECK: arith.trunci {{.*}} vector<16xi8> to vector<16xi1>
// CHECK: arith.extui {{.*}} vector<16xi1> to vector<16xi8>
// CHECK-NOT: maskedstore
// CHECK-LABEL: func.func private @kernel_2
// CHECK: scf.for
// CHECK: arith.index_cast
// CHECK-NOT: vector.gather
// CHECK: vector.load {{.*}} vector<16xf32>
