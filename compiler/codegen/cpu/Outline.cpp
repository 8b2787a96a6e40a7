//===- Outline.cpp - one function for each different kernel ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Groups of linalg ops of @train with what they capture become functions of
// their buffers and scalars. 2. A function that prints like an earlier one is
// dropped in its favour: layers of equal shape share their code.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Groups.h"

#include "dyn/codegen/Passes.h"
#include "dyn/dialect/Entries.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace dyn {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "CodegenPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;

namespace {

struct OutlineKernelsPass : dyn::impl::OutlineKernelsPassBase<OutlineKernelsPass> {
  void runOnOperation() final {
    for (func::FuncOp fn : entriesOf(getOperation()))
      outlineAll(fn);
  }

  void outlineAll(func::FuncOp entry) {
    codegen::absorbZeroFills(entry);
    SmallVector<linalg::LinalgOp> named;
    entry.walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp>(op.getOperation()))
        named.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op); // what has no such form stays as it is
    }
    codegen::attachTails(entry);
    for (const codegen::Group &group : codegen::groupByRows(entry))
      outline(group, entry.getArgument(0));
  }

  void outline(const codegen::Group &group, Value run) {
    linalg::LinalgOp last = group.back();
    Location loc = last.getLoc();
    llvm::SetVector<Value> used;
    for (linalg::LinalgOp op : group) {
      getUsedValuesDefinedAbove(op->getRegions(), used);
      used.insert(op->operand_begin(), op->operand_end());
    }
    used.remove(run);
    SmallVector<Value> args{run};
    SmallVector<Operation *> constants;
    for (Value v : used) {
      // A constant is part of the kernel; two kernels that differ in one are two.
      if (matchPattern(v, m_Constant()))
        constants.push_back(v.getDefiningOp());
      else
        args.push_back(v);
    }
    OpBuilder b(last);
    // Room to rearrange an operand in comes from the arena, so the host has it.
    if (auto generic = dyn_cast<linalg::GenericOp>(linalg::LinalgOp(group.front()).getOperation()))
      if (auto shape = codegen::classifyContraction(generic))
        if (int64_t bytes = codegen::contractionScratchBytes(*shape)) {
          auto scratch = memref::AllocOp::create(b, loc, MemRefType::get({bytes}, b.getI8Type()));
          scratch.setAlignment(64);
          args.push_back(scratch);
        }
    SmallVector<Type> types;
    for (Value v : args)
      types.push_back(v.getType());
    auto fn = func::FuncOp::create(loc, "kernel", b.getFunctionType(types, {}));
    Block *entry = fn.addEntryBlock();
    b.setInsertionPointToStart(entry);
    IRMapping map;
    for (auto [v, arg] : llvm::zip(args, entry->getArguments()))
      map.map(v, arg);
    for (Operation *c : constants)
      b.clone(*c, map);
    for (linalg::LinalgOp op : group)
      b.clone(*op, map);
    func::ReturnOp::create(b, loc);
    std::string text;
    llvm::raw_string_ostream os(text);
    fn.print(os, OpPrintingFlags().useLocalScope());
    auto [it, fresh] = known.try_emplace(text, func::FuncOp());
    if (fresh) {
      fn.setSymName("kernel_" + std::to_string(known.size() - 1));
      fn.setPrivate();
      fn->setAttr("dyn.kernel", b.getUnitAttr());
      getOperation().push_back(fn);
      it->second = fn;
    } else {
      fn.erase();
    }
    b.setInsertionPoint(last);
    func::CallOp::create(b, loc, it->second, args);
    for (linalg::LinalgOp op : group)
      op->erase();
  }

  llvm::StringMap<func::FuncOp> known;
};

} // namespace
