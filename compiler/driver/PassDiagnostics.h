//===- PassDiagnostics.h - what passes report, at the user's source -------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_PASSDIAGNOSTICS_H
#define DYN_DRIVER_PASSDIAGNOSTICS_H

#include "dyn/dsl/Diagnostics.h"
#include "mlir/IR/Diagnostics.h"

namespace dyn::driver {

/// Turns errors of passes into ours while it lives: `[E0220] text; way out` at a source
/// range becomes a diagnostic. What has no code or no place is a fault of ours,
/// and kept as text.
class PassDiagnostics {
public:
  PassDiagnostics(mlir::MLIRContext &context, dsl::SourceManager &sources, dsl::Diagnostics &out);

  std::string internal;

private:
  void take(mlir::Diagnostic &diagnostic, dsl::SourceManager &sources, dsl::Diagnostics &out);
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace dyn::driver

#endif // DYN_DRIVER_PASSDIAGNOSTICS_H
