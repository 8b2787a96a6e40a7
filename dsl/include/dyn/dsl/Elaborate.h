//===- Elaborate.h - from the syntax tree to the dyn dialect --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_H
#define DYN_DSL_ELABORATE_H

#include "dyn/dsl/Diagnostics.h"
#include "dyn/dsl/Source.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dyn::dsl {

struct ElaborateOptions {
  /// Values for static entries of `config`, as text.
  std::map<std::string, std::string> config;
  /// Folders searched for `use` after the program's own.
  std::vector<std::string> libraryPaths;
  /// The program's `real` is f64 instead of f32.
  bool f64 = false;
  /// Instead of `train`: an entry for each top-level function that a host can call.
  bool forHosts = false;
  /// Those asked for, which must have one; empty: all that can have one.
  std::vector<std::string> functions;
  /// Begins the names of entries, before an underscore; empty: the name of the file.
  std::string prefix;
};

struct Elaborated {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string meta;            ///< JSON, see docs/runtime.md
  std::vector<FileId> sources; ///< every file that was read
};

/// Names and types of a program's `config`, known without elaborating it.
struct ConfigEntry {
  std::string name, type, doc;
  /// A `dim`, or an enum: another value is another program.
  bool isStatic() const;
};

/// The `config` entries of a program; empty when it has none.
std::vector<ConfigEntry> configEntries(SourceManager &sources, FileId main);

/// Evaluates everything static and emits one module with `@train`. Reports to
/// `diagnostics` and returns nothing when the program is wrong.
std::optional<Elaborated> elaborate(mlir::MLIRContext &context, SourceManager &sources, FileId main,
                                    const ElaborateOptions &options, Diagnostics &diagnostics);

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_H
