//===- Flags.h - the command line of a program ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_FLAGS_H
#define DYN_RUNTIME_FLAGS_H

#include <string>

namespace dyn::rt {

struct Run;

/// Fills the run from its flags. Returns the text of --help or --version, which
/// ends the program; raises E08xx.
std::string parseFlags(Run &run, int argc, char **argv);

/// The name of a setting as its flag is written.
std::string dashed(std::string name);

} // namespace dyn::rt

#endif // DYN_RUNTIME_FLAGS_H
