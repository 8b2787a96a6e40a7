//===- Readers.cpp - IDX, NPY and CSV files as columns ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Dataset.h"
#include "Errors.h"
#include "Safetensors.h"

#include <zlib.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <unistd.h>

using namespace dyn::rt;

std::string dyn::rt::inflateGzip(const std::string &path, const std::string &bytes) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK)
    raise(Code::E0507, path, "zlib does not start");
  z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  z.avail_in = uInt(bytes.size());
  std::string out;
  // A deflate stream expands at most about a thousandfold.
  size_t cap = bytes.size() * 1100 + (1 << 16);
  out.resize(std::min<size_t>(cap, bytes.size() * 5 + (1 << 16)));
  int r = Z_OK;
  while (r == Z_OK) {
    if (z.total_out == out.size()) {
      if (out.size() >= cap)
        break;
      out.resize(std::min(cap, out.size() * 2));
    }
    z.next_out = reinterpret_cast<Bytef *>(out.data()) + z.total_out;
    z.avail_out = uInt(out.size() - z.total_out);
    r = inflate(&z, Z_NO_FLUSH);
    if (r == Z_OK && z.avail_in == 0 && z.avail_out != 0)
      r = Z_BUF_ERROR;
  }
  size_t total = z.total_out, left = z.avail_in;
  std::string why = z.msg ? z.msg : r == Z_BUF_ERROR ? "it ends too early" : "it is too large";
  inflateEnd(&z);
  if (r != Z_STREAM_END)
    raise(Code::E0507, path, why);
  if (left)
    raise(Code::E0507, path, "bytes follow the end");
  out.resize(total);
  return out;
}

std::string dyn::rt::readMaybeGzip(const std::string &path) {
  std::string real = path;
  if (access(path.c_str(), R_OK) != 0 && access((path + ".gz").c_str(), R_OK) == 0)
    real = path + ".gz";
  std::string bytes = readFile(real);
  if (bytes.empty())
    raise(Code::E0502, real);
  if (bytes.size() > 2 && uint8_t(bytes[0]) == 0x1f && uint8_t(bytes[1]) == 0x8b)
    return inflateGzip(real, bytes);
  return bytes;
}

namespace {

/// Whether column type `type` holds `x`, which is the integer `n` in integer columns.
void checkFits(const std::string &path, int64_t row, int64_t type, double x, int64_t n) {
  bool fits = true;
  if (type == 0)
    fits = !std::isfinite(x) || std::isfinite(float(x));
  else if (type == 2)
    fits = n == int32_t(n);
  else if (type >= 4)
    fits = n >= 0 && n <= (type == 4 ? 255 : 1);
  if (!fits && type == 0)
    raise(Code::E0515, path, row, x, typeName(type));
  if (!fits)
    raise(Code::E0515, path, row, n, typeName(type));
}

/// Stores `x` as element `i` of a column of type `type`.
void put(std::string &data, int64_t type, int64_t i, double x, int64_t n) {
  char *p = data.data() + i * widthOf(type);
  auto set = [&](auto v) { std::memcpy(p, &v, sizeof v); };
  switch (type) {
  case 0:
    return set(float(x));
  case 1:
    return set(x);
  case 2:
    return set(int32_t(n));
  case 3:
    return set(n);
  default:
    return set(uint8_t(n));
  }
}

void checkRange(const std::string &path, int64_t row, int64_t n, int64_t limit) {
  if (limit > 0 && (n < 0 || n >= limit))
    raise(Code::E0508, path, row, n, limit);
}

template <typename T> T bigEndian(const char *p) {
  char b[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i)
    b[i] = p[sizeof(T) - 1 - i];
  T v;
  std::memcpy(&v, b, sizeof v);
  return v;
}

void checkShape(const std::string &path, const std::vector<int64_t> &got,
                const std::vector<int64_t> &want) {
  if (got != want)
    raise(Code::E0505, path, shapeText(got), shapeText(want));
}

} // namespace

