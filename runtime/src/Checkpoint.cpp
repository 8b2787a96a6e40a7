//===- Checkpoint.cpp - the state of a run on disk ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Run.h"

#include <cstring>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

static Tensor counterTensor(std::string name, int64_t value) {
  Tensor t;
  t.name = std::move(name);
  t.type = DYN_I64;
  t.data.resize(8);
  std::memcpy(t.data.data(), &value, 8);
  return t;
}

void Checkpoints::addCounter(const Run &run, int64_t of, int64_t next) {
  tensors.push_back(counterTensor(fmt::format("@counter.{}", of), next));
  const Series::Lengths &seen = run.series.marked(of);
  if (seen.empty())
    return;
  Tensor lengths;
  lengths.name = fmt::format("@series.{}", of);
  lengths.type = DYN_I64;
  lengths.shape = {int64_t(seen.size())};
  lengths.data.assign(reinterpret_cast<const char *>(seen.data()), seen.size() * 8);
  tensors.push_back(std::move(lengths));
}

bool Checkpoints::due(const Run &run, int64_t ends) {
  if (!run.useRunDirectory || resuming)
    return false;
  // The batch of a stream cannot be had again: a run stops behind it.
  for (int64_t l = run.parent[size_t(ends)]; l >= 0; l = run.parent[size_t(l)])
    if (run.reads[size_t(l)] >= 0)
      return false;
  if (stopRequested)
    return true;
  if (!enabled)
    return false;
  if (everySteps)
    return run.metrics->steps - lastStep >= everySteps;
  return run.outermost[size_t(ends)] &&
         std::chrono::duration<double>(std::chrono::steady_clock::now() - last).count() >=
             everySeconds;
}

