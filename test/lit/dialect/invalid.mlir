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
