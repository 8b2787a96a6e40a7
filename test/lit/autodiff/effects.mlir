// RUN: dyn-opt %s -dyn-grad | FileCheck %s
// A branch is run again on the way back, its effects are not.

// CHECK-LABEL: func.func @once
// CHECK: dyn.log 0
// CHECK-NOT: dyn.log
// CHECK: return
func.func @once(%x: f64, %k: i1) -> f64 {
  %v, %g = dyn.value_and_grad wrt(%x) : (f64) -> (f64, f64) {
  ^bb0(%a: f64):
    %y = scf.if %k -> (f64) {
      dyn.log 0, %a
      %e = math.exp %a : f64
      scf.yield %e : f64
    } else {
      scf.yield %a : f64
    }
    dyn.yield %y : f64
  }
  return %g : f64
}
