//===- Training.cpp - minimize and update ---------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;

Val Elaborator::evalMinimize(const ast::MinimizeExpr &e) {
  std::vector<Pick> picks(e.picks.size());
  for (size_t i = 0; i < picks.size(); ++i)
    if (!resolvePick(*e.picks[i], picks[i], true))
      return Val::error();
  Val *optimizer = lvalue(*e.optimizer);
  if (!optimizer || optimizer->isError())
    return Val::error();
  std::vector<bool> modes;
  for (Pick &p : picks) {
    modes.push_back(p.target->training);
    p.target->training = true;
  }
  auto d = differentiate(
      picks, [&] { return evalBlock(*e.body); }, e.span);
  for (size_t i = 0; i < picks.size(); ++i)
    picks[i].target->training = modes[i];
  if (!d)
    return Val::error();
  for (size_t i = 0; i < picks.size(); ++i)
    if (!applyOptimizer(picks[i], *optimizer, d->gradients[i], e.span))
      return Val::error();
  if (!pure) {
    StepOp::create(builder, current);
    if (!runLoops.empty())
      meta.loopHasSteps(runLoops.back().id);
  }
  return d->value;
}

bool Elaborator::updateStatement(const ast::UpdateStmt &s) {
  Val g = eval(*s.by);
  if (g.isError())
    return false;
  Val *optimizer = lvalue(*s.optimizer);
  if (!optimizer || optimizer->isError())
    return false;
  for (const ast::ExprPtr &x : s.picks) {
    Pick pick;
    if (!resolvePick(*x, pick, true) || !applyOptimizer(pick, *optimizer, g, s.span))
      return false;
  }
  if (!pure) {
    StepOp::create(builder, current);
    if (!runLoops.empty())
      meta.loopHasSteps(runLoops.back().id);
  }
  return true;
}
