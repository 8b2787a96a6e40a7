//===- Errors.cpp - the table of errors ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"

const dyn::rt::Info &dyn::rt::info(Code code) {
  static const Info all[] = {
#define DYN_RT_ERROR(CODE, NAME, STATUS, MESSAGE, HELP) {#CODE, #NAME, STATUS, MESSAGE, HELP},
#include "Errors.def"
#undef DYN_RT_ERROR
  };
  return all[int(code)];
}
