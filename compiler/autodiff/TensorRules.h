//===- TensorRules.h - derivatives of tensor ops --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_TENSORRULES_H
#define DYN_AUTODIFF_TENSORRULES_H

#include "mlir/IR/DialectRegistry.h"

namespace dyn::autodiff {
void registerTensorRules(mlir::DialectRegistry &registry);
} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_TENSORRULES_H
