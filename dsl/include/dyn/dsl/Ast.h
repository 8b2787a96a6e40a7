//===- Ast.h - the syntax tree -------------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_H
#define DYN_DSL_AST_H

#include "dyn/dsl/ast/Expr.h"
#include "dyn/dsl/ast/Item.h"
#include "dyn/dsl/ast/Node.h"
#include "dyn/dsl/ast/Stmt.h"
#include "dyn/dsl/ast/Type.h"

#include <iosfwd>

namespace dyn::dsl::ast {

/// Writes the tree as indented s-expressions (`--emit=ast`). The form is meant for readers and
/// tests; it may change between versions.
void dumpAst(const File &file, std::ostream &os);
std::string dumpAst(const File &file);
std::string dumpAst(const Expr &expr);
std::string dumpAst(const Stmt &stmt);
std::string dumpAst(const TypeExpr &type);

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_H
