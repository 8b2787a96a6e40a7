//===- Defaults.cpp - what the sanitizers are told in every test ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The libraries of LLVM, MLIR and ANTLR are not instrumented.
//
//===----------------------------------------------------------------------===//

extern "C" {

/// LLVM's allocators poison what they hold back. Where a part of one is inlined here and another
/// part runs inside of the library, memory that was handed out stays poisoned. Tests ask for more
/// memory than there is.
const char *__asan_default_options() {
  return "allow_user_poisoning=0:allocator_may_return_null=1";
}

const char *__tsan_default_options() { return "allocator_may_return_null=1"; }
}
