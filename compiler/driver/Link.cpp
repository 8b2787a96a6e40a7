//===- Link.cpp - object and runtime to a native executable ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/driver/Compile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static const char mainSource[] = R"(#include <stdint.h>
#include <string.h>
extern const char dyn_program_meta[];
extern void train(int64_t);
typedef struct { const char *meta; int64_t meta_length; void (*train)(int64_t); } program;
extern int dyn_rt_main(const program *, int, char **, const char *);
int main(int argc, char **argv) {
  program p = {dyn_program_meta, (int64_t)strlen(dyn_program_meta), train};
  return dyn_rt_main(&p, argc, argv, 0);
}
)";

static std::string runtimeLibrary() {
  std::string self = sys::fs::getMainExecutable(nullptr, nullptr);
  SmallString<128> installed(sys::path::parent_path(self));
  sys::path::append(installed, "..", "lib", "libdyn_runtime.a");
  if (sys::fs::exists(installed))
    return std::string(installed);
  return DYN_RUNTIME_LIBRARY;
}

std::string dyn::driver::linkExecutable(const std::string &object, const std::string &output) {
  std::string compiler;
  for (const char *name : {"clang-22", "cc", "gcc", "clang"})
    if (auto path = sys::findProgramByName(name)) {
      compiler = *path;
      break;
    }
  if (compiler.empty())
    return "no C compiler was found to link with: install one, for instance `gcc`";
  SmallString<128> folder;
  if (auto ec = sys::fs::createUniqueDirectory("dyn-link", folder))
    return "no temporary folder: " + ec.message();
  auto file = [&](const char *name, StringRef text) {
    SmallString<128> path(folder);
    sys::path::append(path, name);
    std::error_code ec;
    raw_fd_ostream os(path, ec);
    os << text;
    os.close();
    os.clear_error(); // a full disk shows when the linker reads
    return std::string(path);
  };
  std::string o = file("program.o", object), c = file("main.c", mainSource);
  std::string log = file("log", ""), temporary = output + ".tmp";
  std::string library = runtimeLibrary();
  std::vector<StringRef> args{compiler,           "-O1", c,     o,          library, "-o",
                              temporary,          "-s",  "-lz", "-lstdc++", "-lm",   "-lpthread",
                              "-Wl,--gc-sections"};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log), StringRef(log)};
  std::string why;
  int status = sys::ExecuteAndWait(compiler, args, std::nullopt, redirects, 0, 0, &why);
  std::string said;
  if (auto text = MemoryBuffer::getFile(log))
    said = (*text)->getBuffer().str();
  (void)sys::fs::remove_directories(folder);
  if (status != 0) {
    (void)sys::fs::remove(temporary);
    return "linking failed: " + (why.empty() ? said : why);
  }
  if (auto ec = sys::fs::rename(temporary, output)) {
    (void)sys::fs::remove(temporary);
    return "cannot write " + output + ": " + ec.message();
  }
  return "";
}
