//===- runtime.h - the closed list of functions a Dyn program may call ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated code calls these functions and nothing else. Every argument is an
// int64_t or a double: handles and addresses travel as int64_t, and text as
// the index of an entry in the program's string table, so that the border
// needs no pointer types, no varargs and no text in the generated code.
// The first argument is always the run. A function that fails does not return:
// it records the error in the run and unwinds to dyn_rt_execute.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_H
#define DYN_RUNTIME_H

#include "dyn/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Runs a whole program as its native binary does: reads flags, makes the run
/// directory, executes, prints claims. Returns the process status
/// (docs/runtime.md). `compile_note` is the line printed first; null when the program
/// was compiled long ago, so that its extents are fixed.
DYN_RT_API int dyn_rt_main(const dyn_rt_program *program, int argc, char **argv,
                           const char *compile_note);

// --- threads and memory ------------------------------------------------------

/// Calls `task(environment, i)` for i in [0, tasks), on the run's threads.
/// Which thread runs a task never influences results. Not re-entrant.
DYN_RT_API void dyn_rt_parallel_for(int64_t run, int64_t tasks, int64_t task, int64_t environment);

/// The run's arena of at least `bytes` bytes, 64-byte aligned and pre-touched;
/// the same address at every call of one run with the same size.
DYN_RT_API int64_t dyn_rt_arena(int64_t run, int64_t bytes);

// --- config and text -----------------------------------------------------------

/// Value of config entry `index` (position in meta `config`).
DYN_RT_API double dyn_rt_config_real(int64_t run, int64_t index);
DYN_RT_API int64_t dyn_rt_config_int(int64_t run, int64_t index);
/// Text handles: values below the size of the string table are its entries.
DYN_RT_API int64_t dyn_rt_config_text(int64_t run, int64_t index);
/// Folder and name joined with one slash.
DYN_RT_API int64_t dyn_rt_path_join(int64_t run, int64_t folder, int64_t name);
/// The random key of `--seed`.
DYN_RT_API int64_t dyn_rt_seed(int64_t run);

/// Writes a random order of 0 .. n - 1, drawn from `key`, to `destination` (int64_t).
DYN_RT_API void dyn_rt_permutation(int64_t run, int64_t key, int64_t n, int64_t destination);

// --- order. `data`: `rows` vectors of `n` numbers of `type` (f32, f64, i64); the largest
// come first when `largest` is 1, else the smallest; of equal ones the first; NaN last ------

/// Writes 1 for the first `k` of each vector and 0 for the others (bool). `live`: 0, or which
/// entries count (bool, as many as in `data`).
DYN_RT_API void dyn_rt_first(int64_t run, int64_t type, int64_t rows, int64_t n, int64_t data,
                             int64_t largest, int64_t k, int64_t live, int64_t destination);
/// Writes where the `k`-th of each vector is, counted from 1 (int64_t).
DYN_RT_API void dyn_rt_kth(int64_t run, int64_t type, int64_t rows, int64_t n, int64_t data,
                           int64_t largest, int64_t k, int64_t live, int64_t destination);
/// Writes the positions of each vector in order (int64_t). `scratch`: room for `n` of them.
DYN_RT_API void dyn_rt_order(int64_t run, int64_t type, int64_t rows, int64_t n, int64_t data,
                             int64_t largest, int64_t scratch, int64_t destination);

// --- data ------------------------------------------------------------------------

/// Reads a file into a column: an array whose leading extent is the number of
/// examples and whose others are `dims[0..rank)` (address of int64_t; an extent
/// that differs is an error). `type` is what the program wants; u8 pixels become
/// real by division by 255 when `scale` is 1. Integer columns with `limit` > 0
/// must lie in [0, limit). Returns a column handle.
DYN_RT_API int64_t dyn_rt_read_idx(int64_t run, int64_t path, int64_t type, int64_t rank,
                                   int64_t dims, int64_t scale, int64_t limit);
/// NPY file, or the array called by the text `member` of an NPZ; below 0: an NPY
/// file, or the only array of an NPZ.
DYN_RT_API int64_t dyn_rt_read_npy(int64_t run, int64_t path, int64_t member, int64_t type,
                                   int64_t rank, int64_t dims, int64_t limit);
