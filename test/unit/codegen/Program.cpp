//===- Program.cpp - buffers in, kernels or plain loops over them ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include "dyn/codegen/Passes.h"
#include "dyn/lowering/Passes.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"

#include <thread>

using namespace mlir;
using namespace dyn::test;

Buffer::Buffer(std::vector<int64_t> extents, size_t elementBytes)
    : shape(std::move(extents)), bytes(2 * guard + size() * elementBytes, char(0x5a)) {}

int64_t Buffer::size() const {
  int64_t n = 1;
  for (int64_t e : shape)
    n *= e;
  return n;
}

bool Buffer::guardsHold() const {
  auto isGuard = [](char c) { return c == char(0x5a); };
  return std::all_of(bytes.begin(), bytes.begin() + guard, isGuard) &&
         std::all_of(bytes.end() - guard, bytes.end(), isGuard);
}

namespace {

struct Descriptor {
  void *base, *aligned;
  int64_t offset, sizesAndStrides[8];
};

Descriptor describe(Buffer &b) {
  Descriptor d{b.as<char>(), b.as<char>(), 0, {}};
  int64_t stride = 1, rank = b.extents().size();
  for (int64_t i = rank - 1; i >= 0; --i) {
    d.sizesAndStrides[i] = b.extents()[i];
    d.sizesAndStrides[rank + i] = stride;
    stride *= b.extents()[i];
  }
  return d;
}

/// The run that kernels get is the number of threads.
void parallelFor(int64_t threads, int64_t tasks, int64_t task, int64_t environment) {
  auto call = reinterpret_cast<void (*)(int64_t, int64_t)>(task);
  std::vector<std::thread> others;
  auto part = [=](int64_t first) {
    for (int64_t i = first; i < tasks; i += threads)
      call(environment, i);
  };
  for (int64_t t = 1; t < threads; ++t)
    others.emplace_back(part, t);
  part(0);
  for (std::thread &t : others)
    t.join();
}

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

struct Program::State {
  MLIRContext context;
  std::unique_ptr<ExecutionEngine> engine;
};

Program::~Program() = default;

Program::Program(const std::string &text, bool kernels) : state(std::make_unique<State>()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  state->context.appendDialectRegistry(registry);
  auto module = parseSourceString<ModuleOp>(text, &state->context);
  if (!module)
    return;
  module->lookupSymbol("train")->setAttr("llvm.emit_c_interface", UnitAttr::get(&state->context));
  PassManager pm(&state->context);
  if (kernels)
    buildKernelPipeline(pm);
  buildToLLVMPipeline(pm);
  if (failed(pm.run(*module)))
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
  state->engine->registerSymbols([](llvm::orc::MangleAndInterner names) {
    llvm::orc::SymbolMap map;
    map[names("dyn_rt_parallel_for")] = {llvm::orc::ExecutorAddr::fromPtr(&parallelFor),
                                         llvm::JITSymbolFlags::Exported};
    return map;
  });
  if (auto found = state->engine->lookupPacked("_mlir_ciface_train"))
    entry = *found;
  else
    llvm::consumeError(found.takeError());
}

void Program::run(std::vector<Buffer> &buffers, int threads) {
  int64_t run = threads;
  std::vector<Descriptor> descriptors;
  for (Buffer &b : buffers)
    descriptors.push_back(describe(b));
  std::vector<Descriptor *> pointers;
  for (Descriptor &d : descriptors)
    pointers.push_back(&d);
  std::vector<void *> args{&run};
  for (Descriptor *&p : pointers)
    args.push_back(&p);
  entry(args.data());
}
