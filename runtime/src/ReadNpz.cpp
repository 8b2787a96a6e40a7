//===- ReadNpz.cpp - archives of arrays ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"
#include "Readers.h"
#include "Zip.h"

using namespace dyn::rt;

Column dyn::rt::parseNpz(const std::string &name, std::string_view bytes, const std::string &member,
                         const Wanted &wanted) {
  std::vector<ZipMember> all = zipMembers(name, bytes);
  const ZipMember *found = all.size() == 1 && member.empty() ? all.data() : nullptr;
  std::string names;
  for (const ZipMember &m : all) {
    std::string_view array = m.name;
    if (array.ends_with(".npy"))
      array.remove_suffix(4);
    if (!member.empty() && (array == member || m.name == member))
      found = &m;
    names += fmt::format("{}`{}`", names.empty() ? "" : ", ", array);
  }
  if (!found && member.empty() && !all.empty())
    raise(Code::E0519, name, names);
  if (!found)
    raise(Code::E0518, name, member, all.empty() ? "none" : names);
  return parseNpy(fmt::format("{}[{}]", name, found->name), zipContents(name, bytes, *found),
                  wanted);
}
