//===- Mentions.h - the names that a piece of program mentions ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_MENTIONS_H
#define DYN_DSL_ELABORATE_MENTIONS_H

#include "dyn/dsl/Ast.h"

#include <set>
#include <string>
#include <vector>

namespace dyn::dsl {

struct Mentioned {
  std::set<std::string> names; ///< `module.name` among them
  bool acts = false;           ///< it trains, logs, saves, loads, claims or seeds
};
Mentioned mentioned(const ast::Expr &expr);
Mentioned mentioned(const ast::Block &block);

/// Adds every plain name in `block` or `expr` to `names`, whether bound inside or not.
void mentionedNames(const ast::Block &block, std::set<std::string> &names);
void mentionedNames(const ast::Expr &expr, std::set<std::string> &names);

/// Adds the subscripted expressions in `expr` that have `index` as a subscript.
void indexedBy(const ast::Expr &expr, const std::string &index,
               std::vector<const ast::IndexExpr *> &indexed);

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_MENTIONS_H
