// What the elaborator makes can be given as a file.
// RUN: dyn run %s --no-run-dir --quiet | FileCheck %s
// RUN: dyn run -O0 %s --no-run-dir --quiet | FileCheck %s
// CHECK: y = 6
// CHECK: claim holds: six (y == 6; 6 == 6
module attributes {dyn.meta = "{\"abi\":1,\"name\":\"m\",\"series\":[\"y\"],\"claims\":[{\"text\":\"six \",\"condition\":\"y == 6\",\"relation\":\"==\"}]}"} {
  func.func @train(%run: i64) {
    %x = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
    %s = dyn.reduce add %x dims [0] : tensor<3xf32> to f32
    %y = arith.extf %s : f32 to f64
    dyn.log 0, %y
    %six = arith.constant 6.0 : f64
    %ok = arith.cmpf oeq, %y, %six : f64
    dyn.claim 0, %ok, %y, %six
    return
  }
}
