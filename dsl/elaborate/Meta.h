//===- Meta.h - the tables that accompany a compiled program --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_META_H
#define DYN_DSL_ELABORATE_META_H

#include "llvm/Support/JSON.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dyn::dsl {

/// Strings, config, series, loops, claims, checks and checkpoint slots, each
/// addressed by position from generated code. Format: docs/runtime.md.
class Meta {
public:
  int64_t text(const std::string &s) { return intern(strings, stringIndex, s); }
  int64_t series(const std::string &s) { return intern(seriesNames, seriesIndex, s); }
  /// Series of these names, one behind the other; the position of the first.
  int64_t seriesFamily(const std::vector<std::string> &names);
  void readSeries(int64_t first, int64_t count);
  int64_t slot(std::string name);
  int64_t loop(const std::string &name, int64_t parent);
  void loopHasSteps(int64_t loop) { loops[loop].steps = true; }
  int64_t config(llvm::json::Object entry);
  /// The stream of a setting; its position, or nothing when it has other columns already.
  std::optional<int64_t> stream(const std::string &name, llvm::json::Array columns);
  void loopReads(int64_t loop, int64_t stream) { loops[loop].stream = stream; }
  int64_t claim(llvm::json::Object entry);
  int64_t check(llvm::json::Object entry);

  llvm::json::Object header; ///< name, source, version, doc
  llvm::json::Array sourceTexts;
  llvm::json::Array functions, objects;
  bool forHosts = false; ///< the two lists are part of it
  std::string json() const;

private:
  struct Loop {
    std::string name;
    int64_t parent;
    bool steps = false;
    int64_t stream = -1;
  };
  static int64_t intern(std::vector<std::string> &list, std::map<std::string, int64_t> &index,
                        const std::string &s);
  std::vector<std::string> strings, seriesNames, slots;
  std::set<int64_t> read;
  std::map<std::string, int64_t> stringIndex, seriesIndex, slotCount;
  std::vector<Loop> loops;
  llvm::json::Array configs, claims, checks, streams;
};

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_META_H
