//===- Metrics.cpp - series, their files, and the progress display ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Metrics.h"

#include "AtomicFile.h"
#include "Errors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

using namespace dyn::rt;

/// JSON has no such numbers.
static const char *word(double v) { return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf"; }

Metrics::Metrics(std::vector<std::string> seriesNames, std::string folder, std::string progress,
                 bool quiet)
    : names(std::move(seriesNames)), lasts(names.size(), std::nan("")), folder(std::move(folder)),
      progress(std::move(progress)), quiet(quiet), start(std::chrono::steady_clock::now()) {
  const char *term = getenv("TERM");
  terminal = this->progress == "bar" ||
             (this->progress == "auto" && isatty(2) && term && std::strcmp(term, "dumb") != 0);
  if (this->progress == "none")
    this->quiet = true;
  ring.resize(capacity);
  pending.reserve(names.size() + 1);
  history.resize(names.size());
  for (auto &h : history)
    h.reserve(1 << 16);
  if (!this->folder.empty()) {
    std::string path = this->folder + "/metrics.jsonl";
    file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0)
      raise(Code::E0601, path, std::strerror(errno));
  }
  line.reserve(1 << 12);
}

void Metrics::begin() {
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
  uint64_t h = head.load(std::memory_order_relaxed);
  // A full ring waits for the recorder: nothing is dropped.
  while (h - tail.load(std::memory_order_acquire) >= capacity)
    std::this_thread::yield();
  ring[h % capacity] = {steps, series, value, now()};
  head.store(h + 1, std::memory_order_release);
}

void Metrics::tick(int64_t, bool outermost, bool counted, int64_t index, int64_t count) {
  if (counted) {
    doneIterations.store(index + 1, std::memory_order_relaxed);
    allIterations.store(count, std::memory_order_relaxed);
  }
  if (outermost) {
    outerIndex.store(index + 1, std::memory_order_relaxed);
    outerCount.store(count, std::memory_order_relaxed);
    if (!counted)
      epoch.store(true, std::memory_order_relaxed);
  }
}

void Metrics::writeLine() {
  if (pending.empty())
    return;
  line.clear();
  auto to = std::back_inserter(line);
  fmt::format_to(to, "{{\"step\":{},\"time\":{:.3f}", pending[0].step, pending[0].time);
  for (const Entry &e : pending)
    if (std::isfinite(e.value))
      fmt::format_to(to, ",\"{}\":{}", names[size_t(e.series)], e.value);
    else
      fmt::format_to(to, ",\"{}\":\"{}\"", names[size_t(e.series)], word(e.value));
  line += "}\n";
  pending.clear();
  for (size_t at = 0; file >= 0 && at < line.size();) {
    ssize_t n = write(file, line.data() + at, line.size() - at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      incomplete = true;
      return;
    }
    at += size_t(n);
  }
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
    auto &hist = history[size_t(e.series)];
    hist.push_back({e.step, e.value});
    tail.store(t + 1, std::memory_order_release);
  }
}

std::string Metrics::values() const {
  std::string s;
  for (size_t i = 0; i < names.size(); ++i)
    if (!history[i].empty())
      s += fmt::format("  {} {:.4g}", names[i], history[i].back().second);
  return s;
}

void Metrics::draw(bool final) {
  if (quiet)
    return;
  double t = now();
  bool permanent = epoch.exchange(false) || final;
  if (!terminal && !permanent && t - lastDraw < gap)
    return;
  if (terminal && !permanent && t - lastDraw < 0.1)
    return;
  if (!terminal && permanent && !final && t - lastDraw < 0.5)
    return;
  if (!terminal && !permanent)
    gap = std::min(gap * 1.5, 300.0);
  lastDraw = t;
  int64_t outer = outerIndex, outers = outerCount, done = doneIterations, all = allIterations;
  double part = outers > 0
                    ? (double(outer) + (all > 0 && done < all && outer < outers && all != outers
                                            ? double(done) / double(all)
                                            : 0)) /
                          double(outers)
                    : 0;
  part = std::min(part, 1.0);
  std::string line = fmt::format("step {}", steps);
  if (t > 0)
    line += fmt::format("  {:.0f}/s", double(steps - resumedAt) / t);
  if (part > 0.001 && !final)
    line += fmt::format("  {:.0f} s left", t * (1 - part) / part);
  line += values();
  if (!terminal) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  int filled = int(part * 24);
  std::string bar(size_t(filled), '#');
  bar.resize(24, '.');
  fmt::print(stderr, "\r\x1b[K[{}] {}{}", bar, line, permanent ? "\n" : "");
  std::fflush(stderr);
}