Column dyn::rt::parseIdx(const std::string &path, std::string bytes, int64_t type,
                         std::vector<int64_t> shape, bool scale, int64_t limit) {
  if (bytes.empty())
    raise(Code::E0502, path);
  if (bytes.size() < 4 || bytes[0] || bytes[1])
    raise(Code::E0503, path, fmt::format("{:02x}", fmt::join(bytes.substr(0, 4), " ")),
          "an IDX header: 00 00, type, rank");
  static const std::pair<uint8_t, int> kinds[] = {{0x08, 1}, {0x09, 1}, {0x0b, 2},
                                                  {0x0c, 4}, {0x0d, 4}, {0x0e, 8}};
  uint8_t kind = uint8_t(bytes[2]);
  int width = 0;
  for (auto [k, w] : kinds)
    if (k == kind)
      width = w;
  int64_t rank = uint8_t(bytes[3]);
  if (!width || rank < 1 || rank > 8)
    raise(Code::E0503, path, fmt::format("type {:#04x}, rank {}", kind, rank),
          "a type of 08 to 0e and a rank of 1 to 8");
  if (int64_t(bytes.size()) < 4 + 4 * rank)
    raise(Code::E0504, path, 4 * rank, int64_t(bytes.size()) - 4);
  std::vector<int64_t> dims;
  int64_t size = width;
  for (int64_t i = 0; i < rank; ++i) {
    dims.push_back(bigEndian<uint32_t>(bytes.data() + 4 + 4 * i));
    if (__builtin_mul_overflow(size, dims.back(), &size))
      raise(Code::E0512, path, "the sizes overflow");
  }
  int64_t start = 4 + 4 * rank, have = int64_t(bytes.size()) - start;
  if (size != have)
    raise(Code::E0504, path, size, have);
  checkShape(path, std::vector<int64_t>(dims.begin() + 1, dims.end()), shape);
  Column c;
  c.count = dims[0];
  c.shape = shape;
  c.type = type;
  if (!c.count)
    raise(Code::E0514, path);
  bool wantReal = type <= 1, isReal = kind >= 0x0d;
  if (isReal && !wantReal)
    raise(Code::E0506, path, "real", typeName(type));
  if (wantReal && scale && kind == 0x08) {
    c.bytesToReal = true;
    bytes.erase(0, size_t(start));
    c.data = std::move(bytes);
    return c;
  }
  int64_t n = c.count * c.perExample(), each = std::max<int64_t>(1, c.perExample());
  c.data.resize(size_t(n * widthOf(type)));
  for (int64_t i = 0; i < n; ++i) {
    const char *p = bytes.data() + start + i * width;
    double x = 0;
    int64_t k = 0;
    switch (kind) {
    case 0x08:
      k = uint8_t(*p);
      break;
    case 0x09:
      k = int8_t(*p);
      break;
    case 0x0b:
      k = bigEndian<int16_t>(p);
      break;
    case 0x0c:
      k = bigEndian<int32_t>(p);
      break;
    case 0x0d:
      x = bigEndian<float>(p);
      break;
    default:
      x = bigEndian<double>(p);
    }
    if (!isReal)
      x = double(k);
    if (!wantReal)
      checkRange(path, i / each, k, limit);
    checkFits(path, i / each, type, x, k);
    put(c.data, type, i, x, k);
  }
  return c;
}

Column dyn::rt::parseNpy(const std::string &path, std::string bytes, int64_t type,
                         std::vector<int64_t> shape, int64_t limit) {
  if (bytes.size() < 10 || bytes.compare(0, 6, "\x93NUMPY") != 0)
    raise(Code::E0503, path, "other bytes", "an NPY header");
  size_t length = 0, start = 0;
  if (bytes[6] == 1) {
    length = uint8_t(bytes[8]) | size_t(uint8_t(bytes[9])) << 8;
    start = 10;
  } else if (bytes.size() >= 12 && (bytes[6] == 2 || bytes[6] == 3)) {
    uint32_t n;
    std::memcpy(&n, bytes.data() + 8, 4);
    length = n;
    start = 12;
  } else {
    raise(Code::E0512, path, "unknown version");
  }
  if (length > 65536 || start + length > bytes.size())
    raise(Code::E0512, path, "its length exceeds the file");
  std::string head = bytes.substr(start, length);
  auto after = [&](const char *key) -> std::string {
    size_t at = head.find(std::string("'") + key + "':");
    if (at == std::string::npos)
      raise(Code::E0512, path, fmt::format("`{}` is missing", key));
    at += std::strlen(key) + 3;
    while (at < head.size() && head[at] == ' ')
      ++at;
    return head.substr(at);
  };
  std::string descr = after("descr"), order = after("fortran_order"), dimsText = after("shape");
  if (descr.size() < 5 || descr[0] != '\'')
    raise(Code::E0513, path, "a structured type");
  descr = descr.substr(1, 3);
  if (order.rfind("False", 0) != 0)
    raise(Code::E0513, path, "column-major order");
  static const char *const known[] = {"f4", "f8", "i4", "i8", "u1", "b1"};
  int64_t kind = -1;
  for (int i = 0; i < 6; ++i)
    if (descr.compare(1, 2, known[i]) == 0)
      kind = i;
  if (kind < 0 || (descr[0] == '>' && widthOf(kind) > 1))
    raise(Code::E0506, path, descr, typeName(type));
  std::vector<int64_t> dims;
  if (dimsText.empty() || dimsText[0] != '(')
    raise(Code::E0512, path, "`shape` is no tuple");
  for (const char *p = dimsText.data() + 1, *end = dimsText.data() + dimsText.size();
       p < end && *p != ')';) {
    if (*p == ' ' || *p == ',') {
      ++p;
      continue;
    }
    int64_t d = 0;
    auto [q, ec] = std::from_chars(p, end, d);
    if (ec != std::errc() || d < 0 || dims.size() == 8)
      raise(Code::E0512, path, "`shape` holds no sizes");
    dims.push_back(d);
    p = q;
  }
  if (dims.empty())
    raise(Code::E0505, path, "()", shapeText(shape));
  int64_t size = widthOf(kind);
  for (int64_t d : dims)
    if (__builtin_mul_overflow(size, d, &size))
      raise(Code::E0512, path, "the sizes overflow");
  start += length;
  if (size != int64_t(bytes.size() - start))
    raise(Code::E0504, path, size, bytes.size() - start);
  checkShape(path, std::vector<int64_t>(dims.begin() + 1, dims.end()), shape);
  bool wantReal = type <= 1, isReal = kind <= 1;
  if (isReal && !wantReal)
    raise(Code::E0506, path, typeName(kind), typeName(type));
  Column c;
  c.count = dims[0];
  c.shape = shape;
  c.type = type;
  if (!c.count)
    raise(Code::E0514, path);
  int64_t n = c.count * c.perExample(), each = std::max<int64_t>(1, c.perExample());
  c.data.resize(size_t(n * widthOf(type)));
  for (int64_t i = 0; i < n; ++i) {
    const char *p = bytes.data() + start + i * widthOf(kind);
    auto get = [&](auto v) {
      std::memcpy(&v, p, sizeof v);
      return v;
    };
    int64_t k = kind == 2   ? get(int32_t())
                : kind == 3 ? get(int64_t())
                : kind >= 4 ? get(uint8_t())
                            : 0;
    double x = kind == 0 ? double(get(float())) : kind == 1 ? get(double()) : double(k);
    if (!wantReal)
      checkRange(path, i / each, k, limit);
    checkFits(path, i / each, type, x, k);
    put(c.data, type, i, x, k);
  }
  return c;
}

