//===- Session.cpp - one program on its way through the stages ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Session.h"

#include "Pipelines.h"
#include "Target.h"
#include "dyn/dialect/Entries.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::driver;

std::string dyn::driver::keepForReport(llvm::StringRef extension, llvm::StringRef text) {
  int fd = -1;
  llvm::SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("dyn-fault", extension, fd, path))
    return "";
  llvm::raw_fd_ostream os(fd, /*shouldClose=*/true);
  os << text;
  return "\n  = help: please report it with the file " + std::string(path);
}

bool Session::begin(dsl::FileId main) {
  context.printOpOnDiagnostic(false);
  bool text = llvm::StringRef(sources.file(main).name()).ends_with(".mlir");
  if (!(text ? parse(main) : elaborate(main)))
    return false;
  for (func::FuncOp fn : entriesOf(*program->module))
    entries.insert(fn.getName());
  return true;
}

bool Session::elaborate(dsl::FileId main) {
  dsl::ElaborateOptions o;
  o.config = options.config;
  o.libraryPaths = options.libraryPaths;
  o.f64 = options.f64;
  o.forHosts = options.forHosts;
  o.functions = options.functions;
  o.prefix = options.prefix;
  program = dsl::elaborate(context, sources, main, o, diagnostics);
  return program.has_value();
}

bool Session::parse(dsl::FileId main) {
  const dsl::SourceFile &file = sources.file(main);
  auto module = parseSourceString<ModuleOp>(file.text(), ParserConfig(&context), file.name());
  auto meta = module ? (*module)->getAttrOfType<StringAttr>("dyn.meta") : StringAttr();
  if (!meta || !module->lookupSymbol<func::FuncOp>("train")) {
    failure = {1, !module ? file.name() + ": " + passDiagnostics.internal
                          : file.name() + ": a module has a `dyn.meta` attribute and a @train"};
    return false;
  }
  program.emplace();
  program->meta = meta.str();
  program->sources = {main};
  program->module = std::move(module);
  return true;
}

bool Session::fault(const char *where) {
  std::string text;
  llvm::raw_string_ostream os(text);
  program->module->print(os, OpPrintingFlags().assumeVerified());
  failure = {70, std::string("internal fault while ") + where + ": " + passDiagnostics.internal +
                     keepForReport("mlir", text)};
  return false;
}

bool Session::runTo(Stage last) {
  for (Stage s : {Stage::Grad, Stage::Linalg, Stage::Kernels, Stage::Llvm}) {
    if (s <= reached)
      continue;
    if (s > last)
      break;
    reached = s;
    PassManager pm(&context);
    addStage(pm, s, options.optimize);
    if (failed(pm.run(*program->module)))
      return !diagnostics.hasErrors() && fault("compiling");
  }
  return true;
}

unsigned Session::kernels() {
  unsigned n = 0;
  program->module->walk([&](func::FuncOp f) { n += f->hasAttr("dyn.kernel"); });
  return n;
}

std::string Session::meta() {
  auto parsed = llvm::json::parse(program->meta);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return program->meta;
  }
  auto bytes = (*program->module)->getAttrOfType<IntegerAttr>("dyn.arena_bytes");
  if (llvm::json::Object *fields = parsed->getAsObject(); fields && bytes)
    (*fields)["arena_bytes"] = bytes.getInt();
  std::string text;
  llvm::raw_string_ostream(text) << *parsed;
  return text;
}

/// Gives `dyn_arena`, which hands out the arena as a buffer descriptor, its body.
static void defineArena(llvm::Module &module) {
  llvm::Function *f = module.getFunction("dyn_arena");
  if (!f || !f->isDeclaration())
    return;
  llvm::LLVMContext &c = module.getContext();
  llvm::Type *i64 = llvm::Type::getInt64Ty(c);
  auto get =
      module.getOrInsertFunction("dyn_rt_arena", llvm::FunctionType::get(i64, {i64, i64}, false));
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

std::unique_ptr<llvm::Module> Session::translate(llvm::LLVMContext &c,
                                                 llvm::TargetMachine &machine) {
  auto module = translateModuleToLLVMIR(*program->module, c, "dyn");
  if (!module) {
    fault("translating");
    return nullptr;
  }
  defineArena(*module);
  prepareModule(*module, machine, entries, options.sanitizer);
  return module;
}
