//===- Records.cpp - metrics.jsonl read back ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Records.h"

#include "Errors.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

using namespace dyn::rt;

namespace {
/// A line as this runtime writes it: an object of numbers and texts, no spaces.
class LineParser {
public:
  explicit LineParser(std::string_view line) : rest(line) {}

  bool parse(std::string_view &step, std::vector<Field> &fields) {
    fields.clear();
    step = {};
    if (!take('{'))
      return false;
    do {
      Field f;
      if (!quoted(f.name) || !take(':') || !value(f.value))
        return false;
      if (f.name == "\"step\"")
        step = f.value;
      else if (f.name != "\"time\"")
        fields.push_back(f);
    } while (take(','));
    int64_t n = 0;
    auto r = std::from_chars(step.data(), step.data() + step.size(), n);
    return take('}') && rest.empty() && !step.empty() && r.ec == std::errc() &&
           r.ptr == step.data() + step.size();
  }

private:
  bool take(char c) {
    if (rest.empty() || rest[0] != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool quoted(std::string_view &out) {
    if (rest.empty() || rest[0] != '"')
      return false;
    size_t end = 1;
    while (end < rest.size() && rest[end] != '"')
      end += rest[end] == '\\' ? 2 : 1;
    if (end >= rest.size())
      return false;
    out = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    return true;
  }
  bool value(std::string_view &out) {
    if (quoted(out)) {
      out = out.substr(1, out.size() - 2);
      return out == "nan" || out == "inf" || out == "-inf";
    }
    double v = 0;
    auto r = std::from_chars(rest.data(), rest.data() + rest.size(), v);
    if (r.ec != std::errc())
      return false;
    out = rest.substr(0, size_t(r.ptr - rest.data()));
    rest.remove_prefix(out.size());
    return true;
  }
  std::string_view rest;
};
} // namespace

void dyn::rt::readRecords(
    const std::string &path, int64_t length,
    const std::function<void(std::string_view step, const std::vector<Field> &)> &visit) {
  std::unique_ptr<FILE, int (*)(FILE *)> in(std::fopen(path.c_str(), "re"), std::fclose);
  if (!in)
    raise(Code::E0702, path, std::strerror(errno));
  char *line = nullptr;
  size_t room = 0;
  std::vector<Field> fields;
  std::string_view step;
  int64_t at = 0;
  bool whole = true;
  while (whole && at < length) {
    ssize_t n = getline(&line, &room, in.get());
    whole = n > 0 && line[n - 1] == '\n' && at + n <= length &&
            LineParser({line, size_t(n - 1)}).parse(step, fields);
    if (whole) {
      visit(step, fields);
      at += n;
    }
  }
  std::free(line);
  if (!whole)
    raise(Code::E0702, path, fmt::format("byte {}: the line is no record", at));
}
