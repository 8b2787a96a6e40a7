//===- Zip.h - members of a zip archive ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_ZIP_H
#define DYN_RUNTIME_ZIP_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::rt {

struct ZipMember {
  std::string name;
  uint16_t method = 0; ///< 0 stored, 8 deflated
  uint32_t crc = 0;
  uint64_t packed = 0, size = 0; ///< bytes in the archive, and inflated
  uint64_t header = 0, data = 0; ///< where they begin
};

/// The members of an archive by its central directory, zip64 included. Refuses
/// what is damaged: overlaps, members outside the file, names that occur twice.
std::vector<ZipMember> zipMembers(const std::string &name, std::string_view bytes);

/// The bytes of one member, inflated and checked.
std::string zipContents(const std::string &name, std::string_view bytes, const ZipMember &member);

} // namespace dyn::rt

#endif // DYN_RUNTIME_ZIP_H
