//===- AtomicFile.cpp - writing a file so that nothing is lost ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"

#include "Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace dyn::rt;

static std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// What the name of a file that is being written ends with.
static constexpr std::string_view aside = ".tmp-XXXXXX";

AtomicFile::AtomicFile(const std::string &path) : path(path), temporary(path) {
  temporary += aside;
  file = mkstemp(temporary.data());
  if (file < 0) {
    temporary.clear();
    fail(errno);
  }
  fchmod(file, 0644);
}

AtomicFile::~AtomicFile() {
  if (file >= 0)
    close(file);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

void AtomicFile::fail(int reason) { raise(Code::E0601, path, std::strerror(reason)); }

void AtomicFile::write(std::string_view part) {
  while (!part.empty()) {
    ssize_t n = ::write(file, part.data(), part.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      fail(n < 0 ? errno : EIO);
    part.remove_prefix(size_t(n));
  }
}

void AtomicFile::commit() {
  if (fsync(file) != 0)
    fail(errno);
  int closing = std::exchange(file, -1);
  if (close(closing) != 0)
    fail(errno);
  if (rename(temporary.c_str(), path.c_str()) != 0)
    fail(errno);
  temporary.clear();
  if (int folder = open(folderOf(path).c_str(), O_RDONLY | O_DIRECTORY); folder >= 0) {
    fsync(folder);
    close(folder);
  }
}

void dyn::rt::writeFile(const std::string &path, std::string_view contents) {
  AtomicFile out(path);
  out.write(contents);
  out.commit();
}

void dyn::rt::removeStale(const std::string &folder) {
  DIR *d = opendir(folder.c_str());
  if (!d)
    return;
  while (dirent *entry = readdir(d)) {
    std::string_view name = entry->d_name;
    if (name.size() > aside.size() &&
        name.substr(name.size() - aside.size()).starts_with(aside.substr(0, 5)))
      unlinkat(dirfd(d), entry->d_name, 0);
  }
  closedir(d);
}

std::string dyn::rt::readFile(const std::string &path) {
  // Opening a pipe would wait for its writer.
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  auto fail = [&](const char *why) {
    if (fd >= 0)
      close(fd);
    raise(Code::E0501, path, why);
  };
  if (fd < 0 || fstat(fd, &st) != 0)
    fail(std::strerror(errno));
  if (S_ISDIR(st.st_mode))
    fail("it is a folder");
  if (!S_ISREG(st.st_mode))
    fail("it is no regular file");
  std::string text(size_t(st.st_size) + 1, '\0'); // one more, to see the end
  size_t at = 0;
  while (true) {
    if (at == text.size())
      text.resize(at + (1 << 16)); // it has grown
    ssize_t n = read(fd, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      fail(std::strerror(errno));
    if (n == 0)
      break;
    at += size_t(n);
  }
  close(fd);
  text.resize(at);
  return text;
}

bool dyn::rt::leavesFolder(std::string_view path) {
  if (!path.empty() && path[0] == '/')
    return true;
  for (size_t from = 0; from <= path.size();) {
    size_t to = std::min(path.find('/', from), path.size());
    if (path.substr(from, to - from) == "..")
      return true;
    from = to + 1;
  }
  return false;
}

std::string dyn::rt::makeFolders(const std::string &path) {
  for (size_t i = 1; i <= path.size(); ++i)
    if (i == path.size() || path[i] == '/')
      if (mkdir(path.substr(0, i).c_str(), 0777) != 0 && errno != EEXIST)
        return std::strerror(errno);
  return "";
}
