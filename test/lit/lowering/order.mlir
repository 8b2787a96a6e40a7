// RUN: dyn-opt %s --dyn-lower-effects | FileCheck %s

// CHECK-LABEL: func.func @train
// CHECK-SAME: %[[SELF:.*]]: i64, %[[X:.*]]: tensor<?x5xf32>, %[[K:.*]]: i64
func.func @train(%self: i64, %x: tensor<?x5xf32>, %k: i64, %live: tensor<?x5xi1>, %v: tensor<7xi64>) -> (tensor<?x5xi1>, i64, tensor<7xi64>) {
  // One call for all rows, whose number is known at run time only.
  // CHECK: %[[DIM:.*]] = tensor.dim %[[X]]
  // CHECK: memref.alloc(%[[DIM]]) : memref<?x5xi1>
  // CHECK: call @dyn_rt_first(%[[SELF]], {{.*}}, %[[K]], {{.*}})
  %m = dyn.first max %x, %k live(%live : tensor<?x5xi1>) : tensor<?x5xf32> to tensor<?x5xi1>
  // CHECK: memref.alloc() : memref<1xi64>
  // CHECK: call @dyn_rt_kth(%[[SELF]],
  %i = dyn.kth min %v, %k : tensor<7xi64> to i64
  // CHECK: call @dyn_rt_order(%[[SELF]],
  %o = dyn.order min %v : tensor<7xi64> to tensor<7xi64>
  return %m, %i, %o : tensor<?x5xi1>, i64, tensor<7xi64>
}
