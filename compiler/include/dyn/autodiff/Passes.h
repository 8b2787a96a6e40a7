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

/// `dyn-grad`: expands every dyn.value_and_grad, innermost first.
std::unique_ptr<mlir::Pass> createGradPass();

/// Attaches derivative rules to the upstream ops that programs use.
void registerDerivativeRules(mlir::DialectRegistry &registry);

/// Registers the rules and the passes of this room.
void registerAutodiff(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_AUTODIFF_PASSES_H
