//===- Pipelines.cpp - the stages of this room as lists of passes --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/lowering/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

namespace dyn {
#define GEN_PASS_REGISTRATION
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;

void dyn::buildBufferizePipeline(OpPassManager &pm) {
  pm.addPass(createLowerEffectsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createDestinationsPass());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions options;
  // Such an allocation is reported when memory is planned, with its place.
  options.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  // The first run leaves copies of a buffer onto itself, which the second removes.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createLowerCopiesPass());
}

void dyn::buildReferencePipeline(OpPassManager &pm) {
  pm.addPass(createLowerEffectsPass());
  bufferization::OneShotBufferizePassOptions options;
  options.allowReturnAllocsFromLoops = true;
  options.copyBeforeWrite = true;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  bufferization::buildBufferDeallocationPipeline(pm, {});
  pm.addPass(createLowerCopiesPass());
}

void dyn::buildToLLVMPipeline(OpPassManager &pm) {
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createConvertMathToLLVMPass());
  // Calls for each lane take vectors apart, so vectors are lowered behind them.
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void dyn::registerLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, DynDialect *) {
    lowering::attachShapes(context);
    lowering::attachReductions(context);
    lowering::attachIndexing(context);
    lowering::attachWindows(context);
    lowering::attachRandom(context);
  });
  registerLoweringPasses();
  PassPipelineRegistration<>("dyn-bufferize", "tensors to buffers", buildBufferizePipeline);
  PassPipelineRegistration<>("dyn-reference", "tensors to buffers, the plainest way",
                             buildReferencePipeline);
  PassPipelineRegistration<>("dyn-to-llvm", "loops and buffers to the LLVM dialect",
                             buildToLLVMPipeline);
}
