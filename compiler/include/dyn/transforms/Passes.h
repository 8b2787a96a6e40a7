//===- Passes.h - clean-ups on dyn ----------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TRANSFORMS_PASSES_H
#define DYN_TRANSFORMS_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dyn {

#define GEN_PASS_DECL
#include "TransformsPasses.h.inc"

void registerTransforms(mlir::DialectRegistry &registry);

} // namespace dyn

#endif // DYN_TRANSFORMS_PASSES_H