/// Columns [first, first + count) of a CSV file with `header` lines on top;
/// count 0 means one number an example (rank 0), else a vector (rank 1).
DYN_RT_API int64_t dyn_rt_read_csv(int64_t run, int64_t path, int64_t type, int64_t first,
                                   int64_t count, int64_t header, int64_t limit);
/// A file of records of `size` bytes, one byte a number; an example lies in each
/// from its byte `first` on. The rest is as for IDX.
DYN_RT_API int64_t dyn_rt_read_bytes(int64_t run, int64_t path, int64_t type, int64_t rank,
                                     int64_t dims, int64_t scale, int64_t first, int64_t size,
                                     int64_t limit);
/// Examples of several columns, one column after the other. `columns`: address of
/// `count` handles, which are used up. Returns a column handle.
DYN_RT_API int64_t dyn_rt_append(int64_t run, int64_t count, int64_t columns);
/// Columns of equal length as one data set. `columns`: address of `count` handles.
DYN_RT_API int64_t dyn_rt_dataset(int64_t run, int64_t count, int64_t columns);
/// Number of examples.
DYN_RT_API int64_t dyn_rt_dataset_size(int64_t run, int64_t dataset);
/// `count` examples from `first` on, which must be there, as a data set.
DYN_RT_API int64_t dyn_rt_dataset_part(int64_t run, int64_t dataset, int64_t first, int64_t count);
/// A loader over batches of at most `batch` examples, in file order (`shuffle`
/// 0) or in the permutation drawn from `key` (`shuffle` 1). A background thread
/// prepares the next batch.
DYN_RT_API int64_t dyn_rt_loader(int64_t run, int64_t dataset, int64_t batch, int64_t shuffle,
                                 int64_t key);
/// Makes batch `index` the current one. Returns the number of examples: `batch`,
/// or fewer in the last one.
DYN_RT_API int64_t dyn_rt_loader_next(int64_t run, int64_t loader, int64_t index);
/// Address of a column of the current batch, 64-byte aligned, with room for `batch`
/// examples. The memory is the program's until the loader's next batch or its end.
DYN_RT_API int64_t dyn_rt_loader_column(int64_t run, int64_t loader, int64_t column);
/// Ends a loader.
DYN_RT_API void dyn_rt_loader_close(int64_t run, int64_t loader);

/// Batches of at most `batch` examples of stream `stream` (position in meta `streams`), as the
/// loader's functions give them out. A stream is read once: two handles share its examples.
DYN_RT_API int64_t dyn_rt_stream(int64_t run, int64_t stream, int64_t batch);
/// Waits for the next batch, all of it unless the stream ends; 1 when there is one.
DYN_RT_API int64_t dyn_rt_stream_more(int64_t run, int64_t batches);

// --- results -----------------------------------------------------------------------

/// Adds `value` to the series `series` (index in meta `series`) at the run's step.
DYN_RT_API void dyn_rt_log(int64_t run, int64_t series, double value);
/// How many values series `series` has, and the value and step at position `i` of
/// them, NaN and -1 outside. The series is in the meta data's `read`.
DYN_RT_API int64_t dyn_rt_logged_count(int64_t run, int64_t series);
DYN_RT_API double dyn_rt_logged_value(int64_t run, int64_t series, int64_t i);
DYN_RT_API int64_t dyn_rt_logged_step(int64_t run, int64_t series, int64_t i);
/// Fails the run with status 9 at check `site` unless two series were logged at
/// the same steps.
DYN_RT_API void dyn_rt_logged_align(int64_t run, int64_t a, int64_t b, int64_t site);
/// Counts one training step.
DYN_RT_API void dyn_rt_step(int64_t run);
/// Tells the progress display that iteration `index` of `count` of loop `loop` ends.
DYN_RT_API void dyn_rt_tick(int64_t run, int64_t loop, int64_t index, int64_t count);
/// Verdict on claim `claim` (index in meta `claims`): `left` is what was measured,
/// `right` what it was compared with (NaN when the claim is not a comparison).
DYN_RT_API void dyn_rt_claim(int64_t run, int64_t claim, int64_t holds, double left, double right);
/// Fails the run with status 9: assertion, subscript or bound `site` (index in
/// meta `checks`) failed with these values.
DYN_RT_API void dyn_rt_check_failed(int64_t run, int64_t site, int64_t value, int64_t bound);

