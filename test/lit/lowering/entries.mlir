// RUN: dyn-opt %s --dyn-lower-tensors --dyn-bufferize | FileCheck %s

// A host's table holds the addresses of its buffers: read where they lie, written in place.

// CHECK-LABEL: func.func @dyn_p_step(
func.func @dyn_p_step(%run: i64, %table: i64) -> i64 {
  %n = dyn.argument %table[0] bound 8 : index
  %x = dyn.argument %table[1] extent %n bound 8 : tensor<?x4xf32>
  %w = dyn.argument %table[2] written : tensor<4xf32>
  %t = dyn.argument %table[3] : f32
  %y = arith.addf %w, %w : tensor<4xf32>
  dyn.result %table[2], %y into %w : tensor<4xf32> : tensor<4xf32>
  dyn.result %table[4], %t : f32
  %ok = arith.constant 0 : i64
  return %ok : i64
}
// CHECK-NOT: memref.alloc
// CHECK: memref.load {{.*}} : memref<3xi64>
// CHECK: %[[W:.*]] = memref.view {{.*}} : memref<16xi8> to memref<4xf32>
// CHECK: %[[T:.*]] = memref.load {{.*}} : memref<1xf32>
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%[[W]], %[[W]] : {{.*}} outs(%[[W]] :
// CHECK: memref.load {{.*}} : memref<5xi64>
// CHECK: memref.store %[[T]]

// A call that its host ends leaves the values of its variables, all taken before any is written.

// CHECK-LABEL: func.func @dyn_p_loop(
// CHECK: scf.for
// CHECK: call @dyn_rt_stop_asked(
// CHECK: scf.if
// CHECK: call @dyn_rt_stop_keep(
// CHECK: call @dyn_rt_stop(
// CHECK-NOT: memref.copy
func.func @dyn_p_loop(%run: i64, %table: i64) -> i64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %w = dyn.argument %table[0] written : tensor<4xf32>
  %r = scf.for %i = %c0 to %c9 step %c1 iter_args(%v = %w) -> (tensor<4xf32>) {
    dyn.poll %table [0] (%v : tensor<4xf32>)
    %d = arith.addf %v, %v : tensor<4xf32>
    scf.yield %d : tensor<4xf32>
  }
  dyn.result %table[0], %r into %w : tensor<4xf32> : tensor<4xf32>
  %ok = arith.constant 0 : i64
  return %ok : i64
}

// A stream is a loader that says whether there is another batch.

// CHECK-LABEL: func.func @train(
func.func @train(%run: i64) {
  %loader = dyn.stream 2 batch 4
  %c0 = arith.constant 0 : index
  scf.while : () -> () {
    %more = dyn.stream_more %loader
    scf.condition(%more)
  } do {
    %n, %x = dyn.batch %loader[%c0] bound 4 : tensor<?x5xf32>
    scf.yield
  }
  dyn.loader_close %loader
  return
}
// CHECK: %[[L:.*]] = call @dyn_rt_stream(
// CHECK: scf.while
// CHECK: func.call @dyn_rt_stream_more(%{{.*}}, %[[L]])
// CHECK: func.call @dyn_rt_loader_next(%{{.*}}, %[[L]], {{.*}}dyn.bound = 4
// CHECK: call @dyn_rt_loader_close(%{{.*}}, %[[L]])
