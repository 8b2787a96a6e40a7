// Several programs, and several instances of one, at once.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Programs.h"

#include <atomic>
#include <thread>

using namespace dyn::host;

namespace {

/// A short training, and its bits.
std::string trained(const Program &p, int64_t seed, unsigned threads = 0) {
  InstanceOptions o;
  o.seed = seed;
  o.threads = threads;
  Instance i = taken(p.instantiate(o));
  Object net = taken(i.make("Regressor")), opt = taken(i.make("adamw"));
  Function step = taken(i.function("step"));
  Batch b;
  float loss = 0;
  for (int k = 0; k < 400; ++k)
    if (Status done = step(net, opt, b.inputs(k % 8 + 1), b.targets(k % 8 + 1), &loss); !done)
      ADD_FAILURE() << done.error().text;
  return bitsOf(net) + bitsOf(opt);
}

TEST(Threads, TwoInstancesHaveTheBitsOfTwoSingleRuns) {
  Program p = compiled(regressorText);
  std::string single[4], together[4];
  for (int t = 0; t < 4; ++t)
    single[t] = trained(p, t);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { together[t] = trained(p, t, t % 2 ? 2 : 0); });
  for (std::thread &t : threads)
    t.join();
  for (int t = 0; t < 4; ++t)
    EXPECT_EQ(single[t], together[t]) << t;
  EXPECT_NE(single[0], single[1]);
}

TEST(Threads, ProgramsAreCompiledAtOnce) {
  std::string bits[3];
  std::vector<std::thread> threads;
  for (std::string &b : bits)
    threads.emplace_back([&b] { b = trained(compiled(regressorText), 5); });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(bits[0], bits[1]);
  EXPECT_EQ(bits[0], bits[2]);
}

TEST(Threads, OneModelIsReadByMany) {
  Program p = compiled(regressorText);
  Instance made = taken(p.instantiate());
  const Object net = taken(made.make("Regressor"));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      Instance i = taken(p.instantiate());
      Function predict = taken(i.function("predict"));
      Batch b;
      float first[8], said[8];
      wrong += !predict(net, b.inputs(), Array(first, {8})).ok();
      for (int k = 0; k < 300; ++k)
        wrong += !predict(net, b.inputs(), Array(said, {8})).ok() ||
                 std::memcmp(first, said, sizeof said) != 0;
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(wrong, 0);
}

#if defined(DYN_COUNTS_ALLOCATIONS)
/// What the planted program said, and how it ended.
std::pair<std::string, int> planted(const std::string &which, const std::string &arguments) {
  std::string self = testing::internal::GetArgvs()[0], output;
  std::string command = "ASAN_OPTIONS=detect_leaks=0 " + self.substr(0, self.rfind('/')) + "/planted-" + which + " " + arguments + " 2>&1";
  FILE *pipe = popen(command.c_str(), "r");
  char text[4096];
  while (size_t n = fread(text, 1, sizeof text, pipe))
    output.append(text, n);
  return {output, pclose(pipe)};
}

TEST(Planted, AnOverflowInGeneratedCodeIsReported) {
  auto [clean, fine] = planted("address", "");
  EXPECT_EQ(fine, 0) << clean;
  auto [said, status] = planted("address", "fault");
  EXPECT_NE(status, 0);
  EXPECT_NE(said.find("AddressSanitizer: heap-buffer-overflow"), std::string::npos) << said;
}

TEST(Planted, ARaceInGeneratedCodeIsReported) {
  auto [clean, fine] = planted("thread", "");
  EXPECT_EQ(fine, 0) << clean;
  auto [said, status] = planted("thread", "fault");
  EXPECT_NE(status, 0);
  EXPECT_NE(said.find("ThreadSanitizer: data race"), std::string::npos) << said;
}
#endif

} // namespace
