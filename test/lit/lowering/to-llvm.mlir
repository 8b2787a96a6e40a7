// RUN: dyn-opt %s --dyn-lower-tensors --dyn-bufferize --dyn-plan-memory --dyn-to-llvm | FileCheck %s

// Nothing but the LLVM dialect is left, and the library of MLIR's runner is not called.

// CHECK: llvm.func @dyn_rt_save_tensor
// CHECK-LABEL: llvm.func @train(
// CHECK: llvm.call @dyn_rt_arena
// CHECK: llvm.inttoptr
// CHECK: llvm.intr.exp
// CHECK: llvm.call @dyn_rt_save_tensor
// CHECK-NOT: memrefCopy
// CHECK-NOT: builtin.unrealized_conversion_cast
// CHECK-NOT: malloc
func.func @train(%run: i64) {
  %p = arith.constant 0 : i64
  %i = dyn.iota : tensor<6xi64>
  %f = arith.sitofp %i : tensor<6xi64> to tensor<6xf32>
  %e = math.exp %f : tensor<6xf32>
  dyn.save %p, [1] (%e : tensor<6xf32>)
  return
}
