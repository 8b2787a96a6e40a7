//===- Cache.cpp - compiled programs on disk, addressed by content --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cache.h"

#include "Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace dyn::driver;
namespace fs = llvm::sys::fs;
namespace json = llvm::json;

static std::string hashOf(llvm::StringRef text) {
  llvm::SHA256 h;
  h.update(text);
  return llvm::toHex(h.final(), /*LowerCase=*/true);
}

static std::string hashOfFile(const std::string &path) {
  auto text = llvm::MemoryBuffer::getFile(path);
  return text ? hashOf((*text)->getBuffer()) : "";
}

std::string dyn::driver::cacheFolder() {
  if (const char *own = getenv("DYN_CACHE"))
    return own;
  llvm::SmallString<128> path;
  if (const char *xdg = getenv("XDG_CACHE_HOME"); xdg && *xdg)
    path = xdg;
  else if (const char *home = getenv("HOME"))
    (path = home), llvm::sys::path::append(path, ".cache");
  else
    return "";
  llvm::sys::path::append(path, "dyn");
  return std::string(path);
}

static std::string entryPath(const std::string &mainText, const CompileOptions &o) {
  std::string folder = cacheFolder();
  if (folder.empty())
    return "";
  // The compiler's own bytes stand for its version: a rebuilt one shares nothing.
  static const std::string self = hashOfFile("/proc/self/exe");
  llvm::SHA256 h;
  auto add = [&](llvm::StringRef s) {
    h.update(s);
    h.update(llvm::StringRef("\0", 1));
  };
  add(self);
  add(mainText);
  add(o.optimize ? "O3" : "O0");
  add(o.f64 ? "f64" : "f32");
  add(targetName(o.cpu));
  for (auto &[name, value] : o.config) {
    add(name);
    add(value);
  }
  for (const std::string &p : o.libraryPaths)
    add(p);
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, llvm::toHex(h.final(), true) + ".dynobj");
  return std::string(path);
}

std::optional<Compiled> dyn::driver::lookUp(const std::string &mainText, const CompileOptions &o) {
  std::string path = entryPath(mainText, o);
  if (path.empty())
    return std::nullopt;
  auto text = llvm::MemoryBuffer::getFile(path);
  if (!text)
    return std::nullopt;
  // checksum, newline, header, newline, object
  auto [sum, rest] = (*text)->getBuffer().split('\n');
  auto damaged = [&]() -> std::optional<Compiled> {
    fs::remove(path);
    return std::nullopt;
  };
  if (sum != hashOf(rest))
    return damaged();
  auto [head, object] = rest.split('\n');
  auto header = json::parse(head);
  if (!header) {
    llvm::consumeError(header.takeError());
    return damaged();
  }
  const json::Object *fields = header->getAsObject();
  const json::Object *files = fields ? fields->getObject("files") : nullptr;
  if (!files)
    return damaged();
  for (auto &[name, hash] : *files)
    if (hashOfFile(name.str()) != hash.getAsString().value_or("?"))
      return std::nullopt;
  Compiled c;
  c.meta = fields->getString("meta").value_or("").str();
  c.kernels = unsigned(fields->getInteger("kernels").value_or(0));
  c.object = object.str();
  c.fromCache = true;
  return c;
}

void dyn::driver::store(const std::string &mainText, const CompileOptions &o, const Compiled &c,
                        const std::vector<std::string> &files) {
  std::string path = entryPath(mainText, o);
  if (path.empty() || fs::create_directories(llvm::sys::path::parent_path(path)))
    return;
  json::Object used;
  for (const std::string &f : files)
    used[f] = hashOfFile(f);
  std::string head, body;
  llvm::raw_string_ostream(head) << json::Value(json::Object{{"meta", c.meta}, {"kernels", c.kernels}, {"files", std::move(used)}});
  body = head + "\n" + c.object;
  std::string all = hashOf(body) + "\n" + body;
  int fd = -1;
  llvm::SmallString<128> temporary;
  if (fs::createUniqueFile(path + ".%%%%%%%%", fd, temporary))
    return;
  bool ok;
  {
    llvm::raw_fd_ostream os(fd, /*shouldClose=*/false);
    os << all;
    os.flush();
    ok = !os.has_error();
    os.clear_error();
  }
  ok = ok && fsync(fd) == 0;
  ok = close(fd) == 0 && ok;
  if (!ok || fs::rename(temporary, path))
    fs::remove(temporary);
}

uint64_t dyn::driver::cacheSize() {
  uint64_t total = 0;
  std::error_code ec;
  for (fs::directory_iterator it(cacheFolder(), ec), end; it != end && !ec; it.increment(ec))
    if (auto status = it->status())
      total += status->getSize();
  return total;
}

bool dyn::driver::clearCache() {
  std::error_code ec;
  std::vector<std::string> files;
  for (fs::directory_iterator it(cacheFolder(), ec), end; it != end && !ec; it.increment(ec))
    if (llvm::StringRef(it->path()).contains(".dynobj"))
      files.push_back(it->path());
  bool ok = true;
  for (const std::string &f : files)
    ok &= !fs::remove(f);
  return ok;
}
