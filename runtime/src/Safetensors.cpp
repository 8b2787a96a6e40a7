//===- Safetensors.cpp - the safetensors format ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Safetensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <set>

using namespace dyn::rt;
using nlohmann::json;

static const char *const names[] = {"F32", "F64", "I32", "I64", "U8", "BOOL"};

int64_t dyn::rt::widthOf(int64_t type) {
  static const int64_t widths[] = {4, 8, 4, 8, 1, 1};
  return widths[type];
}
const char *dyn::rt::typeName(int64_t type) { return names[type]; }

int64_t dyn::rt::elementsOf(const std::vector<int64_t> &shape) {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return n;
}

std::string dyn::rt::shapeText(const std::vector<int64_t> &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// Before the names of what is ours in the metadata of a file.
static const std::string prefix = "argument.";

std::string dyn::rt::writeSafetensors(std::vector<Tensor> tensors,
                                      const std::vector<std::string> &fixed) {
  std::sort(tensors.begin(), tensors.end(), [](const Tensor &a, const Tensor &b) {
    int64_t wa = widthOf(a.type), wb = widthOf(b.type);
    return wa != wb ? wa > wb : a.name < b.name;
  });
  std::string header = "{";
  if (!fixed.empty()) {
    json metadata;
    for (const std::string &text : fixed) {
      size_t cut = text.find('=');
      metadata[prefix + text.substr(0, cut)] = text.substr(cut + 1);
    }
    header += "\"__metadata__\":" + metadata.dump();
  }
  int64_t offset = 0;
  for (const Tensor &t : tensors) {
    header += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          header.size() > 1 ? "," : "", json(t.name).dump(), names[t.type],
                          fmt::join(t.shape, ","), offset, offset + int64_t(t.data.size()));
    offset += int64_t(t.data.size());
  }
  header += "}";
  header.append((64 - (8 + header.size()) % 64) % 64, ' ');
  std::string out(8, '\0');
  uint64_t length = header.size();
  std::memcpy(out.data(), &length, 8);
  out += header;
  for (const Tensor &t : tensors)
    out += t.data;
  return out;
}

std::string dyn::rt::readSafetensors(std::string_view bytes, std::vector<Tensor> &out,
                                     std::vector<std::string> *fixed) {
  if (bytes.size() < 8)
    return "byte 0: it is shorter than its header";
  uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  if (length > 100'000'000 || length > bytes.size() - 8)
    return fmt::format("byte 0: the header length {} exceeds the file", length);
  std::string_view head = bytes.substr(8, length), data = bytes.substr(8 + length);
  if (head.empty() || head[0] != '{')
    return "byte 8: the header is no JSON object";
  // Duplicate names are forbidden, though a plain parse would keep the last.
  std::set<std::string> keys;
  bool duplicate = false;
  json::parser_callback_t check = [&](int depth, json::parse_event_t event, json &parsed) {
    if (event == json::parse_event_t::key && depth == 1)
      duplicate |= !keys.insert(parsed.get<std::string>()).second;
    return depth < 8;
  };
  json header = json::parse(head, check, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object())
    return "byte 8: the header is no JSON object";
  if (duplicate)
    return "byte 8: a name occurs twice in the header";
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  for (auto &[name, entry] : header.items()) {
    if (name == "__metadata__") {
      for (auto &[key, value] : entry.items())
        if (fixed && key.starts_with(prefix) && value.is_string())
          fixed->push_back(key.substr(prefix.size()) + "=" + value.get<std::string>());
      continue;
    }
    Tensor t;
    t.name = name;
    auto wrong = [&](const char *what) {
      return fmt::format("byte 8: the header gives tensor `{}` {}", name, what);
    };
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
        !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
        !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2)
      return wrong("an incomplete description");
    std::string type = entry["dtype"];
    t.type =
        std::find_if(std::begin(names), std::end(names), [&](const char *n) { return type == n; }) -
        std::begin(names);
    if (t.type == 6)
      return wrong("an element type that is not supported");
    uint64_t size = uint64_t(widthOf(t.type));
    if (entry["shape"].size() > 8)
      return wrong("more than 8 dimensions");
    for (auto &d : entry["shape"]) {
      if (!d.is_number_unsigned() || __builtin_mul_overflow(size, d.get<uint64_t>(), &size) ||
          size > (uint64_t(1) << 62))
        return wrong("an extent that is no size");
      t.shape.push_back(d.get<int64_t>());
    }
    for (auto &o : entry["data_offsets"])
      if (!o.is_number_unsigned())
        return wrong("an offset that is no number");
    uint64_t from = entry["data_offsets"][0], to = entry["data_offsets"][1];
    if (from > to || to > data.size() || to - from != size)
      return wrong("offsets that do not fit its shape or the file");
    t.data = data.substr(from, size);
    spans.push_back({from, to});
    out.push_back(std::move(t));
  }
  std::sort(spans.begin(), spans.end());
  uint64_t at = 0;
  for (auto [from, to] : spans) {
    if (from != at)
      return fmt::format("byte {}: the tensors overlap or leave a hole", 8 + length + at);
    at = to;
  }
  if (at != data.size())
    return fmt::format("byte {}: there are bytes that belong to no tensor", 8 + length + at);
  return "";
}
