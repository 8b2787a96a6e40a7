//===- Library.cpp - a static library and its header ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include "dyn/driver/Compile.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static std::string writeAside(const std::string &path, StringRef text) {
  SmallString<128> temporary;
  int fd = -1;
  if (auto ec = sys::fs::createUniqueFile(path + ".%%%%%%", fd, temporary))
    return path + ": " + ec.message();
  raw_fd_ostream os(fd, /*shouldClose=*/true);
  os << text;
  os.close();
  std::error_code ec = os.error();
  os.clear_error();
  if (!ec)
    ec = sys::fs::rename(temporary, path);
  if (ec)
    (void)sys::fs::remove(temporary);
  return ec ? path + ": " + ec.message() : "";
}

dyn::driver::Callable dyn::driver::callableOf(const std::string &meta) {
  Callable out;
  auto parsed = json::parse(meta);
  const json::Array *functions = nullptr;
  if (parsed && parsed->getAsObject())
    functions = parsed->getAsObject()->getArray("functions");
  consumeError(parsed.takeError());
  if (!functions)
    return out;
  for (const json::Value &v : *functions)
    if (const json::Object *f = v.getAsObject()) {
      auto text = [&](StringRef key) { return f->getString(key).value_or("").str(); };
      if (f->get("symbol"))
        ++out.count;
      else
        out.others.push_back("`" + text("name") + "`: " + text("message"));
    }
  return out;
}

std::string dyn::driver::writeLibrary(const Compiled &c, const std::string &program,
                                      const std::string &folder) {
  if (auto ec = sys::fs::create_directories(folder))
    return folder + ": " + ec.message();
  std::string member = program + ".o";
  std::vector<NewArchiveMember> members;
  members.emplace_back(MemoryBufferRef(c.object, member));
  auto archive = writeArchiveToBuffer(members, SymtabWritingMode::NormalSymtab,
                                      object::Archive::K_GNU, /*Deterministic=*/true,
                                      /*Thin=*/false);
  if (!archive)
    return toString(archive.takeError());
  // The header last: whoever sees it finds its library.
  std::string why = writeAside(folder + "/lib" + program + ".a", (*archive)->getBuffer());
  return why.empty() ? writeAside(folder + "/" + program + ".h", headerOf(c.meta, program)) : why;
}
