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

void (*dyn::driver::Jit::load(const std::string &object, std::string &error))(int64_t) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  auto fail = [&](Error e) -> void (*)(int64_t) {
    error = toString(std::move(e));
    return nullptr;
  };
  auto made = LLJITBuilder().create();
  if (!made)
    return fail(made.takeError());
  state->jit = std::move(*made);
  SymbolMap symbols;
  auto bind = [&](const char *name, auto *address) {
    symbols[state->jit->mangleAndIntern(name)] = {
        ExecutorAddr::fromPtr(address), JITSymbolFlags::Exported | JITSymbolFlags::Callable};
  };
#define DYN_RT_FUNCTION(NAME) bind(#NAME, &(NAME));
#include "dyn/runtime_functions.def"
#undef DYN_RT_FUNCTION
  if (auto e = state->jit->getMainJITDylib().define(absoluteSymbols(std::move(symbols))))
    return fail(std::move(e));
  // The C library, for memory functions and what -O0 calls of libm.
  auto process = DynamicLibrarySearchGenerator::GetForCurrentProcess(
      state->jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return fail(process.takeError());
  state->jit->getMainJITDylib().addGenerator(std::move(*process));
  if (auto e = state->jit->addObjectFile(MemoryBuffer::getMemBufferCopy(object, "dyn")))
    return fail(std::move(e));
  auto train = state->jit->lookup("train");
  if (!train)
    return fail(train.takeError());
  return train->toPtr<void (*)(int64_t)>();
}
