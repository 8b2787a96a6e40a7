//===- Zip.cpp - members of a zip archive ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Zip.h"

#include "Errors.h"
#include "Readers.h"

#include <zlib.h>

#include <algorithm>
#include <set>

using namespace dyn::rt;

namespace {

constexpr uint64_t largestRatio = 1100; ///< deflate expands no further
constexpr size_t mostMembers = 65536, longestName = 1024;

/// Little-endian numbers of an archive; whoever reads checks the bounds before.
struct Archive {
  const std::string &name;
  std::string_view bytes;

  [[noreturn]] void damaged(uint64_t at, const std::string &why) const {
    raise(Code::E0520, name, at, why);
  }
  uint64_t number(uint64_t at, int width) const {
    uint64_t v = 0;
    for (int i = width; i-- > 0;)
      v = v << 8 | uint8_t(bytes[at + uint64_t(i)]);
    return v;
  }
  bool signature(uint64_t at, std::string_view two) const {
    return at + 4 <= bytes.size() && bytes[at] == 'P' && bytes[at + 1] == 'K' &&
           bytes.substr(at + 2, 2) == two;
  }
};

struct Directory {
  uint64_t count = 0, size = 0, offset = 0, end = 0;
};

/// The record at the end may be followed by a comment of up to 64 KiB.
Directory directoryOf(const Archive &a) {
  if (a.bytes.size() < 22)
    a.damaged(0, "it is shorter than its end record");
  uint64_t lowest = a.bytes.size() > 22 + 65535 ? a.bytes.size() - 22 - 65535 : 0;
  uint64_t at = a.bytes.size() - 22;
  while (!a.signature(at, "\5\6") || a.number(at + 20, 2) != a.bytes.size() - at - 22) {
    if (at == lowest)
      a.damaged(a.bytes.size() - 22, "there is no end record");
    --at;
  }
  if (a.number(at + 4, 2) || a.number(at + 6, 2))
    raise(Code::E0513, a.name, at + 4, "an archive of several files");
  Directory d{a.number(at + 10, 2), a.number(at + 12, 4), a.number(at + 16, 4), at};
  if (at >= 20 && a.signature(at - 20, "\6\7")) { // zip64
    uint64_t record = a.number(at - 12, 8);
    if (record > at - 20 || at - 20 - record < 56 || !a.signature(record, "\6\6"))
      a.damaged(at - 12, "the zip64 end record is not where it should be");
    d = {a.number(record + 32, 8), a.number(record + 40, 8), a.number(record + 48, 8), record};
  }
  if (d.offset > d.end || d.size != d.end - d.offset)
    a.damaged(at + 12, "the directory does not lie before its end record");
  return d;
}

/// Sizes and places of 64 bits stand in an extra field, in the order in which
/// the fields of 32 bits gave up.
void readZip64(const Archive &a, uint64_t at, uint64_t length, ZipMember &m) {
  bool size = m.size == 0xffffffff, packed = m.packed == 0xffffffff,
       header = m.header == 0xffffffff;
  if (!size && !packed && !header)
    return;
  for (uint64_t end = at + length; at + 4 <= end;) {
    uint64_t id = a.number(at, 2), n = a.number(at + 2, 2);
    if (n > end - at - 4)
      a.damaged(at, "an extra field is cut short");
    if (id == 1) {
      if (n < 8 * uint64_t(size + packed + header))
        a.damaged(at, "the zip64 field is cut short");
      uint64_t next = at + 4;
      for (auto [missing, value] :
           {std::pair(size, &m.size), std::pair(packed, &m.packed), std::pair(header, &m.header)})
        if (missing)
          *value = a.number(next, 8), next += 8;
      return;
    }
    at += 4 + n;
  }
}

/// Reads the entry of the directory at `at`; where the next one begins.
uint64_t readEntry(const Archive &a, const Directory &d, uint64_t at, ZipMember &m) {
  if (d.end - at < 46 || !a.signature(at, "\1\2"))
    a.damaged(at, "an entry of the directory is missing");
  uint64_t name = a.number(at + 28, 2), extra = a.number(at + 30, 2), note = a.number(at + 32, 2);
  if (d.end - at - 46 < name + extra + note)
    a.damaged(at, "an entry of the directory is cut short");
  if (name > longestName)
    a.damaged(at + 28, fmt::format("a name has more than {} bytes", longestName));
  uint64_t flags = a.number(at + 8, 2);
  m.method = uint16_t(a.number(at + 10, 2));
  m.crc = uint32_t(a.number(at + 16, 4));
  m.packed = a.number(at + 20, 4);
  m.size = a.number(at + 24, 4);
  m.header = a.number(at + 42, 4);
  m.name = a.bytes.substr(at + 46, name);
  for (char &c : m.name)
    if (uint8_t(c) < 0x20 || c == 0x7f)
      a.damaged(at + 46, "a name holds control characters");
  readZip64(a, at + 46 + name, extra, m);
  if (flags & 1)
    raise(Code::E0513, a.name, at + 8, "an encrypted member");
  if (m.method != 0 && m.method != 8)
    raise(Code::E0513, a.name, at + 10, fmt::format("compression method {}", m.method));
  if (m.method == 0 && m.packed != m.size)
    a.damaged(at + 20, fmt::format("`{}` is stored, but its two sizes differ", m.name));
  if (m.header > d.offset || d.offset - m.header < 30 || !a.signature(m.header, "\3\4"))
    a.damaged(at + 42, fmt::format("`{}` is not where the directory says", m.name));
  uint64_t local = 30 + a.number(m.header + 26, 2) + a.number(m.header + 28, 2);
  if (local > d.offset - m.header || m.packed > d.offset - m.header - local)
    a.damaged(m.header, fmt::format("`{}` runs into the directory", m.name));
  m.data = m.header + local;
  if (m.size / largestRatio > m.packed)
    a.damaged(at + 24,
              fmt::format("`{}` claims to expand more than {}-fold", m.name, largestRatio));
  return at + 46 + name + extra + note;
}

} // namespace

