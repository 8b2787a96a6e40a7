//===- Cache.cpp - compiled programs on disk, addressed by content --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cache.h"

#include "Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dyn::driver;
using llvm::SmallString;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;
namespace json = llvm::json;

static std::string hashOf(StringRef text) {
  llvm::BLAKE3 h;
  h.update(text);
  return llvm::toHex(h.final(), /*LowerCase=*/true);
}

/// The linker's name for what holds this code (the tool, or a library in a host's process),
/// so that a rebuilt compiler shares no entry with the one before; empty when it was linked
/// without.
static std::string buildId() {
  std::string id;
  auto visit = [](dl_phdr_info *info, size_t, void *result) {
    auto segments = llvm::ArrayRef(info->dlpi_phdr, info->dlpi_phnum);
    auto here = reinterpret_cast<uintptr_t>(&buildId);
    if (llvm::none_of(segments, [&](const ElfW(Phdr) & s) {
          uintptr_t begin = info->dlpi_addr + s.p_vaddr;
          return s.p_type == PT_LOAD && begin <= here && here < begin + s.p_memsz;
        }))
      return 0;
    for (const ElfW(Phdr) &header : segments) {
      if (header.p_type != PT_NOTE)
        continue;
      auto *at = reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr);
      for (const char *end = at + header.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
        auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
        const char *name = at + sizeof *note, *text = name + llvm::alignTo(note->n_namesz, 4);
        if (note->n_type == NT_GNU_BUILD_ID && StringRef(name, note->n_namesz).starts_with("GNU"))
          *static_cast<std::string *>(result) = llvm::toHex(StringRef(text, note->n_descsz));
        at = text + llvm::alignTo(note->n_descsz, 4);
      }
    }
    return 1;
  };
  dl_iterate_phdr(visit, &id);
  return id;
}

std::string dyn::driver::cacheFolder() {
  if (const char *own = getenv("DYN_CACHE"))
    return own;
  SmallString<128> folder;
  if (const char *xdg = getenv("XDG_CACHE_HOME"); xdg && *xdg)
    folder = xdg;
  else if (const char *home = getenv("HOME"); home && *home)
    (folder = home), path::append(folder, ".cache");
  else
    return "";
  path::append(folder, "dyn");
  return std::string(folder);
}

static std::string folderOf(const CompileOptions &o) {
  return o.cacheFolder.empty() ? dyn::driver::cacheFolder() : o.cacheFolder;
}

static std::string entryPath(const dyn::dsl::SourceFile &main, const CompileOptions &o) {
  static const std::string self = buildId();
  std::string folder = folderOf(o);
  if (folder.empty() || self.empty())
    return "";
  llvm::BLAKE3 h;
  auto add = [&](StringRef s) {
    h.update(s);
    h.update(StringRef("\0", 1));
  };
  add(self);
  add(LLVM_VERSION_STRING);
  add(main.name()); // messages and records name it
  add(main.text());
  add(o.optimize ? "O3" : "O0");
  add(o.f64 ? "f64" : "f32");
  add(std::to_string(int(o.sanitizer)));
  add(o.forHosts ? "host " + o.prefix : "train");
  for (const std::string &f : o.functions)
    add(f);
  add(targetName(o.cpu));
  for (auto &[name, value] : o.config) {
    add(name);
    add(value);
  }
  for (const std::string &p : o.libraryPaths)
    add(p);
  SmallString<128> entry(folder);
  path::append(entry, llvm::toHex(h.final(), true) + ".dynobj");
  return std::string(entry);
}

/// Where modules are looked for, in order, as the elaborator does.
static std::vector<std::string> searchPath(const dyn::dsl::SourceFile &main,
                                           const CompileOptions &o) {
  StringRef own = path::parent_path(main.name());
  std::vector<std::string> all{own.empty() ? "." : own.str()};
  all.insert(all.end(), o.libraryPaths.begin(), o.libraryPaths.end());
  return all;
}

/// Hash of the first file called `module` on the search path.
static std::string hashOfModule(StringRef module, const std::vector<std::string> &folders) {
  for (const std::string &folder : folders) {
    SmallString<128> file(folder);
    path::append(file, module);
    if (auto text = llvm::MemoryBuffer::getFile(file))
      return hashOf((*text)->getBuffer());
  }
  return "";
}

