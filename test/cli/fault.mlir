// A fault of the compiler: status 70, and a file to report it with.
// RUN: rm -rf %t && mkdir %t
// RUN: sh -c 'TMPDIR=%t dyn run --no-cache %s; echo status $?' 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=KEPT < %t/dyn-fault-*.mlir
// CHECK: error: internal fault while
// CHECK: please report it with the file {{.*}}dyn-fault
// CHECK: status 70
// KEPT: @train
module attributes {dyn.meta = "{\"abi\":1,\"name\":\"m\"}"} {
  func.func @train(%run: i64) {
    %x = builtin.unrealized_conversion_cast %run : i64 to f64
    dyn.log 0, %x
    return
  }
}
