// RUN: dyn-opt %s --dyn-lower-tensors --dyn-lower-effects | FileCheck %s

// Each effect is a call of the runtime that gets the run first.

// CHECK-LABEL: func.func @train(
// CHECK-SAME: %[[SELF:.*]]: i64
func.func @train(%run: i64) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f64
  // CHECK: call @dyn_rt_config_text(%[[SELF]]
  %folder = dyn.config 1 text : i64
  // CHECK: call @dyn_rt_config_real(%[[SELF]]
  %rate = dyn.config 0 : f64
  // CHECK: call @dyn_rt_path_join(%[[SELF]]
  %path = dyn.path_join %folder, %folder
  // CHECK: call @dyn_rt_read_csv(%[[SELF]]
  %column = dyn.read csv %path element f32 shape [2] scale false limit 0 options [0, 2, 1]
  // CHECK: call @dyn_rt_read_bytes(%[[SELF]]
  %record = dyn.read bytes %path element f32 shape [2] scale true limit 0 options [1, 3]
  // CHECK: call @dyn_rt_append(%[[SELF]]
  %columns = dyn.append (%column, %record)
  // CHECK: call @dyn_rt_dataset(%[[SELF]]
  %data = dyn.dataset (%columns)
  // CHECK: call @dyn_rt_dataset_size(%[[SELF]]
  %size = dyn.dataset_size %data
  // CHECK: call @dyn_rt_dataset_part(%[[SELF]]
  %part = dyn.dataset_part %data from %size count %size
  // CHECK: call @dyn_rt_permutation(%[[SELF]]
  %order = dyn.permutation %size : tensor<5xi64>
  // CHECK: call @dyn_rt_resume_counter(%[[SELF]]
  // CHECK: call @dyn_rt_resume_tensor(%[[SELF]]
  // CHECK: call @dyn_rt_resume_done(%[[SELF]]
  %start, %state = dyn.resume 0 first %c0 slots [0] (%order : tensor<5xi64>) : tensor<5xi64>
  // CHECK: call @dyn_rt_load_begin(%[[SELF]]
  // CHECK: call @dyn_rt_load_tensor(%[[SELF]]
  // CHECK: call @dyn_rt_load_end(%[[SELF]]
  %w = dyn.load %path, [2] : tensor<4xf32>
  // CHECK: call @dyn_rt_log(%[[SELF]]
  dyn.log 0, %rate
  // CHECK: call @dyn_rt_logged_count(%[[SELF]]
  %count = dyn.logged_count 0
  // CHECK: call @dyn_rt_logged_value(%[[SELF]]
  %last = dyn.logged_value 0[%count]
  // CHECK: call @dyn_rt_logged_step(%[[SELF]]
  %step = dyn.logged_step 0[%count]
  // CHECK: call @dyn_rt_logged_align(%[[SELF]]
  dyn.logged_align 0, 1, 0
  // CHECK: call @dyn_rt_step(%[[SELF]]
  dyn.step
  // CHECK: call @dyn_rt_tick(%[[SELF]]
  dyn.tick 0, %start of %c8
  %holds = arith.cmpf olt, %last, %f : f64
  // CHECK: scf.if
  // CHECK: call @dyn_rt_check_failed(%[[SELF]]
  dyn.assert 0, %holds, %step, %size
  // CHECK: call @dyn_rt_claim(%[[SELF]]
  dyn.claim 0, %holds, %last, %f
  dyn.save %path, [0, 1] (%state, %w : tensor<5xi64>, tensor<4xf32>)
  // CHECK-NOT: dyn.{{[a-z]+}} {{.*}}loc
  return
}
