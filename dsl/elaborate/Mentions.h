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

namespace dyn::dsl {

/// Adds every plain name in `block` or `expr` to `names`, whether bound inside or not.
void mentionedNames(const ast::Block &block, std::set<std::string> &names);
void mentionedNames(const ast::Expr &expr, std::set<std::string> &names);

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_MENTIONS_H
