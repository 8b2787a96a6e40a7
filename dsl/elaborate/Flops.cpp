//===- Flops.cpp - operations of an expression under a mask ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `flops(net where live, e)`: two operations for each term of a sum of products in
// `e`, without the terms that have a weight outside of `live`. The expression is
// elaborated aside, counted and forgotten, so only the density is left to run time.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using ast::BinaryOp;
using llvm::SmallVector;

namespace {

/// Operations of a body, by the weight that takes part in them.
struct Count {
  Block *body;
  SmallVector<int64_t> byWeight;
  int64_t others = 0;
  Operation *obstacle = nullptr; ///< what cannot be counted

  explicit Count(Block *body) : body(body), byWeight(body->getNumArguments(), 0) {}

  /// The weight that a value is a view of.
  std::optional<size_t> weightIn(mlir::Value v) {
    while (Operation *op = v.getDefiningOp()) {
      if (!isa<ReshapeOp, TransposeOp, BroadcastOp, GatherOp, tensor::ExtractSliceOp>(op))
        return std::nullopt;
      v = op->getOperand(0);
    }
    auto arg = cast<BlockArgument>(v);
    return arg.getOwner() == body ? std::optional<size_t>(arg.getArgNumber()) : std::nullopt;
  }

  void product(Operation *op, mlir::Value l, mlir::Value r, int64_t operations) {
    if (operations < 0) {
      obstacle = op;
      return;
    }
    std::optional<size_t> weight = weightIn(l);
    if (!weight)
      weight = weightIn(r);
    (weight ? byWeight[*weight] : others) += operations;
  }

  void visit(Operation *op, int64_t times) {
    if (obstacle)
      return;
    if (auto contract = dyn_cast<ContractOp>(op)) {
      int64_t each = contract.flops();
      return product(op, contract.getLhs(), contract.getRhs(), each < 0 ? each : each * times);
    }
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKind() == ReduceKind::add)
      if (auto mul = reduce.getInput().getDefiningOp<arith::MulFOp>()) {
        int64_t terms = reduce.flops();
        return product(op, mul.getLhs(), mul.getRhs(), terms < 0 ? terms : 2 * terms * times);
      }
    if (isa<ValueAndGradOp, JvpOp, LiftOp, scf::WhileOp>(op)) {
      obstacle = op;
      return;
    }
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<llvm::APInt> trips = loop.getStaticTripCount();
      if (!trips) {
        obstacle = op;
        return;
      }
      return region(loop.getRegion(), times * trips->getSExtValue());
    }
    if (auto stated = dyn_cast<StatedOp>(op))
      return region(stated.getValue(), times);
    for (Region &r : op->getRegions())
      region(r, times);
  }

  void region(Region &r, int64_t times) {
    for (Operation &op : r.getOps())
      visit(&op, times);
  }
};

} // namespace

Val Elaborator::flopsOf(const ast::CallExpr &e) {
  if (e.args.size() != 2) {
    diagnostics.report(e.span, Diag::E0207, "`flops`", "it takes a model and an expression")
        .help("write `flops(net where live, net(x))`");
    return Val::error();
  }
  std::vector<Pick> picks(1);
  if (!resolvePick(*e.args[0].value, picks[0], /*needVar=*/false))
    return Val::error();
  if (picks[0].leaves.empty()) {
    error(e.args[0].span, Diag::E0206)
        .label("this is " + describe(*picks[0].target))
        .help("operations are counted by the weights of a model");
    return Val::error();
  }
  Snapshot before = snapshot();
  std::set<std::string> savedDrawn = drawn;
  Variables variables = openVariables(picks, /*context=*/false);
  std::optional<Traced> traced = trace(
      variables, [&] { return eval(*e.args[1].value); }, e.span,
      [](Val &, llvm::SmallVectorImpl<mlir::Value> &) { return true; });
  drawn = savedDrawn;
  for (size_t i = 0; i < variables.targets.size(); ++i)
    *variables.targets[i] = variables.originals[i];
  for (auto &[binding, value] : before.before)
    binding->val = value;
  if (!traced)
    return Val::error();
  Count count(&traced->region->front());
  count.region(*traced->region, 1);
  traced->region->dropAllReferences();
  if (count.obstacle) {
    bool derivative = isa<ValueAndGradOp, JvpOp, LiftOp>(count.obstacle);
    bool loop = isa<scf::ForOp, scf::WhileOp>(count.obstacle);
    diagnostics
        .report(e.span, Diag::E0273,
                derivative ? "a derivative"
                : loop     ? "a loop without a fixed count"
                           : "an extent known at run time only")
        .help(derivative ? "count the function itself; a step of training takes about three times "
                           "as much"
                         : "count one example: `flops(net, net(x[0]))`");
    return Val::error();
  }
  Val total = Val::integer(count.others);
  for (size_t i = 0; i < variables.originals.size(); ++i) {
    Val part = Val::integer(count.byWeight[i]);
    if (!picks[0].gates.empty() && picks[0].gates[i].isArray()) {
      // Every entry of a weight is in as many terms.
      Val live = Val::of(ValKind::Delta), one = Val::of(ValKind::Delta);
      live.items = {picks[0].gates[i]};
      one.items = {variables.originals[i]};
      Val terms = Val::integer(count.byWeight[i] / std::max<int64_t>(1, sizeOfTree(one)));
      part = arithmetic(BinaryOp::Mul, terms, reduceTree("sum", live, e.span), e.span, e.span,
                        e.span);
    }
    total = arithmetic(BinaryOp::Add, total, part, e.span, e.span, e.span);
  }
  return total;
}
