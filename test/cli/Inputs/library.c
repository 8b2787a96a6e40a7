/* What a host does with a library that `dyn build --lib` made of library.dyn. */
#include "library.h"
#include "other.h"

#include <stdio.h>

static void tell(const dyn_error *e) { printf("status %d, %s", e->status, e->text); }

int main(void) {
  library program;
  other second;
  library_Net net, copy;
  library_adam opt;
  dyn_error e;
  float x[8 * 3], y[8 * 2], loss = 0, first = 0, mean[2], row[3], a[4] = {0}, b[4], c[4];
  int i;
  for (i = 0; i < 24; ++i)
    x[i] = (float)(i % 5) / 5;
  for (i = 0; i < 16; ++i)
    y[i] = i % 2 ? 0.5f : -0.5f;
  if (library_open(&program, 0, &e) || other_open(&second, 0, &e) ||
      library_make_Net(&program, &net, &e) || library_make_adam(&program, &opt, &e))
    return tell(&e), 1;
  for (i = 0; i < 200; ++i) {
    if (library_learn(&program, &net, &opt, i % 2 ? 8 : 5, x, y, &loss, &e))
      return tell(&e), 1;
    if (i == 0)
      first = loss;
  }
  puts(loss < first / 4 && net.seen == 200 ? "learns" : "does not learn");
  library_learn(&program, 0, &opt, 8, x, y, &loss, &e);
  tell(&e);
  library_learn(&program, &net, &opt, 9, x, y, &loss, &e);
  tell(&e);
  library_mean_of(&program, &net, 4, x, 4, mean, row, &e);
  tell(&e);
  if (library_Net_save(&net, "net.safetensors", &e) ||
      library_make_Net(&program, &copy, &e) || library_Net_load(&copy, "net.safetensors", &e) ||
      library_mean_of(&program, &net, 4, x, 3, mean, row, &e) ||
      library_mean_of(&program, &copy, 4, x, 3, mean + 1, row, &e))
    return tell(&e), 1;
  puts(mean[0] == mean[1] && row[0] == x[9] ? "same after loading" : "different after loading");
  if (other_noisy(&second, a, b, &e) || other_noisy(&second, a, c, &e))
    return tell(&e), 1;
  i = b[0] != c[0];
  second.calls = 0;
  if (other_noisy(&second, a, c, &e))
    return tell(&e), 1;
  puts(i && b[0] == c[0] ? "draws anew, and again from the seed" : "wrong draws");
  library_adam_load(&opt, "net.safetensors", &e);
  tell(&e);
  library_close(&program);
  other_close(&second);
  return 0;
}
