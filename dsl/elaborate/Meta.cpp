//===- Meta.cpp - the tables that accompany a compiled program ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Meta.h"

#include "llvm/Support/raw_ostream.h"

using namespace dyn::dsl;
namespace json = llvm::json;

int64_t Meta::intern(std::vector<std::string> &list, std::map<std::string, int64_t> &index,
                     const std::string &s) {
  auto [it, fresh] = index.try_emplace(s, int64_t(list.size()));
  if (fresh)
    list.push_back(s);
  return it->second;
}

int64_t Meta::seriesFamily(const std::vector<std::string> &names) {
  for (const std::string &s : names)
    series(s);
  return names.empty() ? 0 : seriesIndex.at(names[0]); // no member ever logs
}

void Meta::readSeries(int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    read.insert(first + i);
}

int64_t Meta::slot(std::string name) {
  if (int64_t n = slotCount[name]++)
    name += "#" + std::to_string(n);
  slots.push_back(std::move(name));
  return int64_t(slots.size()) - 1;
}

int64_t Meta::loop(const std::string &name, int64_t parent) {
  loops.push_back({name, parent});
  return int64_t(loops.size()) - 1;
}

static int64_t append(json::Array &list, json::Object entry) {
  list.push_back(std::move(entry));
  return int64_t(list.size()) - 1;
}
int64_t Meta::config(json::Object entry) { return append(configs, std::move(entry)); }
int64_t Meta::claim(json::Object entry) { return append(claims, std::move(entry)); }
int64_t Meta::check(json::Object entry) { return append(checks, std::move(entry)); }

std::optional<int64_t> Meta::stream(const std::string &name, json::Array columns) {
  json::Object entry{{"name", name}, {"columns", std::move(columns)}};
  for (size_t i = 0; i < streams.size(); ++i)
    if (streams[i].getAsObject()->getString("name") == name)
      return streams[i] == json::Value(std::move(entry)) ? std::optional(int64_t(i)) : std::nullopt;
  return append(streams, std::move(entry));
}

std::string Meta::json() const {
  json::Object all = header;
  all["abi"] = 1;
  all["strings"] = json::Array(strings);
  all["series"] = json::Array(seriesNames);
  all["config"] = json::Array(configs);
  all["claims"] = json::Array(claims);
  all["checks"] = json::Array(checks);
  all["streams"] = json::Array(streams);
  json::Array loopList, slotList, readList;
  for (int64_t s : read)
    readList.push_back(s);
  all["read"] = std::move(readList);
  for (const Loop &l : loops) {
    json::Object loop{{"name", l.name}, {"parent", l.parent}, {"steps", l.steps}};
    if (l.stream >= 0)
      loop["stream"] = l.stream;
    loopList.push_back(std::move(loop));
  }
  for (const std::string &s : slots)
    slotList.push_back(json::Object{{"name", s}});
  all["loops"] = std::move(loopList);
  all["slots"] = std::move(slotList);
  all["sources"] = json::Array(sourceTexts);
  if (forHosts) {
    all["functions"] = json::Array(functions);
    all["objects"] = json::Array(objects);
  }
  std::string text;
  llvm::raw_string_ostream(text) << json::Value(std::move(all));
  return text;
}
