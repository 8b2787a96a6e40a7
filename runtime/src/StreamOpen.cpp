//===- StreamOpen.cpp - where the examples of a stream come from ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"
#include "Program.h"
#include "RunDirectory.h"

using namespace dyn::rt;
using nlohmann::json;

static int64_t typeOf(const std::string &name) {
  static constexpr const char *names[] = {"f32", "f64", "i32", "i64", "u8", "bool"};
  for (int64_t type = DYN_F32; type <= DYN_BOOL; ++type)
    if (name == names[type])
      return type;
  raise(Code::E0806, "`" + name + "` is no type");
}

static std::vector<Column> fieldsOf(const json &stream) {
  std::vector<Column> out;
  for (const json &f : stream["columns"]) {
    Column c;
    c.type = typeOf(f.value("type", ""));
    c.shape = f.value("shape", std::vector<int64_t>());
    out.push_back(std::move(c));
  }
  return out;
}

static std::unique_ptr<Stream> open(Run &run, const json &meta) {
  std::string name = meta.value("name", "");
  const ConfigValue *setting = nullptr;
  for (const ConfigValue &c : run.config)
    if (c.name == name)
      setting = &c;
  auto make = [&]<typename S>(S *) {
    return std::make_unique<S>(name, fieldsOf(meta), run.streamCapacity, run.memory,
                               run.checkpoints.stopRequested);
  };
  if (run.hosted && !(setting && setting->given))
    return make((HostStream *)nullptr);
  std::string path = setting ? setting->text : "-";
  if (path == "-") {
    for (auto &s : run.streams)
      if (dynamic_cast<InputStream *>(s.get()))
        raise(Code::E0522, name, s->name);
    return make((InputStream *)nullptr);
  }
  auto file = make((FileStream *)nullptr);
  Input in = readInput(path);
  file->read(in.name, in.bytes);
  noteInput(run, in, "", file->count);
  return file;
}

Stream &dyn::rt::streamAt(Run &run, int64_t i) {
  auto &stream = run.streams[size_t(i)];
  if (!stream) {
    stream = open(run, run.meta["streams"][size_t(i)]);
    if (auto before = run.checkpoints.taken.find(i); before != run.checkpoints.taken.end())
      stream->skip(before->second);
  }
  return *stream;
}