std::vector<ZipMember> dyn::rt::zipMembers(const std::string &name, std::string_view bytes) {
  Archive a{name, bytes};
  Directory d = directoryOf(a);
  if (d.count > mostMembers)
    a.damaged(d.end, fmt::format("it has more than {} members", mostMembers));
  std::vector<ZipMember> all;
  std::set<std::string> names;
  uint64_t at = d.offset;
  for (uint64_t i = 0; i < d.count; ++i) {
    ZipMember m;
    uint64_t next = readEntry(a, d, at, m);
    if (!names.insert(m.name).second)
      a.damaged(at, fmt::format("`{}` occurs twice", m.name));
    all.push_back(std::move(m));
    at = next;
  }
  if (at != d.end)
    a.damaged(at, "something follows the directory");
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  spans.reserve(all.size());
  for (const ZipMember &m : all)
    spans.push_back({m.header, m.data + m.packed});
  std::sort(spans.begin(), spans.end());
  for (size_t i = 1; i < spans.size(); ++i)
    if (spans[i].first < spans[i - 1].second)
      a.damaged(spans[i].first, "two members overlap");
  return all;
}

std::string dyn::rt::zipContents(const std::string &name, std::string_view bytes,
                                 const ZipMember &m) {
  std::string_view packed = bytes.substr(m.data, m.packed);
  std::string out = m.method == 0 ? std::string(packed)
                                  : inflateBytes(name, packed, Compression::raw, m.size, m.data);
  if (out.size() != m.size)
    raise(Code::E0520, name, m.data,
          fmt::format("`{}` has {} bytes, the directory says {}", m.name, out.size(), m.size));
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef *>(out.data()), out.size());
  if (crc != m.crc)
    raise(Code::E0520, name, m.data, fmt::format("the sum of `{}` is wrong", m.name));
  return out;
}
