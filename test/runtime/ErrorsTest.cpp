// Errors that no program of the compiler's can provoke: damage, and limits of the machine.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dyn/runtime.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Runs a program in a process of its own: the code that it ended with, and its status.
std::string ends(const std::string &meta, void (*train)(int64_t), int wanted) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  std::fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    char name[] = "p", flag[] = "--no-run-dir", *argv[] = {name, flag, nullptr};
    dyn_rt_program program{meta.data(), int64_t(meta.size()), train};
    _exit(dyn_rt_main(&program, 2, argv, nullptr));
  }
  close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, size_t(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << said;
  EXPECT_EQ(WEXITSTATUS(status), wanted) << said;
  EXPECT_NE(said.find("\n  = help: "), std::string::npos) << said;
  size_t at = said.find("error[");
  return at == std::string::npos ? said : said.substr(at + 6, 5);
}

const char plain[] = R"({"abi":1,"name":"p"})";
void nothing(int64_t) {}

TEST(Errors, MetaData) {
  EXPECT_EQ(ends("{", nothing, 70), "E0806");
  EXPECT_EQ(ends("[]", nothing, 70), "E0806");
  EXPECT_EQ(ends(R"({"abi":0})", nothing, 70), "E0805");
  EXPECT_EQ(ends(R"({"abi":1,"strings":7})", nothing, 70), "E0806");
  EXPECT_EQ(ends(R"({"abi":"x"})", nothing, 70), "E0806");
}

TEST(Errors, Memory) {
  EXPECT_EQ(ends(plain, [](int64_t run) { dyn_rt_arena(run, int64_t(1) << 60); }, 6), "E0807");
}

TEST(Errors, Batches) {
  auto past = [](int64_t run) {
    int64_t column[1] = {dyn_rt_read_csv(run, dyn_rt_config_text(run, 0), DYN_F32, 0, 0, 0, 0)};
    int64_t data = dyn_rt_dataset(run, 1, reinterpret_cast<int64_t>(column));
    dyn_rt_loader_next(run, dyn_rt_loader(run, data, 4, 0, 0), 1);
  };
  std::string path = testing::TempDir() + "dyn-errors-" + std::to_string(getpid()) + ".csv";
  FILE *file = std::fopen(path.c_str(), "w");
  std::fputs("1\n2\n3\n", file);
  std::fclose(file);
  EXPECT_EQ(ends(R"({"abi":1,"config":[{"name":"data","type":"path","default":")" + path + "\"}]}",
                 past, 9),
            "E0903");
  unlink(path.c_str());
}

} // namespace