/// A safetensors file, written atomically: begin, one call a tensor, end.
/// `dims`: address of `rank` int64_t; `data`: address of the row-major values.
DYN_RT_API void dyn_rt_save_begin(int64_t run, int64_t path);
DYN_RT_API void dyn_rt_save_tensor(int64_t run, int64_t name, int64_t type, int64_t rank,
                                   int64_t dims, int64_t data);
/// What a program that loads the file has to agree with: text `name=value`.
DYN_RT_API void dyn_rt_save_fixed(int64_t run, int64_t text);
DYN_RT_API void dyn_rt_save_end(int64_t run);
/// Reads one: begin, one call a tensor, end (which reports every name that is
/// missing, unexpected or different in one error).
DYN_RT_API void dyn_rt_load_begin(int64_t run, int64_t path);
DYN_RT_API void dyn_rt_load_tensor(int64_t run, int64_t name, int64_t type, int64_t rank,
                                   int64_t dims, int64_t data);
DYN_RT_API void dyn_rt_load_fixed(int64_t run, int64_t text);
DYN_RT_API void dyn_rt_load_end(int64_t run);

// --- the end of a call that a host asks for -------------------------------------------

/// 1 when the host asks for it.
DYN_RT_API int64_t dyn_rt_stop_asked(int64_t run);
/// What the buffer at `destination` has to hold then; as for dyn_rt_save_tensor.
DYN_RT_API void dyn_rt_stop_keep(int64_t run, int64_t destination, int64_t type, int64_t rank,
                                 int64_t dims, int64_t data);
/// Fills these buffers and fails with status 75.
DYN_RT_API void dyn_rt_stop(int64_t run);

// --- checkpoints -------------------------------------------------------------------

/// 1 when a checkpoint is due at the end of an iteration of loop `loop`.
DYN_RT_API int64_t dyn_rt_checkpoint_due(int64_t run, int64_t loop);
/// Remembers the state of loop `loop` for the checkpoints of loops in it or behind it: `next` is
/// the iteration that a resumed run enters, its tensors follow if this returns 1.
DYN_RT_API int64_t dyn_rt_hold_begin(int64_t run, int64_t loop, int64_t next);
DYN_RT_API void dyn_rt_hold_tensor(int64_t run, int64_t slot, int64_t type, int64_t rank,
                                   int64_t dims, int64_t data);
/// Begins a checkpoint at the end of an iteration of loop `loop`, before iteration `next`; its
/// tensors follow by dyn_rt_checkpoint_tensor, then dyn_rt_checkpoint_end. `around`: address of
/// the `count` other loops on the path, whose state is held.
DYN_RT_API void dyn_rt_checkpoint_begin(int64_t run, int64_t loop, int64_t next, int64_t count,
                                        int64_t around);
DYN_RT_API void dyn_rt_checkpoint_tensor(int64_t run, int64_t slot, int64_t type, int64_t rank,
                                         int64_t dims, int64_t data);
DYN_RT_API void dyn_rt_checkpoint_end(int64_t run);
/// First iteration of loop `loop`: `first`, or where the resumed checkpoint stood.
DYN_RT_API int64_t dyn_rt_resume_counter(int64_t run, int64_t loop, int64_t first);
/// Overwrites `data` with slot `slot` of the resumed checkpoint if loop `loop` is
/// being entered again. Until the innermost saved loop is entered, logs, saves
/// and claims are not repeated.
DYN_RT_API void dyn_rt_resume_tensor(int64_t run, int64_t loop, int64_t slot, int64_t type,
                                     int64_t rank, int64_t dims, int64_t data);

/// Loop `loop` has been entered again. After the innermost one the run goes on.
DYN_RT_API void dyn_rt_resume_done(int64_t run, int64_t loop);

#ifdef __cplusplus
}
#endif
#endif // DYN_RUNTIME_H
