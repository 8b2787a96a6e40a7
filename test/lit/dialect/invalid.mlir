// RUN: dyn-opt %s -split-input-file -verify-diagnostics

func.func @broadcast(%x: tensor<3xf32>) {
  // expected-error @+1 {{cannot place dimension 0 at 1 (C1)}}
  %y = dyn.broadcast %x dims [1] : tensor<3xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @contract(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{gives label 2 two extents (C3)}}
  %y = dyn.contract %x [0, 2], %x [2, 1] : tensor<3x4xf32>, tensor<3x4xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @reshape(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{moves a dynamic dimension (C2)}}
  %y = dyn.reshape %x : tensor<?x4xf32> to tensor<2x2xf32>
  return
}

// -----

func.func @grad(%x: tensor<3xf32>) {
  // expected-error @+1 {{must yield a float scalar first (C2)}}
  %y, %g = dyn.value_and_grad wrt(%x) : (tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  ^bb0(%a: tensor<3xf32>):
    dyn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @jvp(%x: tensor<3xf32>, %v: tensor<4xf32>) {
  // expected-error @+1 {{block arguments, `wrt` and `along` differ in type (C1)}}
  %y, %t = dyn.jvp 1 wrt(%x) along(%v) : (tensor<3xf32>), (tensor<4xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  ^bb0(%a: tensor<3xf32>):
    dyn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @jvp_output(%x: f32, %k: i64) {
  // expected-error @+1 {{has an output that is not a float (C2)}}
  %y, %t = dyn.jvp 1 wrt(%x) along(%x) : (f32), (f32) -> (i64, i64) {
  ^bb0(%a: f32):
    dyn.yield %k : i64
  }
  return
}

// -----

func.func @lift(%m: tensor<4x3xf32>, %n: tensor<5xf32>) {
  // expected-error @+1 {{operand 1 has not the frame (C1)}}
  %y = dyn.lift 1 (%m, %n) : (tensor<4x3xf32>, tensor<5xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<3xf32>, %b: f32):
    dyn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @lift_results(%m: tensor<4x3xf32>) {
  // expected-error @+1 {{results are the yielded values, the first 1 with the frame}}
  %y = dyn.lift 1 (%m) : (tensor<4x3xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<3xf32>):
    dyn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{expected a result of shape [4, 3], found [3, 4]}}
  %y = dyn.transpose %x [1, 0] : tensor<3x4xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{expected a result of 'f32', found 'f64'}}
  %y = dyn.reduce add %x dims [1] : tensor<3x4xf32> to tensor<3xf64>
  return
}

// -----

func.func @f(%k: i64) {
  // expected-error @+1 {{needs one extent for each dynamic result dimension (C2)}}
  %y = dyn.random normal %k : tensor<?xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3xf64>) {
  // expected-error @+1 {{multiplies 'f32' by 'f64'}}
  %y = dyn.contract %a [0], %b [0] : tensor<3xf32>, tensor<3xf64> to f32
  return
}

// -----

func.func @f(%x: tensor<3xi32>, %k: i64) {
  // expected-error @+1 {{orders f32, f64 and i64, not 'i32' (C1)}}
  %y = dyn.first max %x, %k : tensor<3xi32> to tensor<3xi1>
  return
}

// -----

func.func @f(%x: tensor<3xf32>, %k: i64, %m: tensor<4xi1>) {
  // expected-error @+1 {{needs one `i1` for each element as `live` (C2)}}
  %y = dyn.kth max %x, %k live(%m : tensor<4xi1>) : tensor<3xf32> to i64
  return
}

// -----

func.func @f(%x: tensor<?xf32>) {
  // expected-error @+1 {{orders along a last dimension of static extent (C3)}}
  %y = dyn.order min %x : tensor<?xf32> to tensor<?xi64>
  return
}
