//===- ReadCsv.cpp - tables of numbers as text ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Errors.h"
#include "Safetensors.h"

#include <algorithm>
#include <charconv>

using namespace dyn::rt;

namespace {

/// Takes one record after another out of a table (RFC 4180): quotes may hold
/// commas, line ends and doubled quotes; lines end in LF or CR LF.
class Records {
public:
  explicit Records(std::string_view text) : p(text.data()), end(p + text.size()) {
    if (text.starts_with("\xef\xbb\xbf"))
      p += 3;
  }
  bool more() const { return p < end; }

  std::vector<std::string> fields; ///< of the record
  size_t badQuotes = 0;            ///< column from 1 of the first field with wrong quotes

  void next() {
    badQuotes = 0;
    size_t n = 0;
    bool last = false;
    while (!last) {
      if (n == fields.size())
        fields.emplace_back();
      if (!field(fields[n++]) && !badQuotes)
        badQuotes = n;
      last = p == end || *p++ == '\n';
    }
    fields.resize(n);
  }

private:
  bool field(std::string &f) {
    f.clear();
    bool quoted = p < end && *p == '"', closed = !quoted;
    if (quoted)
      ++p;
    for (; p < end && !closed; ++p) {
      if (*p != '"')
        f += *p;
      else if (p + 1 < end && p[1] == '"')
        f += *p++;
      else
        closed = true;
    }
    const char *rest = p;
    while (p < end && *p != ',' && *p != '\n')
      ++p;
    const char *stop = p > rest && p < end && *p == '\n' && p[-1] == '\r' ? p - 1 : p;
    // A carriage return at the end of the file is a line end, too.
    if (p == end && stop > rest && stop[-1] == '\r')
      --stop;
    f.append(rest, stop);
    return closed && (!quoted || stop == rest);
  }
  const char *p, *end;
};

std::string_view trimmed(std::string_view f) {
  while (!f.empty() && f.front() == ' ')
    f.remove_prefix(1);
  while (!f.empty() && f.back() == ' ')
    f.remove_suffix(1);
  return f;
}

/// Text from a file as it may be shown.
std::string shown(std::string_view f) {
  std::string s(f.substr(0, 40));
  for (char &c : s)
    if (uint8_t(c) < 0x20 || c == 0x7f)
      c = '?';
  return s;
}

} // namespace

Column dyn::rt::parseCsv(const std::string &name, std::string_view bytes, const Wanted &wanted,
                         int64_t first, int64_t count, int64_t header) {
  Column c;
  c.type = wanted.type;
  if (count)
    c.shape = {count};
  int64_t want = std::max<int64_t>(count, 1);
  size_t width = 0; ///< of every row
  Place place;
  Records records(bytes);
  while (records.more()) {
    ++place.row;
    records.next();
    const std::vector<std::string> &fields = records.fields;
    if (place.row <= header || (fields.size() == 1 && fields[0].empty()))
      continue;
    if (records.badQuotes)
      raise(Code::E0516, name, place.row, records.badQuotes);
    if (int64_t(fields.size()) < first + want)
      raise(Code::E0510, name, place.row, fields.size(), fmt::format("at least {}", first + want));
    if (width && fields.size() != width)
      raise(Code::E0510, name, place.row, fields.size(), width);
    width = fields.size();
    for (int64_t k = 0; k < want; ++k) {
      place.column = first + k + 1;
      std::string_view f = trimmed(fields[size_t(first + k)]);
      Number v;
      const char *end = f.data() + f.size();
      auto r = isReal(wanted.type) ? std::from_chars(f.data(), end, v.x)
                                   : std::from_chars(f.data(), end, v.n);
      bool whole = !f.empty() && r.ptr == end;
      if (whole && r.ec == std::errc::result_out_of_range)
        raise(Code::E0515, name, place.text(), shown(f), typeName(wanted.type));
      if (!whole || r.ec != std::errc())
        raise(Code::E0509, name, place.text(), shown(f),
              isReal(wanted.type) ? "a number" : "an integer");
      check(name, wanted, v, place);
      size_t at = c.data.size();
      c.data.resize(at + size_t(widthOf(wanted.type)));
      put(c.data, wanted.type, int64_t(at) / widthOf(wanted.type), v);
    }
    ++c.count;
  }
  if (!c.count)
    raise(Code::E0514, name);
  return c;
}
