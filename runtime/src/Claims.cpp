//===- Claims.cpp - what was measured of a program's claims ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Claims.h"

#include "AtomicFile.h"
#include "Run.h"
#include "RunDirectory.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace dyn::rt;
using nlohmann::json;

/// By how much a comparison holds; negative where it does not.
static double margin(const std::string &relation, double left, double right) {
  if (relation.empty())
    return left - 1;
  double m = relation[0] == '<'   ? right - left
             : relation[0] == '>' ? left - right
             : relation == "=="   ? -std::fabs(left - right)
                                  : std::fabs(left - right);
  return std::isnan(m) ? -std::numeric_limits<double>::infinity() : m;
}

void ClaimResult::reach(bool good, double l, double r) {
  // A verdict that fails is worse than any that holds, of equal ones the first is kept.
  bool worse = !reached || (good == (failed == 0) ? margin(relation, l, r) < margin(relation, left, right)
                                                  : !good);
  ++reached;
  failed += !good;
  if (!worse)
    return;
  left = l;
  right = r;
}

std::string ClaimResult::figures() const {
  std::string out;
  if (reached && !relation.empty())
    out += fmt::format("; {:.6g} {} {:.6g}, margin {:.3g}", left, relation, right,
                       std::fabs(left - right));
  if (failed && reached > 1)
    out += fmt::format("; {} of {} times failed", failed, reached);
  else if (reached > 1)
    out += fmt::format("; {}{} times", relation.empty() ? "" : "worst of ", reached);
  return out;
}

std::vector<ClaimResult> dyn::rt::claimsOf(const json &meta) {
  std::vector<ClaimResult> all;
  for (const json &c : meta["claims"])
    all.emplace_back().relation = c.value("relation", "");
  return all;
}

bool dyn::rt::reportClaims(Run &run) {
  bool all = true;
  json list = json::array();
  for (size_t i = 0; i < run.claims.size(); ++i) {
    const json &c = run.meta["claims"][i];
    const ClaimResult &r = run.claims[i];
    std::string verdict = !r.reached ? "not reached" : r.holds() ? "holds" : "FAILS";
    run.console.result(fmt::format(
        "claim {}: {}  ({}{})\n", run.console.onResult(r.holds() ? Paint::good : Paint::bad, verdict),
        c.value("text", ""), c.value("condition", ""), r.figures()));
    all &= r.holds();
    list.push_back({{"text", c.value("text", "")},
                    {"verdict", verdict},
                    {"reached", r.reached},
                    {"failed", r.failed},
                    {"left", fmt::format("{}", r.left)},
                    {"right", fmt::format("{}", r.right)}});
  }
  if (run.useRunDirectory && !run.claims.empty())
    writeFile(run.runDirectory + "/claims.json", jsonText(list));
  return all;
}

static const char *const countsName = "@claims.counts", *const figuresName = "@claims.figures";

std::vector<Tensor> dyn::rt::claimTensors(const std::vector<ClaimResult> &claims) {
  std::vector<int64_t> counts;
  std::vector<double> figures;
  bool any = false;
  for (const ClaimResult &c : claims) {
    any |= c.reached > 0;
    counts.insert(counts.end(), {c.reached, c.failed});
    figures.insert(figures.end(), {c.left, c.right});
  }
  if (!any)
    return {};
  auto tensor = [&](const char *name, int64_t type, const void *data) {
    Tensor t;
    t.name = name;
    t.type = type;
    t.shape = {int64_t(claims.size()), 2};
    t.data.assign(static_cast<const char *>(data), claims.size() * 16);
    return t;
  };
  return {tensor(countsName, DYN_I64, counts.data()), tensor(figuresName, DYN_F64, figures.data())};
}

std::optional<bool> dyn::rt::restoreClaims(const Tensor &t, std::vector<ClaimResult> &claims) {
  bool counts = t.name == countsName;
  if (!counts && t.name != figuresName)
    return false;
  if (t.type != (counts ? DYN_I64 : DYN_F64) ||
      t.shape != std::vector<int64_t>{int64_t(claims.size()), 2})
    return std::nullopt;
  for (size_t i = 0; i < claims.size(); ++i) {
    const char *pair = t.data.data() + 16 * i;
    ClaimResult &c = claims[i];
    std::memcpy(counts ? static_cast<void *>(&c.reached) : &c.left, pair, 8);
    std::memcpy(counts ? static_cast<void *>(&c.failed) : &c.right, pair + 8, 8);
    if (c.failed < 0 || c.reached < c.failed)
      return std::nullopt;
  }
  return true;
}
