//===- ReadCsv.cpp - tables of numbers as text ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Csv.h"
#include "Errors.h"
#include "Safetensors.h"

#include <algorithm>
#include <charconv>

using namespace dyn::rt;

namespace {

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

void dyn::rt::appendRow(const std::string &name, const std::vector<std::string> &fields,
                        const Wanted &wanted, int64_t first, int64_t count, int64_t row,
                        std::string &data) {
  Place place;
  place.row = row;
  for (int64_t k = 0; k < count; ++k) {
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
    size_t at = data.size();
    data.resize(at + size_t(widthOf(wanted.type)));
    put(data, wanted.type, int64_t(at) / widthOf(wanted.type), v);
  }
}

Column dyn::rt::parseCsv(const std::string &name, std::string_view bytes, const Wanted &wanted,
                         int64_t first, int64_t count, int64_t header) {
  Column c;
  c.type = wanted.type;
  if (count)
    c.shape = {count};
  int64_t want = std::max<int64_t>(count, 1);
  size_t width = 0; ///< of every row
  int64_t row = 0;
  CsvRecords records(bytes);
  while (records.more()) {
    ++row;
    records.next();
    const std::vector<std::string> &fields = records.fields;
    if (row <= header || (fields.size() == 1 && fields[0].empty()))
      continue;
    if (records.badQuotes)
      raise(Code::E0516, name, row, records.badQuotes);
    if (int64_t(fields.size()) < first + want)
      raise(Code::E0510, name, row, fields.size(), fmt::format("at least {}", first + want));
    if (width && fields.size() != width)
      raise(Code::E0510, name, row, fields.size(), width);
    width = fields.size();
    appendRow(name, fields, wanted, first, want, row, c.data);
    ++c.count;
  }
  if (!c.count)
    raise(Code::E0514, name);
  return c;
}
