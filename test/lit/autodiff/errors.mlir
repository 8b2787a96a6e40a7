// RUN: dyn-opt %s -dyn-grad -split-input-file -verify-diagnostics

func.func @no_rule(%x: f32) -> f32 {
  %v, %g = dyn.value_and_grad wrt(%x) : (f32) -> (f32, f32) {
  ^bb0(%a: f32):
    // expected-error @+1 {{[E0220] no derivative for 'math.acos'}}
    %y = math.acos %a : f32
    dyn.yield %y : f32
  }
  return %g : f32
}

// -----

func.func @no_bound(%x: f32, %n: index) -> f32 {
  %v, %g = dyn.value_and_grad wrt(%x) : (f32) -> (f32, f32) {
  ^bb0(%a: f32):
    %lo = arith.constant 0 : index
    %st = arith.constant 1 : index
    // expected-error @+1 {{[E0222] this loop has no bound for derivatives}}
    %y = scf.for %i = %lo to %n step %st iter_args(%h = %a) -> (f32) {
      %s = math.sin %h : f32
      scf.yield %s : f32
    }
    dyn.yield %y : f32
  }
  return %g : f32
}

// -----

// What does not matter needs no rule.
func.func @unused(%x: f32) -> f32 {
  %v, %u, %g = dyn.value_and_grad wrt(%x) : (f32) -> (f32, f32, f32) {
  ^bb0(%a: f32):
    %y = math.acos %a : f32
    %z = math.sin %a : f32
    dyn.yield %z, %y : f32, f32
  }
  return %g : f32
}

// -----

func.func @no_forward_rule(%x: f32) -> f32 {
  %v, %t = dyn.jvp 1 wrt(%x) along(%x) : (f32), (f32) -> (f32, f32) {
  ^bb0(%a: f32):
    // expected-error @+1 {{[E0220] no derivative for 'math.acos'}}
    %y = math.acos %a : f32
    dyn.yield %y : f32
  }
  return %t : f32
}

// -----

func.func @members_decide(%m: tensor<4xf32>) -> tensor<4xf32> {
  %r = dyn.lift 1 (%m) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32):
    %k = arith.cmpf ogt, %a, %a : f32
    // expected-error @+1 {{[E0229] a test that differs from direction to direction is not lifted yet}}
    %y = scf.if %k -> f32 {
      scf.yield %a : f32
    } else {
      %n = arith.negf %a : f32
      scf.yield %n : f32
    }
    dyn.yield %y : f32
  }
  return %r : tensor<4xf32>
}

// -----

func.func @leaves(%m: tensor<4xf32>) -> f32 {
  // expected-error @+1 {{[E0229] a value that leaves a derivative depends on its direction}}
  %r = dyn.lift 0 (%m) : (tensor<4xf32>) -> f32 {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    dyn.yield %n : f32
  }
  return %r : f32
}
