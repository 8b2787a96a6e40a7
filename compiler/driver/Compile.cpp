//===- Compile.cpp - from a source file to an object ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/driver/Compile.h"

#include "Cache.h"
#include "Pipelines.h"
#include "Registry.h"
#include "Target.h"
#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Elaborate.h"
#include "dyn/dsl/Parser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace dyn;
using namespace dyn::driver;

namespace {

/// Turns diagnostics of passes into ours: `[E0220] text` at a source range.
class PassDiagnostics {
public:
  PassDiagnostics(MLIRContext &context, dsl::SourceManager &sources, dsl::Diagnostics &out)
      : handler(&context, [&](mlir::Diagnostic &d) {
          if (d.getSeverity() != DiagnosticSeverity::Error)
            return success();
          std::string text = d.str();
          llvm::StringRef code, rest = text;
          if (rest.consume_front("["))
            std::tie(code, rest) = rest.split("] ");
          dsl::SourceSpan span = find(d.getLocation(), sources);
          const dsl::DiagInfo *info = code.empty() ? nullptr : dsl::findDiag(code.str());
          if (info && span.isValid())
            out.report(span, info->id, rest.str()).label(rest.str());
          else
            internal += (internal.empty() ? "" : "\n") + text;
          return success();
        }) {}
  std::string internal;

private:
  static dsl::SourceSpan find(Location loc, dsl::SourceManager &sources) {
    dsl::SourceSpan span;
    loc->walk([&](Location l) {
      auto range = dyn_cast<FileLineColRange>(l);
      auto file = range ? sources.find(range.getFilename().str()) : std::nullopt;
      if (!file)
        return WalkResult::advance();
      const dsl::SourceFile &f = sources.file(*file);
      span = {*file, f.lineBegin(range.getStartLine()) + range.getStartColumn() - 1,
              f.lineBegin(range.getEndLine()) + range.getEndColumn() - 1};
      return WalkResult::interrupt();
    });
    return span;
  }
  ScopedDiagnosticHandler handler;
};

/// The function that hands out the arena as a buffer descriptor.
void defineArena(llvm::Module &module) {
  llvm::Function *f = module.getFunction("dyn_arena");
  if (!f || !f->isDeclaration())
    return;
  llvm::LLVMContext &c = module.getContext();
  llvm::Type *i64 = llvm::Type::getInt64Ty(c);
  auto get = module.getOrInsertFunction("dyn_rt_arena", llvm::FunctionType::get(i64, {i64, i64}, false));
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(c, "entry", f));
  llvm::Value *address = b.CreateCall(get, {f->getArg(0), f->getArg(1)});
  llvm::Value *pointer = b.CreateIntToPtr(address, llvm::PointerType::getUnqual(c));
  llvm::Value *d = llvm::PoisonValue::get(f->getReturnType());
  d = b.CreateInsertValue(d, pointer, 0);
  d = b.CreateInsertValue(d, pointer, 1);
  d = b.CreateInsertValue(d, llvm::ConstantInt::get(i64, 0), 2);
  d = b.CreateInsertValue(d, f->getArg(1), {3, 0});
  d = b.CreateInsertValue(d, llvm::ConstantInt::get(i64, 1), {4, 0});
  b.CreateRet(d);
}

struct Session {
  dsl::SourceManager &sources;
  const CompileOptions &options;
  dsl::Diagnostics &diagnostics;
  Failure &failure;
  MLIRContext context{registry(), MLIRContext::Threading::DISABLED};
  PassDiagnostics passDiagnostics{context, sources, diagnostics};
  std::optional<dsl::Elaborated> program = std::nullopt;
  Stage reached = Stage::Dyn;

  bool elaborate(dsl::FileId main) {
    context.printOpOnDiagnostic(false);
    dsl::ElaborateOptions o;
    o.config = options.config;
    o.libraryPaths = options.libraryPaths;
    o.f64 = options.f64;
    program = dsl::elaborate(context, sources, main, o, diagnostics);
    return program.has_value();
  }

  bool runTo(Stage last) {
    for (Stage s : {Stage::Grad, Stage::Linalg, Stage::Kernels, Stage::Llvm}) {
      if (s > last)
        break;
      if (s <= reached)
        continue;
      reached = s;
      PassManager pm(&context);
      addStage(pm, s, options.optimize);
      if (failed(pm.run(*program->module))) {
        if (diagnostics.hasErrors())
          return false;
        failure.status = 70;
        failure.message = "internal fault while compiling: " + passDiagnostics.internal + reproducer();
        return false;
      }
    }
    return true;
  }

