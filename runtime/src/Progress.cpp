//===- Progress.cpp - how far a run is, on the terminal ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Progress.h"

#include "Terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

using namespace dyn::rt;

Progress::Progress(Console &console, Kind kind) : console(console), kind(kind) {
  line.reserve(1 << 12);
}

void Progress::tick(bool outermost, bool counted, int64_t index, int64_t count) {
  if (counted) {
    done.store(index + 1, std::memory_order_relaxed);
    all.store(count, std::memory_order_relaxed);
  }
  if (outermost) {
    outerIndex.store(index + 1, std::memory_order_relaxed);
    outerCount.store(count, std::memory_order_relaxed);
    if (!counted)
      phase.store(true, std::memory_order_relaxed);
  }
}

/// The part of the run that is done.
double Progress::part() const {
  int64_t outer = outerIndex, outers = outerCount, inner = done, inners = all;
  if (outers <= 0)
    return 0;
  bool within = inners > 0 && inner < inners && outer < outers && inners != outers;
  double turns = double(outer) + (within ? double(inner) / double(inners) : 0);
  return std::min(turns / double(outers), 1.0);
}

bool Progress::due(double seconds, bool permanent) {
  double since = seconds - lastShown;
  if (permanent || kind == Kind::bar)
    return permanent || since >= 0.1;
  if (since < gap)
    return false;
  gap = std::min(gap * 1.5, 300.0);
  return true;
}

void Progress::show(double seconds, int64_t steps, int64_t allSteps,
                    const std::vector<std::string> &names, const std::vector<Curve> &curves,
                    bool final) {
  if (kind == Kind::none)
    return;
  // Short turns share a line.
  bool permanent = final || (phase && seconds - lastPermanent >= 0.5);
  if (!due(seconds, permanent))
    return;
  lastShown = seconds;
  if (permanent) {
    lastPermanent = seconds;
    phase = false;
  }
  double ready = part();
  line.clear();
  auto to = std::back_inserter(line);
  if (kind == Kind::bar) {
    auto filled = size_t(ready * 24);
    if (console.colorsNotes())
      line += "\x1b[32m";
    line += '[';
    line.append(filled, '#').append(24 - filled, '.');
    line += "] ";
    if (console.colorsNotes())
      line += "\x1b[0m";
  }
  size_t escapes = kind == Kind::bar && console.colorsNotes() ? 9 : 0;
  fmt::format_to(to, "step {}", allSteps);
  if (seconds > 0)
    fmt::format_to(to, "  {:.0f}/s", double(steps) / seconds);
  if (ready > 0.001 && !final)
    fmt::format_to(to, "  {:.0f} s left", seconds * (1 - ready) / ready);
  // A line has room for a few.
  constexpr size_t most = 8;
  size_t shown = 0;
  for (size_t i = 0; i < names.size() && shown < most; ++i)
    if (curves[i].count() && ++shown)
      fmt::format_to(to, "  {} {:.4g}", names[i], curves[i].last());
  if (kind == Kind::bar && !permanent) {
    // A line that wraps could not be replaced.
    line.resize(std::min(line.size(), size_t(std::max(terminalWidth(), 40) - 1) + escapes));
    console.moving(line);
    return;
  }
  line += '\n';
  console.note(line);
}
