//===- Session.h - one program on its way through the stages --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_SESSION_H
#define DYN_DRIVER_SESSION_H

#include "PassDiagnostics.h"
#include "Registry.h"
#include "dyn/driver/Compile.h"
#include "dyn/dsl/Elaborate.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace dyn::driver {

/// Holds the module between stages. What fails reports to `diagnostics` or fills `failure`.
struct Session {
  dsl::SourceManager &sources;
  const CompileOptions &options;
  dsl::Diagnostics &diagnostics;
  Failure &failure;
  mlir::MLIRContext context{registry(), mlir::MLIRContext::Threading::DISABLED};
  PassDiagnostics passDiagnostics{context, sources, diagnostics};
  std::optional<dsl::Elaborated> program = std::nullopt;
  Stage reached = Stage::Dyn;
  llvm::StringSet<> entries = {}; ///< functions that are called from outside

  /// Reads a program: Dyn source, or a `.mlir` file that holds what the
  /// elaborator would have made of one, with the meta data in `dyn.meta`.
  bool begin(dsl::FileId main);
  /// Runs the stages up to `last`, which is at most `Llvm`.
  bool runTo(Stage last);
  /// Number of kernel functions; known after `Kernels`.
  unsigned kernels();
  /// The meta data with what the stages added; complete after `Kernels`.
  std::string meta();
  /// LLVM IR of the lowered module, ready for code generation; null on failure.
  std::unique_ptr<llvm::Module> translate(llvm::LLVMContext &c, llvm::TargetMachine &machine);

private:
  bool elaborate(dsl::FileId main);
  bool parse(dsl::FileId main);
  bool fault(const char *where);
};

/// Writes what the compiler stumbled over to a new file and returns the line
/// that names it; nothing when there is no room for one.
std::string keepForReport(llvm::StringRef extension, llvm::StringRef text);

} // namespace dyn::driver

#endif // DYN_DRIVER_SESSION_H
