//===- Metrics.cpp - logged numbers and their files ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Metrics.h"

#include "AtomicFile.h"
#include "Errors.h"
#include "Records.h"
#include "Settings.h"
#include "Terminal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

using namespace dyn::rt;
using nlohmann::json;

/// JSON has no such numbers.
static const char *word(double v) { return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf"; }

Metrics::Metrics(std::vector<std::string> seriesNames, std::string folder, Console &console,
                 Progress::Kind kind, bool quiet)
    : progress(console, kind), names(std::move(seriesNames)), lasts(names.size(), std::nan("")),
      folder(std::move(folder)), path(this->folder + "/metrics.jsonl"), console(console),
      quiet(quiet), start(std::chrono::steady_clock::now()) {
  for (const std::string &name : names)
    keys.push_back(json(name).dump(-1, ' ', false, json::error_handler_t::replace));
  curves.resize(names.size());
  if (this->folder.empty())
    return;
  file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0)
    raise(Code::E0601, path, std::strerror(errno));
  written = lseek(file, 0, SEEK_END);
}

void Metrics::begin() {
  ring.resize(capacity);
  pending.reserve(names.size() + 1);
  line.reserve(1 << 12);
  thread = std::thread([this] { work(); });
}

Metrics::~Metrics() {
  stop = true;
  if (thread.joinable())
    thread.join();
  if (file >= 0)
    close(file);
}

double Metrics::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Metrics::log(int64_t series, double value) {
  lasts[size_t(series)] = value;
  if (listener)
    listener(user, names[size_t(series)].c_str(), steps.load(std::memory_order_relaxed), value);
  if (ring.empty())
    return;
  uint64_t h = head.load(std::memory_order_relaxed);
  // A full ring waits for the recorder: nothing is dropped.
  while (h - tail.load(std::memory_order_acquire) >= capacity)
    std::this_thread::yield();
  ring[h % capacity] = {steps.load(std::memory_order_relaxed), series, value, now()};
  head.store(h + 1, std::memory_order_release);
}

void Metrics::writeLine() {
  if (pending.empty())
    return;
  line.clear();
  auto to = std::back_inserter(line);
  fmt::format_to(to, "{{\"step\":{},\"time\":{:.3f}", pending[0].step, pending[0].time);
  for (const Entry &e : pending)
    if (std::isfinite(e.value))
      fmt::format_to(to, ",{}:{}", keys[size_t(e.series)], e.value);
    else
      fmt::format_to(to, ",{}:\"{}\"", keys[size_t(e.series)], word(e.value));
  line += "}\n";
  pending.clear();
  // After a failure the file ends with its last whole line.
  for (size_t at = 0; file >= 0 && !failure && at < line.size();) {
    ssize_t n = write(file, line.data() + at, line.size() - at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      failure = n < 0 ? errno : EIO;
      if (ftruncate(file, written) != 0)
        failure = errno;
      return;
    }
    at += size_t(n);
  }
  written += int64_t(line.size());
}

void Metrics::drain() {
  uint64_t t = tail.load(std::memory_order_relaxed), h = head.load(std::memory_order_acquire);
  for (; t != h; ++t) {
    const Entry &e = ring[t % capacity];
    bool repeated = false;
    for (const Entry &p : pending)
      repeated |= p.series == e.series;
    if (!pending.empty() && (pending[0].step != e.step || repeated))
      writeLine();
    pending.push_back(e);
    curves[size_t(e.series)].add(e.value);
    tail.store(t + 1, std::memory_order_release);
  }
}

void Metrics::show(bool final) {
  progress.show(now(), steps - resumedAt, steps, names, curves, final);
}

void Metrics::work() {
  while (!stop.load(std::memory_order_acquire)) {
    drain();
    if (flushing.load(std::memory_order_acquire)) {
      drain();
      writeLine();
      flushing.store(false, std::memory_order_release);
    }
    show(false);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  drain();
  writeLine();
}

int64_t Metrics::flush() {
  // The recorder also writes the line it was collecting.
  flushing.store(true, std::memory_order_release);
  while (flushing.load(std::memory_order_acquire))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  if (file < 0)
    return 0;
  // The length is promised by a manifest: the bytes must be there before it.
  if (!failure && fsync(file) != 0)
    failure = errno;
  check();
  return written;
}

void Metrics::check() const {
  if (failure)
    raise(Code::E0601, path, std::strerror(failure));
}

void Metrics::cut(int64_t length, Series &series) {
  if (file < 0)
    return;
  if (written < length)
    raise(Code::E0702, path, "it is shorter than at the checkpoint");
  readRecords(path, length, [&](std::string_view step, const std::vector<Field> &fields) {
    for (const Field &f : fields)
      for (size_t s = 0; s < keys.size(); ++s)
        if (f.name == keys[s]) {
          double value = parseNumber<double>(std::string(f.value)).value_or(std::nan(""));
          curves[s].add(value);
          series.recall(int64_t(s), std::strtoll(std::string(step).c_str(), nullptr, 10), value);
        }
  });
  if (ftruncate(file, length) != 0)
    raise(Code::E0601, path, std::strerror(errno));
  written = length;
}

/// It says the same as metrics.jsonl, a value a row.
void Metrics::writeTable() {
  if (folder.empty())
    return;
  check();
  AtomicFile table(folder + "/metrics.csv");
  std::string rows = "step,series,value\n";
  readRecords(path, written, [&](std::string_view step, const std::vector<Field> &fields) {
    for (const Field &f : fields)
      fmt::format_to(std::back_inserter(rows), "{},{},{}\n", step,
                     f.name.substr(1, f.name.size() - 2), f.value);
    if (rows.size() >= 1 << 16) {
      table.write(rows);
      rows.clear();
    }
  });
  table.write(rows);
  table.commit();
}

void Metrics::showCurves() {
  bool unicode = hasUnicode();
  for (size_t s = 0; s < names.size() && s < 6; ++s)
    if (curves[s].count() >= 8)
      console.note(fmt::format("{:>16} {} {:.4g} .. {:.4g}\n", names[s],
                               console.onNote(Paint::good, curves[s].draw(unicode)),
                               curves[s].low(), curves[s].high()));
}

void Metrics::finish() {
  stop = true;
  if (thread.joinable())
    thread.join();
  show(true);
  if (!quiet)
    showCurves();
  for (size_t s = 0; s < names.size(); ++s)
    if (curves[s].count())
      console.result(fmt::format("{} = {:.6g}\n", names[s], curves[s].last()));
}
