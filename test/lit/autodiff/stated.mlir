// RUN: dyn-opt %s -split-input-file -verify-diagnostics -dyn-grad | FileCheck %s

// The rule is transposed; the value keeps its place.
// CHECK-LABEL: func.func @reverse
// CHECK: math.round
// CHECK-NOT: dyn.stated
func.func @reverse(%x: f64, %k: f64) -> (f64, f64) {
  %v, %g = dyn.value_and_grad wrt(%x) : (f64) -> (f64, f64) {
  ^bb0(%a: f64):
    %y = dyn.stated(%a) : (f64) -> f64 value {
    ^bb0(%b: f64):
      %r = math.round %b : f64
      dyn.yield %r : f64
    } rule {
    ^bb0(%b: f64, %r: f64, %db: f64):
      %t = arith.mulf %db, %k : f64
      dyn.yield %t : f64
    }
    dyn.yield %y : f64
  }
  return %v, %g : f64, f64
}

// -----

func.func @square(%x: f64) -> f64 {
  %y = dyn.stated(%x) : (f64) -> f64 value {
  ^bb0(%b: f64):
    dyn.yield %b : f64
  } rule {
  ^bb0(%b: f64, %r: f64, %db: f64):
    // expected-error @+1 {{[E0251] a stated derivative has to be linear in its `d`s, this is not}}
    %t = arith.mulf %db, %db : f64
    dyn.yield %t : f64
  }
  return %y : f64
}

// -----

func.func @shifted(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %y = dyn.stated(%x) : (f64) -> f64 value {
  ^bb0(%b: f64):
    dyn.yield %b : f64
  } rule {
  ^bb0(%b: f64, %r: f64, %db: f64):
    // expected-error @+1 {{[E0251]}}
    %t = arith.addf %db, %one : f64
    dyn.yield %t : f64
  }
  return %y : f64
}

// -----

func.func @starts_elsewhere(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %y = dyn.stated(%x) : (f64) -> f64 value {
  ^bb0(%b: f64):
    dyn.yield %b : f64
  } rule {
  ^bb0(%b: f64, %r: f64, %db: f64):
    %lo = arith.constant 0 : index
    %hi = arith.constant 3 : index
    %st = arith.constant 1 : index
    // expected-error @+1 {{[E0251]}}
    %t = scf.for %i = %lo to %hi step %st iter_args(%h = %one) -> (f64) {
      %s = arith.addf %h, %db : f64
      scf.yield %s : f64
    }
    dyn.yield %t : f64
  }
  return %y : f64
}

// -----

func.func @constant(%x: f64) -> f64 {
  %y = dyn.stated(%x) : (f64) -> f64 value {
  ^bb0(%b: f64):
    dyn.yield %b : f64
  } rule {
  ^bb0(%b: f64, %r: f64, %db: f64):
    // expected-error @+1 {{[E0251]}}
    dyn.yield %b : f64
  }
  return %y : f64
}
