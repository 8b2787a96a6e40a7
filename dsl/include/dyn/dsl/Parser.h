//===- Parser.h - from source text to the syntax tree --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_PARSER_H
#define DYN_DSL_PARSER_H

#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Diagnostics.h"
#include "dyn/dsl/Source.h"

#include <memory>

namespace dyn::dsl {

/// Parses a file. Never null: where the text is wrong, errors are reported and the items that could
/// be read are returned.
std::unique_ptr<ast::File> parseFile(FileId file, const SourceManager &sources,
                                     Diagnostics &diagnostics);

} // namespace dyn::dsl

#endif // DYN_DSL_PARSER_H
