//===- RunDirectory.h - where a run keeps its record ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_RUNDIRECTORY_H
#define DYN_RUNTIME_RUNDIRECTORY_H

#include "Readers.h"
#include "Run.h"

namespace dyn::rt {

/// Makes the directory of a fresh run: lock, run.json, source/, log.txt. `runs/latest`
/// leads there.
void makeRunDirectory(Run &run, const std::vector<std::string> &command);

/// Takes the directory of a run that is resumed, and clears what a kill left in it.
void reopenRunDirectory(Run &run);

/// Remembers a file that a column was read from; an empty `member` is all of it.
void noteInput(Run &run, const Input &input, const std::string &member, int64_t records);

/// Writes data.json when files were read since it was written.
void writeInputs(Run &run);

/// Writes how the run ended to run.json.
void writeStatus(Run &run);

std::string jsonText(const nlohmann::json &j);

} // namespace dyn::rt

#endif // DYN_RUNTIME_RUNDIRECTORY_H
