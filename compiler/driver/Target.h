//===- Target.h - the processor that code is made for ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_TARGET_H
#define DYN_DRIVER_TARGET_H

#include "llvm/IR/Module.h"
#include "dyn/driver/Compile.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace dyn::driver {

/// CPU and features as one text; "host" is resolved.
std::string targetName(const std::string &cpu);

/// A machine for position-independent code; null with a reason when LLVM does
/// not know `cpu`.
std::unique_ptr<llvm::TargetMachine> createTarget(const std::string &cpu, std::string &error);

/// Sets triple, layout and the per-function attributes that code generation reads. Only
/// `entries` keep their names.
void prepareModule(llvm::Module &module, const llvm::TargetMachine &machine,
                   const llvm::StringSet<> &entries, Sanitizer sanitizer);

/// Optimises and returns the object bytes (or assembly).
std::string generate(llvm::Module &module, llvm::TargetMachine &machine, bool optimize,
                     bool assembly, Sanitizer sanitizer);

} // namespace dyn::driver

#endif // DYN_DRIVER_TARGET_H