void Checkpoints::write(Run &run) {
  int64_t step = run.metrics->steps, length = run.metrics->flush();
  tensors.push_back(counterTensor("@step", step));
  tensors.push_back(counterTensor("@loop", loop));
  for (size_t i = 0; i < run.streams.size(); ++i)
    if (run.streams[i])
      taken[int64_t(i)] = run.streams[i]->taken;
  for (auto [stream, examples] : taken)
    tensors.push_back(counterTensor(fmt::format("@stream.{}", stream), examples));
  for (Tensor &t : claimTensors(run.claims))
    tensors.push_back(std::move(t));
  std::string folder = run.runDirectory + "/checkpoints";
  std::string name = fmt::format("step-{:09}.safetensors", step), path = folder + "/" + name;
  std::string bytes = writeSafetensors(std::move(tensors));
  writeFile(path, bytes);
  if (readFile(path) != bytes)
    raise(Code::E0601, path, "what was read back differs");
  json manifest = {{"schema", 1},
                   {"step", step},
                   {"metrics_length", length},
                   {"source_hash", run.meta.value("source_hash", "")}};
  for (auto &d : run.datasets)
    manifest["data"].push_back({d->count, d->sum()});
  json series = json::object();
  auto names = run.meta.value("series", std::vector<std::string>());
  for (size_t i = 0; i < names.size(); ++i)
    series[names[i]] = fmt::format("{}", run.metrics->last(int64_t(i)));
  manifest["last"] = series;
  writeFile(folder + "/" + name + ".json",
            manifest.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
  std::string former;
  if (access((folder + "/latest").c_str(), R_OK) == 0)
    former = readFile(folder + "/latest");
  writeFile(folder + "/latest", name + "\n" + former.substr(0, former.find('\n') + 1));
  // The last two stay; the one before them goes after the new one is safe.
  if (size_t cut = former.find('\n'); cut != std::string::npos && cut + 1 < former.size()) {
    std::string old = former.substr(cut + 1);
    old.resize(old.find('\n') == std::string::npos ? old.size() : old.find('\n'));
    if (!old.empty() && old != name) {
      unlink((folder + "/" + old).c_str());
      unlink((folder + "/" + old + ".json").c_str());
    }
  }
  tensors.clear();
  lastStep = step;
  last = std::chrono::steady_clock::now();
}

void Checkpoints::checkData(Dataset &dataset, const std::string &folder) const {
  if (resuming && !data.empty() && !data.count({dataset.count, int64_t(dataset.sum())}))
    raise(Code::E0706, folder, dataset.count, dataset.sum());
}

/// A part of a checkpoint; that it cannot be read is a fault of the checkpoint.
static std::string part(const std::string &path) {
  try {
    return readFile(path);
  } catch (const Error &) {
    raise(Code::E0702, path, "it cannot be read");
  }
}

void Checkpoints::load(Run &run, const std::string &runFolder) {
  std::string folder = runFolder + "/checkpoints";
  std::string name = part(folder + "/latest");
  name.resize(std::min(name.size(), name.find('\n')));
  std::string path = folder + "/" + name;
  std::vector<Tensor> all;
  if (std::string why = readSafetensors(part(path), all); !why.empty())
    raise(Code::E0702, path, why);
  json manifest = json::parse(part(path + ".json"), nullptr, false);
  if (manifest.is_discarded() || !manifest.is_object())
    raise(Code::E0702, path + ".json", "it is no JSON object");
  json &hash = manifest["source_hash"], &length = manifest["metrics_length"];
  if (!hash.is_string() || hash != run.meta.value("source_hash", ""))
    raise(Code::E0703, path, "its source differs");
  if (!length.is_number_unsigned())
    raise(Code::E0702, path + ".json", "`metrics_length` is no length");
  for (auto &d : manifest["data"])
    if (!d.is_array() || d.size() != 2 || !d[0].is_number_integer() || !d[1].is_number_integer())
      raise(Code::E0702, path + ".json", "`data` holds no pairs of numbers");
    else
      data.emplace(d[0].get<int64_t>(), d[1].get<int64_t>());
  auto names = run.meta.value("series", std::vector<std::string>());
  const json last = manifest.value("last", json::object());
  for (size_t i = 0; i < names.size(); ++i)
    if (last.is_object() && last.contains(names[i]) && last[names[i]].is_string())
      run.metrics->restore(
          int64_t(i), parseNumber<double>(last[names[i]].get<std::string>()).value_or(std::nan("")));
  auto number = [&](const Tensor &t) {
    int64_t v = -1;
    if (t.type == DYN_I64 && t.shape.empty())
      std::memcpy(&v, t.data.data(), 8);
    if (v < 0)
      raise(Code::E0702, path, fmt::format("`{}` is no count", t.name));
    return v;
  };
  for (Tensor &t : all) {
    std::optional<bool> verdicts = restoreClaims(t, run.claims);
    if (!verdicts)
      raise(Code::E0702, path, "it does not fit the claims of the program");
    if (*verdicts)
      continue;
    if (t.name == "@step")
      resumedStep = number(t);
    else if (t.name == "@loop")
      innermost = number(t);
    else if (t.name.rfind("@stream.", 0) == 0)
      taken[std::strtoll(t.name.c_str() + 8, nullptr, 10)] = number(t);
    else if (t.name.rfind("@counter.", 0) == 0)
      counters[std::strtoll(t.name.c_str() + 9, nullptr, 10)] = number(t);
    else if (t.name.rfind("@series.", 0) == 0 && t.type == DYN_I64 && t.shape.size() == 1) {
      Series::Lengths &all = lengths[std::strtoll(t.name.c_str() + 8, nullptr, 10)];
      all.resize(size_t(t.shape[0]));
      std::memcpy(all.data(), t.data.data(), t.data.size());
    } else
      saved[t.name] = std::move(t);
  }
  if (innermost < 0 || !counters.count(innermost))
    raise(Code::E0702, path, "it has no counters");
  resuming = true;
  lastStep = resumedStep;
  run.metrics->steps = run.metrics->resumedAt = resumedStep;
  run.metrics->muted = true;
  run.metrics->cut(length, run.series);
  for (auto &[loop, next] : counters)
    if (!run.series.fits(lengths[loop]))
      raise(Code::E0702, path, "it does not fit the series that were logged");
}
