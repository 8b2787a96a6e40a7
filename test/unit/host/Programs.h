// Programs that the tests of the host interface call.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef DYN_TEST_HOST_PROGRAMS_H
#define DYN_TEST_HOST_PROGRAMS_H

#include "dyn/host.h"

#include <gtest/gtest.h>

#include <cstring>

extern const char *const regressorText; ///< a model, its optimizer, a step, and a `train`
extern const char *const functionsText; ///< functions of all kinds of values

/// What a program that must compile compiles to.
dyn::host::Program compiled(const char *text, const dyn::host::Options &options = {});

template <typename T> T taken(dyn::host::Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.error().text;
  return std::move(*result);
}
inline void expectOk(const dyn::host::Status &status) {
  EXPECT_TRUE(status.ok()) << status.error().text;
}
/// An error of this code, whose text says so.
inline void expectCode(const dyn::host::Error &error, const std::string &code) {
  EXPECT_EQ(error.code, code) << error.text;
  EXPECT_FALSE(error.message.empty());
  EXPECT_NE(error.text.find("error[" + code + "]"), std::string::npos) << error.text;
}

/// A batch of the regression task: y is a function of x.
struct Batch {
  float x[8][4];
  float y[8];
  Batch() {
    for (int n = 0; n < 8; ++n) {
      for (int i = 0; i < 4; ++i)
        x[n][i] = float((n * 5 + i * 3) % 8) / 8 - 0.5f;
      y[n] = x[n][0] - 0.5f * x[n][2];
    }
  }
  dyn::host::Array inputs(int64_t rows = 8) const { return {&x[0][0], {rows, 4}}; }
  dyn::host::Array targets(int64_t rows = 8) const { return {&y[0], {rows}}; }
};

/// All bits of an object.
inline std::string bitsOf(dyn::host::Object &object) {
  std::string bits;
  for (const dyn::host::TensorInfo &t : object.info().tensors) {
    auto a = object.tensor(t.name);
    bits.append(static_cast<const char *>(a->data), a->bytes());
  }
  return bits;
}

#endif // DYN_TEST_HOST_PROGRAMS_H
