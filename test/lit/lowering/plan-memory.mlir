// RUN: dyn-opt %s --dyn-plan-memory --cse --split-input-file --verify-diagnostics | FileCheck %s

// The third buffer takes the place of the first, which is no longer needed; an
// address keeps its buffer alive until the call that uses it.

// CHECK: dyn.arena_bytes = 8192 : i64
// CHECK-LABEL: func.func @train
func.func private @use(i64)
func.func private @next() -> i64
func.func @train(%run: i64) {
  %x = arith.constant 1.0 : f32
  // CHECK: call @dyn_rt_arena(%arg0, %c8192
  // CHECK: %[[A:.*]] = memref.view %{{.*}}[%c0][] {dyn.slot = 0 : i64} : memref<8192xi8> to memref<1024xf32>
  // CHECK: linalg.fill {{.*}} outs(%[[A]]
  // CHECK: %[[B:.*]] = memref.view %{{.*}}[%c4096][]
  // CHECK: linalg.copy ins(%[[A]] : memref<1024xf32>) outs(%[[B]] : memref<1024xf32>)
  // CHECK: %[[C:.*]] = memref.view %{{.*}}[%c0][] {dyn.slot = 2 : i64}
  // CHECK: linalg.fill {{.*}} outs(%[[C]]
  %a = memref.alloc() : memref<1024xf32>
  linalg.fill ins(%x : f32) outs(%a : memref<1024xf32>)
  %b = memref.alloc() : memref<1024xf32>
  linalg.copy ins(%a : memref<1024xf32>) outs(%b : memref<1024xf32>)
  %c = memref.alloc() : memref<1024xf32>
  %p = memref.extract_aligned_pointer_as_index %b : memref<1024xf32> -> index
  %q = arith.index_cast %p : index to i64
  linalg.fill ins(%x : f32) outs(%c : memref<1024xf32>)
  func.call @use(%q) : (i64) -> ()
  return
}

// -----

// A run-time extent is as large as its bound.

// CHECK: dyn.arena_bytes = 192 : i64
func.func private @next() -> i64
func.func @train(%run: i64) {
  %n = func.call @next() {dyn.bound = 12 : i64} : () -> i64
  %i = arith.index_cast %n : i64 to index
  // CHECK: memref.view %{{.*}}[%{{.*}}][%{{.*}}] {dyn.slot = 0 : i64} : memref<192xi8> to memref<?x4xf32>
  %a = memref.alloc(%i) : memref<?x4xf32>
  %x = arith.constant 1.0 : f32
  linalg.fill ins(%x : f32) outs(%a : memref<?x4xf32>)
  return
}

// -----

func.func @train(%run: i64) {
  %i = arith.index_cast %run : i64 to index
  // expected-error @below {{has a run-time extent without a bound}}
  %a = memref.alloc(%i) : memref<?x4xf32>
  return
}

// -----

func.func @train(%run: i64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<4xf32>
  %r = scf.for %i = %c0 to %c1 step %c1 iter_args(%b = %a) -> (memref<4xf32>) {
    // expected-error @below {{buffer of one iteration is carried into the next}}
    %c = memref.alloc() : memref<4xf32>
    scf.yield %c : memref<4xf32>
  }
  return
}
