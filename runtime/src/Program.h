//===- Program.h - a program from its meta data to its end ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_PROGRAM_H
#define DYN_RUNTIME_PROGRAM_H

#include "Run.h"

namespace dyn::rt {

/// Takes the tables of the program. Raises E0805, E0806.
void readMeta(Run &run, const dyn_rt_program &program);

/// Makes what generated code needs: record, metrics, threads. Settings have been taken.
/// `command` is what the record says of how the run was started.
void begin(Run &run, Progress::Kind progress, const std::vector<std::string> &command);

/// Runs `train`; how it failed is in the run.
void execute(Run &run, void (*train)(int64_t));

/// Ends the record after `execute`. Status 3 when a claim failed.
void end(Run &run);

/// The stream at position `i` of the meta data, opened at the first call. Raises E05xx.
Stream &streamAt(Run &run, int64_t i);

} // namespace dyn::rt

#endif // DYN_RUNTIME_PROGRAM_H
