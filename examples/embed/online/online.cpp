// Learns a live signal with a training step that is compiled in this process.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <dyn/host.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

using namespace dyn::host;

/// The last column of a table, or a signal that changes its shape in the middle.
static std::vector<float> signal(const char *path) {
  std::vector<float> s;
  std::ifstream table(path ? path : "");
  std::string row;
  for (std::getline(table, row); std::getline(table, row);)
    s.push_back(std::strtof(row.c_str() + row.rfind(',') + 1, nullptr) / 20);
  double phase = 0;
  for (int t = 0; !path && t < 20000; ++t) {
    bool late = t >= 10000;
    phase += late ? 0.41 : 0.26;
    s.push_back(float(0.6 * std::sin(phase) + (late ? 0.5 : 0.3) * std::sin(2.3 * phase)));
  }
  return s;
}

/// One number for all bits of an object.
static unsigned bitsOf(Object &object) {
  unsigned hash = 2166136261u;
  for (const TensorInfo &t : object.info().tensors) {
    Result<Array> a = object.tensor(t.name);
    for (size_t i = 0; a && i < a->bytes(); ++i)
      hash = (hash ^ static_cast<const unsigned char *>(a->data)[i]) * 16777619u;
  }
  return hash;
}

static int fail(const Error &e) {
  std::fputs(e.text.c_str(), stderr);
  return 1;
}

int main(int argc, char **argv) {
  constexpr size_t inputs = 16, rows = 20;
  if (argc < 2) {
    std::fprintf(stderr, "usage: online regressor.dyn [table.csv]\n");
    return 2;
  }
  std::vector<float> s = signal(argc > 2 ? argv[2] : nullptr);
  size_t row = s.size() > inputs ? (s.size() - inputs) / rows : 0;
  if (!row) {
    std::fprintf(stderr, "%s: no signal\n", argv[2]);
    return 1;
  }
  Result<Program> program = Program::fromFile(argv[1]);
  if (!program)
    return fail(program.error());
  Result<Instance> instance = program->instantiate();
  Result<Object> net = instance->make("Regressor"), opt = instance->make("adam");
  Result<Object> frozen = instance->make("Regressor");
  Result<Function> predict = instance->function("predict"), learn = instance->function("learn");
  for (const Error *e : {&instance.error(), &net.error(), &opt.error(), &frozen.error(),
                         &predict.error(), &learn.error()})
    if (!e->text.empty())
      return fail(*e);
  std::fprintf(stderr, "compiled in %.3f s\n", program->seconds());
  std::puts("examples  learning    frozen   mean absolute error of the next value");
  double learning = 0, still = 0;
  for (size_t t = 0; t < row * rows; ++t) {
    Array x(&s[t], {inputs});
    float y = s[t + inputs], guess, former, loss;
    // First it says what comes, then it is told.
    for (const Status &done : {(*predict)(*net, x, &guess), (*predict)(*frozen, x, &former),
                               (*learn)(*net, *opt, x, y, &loss)})
      if (!done)
        return fail(done.error());
    learning += std::fabs(guess - y);
    still += std::fabs(former - y);
    if ((t + 1) % row)
      continue;
    // A copy of what was known after the first fifth of the signal learns no more.
    if (t + 1 <= row * rows / 5)
      frozen = net->copy();
    std::printf("%8zu %9.4f %9.4f\n", t + 1, learning / double(row), still / double(row));
    learning = still = 0;
  }
  std::printf("parameters %08x\n", bitsOf(*net));
  if (Status saved = net->save("regressor.safetensors"); !saved)
    return fail(saved.error());
}
