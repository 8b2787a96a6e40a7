//===- dyn-opt.cpp - runs passes and pipelines on IR in text form ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Dialect.h"
#ifdef DYN_HAS_AUTODIFF
#include "dyn/autodiff/Passes.h"
#endif
#ifdef DYN_HAS_TRANSFORMS
#include "dyn/transforms/Passes.h"
#endif
#ifdef DYN_HAS_LOWERING
#include "dyn/lowering/Passes.h"
#endif
#ifdef DYN_HAS_CODEGEN
#include "dyn/codegen/Passes.h"
#endif
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<dyn::DynDialect>();
#ifdef DYN_HAS_AUTODIFF
  dyn::registerAutodiff(registry);
#endif
#ifdef DYN_HAS_TRANSFORMS
  dyn::registerTransforms(registry);
#endif
#ifdef DYN_HAS_LOWERING
  dyn::registerLowering(registry);
#endif
#ifdef DYN_HAS_CODEGEN
  dyn::registerCodegen(registry);
#endif
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Dyn optimizer\n", registry));
}
