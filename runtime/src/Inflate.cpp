//===- Inflate.cpp - compressed bytes, and files that may be compressed ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Readers.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <unistd.h>

using namespace dyn::rt;

namespace {
/// zlib counts in 32 bits, files do not.
constexpr size_t piece = size_t(1) << 30;

struct Stream {
  z_stream z{};
  explicit Stream(int windowBits) { ok = inflateInit2(&z, windowBits) == Z_OK; }
  ~Stream() { inflateEnd(&z); }
  bool ok;
};
} // namespace

std::string dyn::rt::inflateBytes(const std::string &name, std::string_view bytes, Compression kind,
                                  size_t cap, size_t offset) {
  Stream s(kind == Compression::gzip ? 15 + 16 : -15);
  if (!s.ok)
    throw std::bad_alloc();
  std::string out(std::min(cap, bytes.size() * 5 + (1 << 16)), '\0');
  size_t taken = 0, made = 0;
  int r = Z_OK;
  while (r == Z_OK) {
    if (made == out.size() && made < cap)
      out.resize(std::min(cap, made * 2));
    // With no room left, only the end of the stream can follow.
    Bytef beyond;
    bool full = made == out.size();
    size_t in = std::min(piece, bytes.size() - taken);
    size_t room = full ? 1 : std::min(piece, out.size() - made);
    s.z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data() + taken));
    s.z.avail_in = uInt(in);
    s.z.next_out = full ? &beyond : reinterpret_cast<Bytef *>(out.data() + made);
    s.z.avail_out = uInt(room);
    r = inflate(&s.z, Z_NO_FLUSH);
    taken += in - s.z.avail_in;
    size_t wrote = room - s.z.avail_out;
    if (full && wrote)
      raise(Code::E0507, name, offset + taken,
            fmt::format("it expands to more than {} bytes", cap));
    made += wrote;
    if (r == Z_OK && !wrote && in == s.z.avail_in)
      r = Z_BUF_ERROR;
  }
  if (r == Z_MEM_ERROR)
    throw std::bad_alloc();
  if (r != Z_STREAM_END)
    raise(Code::E0507, name, offset + taken,
          s.z.msg            ? s.z.msg
          : r == Z_BUF_ERROR ? "it ends too early"
                             : "it needs a dictionary");
  if (taken != bytes.size())
    raise(Code::E0507, name, offset + taken, "bytes follow the end");
  out.resize(made);
  return out;
}

Input dyn::rt::readInput(const std::string &path) {
  Input in;
  in.path = path;
  if (access(path.c_str(), F_OK) != 0 && access((path + ".gz").c_str(), F_OK) == 0)
    in.path += ".gz";
  in.name = in.path;
  in.bytes = readFile(in.path);
  in.size = int64_t(in.bytes.size());
  XXH128_hash_t h = XXH3_128bits(in.bytes.data(), in.bytes.size());
  in.hash = fmt::format("{:016x}{:016x}", h.high64, h.low64);
  if (in.bytes.empty())
    raise(Code::E0502, in.path);
  if (in.bytes.size() > 2 && uint8_t(in.bytes[0]) == 0x1f && uint8_t(in.bytes[1]) == 0x8b) {
    // A deflate stream expands at most about a thousandfold.
    in.bytes = inflateBytes(in.path, in.bytes, Compression::gzip, in.bytes.size() * 1100 + 65536);
    in.name += " (inflated)";
  }
  return in;
}
