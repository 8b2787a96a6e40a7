// RUN: dyn-opt %s | dyn-opt | FileCheck %s

// CHECK-LABEL: func.func @values
// CHECK: dyn.broadcast %{{.*}} dims [1] extents(%{{.*}}) : tensor<4xf32> to tensor<?x4xf32>
// CHECK: dyn.contract %{{.*}} [0, 2], %{{.*}} [1, 2]
// CHECK: dyn.reduce max %{{.*}} dims [1]
// CHECK: dyn.arg_reduce max %{{.*}} dim 1
// CHECK: dyn.first max %{{.*}}, %{{.*}} live(%{{.*}} : tensor<?x5xi1>)
// CHECK: dyn.kth min %{{.*}}, %{{.*}} : tensor<?x5xf32> to tensor<?xi64>
// CHECK: dyn.order min %{{.*}}
// CHECK: dyn.gather %{{.*}}[%{{.*}}] batch 0
// CHECK: dyn.window %{{.*}} dim 1 stride 1 dilation 1 low 0
func.func @values(%v: tensor<4xf32>, %w: tensor<5x4xf32>, %n: index,
                  %i: i64, %live: tensor<?x5xi1>) {
  %b = dyn.broadcast %v dims [1] extents(%n) : tensor<4xf32> to tensor<?x4xf32>
  %c = dyn.contract %b [0, 2], %w [1, 2] : tensor<?x4xf32>, tensor<5x4xf32> to tensor<?x5xf32>
  %m = dyn.reduce max %c dims [1] : tensor<?x5xf32> to tensor<?xf32>
  %k = dyn.arg_reduce max %c dim 1 : tensor<?x5xf32> to tensor<?xi64>
  %f = dyn.first max %c, %i live(%live : tensor<?x5xi1>) : tensor<?x5xf32> to tensor<?x5xi1>
  %h = dyn.kth min %c, %i : tensor<?x5xf32> to tensor<?xi64>
  %o = dyn.order min %c : tensor<?x5xf32> to tensor<?x5xi64>
  %g = dyn.gather %w[%k] batch 0 : tensor<5x4xf32>, tensor<?xi64> to tensor<?x4xf32>
  %u = dyn.window %g dim 1 stride 1 dilation 1 low 0 : tensor<?x4xf32> to tensor<?x3x2xf32>
  return
}

// CHECK-LABEL: func.func @derivatives
// CHECK: dyn.lift 1(%{{.*}}) : (tensor<4x3xf32>) -> (tensor<4xf32>, f32)
// CHECK: dyn.jvp 1 wrt(%{{.*}}) along(%{{.*}}) : (tensor<3xf32>), (tensor<3xf32>) -> (f32, f32)
func.func @derivatives(%x: tensor<3xf32>, %m: tensor<4x3xf32>) {
  %r:2 = dyn.lift 1 (%m) : (tensor<4x3xf32>) -> (tensor<4xf32>, f32) {
  ^bb0(%v: tensor<3xf32>):
    %y, %t = dyn.jvp 1 wrt(%x) along(%v) : (tensor<3xf32>), (tensor<3xf32>) -> (f32, f32) {
    ^bb0(%a: tensor<3xf32>):
      %s = dyn.reduce add %a dims [0] : tensor<3xf32> to f32
      dyn.yield %s : f32
    }
    dyn.yield %t, %y : f32, f32
  }
  return
}

// CHECK-LABEL: func.func @entry
// CHECK: %[[N:.*]] = dyn.argument %arg1[0] bound 8 : index
// CHECK: %[[X:.*]] = dyn.argument %arg1[1] extent %[[N]] written : tensor<?x4xf32>
// CHECK: dyn.result %arg1[1], %{{.*}} into %[[X]] : tensor<?x4xf32> : tensor<?x4xf32>
func.func @entry(%run: i64, %table: i64) -> i64 {
  %n = dyn.argument %table[0] bound 8 : index
  %x = dyn.argument %table[1] extent %n written : tensor<?x4xf32>
  %y = arith.addf %x, %x : tensor<?x4xf32>
  dyn.result %table[1], %y into %x : tensor<?x4xf32> : tensor<?x4xf32>
  %zero = arith.constant 0 : i64
  return %zero : i64
}