void Metrics::work() {
  while (!stop.load(std::memory_order_acquire)) {
    drain();
    if (flushing.load(std::memory_order_acquire)) {
      drain();
      writeLine();
      flushing.store(false, std::memory_order_release);
    }
    draw(false);
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
  if (fsync(file) != 0)
    incomplete = true;
  return lseek(file, 0, SEEK_END);
}

void Metrics::cut(int64_t length) {
  if (file < 0)
    return;
  if (lseek(file, 0, SEEK_END) < length)
    raise(Code::E0702, folder + "/metrics.jsonl", "it is shorter than at the checkpoint");
  recall(length);
  if (ftruncate(file, length) != 0)
    raise(Code::E0601, folder + "/metrics.jsonl", std::strerror(errno));
}

void Metrics::recall(int64_t length) {
  using nlohmann::json;
  std::string text = readFile(folder + "/metrics.jsonl");
  text.resize(std::min(text.size(), size_t(length)));
  for (size_t from = 0, to; (to = text.find('\n', from)) != std::string::npos; from = to + 1) {
    json entry = json::parse(text.begin() + int64_t(from), text.begin() + int64_t(to), nullptr,
                             /*allow_exceptions=*/false);
    if (!entry.is_object() || !entry["step"].is_number_integer())
      raise(Code::E0702, folder + "/metrics.jsonl", "a line is no record");
    for (size_t s = 0; s < names.size(); ++s)
      if (auto v = entry.find(names[s]); v != entry.end())
        history[s].push_back(
            {entry["step"], v->is_number()   ? v->get<double>()
                            : v->is_string() ? std::strtod(v->get<std::string>().c_str(), nullptr)
                                             : std::nan("")});
  }
}

/// One row of block characters for each series, scaled to its range.
void Metrics::curves() {
  if (quiet)
    return;
  static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static const char *const plain[] = {"_", ".", "-", ":", "=", "+", "*", "#"};
  const char *locale = getenv("LC_ALL");
  if (!locale || !*locale)
    locale = getenv("LANG");
  bool unicode = locale && (std::strstr(locale, "UTF-8") || std::strstr(locale, "utf8"));
  for (size_t s = 0; s < names.size() && s < 6; ++s) {
    auto &h = history[s];
    if (h.size() < 8)
      continue;
    double low = INFINITY, high = -INFINITY;
    for (auto &[step, v] : h)
      if (std::isfinite(v))
        low = std::min(low, v), high = std::max(high, v);
    std::string line;
    for (int i = 0; i < 60; ++i) {
      size_t a = h.size() * size_t(i) / 60, b = std::max(a + 1, h.size() * size_t(i + 1) / 60);
      double mean = 0;
      for (size_t k = a; k < b; ++k)
        mean += h[k].second / double(b - a);
      int level = high > low && std::isfinite(mean) ? int((mean - low) / (high - low) * 7.99) : 0;
      line += unicode ? blocks[level] : plain[level];
    }
    fmt::print(stderr, "{:>16} {} {:.4g} .. {:.4g}\n", names[s], line, low, high);
  }
}

void Metrics::finish() {
  stop = true;
  if (thread.joinable())
    thread.join();
  draw(true);
  curves();
  if (incomplete)
    fmt::print(stderr, "warning: {}/metrics.jsonl is incomplete: a line could not be written\n",
               folder);
  if (!folder.empty()) {
    std::string csv = "step,series,value\n";
    for (size_t s = 0; s < names.size(); ++s)
      for (auto &[step, v] : history[s])
        csv += fmt::format("{},{},{}\n", step, names[s], v);
    writeFile(folder + "/metrics.csv", csv);
  }
  for (size_t s = 0; s < names.size(); ++s)
    if (!history[s].empty())
      fmt::print("{} = {:.6g}\n", names[s], history[s].back().second);
}
