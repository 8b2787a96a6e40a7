//===- Pipelines.h - the whole compiler as lists of passes ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_PIPELINES_H
#define DYN_DRIVER_PIPELINES_H

#include "dyn/driver/Compile.h"
#include "mlir/Pass/PassManager.h"

namespace dyn::driver {

/// The passes that lead from one stage to the next: from elaborated dyn (`Dyn`)
/// to `stage`, which is at most `Llvm`. One list a stage, run one after the other.
void addStage(mlir::OpPassManager &pm, Stage stage, bool optimize);

} // namespace dyn::driver

#endif // DYN_DRIVER_PIPELINES_H