Column dyn::rt::parseCsv(const std::string &path, std::string bytes, int64_t type, int64_t first,
                         int64_t count, int64_t header, int64_t limit) {
  Column c;
  c.type = type;
  if (count)
    c.shape = {count};
  int64_t want = std::max<int64_t>(count, 1), row = 0;
  const char *p = bytes.data(), *end = p + bytes.size();
  if (bytes.compare(0, 3, "\xef\xbb\xbf") == 0)
    p += 3;
  std::vector<std::string> fields;
  size_t width = 0; ///< of every row
  while (p < end) {
    ++row;
    fields.clear();
    // One record; quotes may hold commas, line ends and doubled quotes.
    while (true) {
      std::string f;
      bool badQuotes = false, quoted = p < end && *p == '"';
      if (quoted) {
        for (++p; p < end; ++p) {
          if (*p != '"')
            f += *p;
          else if (p + 1 < end && p[1] == '"')
            f += *p++;
          else
            break;
        }
        badQuotes = p == end;
        if (p < end)
          ++p;
      }
      size_t inQuotes = f.size();
      while (p < end && *p != ',' && *p != '\n')
        f += *p++;
      if (f.size() > inQuotes && f.back() == '\r')
        f.pop_back();
      if (row > header && (badQuotes || (quoted && f.size() != inQuotes)))
        raise(Code::E0516, path, row, fields.size() + 1);
      fields.push_back(std::move(f));
      if (p >= end || *p++ == '\n')
        break;
    }
    if (row <= header || (fields.size() == 1 && fields[0].empty()))
      continue;
    if (int64_t(fields.size()) < first + want)
      raise(Code::E0510, path, row, fields.size(), fmt::format("at least {}", first + want));
    if (width && fields.size() != width)
      raise(Code::E0510, path, row, fields.size(), width);
    width = fields.size();
    for (int64_t k = 0; k < want; ++k) {
      std::string_view f = fields[size_t(first + k)];
      while (!f.empty() && f.front() == ' ')
        f.remove_prefix(1);
      while (!f.empty() && f.back() == ' ')
        f.remove_suffix(1);
      double x = 0;
      int64_t n = 0;
      auto r = type <= 1 ? std::from_chars(f.data(), f.data() + f.size(), x)
                         : std::from_chars(f.data(), f.data() + f.size(), n);
      if (r.ec != std::errc() || r.ptr != f.data() + f.size() || f.empty())
        raise(Code::E0509, path, row, first + k + 1, f.substr(0, 40));
      if (type > 1)
        checkRange(path, row, n, limit);
      checkFits(path, row, type, x, n);
      size_t at = c.data.size();
      c.data.resize(at + size_t(widthOf(type)));
      put(c.data, type, int64_t(at) / widthOf(type), x, n);
    }
    ++c.count;
  }
  if (!c.count)
    raise(Code::E0514, path);
  return c;
}

Column dyn::rt::readIdx(const std::string &path, int64_t type, std::vector<int64_t> shape,
                        bool scale, int64_t limit) {
  return parseIdx(path, readMaybeGzip(path), type, std::move(shape), scale, limit);
}
Column dyn::rt::readNpy(const std::string &path, int64_t type, std::vector<int64_t> shape,
                        int64_t limit) {
  return parseNpy(path, readMaybeGzip(path), type, std::move(shape), limit);
}
Column dyn::rt::readCsv(const std::string &path, int64_t type, int64_t first, int64_t count,
                        int64_t header, int64_t limit) {
  return parseCsv(path, readMaybeGzip(path), type, first, count, header, limit);
}
