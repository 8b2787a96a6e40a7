// RUN: dyn-opt %s --dyn-grad --canonicalize --cse --dyn-lower-tensors --canonicalize --cse --dyn-bufferize --dyn-plan-memory | FileCheck %s
// RUN: dyn-opt %s --dyn-grad --canonicalize --cse --dyn-lower-tensors --canonicalize --cse --dyn-fuse --cse --dyn-bufferize --dyn-plan-memory | FileCheck %s --check-prefixes=CHECK,FUSED

// A training step works in the buffers it was given: nothing is allocated or
// copied, and AdamW is one loop that reads and writes weights and moments in place.

// CHECK: dyn.arena_bytes
// CHECK-LABEL: func.func @train
// CHECK-NOT: memref.alloc
// CHECK: call @dyn_rt_arena
// CHECK-NOT: memref.alloc
// CHECK: scf.for
// CHECK-NOT: memref.alloc
// CHECK-NOT: dyn.copy
// FUSED: linalg.generic {{.*}} outs(%[[V:.*]], %[[M:.*]], %[[W:.*]] : memref<4x5xf32>, memref<4x5xf32>, memref<4x5xf32>)
// CHECK-NOT: memref.alloc
// CHECK-NOT: dyn.copy
// CHECK: call @dyn_rt_log
func.func @train(%run: i64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %steps = arith.constant 20 : index
  %seed = dyn.seed
  %k1 = arith.constant 1 : i64
  %k2 = arith.constant 2 : i64
  %k3 = arith.constant 3 : i64
  %key1 = dyn.key_fold %seed, %k1
  %key2 = dyn.key_fold %seed, %k2
  %key3 = dyn.key_fold %seed, %k3
  %x = dyn.random uniform %key1 : tensor<8x4xf32>
  %w1 = dyn.random normal %key2 : tensor<4x5xf32>
  %w2 = dyn.random normal %key3 : tensor<5x3xf32>
  %zero = arith.constant 0.0 : f32
  %b1 = dyn.broadcast %zero dims [] : f32 to tensor<5xf32>
  %b2 = dyn.broadcast %zero dims [] : f32 to tensor<3xf32>
  %m = dyn.broadcast %zero dims [] : f32 to tensor<4x5xf32>
  %v = dyn.broadcast %zero dims [] : f32 to tensor<4x5xf32>
  %three = arith.constant dense<3> : tensor<8xi64>
  %i = dyn.iota : tensor<8xi64>
  %y = arith.remsi %i, %three : tensor<8xi64>
  %end:6 = scf.for %t = %c0 to %steps step %c1
      iter_args(%W1 = %w1, %B1 = %b1, %W2 = %w2, %B2 = %b2, %M = %m, %V = %v)
      -> (tensor<4x5xf32>, tensor<5xf32>, tensor<5x3xf32>, tensor<3xf32>, tensor<4x5xf32>, tensor<4x5xf32>) {
    %l, %g1, %gb1, %g2, %gb2 = dyn.value_and_grad wrt(%W1, %B1, %W2, %B2)
        : (tensor<4x5xf32>, tensor<5xf32>, tensor<5x3xf32>, tensor<3xf32>)
        -> (f32, tensor<4x5xf32>, tensor<5xf32>, tensor<5x3xf32>, tensor<3xf32>) {
    ^bb0(%a1: tensor<4x5xf32>, %c: tensor<5xf32>, %a2: tensor<5x3xf32>, %d: tensor<3xf32>):
      %h0 = dyn.contract %x [0, 2], %a1 [2, 1] : tensor<8x4xf32>, tensor<4x5xf32> to tensor<8x5xf32>
      %hb = dyn.broadcast %c dims [1] : tensor<5xf32> to tensor<8x5xf32>
      %h1 = arith.addf %h0, %hb : tensor<8x5xf32>
      %z = dyn.broadcast %zero dims [] : f32 to tensor<8x5xf32>
      %h = arith.maximumf %h1, %z : tensor<8x5xf32>
      %o0 = dyn.contract %h [0, 2], %a2 [2, 1] : tensor<8x5xf32>, tensor<5x3xf32> to tensor<8x3xf32>
      %ob = dyn.broadcast %d dims [1] : tensor<3xf32> to tensor<8x3xf32>
      %o = arith.addf %o0, %ob : tensor<8x3xf32>
      %mx = dyn.reduce max %o dims [1] : tensor<8x3xf32> to tensor<8xf32>
      %mxs = dyn.stop %mx : tensor<8xf32> to tensor<8xf32>
      %mb = dyn.broadcast %mxs dims [0] : tensor<8xf32> to tensor<8x3xf32>
      %s = arith.subf %o, %mb : tensor<8x3xf32>
      %e = math.exp %s : tensor<8x3xf32>
      %sum = dyn.reduce add %e dims [1] : tensor<8x3xf32> to tensor<8xf32>
      %ls = math.log %sum : tensor<8xf32>
      %p = dyn.gather %s[%y] batch 1 : tensor<8x3xf32>, tensor<8xi64> to tensor<8xf32>
      %n = arith.subf %ls, %p : tensor<8xf32>
      %total = dyn.reduce add %n dims [0] : tensor<8xf32> to f32
      %eight = arith.constant 8.0 : f32
      %loss = arith.divf %total, %eight : f32
      dyn.yield %loss : f32
    }
    %lr = arith.constant dense<0.1> : tensor<4x5xf32>
    %beta = arith.constant dense<0.9> : tensor<4x5xf32>
    %rest = arith.constant dense<0.1> : tensor<4x5xf32>
    %beta2 = arith.constant dense<0.99> : tensor<4x5xf32>
    %rest2 = arith.constant dense<0.01> : tensor<4x5xf32>
    %decay = arith.constant dense<0.999> : tensor<4x5xf32>
    %eps = arith.constant dense<1.0e-8> : tensor<4x5xf32>
    %m0 = arith.mulf %M, %beta : tensor<4x5xf32>
    %m1 = arith.mulf %g1, %rest : tensor<4x5xf32>
    %M2 = arith.addf %m0, %m1 : tensor<4x5xf32>
    %v0 = arith.mulf %V, %beta2 : tensor<4x5xf32>
    %gg = arith.mulf %g1, %g1 : tensor<4x5xf32>
    %v1 = arith.mulf %gg, %rest2 : tensor<4x5xf32>
    %V2 = arith.addf %v0, %v1 : tensor<4x5xf32>
    %root = math.sqrt %V2 : tensor<4x5xf32>
    %den = arith.addf %root, %eps : tensor<4x5xf32>
    %dir = arith.divf %M2, %den : tensor<4x5xf32>
    %step = arith.mulf %dir, %lr : tensor<4x5xf32>
    %kept = arith.mulf %W1, %decay : tensor<4x5xf32>
    %W1n = arith.subf %kept, %step : tensor<4x5xf32>
    %lr5 = arith.constant dense<0.1> : tensor<5xf32>
    %lr53 = arith.constant dense<0.1> : tensor<5x3xf32>
    %lr3 = arith.constant dense<0.1> : tensor<3xf32>
    %s1 = arith.mulf %gb1, %lr5 : tensor<5xf32>
    %B1n = arith.subf %B1, %s1 : tensor<5xf32>
    %s2 = arith.mulf %g2, %lr53 : tensor<5x3xf32>
    %W2n = arith.subf %W2, %s2 : tensor<5x3xf32>
    %s3 = arith.mulf %gb2, %lr3 : tensor<3xf32>
    %B2n = arith.subf %B2, %s3 : tensor<3xf32>
    %l64 = arith.extf %l : f32 to f64
    dyn.log 0, %l64
    dyn.step
    scf.yield %W1n, %B1n, %W2n, %B2n, %M2, %V2
      : tensor<4x5xf32>, tensor<5xf32>, tensor<5x3xf32>, tensor<3xf32>, tensor<4x5xf32>, tensor<4x5xf32>
  }
  %path = arith.constant 0 : i64
  dyn.save %path, [1, 2, 3] (%end#0, %end#2, %x : tensor<4x5xf32>, tensor<5x3xf32>, tensor<8x4xf32>)
  return
}
