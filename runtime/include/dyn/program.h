//===- program.h - what a compiled program is to the runtime --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_PROGRAM_H
#define DYN_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DYN_RT_API __attribute__((visibility("default")))

/// Version of the functions that a program calls (dyn/runtime.h). A program carries the version
/// it was compiled for in its meta data (`abi`); another version is refused at start.
#define DYN_RT_ABI 1

/// Element types, as numbers in calls and names in meta data.
enum dyn_rt_type { DYN_F32 = 0, DYN_F64 = 1, DYN_I32 = 2, DYN_I64 = 3, DYN_U8 = 4, DYN_BOOL = 5 };

/// What one program is: its meta data (JSON, see docs/runtime.md) and entry.
typedef struct dyn_rt_program {
  const char *meta;
  int64_t meta_length;
  void (*train)(int64_t run);
} dyn_rt_program;

#ifdef __cplusplus
}
#endif
#endif // DYN_PROGRAM_H
