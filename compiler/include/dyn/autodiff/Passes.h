//===- Passes.h - derivatives as rewrites from dyn to dyn -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_PASSES_H
#define DYN_AUTODIFF_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dyn {

#define GEN_PASS_DECL
#include "AutodiffPasses.h.inc"

/// Attaches derivative rules to the upstream ops that programs use.
void registerDerivativeRules(mlir::DialectRegistry &registry);

/// Registers the rules and the passes of this room.
void registerAutodiff(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_AUTODIFF_PASSES_H
