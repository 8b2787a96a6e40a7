//===- Entries.h - functions and objects for a host -----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_ENTRIES_H
#define DYN_DSL_ELABORATE_ENTRIES_H

#include "Value.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace dyn::dsl {

/// An entry while it is made. `arguments` describes the buffers of its table, one by one
/// (docs/runtime.md).
struct Entry {
  mlir::func::FuncOp fn;
  mlir::Value table, seed, call, key;
  llvm::json::Array arguments;
  std::vector<std::pair<int64_t, Extent>> extents; ///< run-time ones, by position
  std::string parameter;                           ///< the one being made
  bool written = false;                            ///< it is a `var`
  struct Variable {
    std::string name;
    std::vector<std::pair<int64_t, mlir::Value>> parts; ///< where they are, what they begin with
  };
  std::vector<Variable> variables; ///< `var` parameters
  std::shared_ptr<Scope> scope;    ///< of the parameters

  int64_t add(llvm::json::Object argument) {
    arguments.push_back(std::move(argument));
    return int64_t(arguments.size()) - 1;
  }
};

/// One array of a model or optimizer; a setting is an argument of its constructor.
struct Part {
  std::string path;
  Val *val;
  std::string role;
};

/// A model or optimizer with all of its arguments known, as a function takes it.
struct HostObject {
  std::string name, type, layout, symbol;
  const ast::ModelItem *decl;
  const ast::FunctionItem *taker; ///< null: a model without arguments
  size_t parameter;
};

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_ENTRIES_H
