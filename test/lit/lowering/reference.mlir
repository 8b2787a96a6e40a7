// RUN: dyn-opt %s --dyn-lower-tensors --dyn-reference | FileCheck %s

// The reference copies before it writes, and frees what it allocates; no arena, no kernel.

// CHECK-LABEL: func.func @train
// CHECK: scf.for
// CHECK: %[[COPY:.*]] = memref.alloc() {{.*}}: memref<4xf32>
// CHECK: outs(%[[COPY]] : memref<4xf32>) attrs = {dyn.copy}
// CHECK: memref.store %{{.*}}, %[[COPY]]
// CHECK: memref.dealloc %[[COPY]]
// CHECK-NOT: dyn_rt_arena
// CHECK-NOT: dyn.kernel
func.func @train(%run: i64) {
  %p = arith.constant 0 : i64
  %i = dyn.iota : tensor<4xi64>
  %x = arith.sitofp %i : tensor<4xi64> to tensor<4xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %f = arith.constant 2.0 : f32
  %r = scf.for %k = %c0 to %c9 step %c1 iter_args(%v = %x) -> (tensor<4xf32>) {
    %w = tensor.insert %f into %v[%c1] : tensor<4xf32>
    %q = arith.addf %w, %v : tensor<4xf32>
    scf.yield %q : tensor<4xf32>
  }
  dyn.save %p, [1] (%r : tensor<4xf32>)
  return
}
