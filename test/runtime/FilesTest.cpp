// Files that are written, and what is left when writing fails.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AtomicFile.h"
#include "Errors.h"
#include "Safetensors.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <unistd.h>

using namespace dyn::rt;

namespace {

TEST(AtomicFile, AFailedWriteKeepsTheFormerFile) {
  std::string folder = testing::TempDir() + "dyn-atomic-" + std::to_string(getpid());
  ASSERT_EQ(makeFolders(folder), "");
  std::string path = folder + "/file";
  writeFile(path, "former");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old, small;
  getrlimit(RLIMIT_FSIZE, &old);
  small = {1000, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string code;
  try {
    writeFile(path, std::string(5000, 'x'));
  } catch (const Error &e) {
    EXPECT_EQ(e.status, 5);
    code = e.text.substr(6, 5);
  }
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(code, "E0601");
  EXPECT_EQ(readFile(path), "former");
  unlink(path.c_str());
  EXPECT_EQ(rmdir(folder.c_str()), 0) << "a temporary file was left behind";
}

Tensor tensor(std::string name, int64_t type, std::vector<int64_t> shape) {
  Tensor t{std::move(name), type, shape, ""};
  t.data.assign(size_t(elementsOf(shape) * widthOf(type)), 'd');
  return t;
}

TEST(Safetensors, RoundTrip) {
  std::string bytes =
      writeSafetensors({tensor("b", 0, {2, 3}), tensor("a", 3, {}), tensor("empty", 0, {0, 4})});
  std::vector<Tensor> back;
  EXPECT_EQ(readSafetensors(bytes, back), "");
  ASSERT_EQ(back.size(), 3u);
  uint64_t header;
  std::memcpy(&header, bytes.data(), 8);
  EXPECT_EQ((8 + header) % 64, 0u);
  EXPECT_EQ(bytes, writeSafetensors(back));
}

TEST(Safetensors, IsRefused) {
  auto file = [](std::string header, size_t data) {
    std::string s(8, '\0');
    uint64_t n = header.size();
    std::memcpy(s.data(), &n, 8);
    return s + header + std::string(data, '\0');
  };
  for (
      const std::string &bad :
      {std::string("x"), file("[]", 0), file("{", 0),
       file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
       file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8),
       file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
       file(R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4),
       file(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
       file(
           R"({"a":{"dtype":"F32","shape":[9007199254740993,9007199254740993],"data_offsets":[0,4]}})",
           4),
       file(
           R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
           1)}) {
    std::vector<Tensor> out;
    EXPECT_NE(readSafetensors(bad, out), "") << bad.substr(std::min<size_t>(8, bad.size()));
  }
}

} // namespace
