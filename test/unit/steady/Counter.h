// Allocations of this process, of all threads.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef DYN_TEST_STEADY_COUNTER_H
#define DYN_TEST_STEADY_COUNTER_H

#include <cstdint>

/// Calls of malloc and its kin since the process began.
int64_t allocations();

#endif // DYN_TEST_STEADY_COUNTER_H
