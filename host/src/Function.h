//===- Function.h - what a call needs ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A handle has all the memory of a call, so that calling allocates nothing.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_FUNCTION_H
#define DYN_HOST_FUNCTION_H

#include "State.h"

namespace dyn::host {

struct Function::State {
  /// Memory that one argument takes part in.
  struct Range {
    const char *begin, *end;
    bool written;
    size_t argument;
  };
  /// Elements that the host keeps where code cannot take them.
  struct Moved {
    Array where;
    std::vector<std::max_align_t> room;
    bool back = false; ///< it is written
  };
  struct Used {
    Object::State *object;
    bool written;
  };

  std::shared_ptr<Instance::State> instance;
  const FunctionInfo &info;
  const Entry &entry;
  std::vector<void *> table;
  std::vector<int64_t> numbers; ///< one a slot: extents, and numbers handed in
  std::vector<Range> ranges;
  std::vector<Used> used;
  std::vector<Moved> moved; ///< one a slot

  State(std::shared_ptr<Instance::State> instance, const FunctionInfo &info, const Entry &entry);
  Status call(Argument *arguments, size_t count);

private:
  const ValueInfo &argument(size_t i) const {
    return i < info.arguments.size() ? info.arguments[i]
                                     : info.results[i - info.arguments.size()];
  }
  Status bind(Argument *arguments, size_t count);
  Status bindObject(Argument &a, size_t i);
  Status bindArray(Argument &a, size_t i, size_t slot, bool written);
  Status bindNumber(Argument &a, size_t i, size_t slot);
  Status checkOverlaps() const;
  const std::string &nameOf(size_t i) const;
};

} // namespace dyn::host

#endif // DYN_HOST_FUNCTION_H
