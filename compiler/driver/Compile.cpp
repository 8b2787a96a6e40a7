//===- Compile.cpp - from a source file to an object ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/driver/Compile.h"

#include "Cache.h"
#include "Session.h"
#include "Target.h"
#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Parser.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace dyn;
using namespace dyn::driver;

/// Runs a step of the compiler; a crash in it becomes a failure with status 70.
template <typename F>
static auto guarded(dsl::SourceManager &sources, dsl::FileId main, const CompileOptions &options,
                    Failure &failure, F step) -> decltype(step()) {
  if (!options.catchCrashes)
    return step();
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext context;
  decltype(step()) result;
  bool whole = context.RunSafely([&] { result = step(); });
  llvm::CrashRecoveryContext::Disable();
  if (whole)
    return result;
  failure = {70, "internal fault: the compiler crashed" +
                     keepForReport("dyn", sources.file(main).text())};
  return std::nullopt;
}

/// An object says itself what it needs of the runtime.
static void embedMeta(llvm::Module &module, const std::string &meta, const std::string &name) {
  auto *text = llvm::ConstantDataArray::getString(module.getContext(), meta, /*AddNull=*/true);
  new llvm::GlobalVariable(module, text->getType(), /*isConstant=*/true,
                           llvm::GlobalValue::ExternalLinkage, text, name);
}

/// A session after the stage `Llvm`, to bytes: IR as text, assembly or an object.
static std::optional<std::string> produce(Session &s, Stage stage) {
  std::string error;
  auto machine = createTarget(s.options.cpu, error);
  if (!machine) {
    s.failure = {2, error};
    return std::nullopt;
  }
  llvm::LLVMContext c;
  auto module = s.translate(c, *machine);
  if (!module)
    return std::nullopt;
  if (stage == Stage::Llvm) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module->print(os, nullptr);
    return text;
  }
  bool library = s.options.forHosts && !s.options.prefix.empty();
  embedMeta(*module, s.meta(), library ? s.options.prefix + "_meta" : "dyn_program_meta");
  return generate(*module, *machine, s.options.optimize, stage == Stage::Asm,
                  s.options.sanitizer);
}

std::optional<Compiled> dyn::driver::compile(dsl::SourceManager &sources, dsl::FileId main,
                                             const CompileOptions &options,
                                             dsl::Diagnostics &diagnostics, Failure &failure) {
  auto start = std::chrono::steady_clock::now();
  auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  if (options.useCache)
    if (auto hit = lookUp(sources.file(main), options)) {
      hit->seconds = elapsed();
      return hit;
    }
  return guarded(sources, main, options, failure, [&]() -> std::optional<Compiled> {
    Session s{sources, options, diagnostics, failure};
    if (!s.begin(main) || !s.runTo(Stage::Kernels))
      return std::nullopt;
    Compiled out;
    out.kernels = s.kernels();
    out.meta = s.meta();
    if (!s.runTo(Stage::Llvm))
      return std::nullopt;
    auto object = produce(s, Stage::Obj);
    if (!object)
      return std::nullopt;
    out.object = std::move(*object);
    out.seconds = elapsed();
    if (options.useCache) {
      std::vector<std::string> used;
      for (dsl::FileId f : s.program->sources)
        if (f != main)
          used.push_back(sources.file(f).name());
      store(sources.file(main), options, out, used);
    }
    return out;
  });
}

std::optional<std::string> dyn::driver::emit(dsl::SourceManager &sources, dsl::FileId main,
                                             Stage stage, const CompileOptions &options,
                                             dsl::Diagnostics &diagnostics, Failure &failure) {
  return guarded(sources, main, options, failure, [&]() -> std::optional<std::string> {
    if (stage == Stage::Ast) {
      auto file = dsl::parseFile(main, sources, diagnostics);
      return diagnostics.hasErrors() ? std::nullopt : std::optional(dsl::ast::dumpAst(*file));
    }
    Session s{sources, options, diagnostics, failure};
    if (!s.begin(main) || !s.runTo(std::min(stage, Stage::Llvm)))
      return std::nullopt;
    if (stage >= Stage::Llvm)
      return produce(s, stage);
    s.program->module->getOperation()->removeAttr("dyn.meta");
    std::string text;
    llvm::raw_string_ostream os(text);
    s.program->module->print(os);
    return text;
  });
}
