//===- Commands.h - what the verbs of `dyn` do ----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TOOLS_DYN_COMMANDS_H
#define DYN_TOOLS_DYN_COMMANDS_H

#include <string>
#include <vector>

namespace dyn::tool {

struct Request {
  std::string file;
  std::string output;       ///< of build; derived from the file when empty
  std::string emit = "exe"; ///< stage of build
  std::string cpu = "host";
  bool optimize = true, f64 = false, cache = true;
  bool library = false;               ///< of build: functions for a host instead of `train`
  std::vector<std::string> functions; ///< which; empty: all that a host can call
  std::string sanitize;               ///< of build: address or thread; empty: nothing
  std::string color;               ///< auto, always, never; empty when not given
  std::string cacheLimit;          ///< in MB, as given
  bool json = false;               ///< of check: diagnostics as JSON on stdout
  std::vector<std::string> rest;   ///< the program's own flags
  std::vector<std::string> sweeps; ///< of run: `name=values`, each
  std::vector<std::string> settings; ///< of `claims`: NAME=VALUE
};

int run(const Request &request);
/// One run for each combination of values; the first status that is not 0.
int sweep(const Request &request);
int build(const Request &request);
int check(const Request &request);
int explain(const std::string &code);
int claims(const Request &request, const std::vector<std::string> &paths);
int cache(const Request &request, bool clear);

} // namespace dyn::tool

#endif // DYN_TOOLS_DYN_COMMANDS_H
