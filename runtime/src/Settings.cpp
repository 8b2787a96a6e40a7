//===- Settings.cpp - the values of `config` ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Settings.h"

#include "AtomicFile.h"
#include "Errors.h"
#include "Flags.h"
#include "Run.h"

#include <cmath>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

void dyn::rt::takeDefaults(Run &run) {
  for (auto &c : run.meta["config"]) {
    ConfigValue v;
    v.name = c.value("name", "");
    v.type = c.value("type", "");
    const json &d = c["default"];
    v.text = d.is_string() ? d.get<std::string>() : d.dump();
    if (d.is_number())
      v.real = d.get<double>();
    if (d.is_number_integer())
      v.integer = d.get<int64_t>();
    if (d.is_boolean())
      v.integer = d.get<bool>();
    run.config.push_back(v);
  }
}

bool dyn::rt::isFixed(const std::string &type) {
  for (const char *free : {"real", "int", "bool", "path", "text", "stream"})
    if (type == free)
      return false;
  return true;
}

Assigned dyn::rt::assign(ConfigValue &c, const std::string &text) {
  if (c.type == "real") {
    auto v = parseNumber<double>(text);
    if (!v || std::isnan(*v))
      return Assigned::malformed;
    c.real = *v;
  } else if (c.type == "int" || c.type == "dim") {
    auto v = parseNumber<int64_t>(text);
    if (!v)
      return Assigned::malformed;
    if (c.type == "dim" && *v != c.integer)
      return Assigned::fixed;
    c.integer = *v;
  } else if (isFixed(c.type) && text != c.text) {
    return Assigned::fixed;
  } else if (c.type == "bool") {
    if (text != "true" && text != "false")
      return Assigned::malformed;
    c.integer = text == "true";
  }
  c.text = text;
  return Assigned::yes;
}

const char *dyn::rt::expected(const std::string &type) {
  return type == "real" ? "a real number" : type == "bool" ? "true or false" : "an integer";
}

bool dyn::rt::setCheckpoints(Checkpoints &c, std::string v) {
  if (v == "off") {
    c.enabled = false;
    return true;
  }
  if (!v.starts_with("every="))
    return false;
  v.erase(0, 6);
  bool minutes = v.size() > 3 && v.ends_with("min");
  if (minutes)
    v.resize(v.size() - 3);
  auto n = parseNumber<int64_t>(v);
  if (!n || *n <= 0)
    return false;
  (minutes ? (void)(c.everySeconds = double(*n) * 60) : (void)(c.everySteps = *n));
  return true;
}

void dyn::rt::keepSettings(Run &run) {
  const std::string path = run.resumeFrom + "/run.json";
  if (access((run.resumeFrom + "/checkpoints/latest").c_str(), R_OK) != 0)
    raise(Code::E0701, run.resumeFrom);
  if (access(path.c_str(), R_OK) != 0)
    raise(Code::E0702, path, "it cannot be read");
  json former = json::parse(readFile(path), nullptr, /*allow_exceptions=*/false);
  if (!former.is_object() || !former.contains("config") || !former["config"].is_object())
    raise(Code::E0702, path, "it holds no settings");
  for (ConfigValue &c : run.config) {
    if (!former["config"].contains(c.name) || !former["config"][c.name].is_string())
      continue;
    std::string text = former["config"][c.name];
    // Folders may have moved; everything else must be as it was.
    bool moved = (c.type == "path" || c.type == "stream") && c.given;
    if (c.given && c.text != text && !moved)
      raise(Code::E0705, dashed(c.name), text, c.text);
    if (c.type == "stream" && !c.given)
      c.given = text != "-", c.text = text;
    Assigned how = c.given ? Assigned::yes : assign(c, text);
    if (how == Assigned::fixed)
      raise(Code::E0804, dashed(c.name), c.text);
    if (how == Assigned::malformed)
      raise(Code::E0702, path, fmt::format("`{}` is no value of `{}`", text, c.name));
  }
  if (former.contains("seed") && former["seed"].is_number_integer()) {
    int64_t seed = former["seed"];
    if (run.seedGiven && run.seed != seed)
      raise(Code::E0705, "seed", seed, run.seed);
    run.seed = seed;
  }
}

void dyn::rt::internTexts(Run &run) {
  for (ConfigValue &c : run.config)
    if (c.type == "path" || c.type == "text" || c.type == "stream") {
      if (c.handle < 0)
        c.handle = run.intern(c.text);
      else
        run.strings[size_t(c.handle)] = c.text;
    }
}
