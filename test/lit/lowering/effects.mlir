// RUN: dyn-opt %s --dyn-bufferize | FileCheck %s

// The runtime gets numbers: handles, addresses, extents.

// CHECK: memref.global "private" constant @dyn_table_{{.*}} : memref<2xi64> = dense<[5, 3]>
// CHECK-LABEL: func.func @train(
// CHECK-SAME: %[[SELF:.*]]: i64
func.func @train(%run: i64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %p = arith.constant 0 : i64
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  // CHECK: call @dyn_rt_loader(%[[SELF]],
  %loader = dyn.loader %p batch 4 shuffled %p
  // CHECK: %[[WANTED:.*]] = call @dyn_rt_hold_begin(%[[SELF]]
  // CHECK: scf.if
  // CHECK: call @dyn_rt_hold_tensor
  dyn.hold 5 next %c0 slots [9] (%w : tensor<5x3xf32>)
  // CHECK: scf.for
  %r = scf.for %t = %c0 to %c3 step %c1 iter_args(%v = %w) -> (tensor<5x3xf32>) {
    // The loader's memory with room for the bound, a view of the rows that came; no copy.
    // CHECK: call @dyn_rt_loader_next(%[[SELF]], {{.*}}dyn.bound = 4
    // CHECK: %[[N:.*]] = arith.index_cast
    // CHECK: call @dyn_rt_loader_column(%[[SELF]]
    // CHECK-NOT: memref.alloc
    // CHECK: %[[X:.*]] = memref.view {{.*}} : memref<80xi8> to memref<4x5xf32>
    // CHECK: memref.reinterpret_cast %[[X]] to offset: [0], sizes: [%[[N]], 5], strides: [5, 1]
    %n, %x = dyn.batch %loader[%t] bound 4 : tensor<?x5xf32>
    %s = tensor.extract %x[%c0, %c0] : tensor<?x5xf32>
    %v2 = tensor.insert %s into %v[%c0, %c0] : tensor<5x3xf32>
    // What was held is not handed over again.
    // CHECK: call @dyn_rt_checkpoint_due(%[[SELF]]
    // CHECK: scf.if
    // CHECK: call @dyn_rt_checkpoint_begin
    // CHECK: memref.get_global @dyn_table
    // CHECK: call @dyn_rt_checkpoint_tensor
    // CHECK: call @dyn_rt_checkpoint_end
    dyn.checkpoint 7 around [5] next %t slots [4] (%v2 : tensor<5x3xf32>)
    scf.yield %v2 : tensor<5x3xf32>
  }
  // CHECK: call @dyn_rt_loader_close
  dyn.loader_close %loader
  // CHECK-NOT: memref.copy
  // CHECK: call @dyn_rt_save_begin
  // CHECK: call @dyn_rt_save_fixed
  // CHECK: call @dyn_rt_save_tensor
  // CHECK: call @dyn_rt_save_end
  dyn.save %p, [1] fixed [2] (%r : tensor<5x3xf32>)
  return
}
