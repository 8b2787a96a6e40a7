/* What a host does with the masks of a library that `dyn build --lib` made of library-masks.dyn. */
#define _POSIX_C_SOURCE 200809L
#include "library-masks.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static void tell(const dyn_error *e) { printf("status %d, %s", e->status, e->text); }

static void *stop(void *run) {
  struct timespec a_while = {0, 50000000};
  nanosleep(&a_while, 0);
  dyn_run_cancel(run);
  return 0;
}

int main(void) {
  library_masks program;
  library_masks_Net net, before, same;
  library_masks_concrete gates, again;
  library_masks_adam adam;
  library_masks_sgd opt, fresh;
  library_masks_n_of_m twos;
  library_masks_n_of_m_1 fours;
  dyn_error e;
  float x[8 * 4], y[8], loss;
  int i, ok = 1;
  pthread_t thread;
  for (i = 0; i < 32; ++i)
    x[i] = (float)(i % 7) / 7;
  for (i = 0; i < 8; ++i)
    y[i] = x[4 * i] - x[4 * i + 2];
  if (library_masks_open(&program, 0, &e) || library_masks_make_Net(&program, &net, &e) ||
      library_masks_make_concrete(&program, &gates, &e) ||
      library_masks_make_adam(&program, &adam, &e) || library_masks_make_sgd(&program, &opt, &e) ||
      library_masks_make_n_of_m(&program, &twos, &e) ||
      library_masks_make_n_of_m_1(&program, &fours, &e))
    return tell(&e), 1;
  before = net;
  gates.tau = 0.5f;
  for (i = 0; i < 10; ++i)
    if (library_masks_search(&program, &net, &gates, &adam, x, y, &loss, &e))
      return tell(&e), 1;
  puts(!memcmp(&net, &before, sizeof net) && gates.a_fc_weight[0] != 0
           ? "the search moves gates alone"
           : "wrong");
  for (i = 0; i < 12; ++i)
    gates.a_fc_weight[i] = i % 3 ? -1 : 1;
  fresh = opt;
  same = net;
  if (library_masks_retrain(&program, &net, &gates, &opt, 4, 20, x, y, &e))
    return tell(&e), 1;
  for (i = 0; i < 12; ++i)
    ok &= (net.fc_weight[i] != 0) == (i % 3 == 0) && (opt.m_fc_weight[i] != 0) == (i % 3 == 0);
  puts(ok ? "zero outside" : "wrong");
  if (library_masks_make_concrete(&program, &again, &e) ||
      library_masks_concrete_save(&gates, "gates.safetensors", &e) ||
      library_masks_concrete_load(&again, "gates.safetensors", &e))
    return tell(&e), 1;
  puts(!memcmp(&gates, &again, sizeof gates) && again.tau == 0.5f ? "gates and settings come back"
                                                                  : "wrong");
  if (library_masks_n_of_m_save(&twos, "pairs.safetensors", &e))
    return tell(&e), 1;
  library_masks_n_of_m_1_load(&fours, "pairs.safetensors", &e);
  tell(&e);

  opt = fresh;
  net = same;
  pthread_create(&thread, 0, stop, program.run);
  library_masks_retrain(&program, &net, &gates, &opt, 4, (int64_t)1 << 40, x, y, &e);
  tell(&e);
  pthread_join(thread, 0);
  if (library_masks_retrain(&program, &same, &gates, &fresh, 4, opt.steps, x, y, &e))
    return tell(&e), 1;
  puts(opt.steps > 0 && !memcmp(&net, &same, sizeof net) && !memcmp(&opt, &fresh, sizeof opt)
           ? "whole iterations"
           : "wrong");
  dyn_run_cancel(program.run);
  library_masks_search(&program, &net, &gates, &adam, x, y, &loss, &e);
  tell(&e);
  puts(library_masks_search(&program, &net, &gates, &adam, x, y, &loss, &e) ? "stuck" : "goes on");
  library_masks_close(&program);
  return 0;
}
