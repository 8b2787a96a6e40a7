//===- Csv.h - rows of a table ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CSV_H
#define DYN_RUNTIME_CSV_H

#include "Readers.h"

#include <string>
#include <string_view>
#include <vector>

namespace dyn::rt {

/// Takes one record after another out of a table (RFC 4180): quotes may hold
/// commas, line ends and doubled quotes; lines end in LF or CR LF.
class CsvRecords {
public:
  explicit CsvRecords(std::string_view text) : p(text.data()), end(p + text.size()) {
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

/// Appends the numbers in fields [first, first + count) of a row to a column's data. Raises E05xx.
void appendRow(const std::string &name, const std::vector<std::string> &fields,
               const Wanted &wanted, int64_t first, int64_t count, int64_t row, std::string &data);

} // namespace dyn::rt

#endif // DYN_RUNTIME_CSV_H