std::optional<Compiled> dyn::driver::lookUp(const dsl::SourceFile &main, const CompileOptions &o) {
  std::string entry = entryPath(main, o);
  if (entry.empty())
    return std::nullopt;
  auto text = llvm::MemoryBuffer::getFile(entry);
  if (!text)
    return std::nullopt;
  auto damaged = [&]() -> std::optional<Compiled> {
    (void)fs::remove(entry);
    return std::nullopt;
  };
  // checksum, newline, header, newline, object
  auto [sum, rest] = (*text)->getBuffer().split('\n');
  if (sum != hashOf(rest))
    return damaged();
  auto [head, object] = rest.split('\n');
  auto header = json::parse(head);
  if (!header) {
    llvm::consumeError(header.takeError());
    return damaged();
  }
  const json::Object *fields = header->getAsObject();
  const json::Object *modules = fields ? fields->getObject("modules") : nullptr;
  if (!modules)
    return damaged();
  std::vector<std::string> folders = searchPath(main, o);
  for (auto &[name, hash] : *modules)
    if (hashOfModule(name, folders) != hash.getAsString().value_or("?"))
      return std::nullopt;
  Compiled c;
  c.meta = fields->getString("meta").value_or("").str();
  c.kernels = unsigned(fields->getInteger("kernels").value_or(0));
  c.object = object.str();
  c.fromCache = true;
  utimensat(AT_FDCWD, entry.c_str(), nullptr, 0); // what is used stays longest
  return c;
}

static bool writeAside(int fd, StringRef text) {
  llvm::raw_fd_ostream os(fd, /*shouldClose=*/false);
  os << text;
  os.flush();
  bool ok = !os.has_error();
  os.clear_error();
  ok = ok && fsync(fd) == 0;
  return close(fd) == 0 && ok;
}

void dyn::driver::store(const dsl::SourceFile &main, const CompileOptions &o, const Compiled &c,
                        const std::vector<std::string> &used) {
  std::string entry = entryPath(main, o);
  if (entry.empty() || c.object.size() > o.cacheLimit ||
      fs::create_directories(path::parent_path(entry)))
    return;
  // Under each folder that may have led to the file: a file that later hides it is noticed.
  std::vector<std::string> folders = searchPath(main, o);
  json::Object modules;
  for (StringRef file : used)
    for (StringRef folder : folders)
      if (StringRef module = file; module.consume_front(folder) && module.consume_front("/"))
        modules[module] = hashOfModule(module, folders);
  std::string body, fields;
  llvm::raw_string_ostream(fields) << json::Value(
      json::Object{{"meta", c.meta}, {"kernels", c.kernels}, {"modules", std::move(modules)}});
  body = fields + "\n" + c.object;
  int fd = -1;
  SmallString<128> temporary;
  if (fs::createUniqueFile(entry + ".%%%%%%%%", fd, temporary))
    return;
  if (!writeAside(fd, hashOf(body) + "\n" + body) || fs::rename(temporary, entry))
    (void)fs::remove(temporary);
  trimCache(folderOf(o), o.cacheLimit);
}

namespace {
struct Entry {
  std::string path;
  uint64_t bytes;
  llvm::sys::TimePoint<> used;
  bool temporary;
};
} // namespace

static std::vector<Entry> entries(const std::string &folder) {
  std::vector<Entry> all;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; it != end && !ec; it.increment(ec)) {
    StringRef name = it->path();
    auto status = it->status();
    if (status && name.contains(".dynobj"))
      all.push_back({name.str(), status->getSize(), status->getLastModificationTime(),
                     !name.ends_with(".dynobj")});
  }
  return all;
}

void dyn::driver::trimCache(const std::string &folder, uint64_t limit) {
  std::vector<Entry> all = entries(folder);
  llvm::stable_sort(all, [](const Entry &a, const Entry &b) { return a.used < b.used; });
  uint64_t total = 0;
  for (const Entry &e : all)
    total += e.bytes;
  auto hourAgo = std::chrono::system_clock::now() - std::chrono::hours(1);
  // Another process may read an entry that goes, or remove the same one: both are harmless.
  for (const Entry &e : all) {
    bool abandoned = e.temporary && e.used < hourAgo;
    if (abandoned || (total > limit && !e.temporary)) {
      (void)fs::remove(e.path);
      total -= e.bytes;
    }
  }
}

CacheUse dyn::driver::cacheUse() {
  CacheUse use;
  for (const Entry &e : entries(cacheFolder())) {
    ++use.entries;
    use.bytes += e.bytes;
  }
  return use;
}

bool dyn::driver::clearCache() {
  bool ok = true;
  for (const Entry &e : entries(cacheFolder()))
    ok &= !fs::remove(e.path);
  return ok;
}
