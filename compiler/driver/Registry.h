//===- Registry.h - the dialects and models of the compiler ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_REGISTRY_H
#define DYN_DRIVER_REGISTRY_H

#include "mlir/IR/DialectRegistry.h"

namespace dyn::driver {

/// Everything that compiling a program needs, and no more: start-up time counts.
const mlir::DialectRegistry &registry();

} // namespace dyn::driver

#endif // DYN_DRIVER_REGISTRY_H
