//===- Registry.cpp - the dialects and models of the compiler -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Registry.h"

#include "dyn/autodiff/Passes.h"
#include "dyn/dialect/Dialect.h"
#include "dyn/lowering/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

using namespace mlir;

const DialectRegistry &dyn::driver::registry() {
  static const DialectRegistry all = [] {
    DialectRegistry r;
    r.insert<DynDialect, affine::AffineDialect, arith::ArithDialect,
             bufferization::BufferizationDialect, cf::ControlFlowDialect, func::FuncDialect,
             LLVM::LLVMDialect, linalg::LinalgDialect, math::MathDialect, memref::MemRefDialect,
             scf::SCFDialect, tensor::TensorDialect, ub::UBDialect, vector::VectorDialect>();
    registerDerivativeRules(r);
    registerLowering(r);
    arith::registerBufferizableOpInterfaceExternalModels(r);
    bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(r);
    linalg::registerBufferizableOpInterfaceExternalModels(r);
    linalg::registerSubsetOpInterfaceExternalModels(r);
    scf::registerBufferizableOpInterfaceExternalModels(r);
    tensor::registerBufferizableOpInterfaceExternalModels(r);
    tensor::registerSubsetOpInterfaceExternalModels(r);
    registerBuiltinDialectTranslation(r);
    registerLLVMDialectTranslation(r);
    return r;
  }();
  return all;
}