  /// Writes what was being compiled, so that the fault can be looked at.
  std::string reproducer() {
    int fd = -1;
    llvm::SmallString<128> path;
    if (llvm::sys::fs::createTemporaryFile("dyn-fault", "mlir", fd, path))
      return "";
    llvm::raw_fd_ostream os(fd, /*shouldClose=*/true);
    program->module->print(os, OpPrintingFlags().assumeVerified());
    return "\n  = help: please report it with the file " + std::string(path);
  }

  unsigned kernels() {
    unsigned n = 0;
    program->module->walk([&](func::FuncOp f) { n += f->hasAttr("dyn.kernel"); });
    return n;
  }

  /// LLVM IR of the lowered module, ready for code generation.
  std::unique_ptr<llvm::Module> translate(llvm::LLVMContext &c, llvm::TargetMachine &machine) {
    auto module = translateModuleToLLVMIR(*program->module, c, "dyn");
    if (!module) {
      failure.status = 70;
      failure.message = "internal fault while translating: " + passDiagnostics.internal + reproducer();
      return nullptr;
    }
    defineArena(*module);
    prepareModule(*module, machine);
    return module;
  }
};

std::string withArenaSize(const std::string &meta, ModuleOp module) {
  auto parsed = llvm::json::parse(meta);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return meta;
  }
  if (auto bytes = module->getAttrOfType<IntegerAttr>("dyn.arena_bytes"))
    (*parsed->getAsObject())["arena_bytes"] = bytes.getInt();
  std::string text;
  llvm::raw_string_ostream(text) << *parsed;
  return text;
}

} // namespace

std::optional<Compiled> dyn::driver::compile(dsl::SourceManager &sources, dsl::FileId main,
                                             const CompileOptions &options,
                                             dsl::Diagnostics &diagnostics, Failure &failure) {
  auto start = std::chrono::steady_clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::string text(sources.file(main).text());
  if (options.useCache)
    if (auto hit = lookUp(text, options)) {
      hit->seconds = elapsed();
      return hit;
    }
  Session s{sources, options, diagnostics, failure};
  if (!s.elaborate(main) || !s.runTo(Stage::Kernels))
    return std::nullopt;
  Compiled out;
  out.kernels = s.kernels();
  if (!s.runTo(Stage::Llvm))
    return std::nullopt;
  out.meta = withArenaSize(s.program->meta, *s.program->module);
  std::string error;
  auto machine = createTarget(options.cpu, error);
  if (!machine) {
    failure = {2, error};
    return std::nullopt;
  }
  llvm::LLVMContext c;
  auto module = s.translate(c, *machine);
  if (!module)
    return std::nullopt;
  out.object = generate(*module, *machine, options.optimize, /*assembly=*/false);
  out.seconds = elapsed();
  if (options.useCache) {
    std::vector<std::string> files;
    for (dsl::FileId f : s.program->sources)
      files.push_back(sources.file(f).name());
    store(text, options, out, files);
  }
  return out;
}

std::optional<std::string> dyn::driver::emit(dsl::SourceManager &sources, dsl::FileId main,
                                             Stage stage, const CompileOptions &options,
                                             dsl::Diagnostics &diagnostics, Failure &failure) {
  if (stage == Stage::Ast) {
    auto file = dsl::parseFile(main, sources, diagnostics);
    return diagnostics.hasErrors() ? std::nullopt : std::optional(dsl::ast::dumpAst(*file));
  }
  Session s{sources, options, diagnostics, failure};
  if (!s.elaborate(main))
    return std::nullopt;
  if (stage == Stage::Obj) {
    auto c = compile(sources, main, options, diagnostics, failure);
    return c ? std::optional(c->object) : std::nullopt;
  }
  bool needsLlvm = stage == Stage::Llvm || stage == Stage::Asm;
  if (!s.runTo(needsLlvm ? Stage::Llvm : stage))
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!needsLlvm) {
    s.program->module->getOperation()->removeAttr("dyn.meta");
    s.program->module->print(os);
    return text;
  }
  std::string error;
  auto machine = createTarget(options.cpu, error);
  if (!machine) {
    failure = {2, error};
    return std::nullopt;
  }
  llvm::LLVMContext c;
  auto module = s.translate(c, *machine);
  if (!module)
    return std::nullopt;
  if (stage == Stage::Asm)
    return generate(*module, *machine, options.optimize, /*assembly=*/true);
  module->print(os, nullptr);
  return text;
}
