//===- Claims.h - what was measured of a program's claims ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CLAIMS_H
#define DYN_RUNTIME_CLAIMS_H

#include "Safetensors.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace dyn::rt {

struct Run;

/// One claim over all times that it was reached: the figures are those of its worst margin.
struct ClaimResult {
  std::string relation; ///< empty where it is no comparison
  int64_t reached = 0, failed = 0;
  double left = 0, right = 0;

  bool holds() const { return reached && !failed; }
  void reach(bool good, double l, double r);
  /// What is printed behind its condition.
  std::string figures() const;
};

/// What the meta data says of each claim.
std::vector<ClaimResult> claimsOf(const nlohmann::json &meta);
/// Prints every claim with what was measured; false when one fails.
bool reportClaims(Run &run);

/// The verdicts so far as parts of a checkpoint; none where nothing was reached.
std::vector<Tensor> claimTensors(const std::vector<ClaimResult> &claims);
/// False when `t` is none of these parts; nothing when it does not fit the claims there are.
std::optional<bool> restoreClaims(const Tensor &t, std::vector<ClaimResult> &claims);

} // namespace dyn::rt

#endif // DYN_RUNTIME_CLAIMS_H
