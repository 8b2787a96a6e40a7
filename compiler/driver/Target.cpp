//===- Target.cpp - the processor that code is made for -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace llvm;

static std::pair<std::string, std::string> resolve(const std::string &cpu) {
  if (cpu != "host")
    return {cpu, ""};
  SubtargetFeatures features;
  for (auto &[name, on] : sys::getHostCPUFeatures())
    features.AddFeature(name, on);
  return {sys::getHostCPUName().str(), features.getString()};
}

std::string dyn::driver::targetName(const std::string &cpu) {
  auto [name, features] = resolve(cpu);
  return name + ":" + features;
}

std::unique_ptr<TargetMachine> dyn::driver::createTarget(const std::string &cpu,
                                                         std::string &error) {
  static bool once = (InitializeNativeTarget(), InitializeNativeTargetAsmPrinter(), true);
  (void)once;
  Triple triple(sys::getProcessTriple());
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  auto [name, features] = resolve(cpu);
  std::unique_ptr<MCSubtargetInfo> info(target->createMCSubtargetInfo(triple, "", ""));
  if (!info || !info->isCPUStringValid(name)) {
    error = "the processor `" + name + "` is not known";
    return nullptr;
  }
  TargetOptions options;
  // A product and a sum stay two operations, unless they were written as one (fmuladd).
  options.AllowFPOpFusion = FPOpFusion::Standard;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, name, features, options, Reloc::PIC_, CodeModel::Small, CodeGenOptLevel::Default));
}

void dyn::driver::prepareModule(Module &module, const TargetMachine &machine,
                                const StringSet<> &entries, Sanitizer sanitizer) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  for (Function &f : module) {
    if (f.isDeclaration())
      continue;
    f.addFnAttr("target-cpu", machine.getTargetCPU());
    f.addFnAttr("target-features", machine.getTargetFeatureString());
    f.addFnAttr("prefer-vector-width", "512");
    f.addFnAttr(Attribute::NoUnwind);
    if (sanitizer == Sanitizer::Address)
      f.addFnAttr(Attribute::SanitizeAddress);
    if (sanitizer == Sanitizer::Thread)
      f.addFnAttr(Attribute::SanitizeThread);
    if (!entries.contains(f.getName()))
      f.setLinkage(GlobalValue::InternalLinkage);
  }
}

/// Kernels arrive tiled, and vectorised where it pays to do so by hand. What is
/// left: the address arithmetic of their loops, and the inner loops of
/// element-wise kernels. A quarter of the time that -O2 takes, for equal code.
static const char cleanUps[] =
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm),loop(indvars),loop-vectorize,"
    "instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(licm))";

static const char *instrumentation(dyn::driver::Sanitizer sanitizer) {
  switch (sanitizer) {
  case dyn::driver::Sanitizer::None:
    return "";
  case dyn::driver::Sanitizer::Address:
    return "asan";
  case dyn::driver::Sanitizer::Thread:
    // It sees no access that is wider than 16 bytes.
    return "function(scalarizer<load-store>),tsan-module,function(tsan)";
  }
  return "";
}

std::string dyn::driver::generate(Module &module, TargetMachine &machine, bool optimize,
                                  bool assembly, Sanitizer sanitizer) {
  {
    LoopAnalysisManager lam;
    FunctionAnalysisManager fam;
    CGSCCAnalysisManager cgam;
    ModuleAnalysisManager mam;
    PipelineTuningOptions tuning;
    tuning.LoopVectorization = optimize;
    tuning.SLPVectorization = false;
    PassBuilder builder(&machine, tuning);
    builder.registerModuleAnalyses(mam);
    builder.registerCGSCCAnalyses(cgam);
    builder.registerFunctionAnalyses(fam);
    builder.registerLoopAnalyses(lam);
    builder.crossRegisterProxies(lam, fam, cgam, mam);
    ModulePassManager passes;
    if (optimize)
      cantFail(builder.parsePassPipeline(passes, cleanUps));
    else
      passes = builder.buildO0DefaultPipeline(OptimizationLevel::O0);
    if (sanitizer != Sanitizer::None)
      cantFail(builder.parsePassPipeline(passes, instrumentation(sanitizer)));
    passes.run(module, mam);
  }
  SmallVector<char> bytes;
  raw_svector_ostream os(bytes);
  legacy::PassManager emit;
  machine.setOptLevel(optimize ? CodeGenOptLevel::Default : CodeGenOptLevel::None);
  if (machine.addPassesToEmitFile(emit, os, nullptr,
                                  assembly ? CodeGenFileType::AssemblyFile
                                           : CodeGenFileType::ObjectFile))
    return "";
  emit.run(module);
  return std::string(bytes.begin(), bytes.end());
}
