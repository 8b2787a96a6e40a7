//===- run.h - programs inside a host program, from C ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A host makes a run of a compiled program and calls into it. A run prints
// nothing, ends nothing, installs no signal handler and keeps no record unless
// the host asks for one. Runs share no state: several may work at once, each
// on a thread of its own. One run does one call at a time.
//
// Every function returns a status (docs/runtime.md), 0 for success, and fills
// `error`, which may be null, when it fails. What the host passes in is copied
// or used during the call only, except hooks.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUN_H
#define DYN_RUN_H

#include "dyn/program.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dyn_run dyn_run;

/// Why a call failed. A text that is too long ends with "...".
typedef struct dyn_error {
  int32_t status;
  char code[12];  ///< as for `dyn explain`
  int64_t line;   ///< of the program, 0 when the error has no place there
  char file[256]; ///< of the program
  char text[1024];
} dyn_error;

/// A setting of the program's `config`, as on its command line.
typedef struct dyn_setting {
  const char *name, *value;
} dyn_setting;

/// What the host does in our place; null: we do it. Hooks are called with `user`, must not
/// throw, and must outlive the run.
typedef struct dyn_hooks {
  void *user;
  /// Calls `task(environment, i)` for each i in [0, tasks), on any threads in any order, and
  /// returns when all have returned. A task needs up to 100 KB of stack. Results do not depend
  /// on who runs what.
  void (*parallel_for)(void *user, int64_t tasks, void (*task)(void *environment, int64_t i),
                       void *environment);
  /// Memory for buffers: arenas, batches, queues. `alignment` is a power of two. Both or none.
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  /// What the command line would print: whole lines, ended by a newline. From any thread.
  void (*log)(void *user, const char *text);
  /// A value was added to a series, on the thread that trains.
  void (*metric)(void *user, const char *series, int64_t step, double value);
} dyn_hooks;

/// Zero is the default of every member but `size`.
typedef struct dyn_run_options {
  size_t size; ///< sizeof(dyn_run_options)
  const dyn_setting *settings;
  size_t setting_count;
  int64_t seed;              ///< root of all random draws
  uint32_t threads;          ///< of our own, when there is no `parallel_for`; 0: the caller's alone
  const char *run_directory; ///< where to keep a record; null: nowhere
  const char *resume;        ///< a run directory to go on from; excludes `run_directory`
  const char *checkpoint;    ///< `every=N`, `every=Nmin` or `off`, in a run directory
  size_t stream_capacity;    ///< examples that wait in a stream; 0: 1024
  dyn_hooks hooks;
} dyn_run_options;

/// The version of the runtime, to compare with DYN_RT_ABI.
DYN_RT_API int32_t dyn_runtime_abi(void);

/// A run of `program`, whose parts must stay until the run is destroyed. `options` may be null.
DYN_RT_API int dyn_run_create(const dyn_rt_program *program, const dyn_run_options *options,
                              dyn_run **run, dyn_error *error);
/// Ends a run on which no call is in progress; null is allowed.
DYN_RT_API void dyn_run_destroy(dyn_run *run);

/// Another value for a setting or the seed, between calls.
DYN_RT_API int dyn_run_set(dyn_run *run, const char *name, const char *value, dyn_error *error);
DYN_RT_API int dyn_run_seed(dyn_run *run, int64_t seed, dyn_error *error);

/// The compiled form of a function: the addresses of its arguments, then of its results.
typedef int64_t (*dyn_entry)(int64_t run, void **arguments);
DYN_RT_API int dyn_run_call(dyn_run *run, dyn_entry entry, void **arguments, dyn_error *error);

/// Runs `train` from its begin to its end, once in the life of a run; 3 when a claim failed.
DYN_RT_API int dyn_run_train(dyn_run *run, dyn_error *error);

/// From any thread: the call in progress, or the next one if that is over before it notices, ends
/// with status 75 (E1115). `train` ends where an iteration of a loop ends; with a directory it
/// saves a checkpoint first. A call of an entry ends where an iteration of a loop begins; what it
/// changes then holds the values that its variables had there.
DYN_RT_API void dyn_run_cancel(dyn_run *run);

/// Training steps so far; from any thread.
DYN_RT_API int64_t dyn_run_steps(const dyn_run *run);

/// What `train` measured of its claims: whether one was reached, and held each time. The numbers are
/// those that were compared where the margin was worst.
typedef struct dyn_claim {
  const char *text; ///< lives as long as the run
  int32_t seen, holds;
  double left, right;
} dyn_claim;
DYN_RT_API size_t dyn_run_claim_count(const dyn_run *run);
DYN_RT_API int dyn_run_claim(const dyn_run *run, size_t i, dyn_claim *claim, dyn_error *error);

/// Hands `count` examples to the stream of a setting: `columns[c]` has the values of column c,
/// row-major, one example behind the other. Waits at most `seconds` for room (below 0: for
/// ever); `taken`, which may be null, says how many there was room for: fewer than `count` is no
/// error. Fails when the program reads no more.
/// From any thread but the one that trains; one thread a stream.
DYN_RT_API int dyn_run_push(dyn_run *run, const char *stream, const void *const *columns,
                            size_t column_count, int64_t count, double seconds, int64_t *taken,
                            dyn_error *error);
/// No example follows.
DYN_RT_API int dyn_run_end_stream(dyn_run *run, const char *stream, dyn_error *error);

/// For wrappers of entries: 0, or the status of a null argument, of an extent that is not within
/// 0 .. bound.
DYN_RT_API int dyn_check_pointer(const void *p, const char *name, dyn_error *error);
DYN_RT_API int dyn_check_extent(int64_t n, int64_t bound, const char *name, dyn_error *error);

/// A named array, row-major. With rank -1 it is no array but something fixed, as text in `data`,
/// on which the file and who loads it must agree.
typedef struct dyn_tensor {
  const char *name;
  int32_t type; ///< dyn_rt_type
  int32_t rank;
  const int64_t *dims;
  void *data;
} dyn_tensor;
/// Writes a safetensors file: whole, or the former file stays.
DYN_RT_API int dyn_tensors_save(const char *path, const dyn_tensor *tensors, size_t count,
                                dyn_error *error);
/// Reads one. Names, types and shapes must be those of the file, else nothing is changed.
DYN_RT_API int dyn_tensors_load(const char *path, const dyn_tensor *tensors, size_t count,
                                dyn_error *error);

#ifdef __cplusplus
}
#endif
#endif // DYN_RUN_H
