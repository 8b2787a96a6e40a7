//===- ParallelTasks.cpp - scf.forall to the runtime's parallel loop ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. What the body captures goes into a struct on the kernel's stack; constants
// are copied instead. 2. The body becomes task(environment, index). 3. One call
// of dyn_rt_parallel_for with the task's address takes the place of the loop, or
// one of the task where there is no other.
//
//===----------------------------------------------------------------------===//
#include "dyn/codegen/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace dyn {
#define GEN_PASS_DEF_PARALLELTASKSPASS
#include "CodegenPasses.h.inc"
} // namespace dyn

using namespace mlir;

namespace {

struct ParallelTasksPass : dyn::impl::ParallelTasksPassBase<ParallelTasksPass> {
  void runOnOperation() final {
    SmallVector<scf::ForallOp> loops;
    getOperation().walk([&](scf::ForallOp f) { loops.push_back(f); });
    for (scf::ForallOp f : loops) {
      if (f.getRank() != 1 || f.getNumResults() != 0) {
        f.emitError("is not a plain loop over tasks");
        return signalPassFailure();
      }
      outline(f);
    }
  }

  func::FuncOp runtimeFunction() {
    constexpr const char *name = "dyn_rt_parallel_for";
    if (auto fn = getOperation().lookupSymbol<func::FuncOp>(name))
      return fn;
    OpBuilder b(getOperation().getBody(), getOperation().getBody()->begin());
    SmallVector<Type> types(4, b.getI64Type());
    auto fn = func::FuncOp::create(b, getOperation().getLoc(), name, b.getFunctionType(types, {}));
    fn.setPrivate();
    return fn;
  }

  void outline(scf::ForallOp loop) {
    Location loc = loop.getLoc();
    auto kernel = loop->getParentOfType<func::FuncOp>();
    OpBuilder b(loop);
    LLVMTypeConverter types(&getContext());
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), loop.getRegion(), used);
    SmallVector<Value> captures;
    SmallVector<Operation *> constants;
    SmallVector<Type> fields;
    for (Value v : used) {
      if (matchPattern(v, m_Constant())) {
        constants.push_back(v.getDefiningOp());
        continue;
      }
      captures.push_back(v);
      fields.push_back(types.convertType(v.getType()));
    }
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto record = LLVM::LLVMStructType::getLiteral(&getContext(), fields);

    // The task.
    b.setInsertionPoint(kernel);
    SmallVector<Type> taskArgs(2, b.getI64Type());
    std::string name = "task_" + std::to_string(count++);
    auto task = func::FuncOp::create(b, loc, name, b.getFunctionType(taskArgs, {}));
    task.setPrivate();
    Block *entry = task.addEntryBlock();
    b.setInsertionPointToStart(entry);
    Value captured = LLVM::IntToPtrOp::create(b, loc, pointer, entry->getArgument(0));
    IRMapping map;
    for (Operation *c : constants)
      b.clone(*c, map);
    auto field = [&](Value base, size_t i) -> Value {
      return LLVM::GEPOp::create(b, loc, pointer, record, base,
                                 ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
    };
    for (auto [i, v] : llvm::enumerate(captures)) {
      Value raw = LLVM::LoadOp::create(b, loc, fields[i], field(captured, i));
      map.map(v, raw.getType() == v.getType()
                     ? raw
                     : UnrealizedConversionCastOp::create(b, loc, v.getType(), raw).getResult(0));
    }
    Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), entry->getArgument(1));
    map.map(loop.getInductionVar(0), index);
    for (Operation &op : loop.getBody()->without_terminator())
      b.clone(op, map);
    func::ReturnOp::create(b, loc);

    // The call.
    b.setInsertionPointToStart(&kernel.getBody().front());
    Value one = LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(1));
    Value environment = LLVM::AllocaOp::create(b, loc, pointer, record, one);
    b.setInsertionPoint(loop);
    for (auto [i, v] : llvm::enumerate(captures)) {
      Value raw = fields[i] == v.getType()
                      ? v
                      : UnrealizedConversionCastOp::create(b, loc, fields[i], v).getResult(0);
      LLVM::StoreOp::create(b, loc, raw, field(environment, i));
    }
    auto toInt = [&](Value p) -> Value {
      return LLVM::PtrToIntOp::create(b, loc, b.getI64Type(), p);
    };
    Value place = toInt(environment);
    OpFoldResult upper = loop.getMixedUpperBound()[0];
    Value tasks = isa<Value>(upper)
                      ? cast<Value>(upper)
                      : Value(arith::ConstantIndexOp::create(
                            b, loc, cast<IntegerAttr>(cast<Attribute>(upper)).getInt()));
    if (getConstantIntValue(tasks) == 1) {
      Value first = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
      func::CallOp::create(b, loc, task, ValueRange{place, first});
    } else {
      Value fn = func::ConstantOp::create(b, loc, task.getFunctionType(), name);
      Value address = UnrealizedConversionCastOp::create(b, loc, pointer, fn).getResult(0);
      tasks = arith::IndexCastOp::create(b, loc, b.getI64Type(), tasks);
      SmallVector<Value> args{kernel.getArgument(0), tasks, toInt(address), place};
      func::CallOp::create(b, loc, runtimeFunction(), args);
    }
    loop.erase();
  }

  unsigned count = 0;
};

} // namespace
