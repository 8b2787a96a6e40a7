//===- Kernel.cpp - a contraction made, compiled and called ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include "Contraction.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace dyn::test;

namespace {

/// What the C interface takes for a memref of up to four dimensions.
struct Descriptor {
  void *base, *aligned;
  int64_t offset, sizesAndStrides[8];
};

Descriptor describe(void *data, ArrayRef<int64_t> extents) {
  Descriptor d{data, data, 0, {}};
  int64_t stride = 1, rank = extents.size();
  for (int64_t i = rank - 1; i >= 0; --i) {
    d.sizesAndStrides[i] = extents[i];
    d.sizesAndStrides[rank + i] = stride;
    stride *= extents[i];
  }
  return d;
}

std::string typeOf(const OperandSpec &o, StringRef element) {
  std::string s = "memref<";
  for (auto [i, e] : llvm::enumerate(o.extents))
    s += (i == 0 && o.dynamicLeading ? "?" : std::to_string(e)) + "x";
  return s + element.str() + ">";
}

std::string textOf(const KernelSpec &k) {
  std::string e = k.isDouble ? "f64" : "f32";
  std::string a = typeOf(k.a, e), b = typeOf(k.b, e), c = typeOf(k.c, e), kinds;
  for (bool summed : k.summed)
    kinds += std::string(kinds.empty() ? "" : ", ") + (summed ? "\"reduction\"" : "\"parallel\"");
  auto map = [&](const OperandSpec &o) {
    return "affine_map<(" + k.loops + ") -> (" + o.map + ")>";
  };
  return "func.func @f(%a: " + a + ", %b: " + b + ", %c: " + c +
         ", %s: memref<?xi8>) attributes {llvm.emit_c_interface} {\n linalg.generic {indexing_maps "
         "= [" +
         map(k.a) + ", " + map(k.b) + ", " + map(k.c) + "], iterator_types = [" + kinds +
         "]} ins(%a, %b: " + a + ", " + b + ") outs(%c: " + c + ") {\n ^bb0(%x: " + e +
         ", %y: " + e + ", %z: " + e + "):\n %p = arith.mulf %x, %y : " + e +
         "\n %q = arith.addf %z, %p : " + e + "\n linalg.yield %q : " + e + " }\n return }";
}

LogicalResult lower(ModuleOp module) {
  PassManager pm(module.getContext());
  pm.addNestedPass<func::FuncOp>(createForallToForLoopPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

/// Every function says the host, or the code generator takes a generic CPU.
llvm::Error nameHost(llvm::Module *m) {
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host.takeError();
  for (llvm::Function &f : *m) {
    f.addFnAttr("target-cpu", host->getCPU());
    f.addFnAttr("target-features", host->getFeatures().getString());
    f.addFnAttr("prefer-vector-width", "512");
  }
  return llvm::Error::success();
}

} // namespace

struct Kernel::State {
  MLIRContext context;
  std::unique_ptr<ExecutionEngine> engine;
  std::vector<char> scratch;
  KernelSpec spec;
};

Kernel::~Kernel() = default;

Kernel::Kernel(const KernelSpec &spec) : state(std::make_unique<State>()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, linalg::LinalgDialect,
              LLVM::LLVMDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  state->context.appendDialectRegistry(registry);
  state->context.loadAllAvailableDialects();
  state->spec = spec;
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(textOf(spec), &state->context);
  if (!module)
    return;
  auto fn = module->lookupSymbol<func::FuncOp>("f");
  auto op = *fn.getOps<linalg::GenericOp>().begin();
  auto shape = codegen::classifyContraction(op);
  if (!shape)
    return;
  shape->overwrite = spec.overwrite;
  state->scratch.assign(codegen::contractionScratchBytes(*shape) + 64, 0x7f);
  IRRewriter rewriter(&state->context);
  codegen::lowerContraction(rewriter, op, *shape,
                            codegen::hasPackingPhase(*shape) ? Value(fn.getArgument(3)) : Value());
  if (failed(lower(*module)))
    return;
  ExecutionEngineOptions options;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  auto transform = nameHost;
  options.transformer = transform;
  auto engine = ExecutionEngine::create(*module, options);
  if (!engine) {
    llvm::consumeError(engine.takeError());
    return;
  }
  state->engine = std::move(*engine);
  if (auto found = state->engine->lookup("_mlir_ciface_f"))
    entry = *found;
  else
    llvm::consumeError(found.takeError());
}

void Kernel::run(const void *a, const void *b, void *c) {
  char *scratch = reinterpret_cast<char *>(
      llvm::alignTo(reinterpret_cast<uintptr_t>(state->scratch.data()), 64));
  Descriptor da = describe(const_cast<void *>(a), state->spec.a.extents);
  Descriptor db = describe(const_cast<void *>(b), state->spec.b.extents);
  Descriptor dc = describe(c, state->spec.c.extents);
  Descriptor ds = describe(scratch, {int64_t(state->scratch.size()) - 64});
  reinterpret_cast<void (*)(void *, void *, void *, void *)>(entry)(&da, &db, &dc, &ds);
}
