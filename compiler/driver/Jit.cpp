//===- Jit.cpp - loads an object into this process ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The object is the one that `--emit=obj` writes: code is generated in one place.
//
//===----------------------------------------------------------------------===//
#include "dyn/driver/Compile.h"

#include "dyn/runtime.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;
using namespace llvm::orc;

struct dyn::driver::Jit::State {
  std::unique_ptr<LLJIT> jit;
};

dyn::driver::Jit::Jit() : state(std::make_unique<State>()) {}
dyn::driver::Jit::~Jit() = default;

std::string dyn::driver::Jit::load(const std::string &object) {
  static bool once = (InitializeNativeTarget(), InitializeNativeTargetAsmPrinter(), true);
  (void)once;
  auto made = LLJITBuilder().create();
  if (!made)
    return toString(made.takeError());
  state->jit = std::move(*made);
  // What fails is told to the caller, not to the terminal.
  state->jit->getExecutionSession().setErrorReporter([](Error e) { consumeError(std::move(e)); });
  SymbolMap symbols;
  auto bind = [&](const char *name, auto *address) {
    symbols[state->jit->mangleAndIntern(name)] = {
        ExecutorAddr::fromPtr(address), JITSymbolFlags::Exported | JITSymbolFlags::Callable};
  };
#define DYN_RT_FUNCTION(NAME) bind(#NAME, &(NAME));
#include "dyn/runtime_functions.def"
#undef DYN_RT_FUNCTION
  if (auto e = state->jit->getMainJITDylib().define(absoluteSymbols(std::move(symbols))))
    return toString(std::move(e));
  // The C library, for memory functions and what -O0 calls of libm.
  auto process = DynamicLibrarySearchGenerator::GetForCurrentProcess(
      state->jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return toString(process.takeError());
  state->jit->getMainJITDylib().addGenerator(std::move(*process));
  if (auto e = state->jit->addObjectFile(MemoryBuffer::getMemBufferCopy(object, "dyn")))
    return toString(std::move(e));
  return "";
}

void *dyn::driver::Jit::find(const std::string &symbol) {
  auto address = state->jit->lookup(symbol);
  if (address)
    return address->toPtr<void *>();
  consumeError(address.takeError());
  return nullptr;
}
