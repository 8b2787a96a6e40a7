//===- Type.h - types as they are written --------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_TYPE_H
#define DYN_DSL_AST_TYPE_H

#include "dyn/dsl/ast/Node.h"

#include <optional>

namespace dyn::dsl::ast {

enum class TypeKind { Named, Tuple, Function };

/// A type expression.
class TypeExpr {
public:
  virtual ~TypeExpr();
  TypeKind kind() const { return typeKind; }
  SourceSpan span;

protected:
  TypeExpr(TypeKind kind, SourceSpan span) : span(span), typeKind(kind) {}

private:
  TypeKind typeKind;
};

/// One entry between the brackets of `real[B, n <= 512, ...S]`.
struct Dim {
  ExprPtr extent;      ///< null for `...`
  ExprPtr bound;       ///< `extent <= bound`; null if there is none
  bool isRest = false; ///< `...S` or `...`
  Ident restName;      ///< empty for a bare `...`
  SourceSpan span;
};

/// `real`, `real[B, D]`, `nn.Linear(a, b)`, `Block(w)[12]`, `dim <= 512`.
class NamedType : public TypeExpr {
public:
  NamedType(SourceSpan span, Path path) : TypeExpr(TypeKind::Named, span), path(std::move(path)) {}
  static bool classof(const TypeExpr *type) { return type->kind() == TypeKind::Named; }

  Path path;
  std::optional<std::vector<Arg>> args; ///< present if parentheses were written
  std::vector<Dim> dims;                ///< empty if no brackets were written
  ExprPtr bound;                        ///< of `dim <= 512`; else null
};

/// `(int, real[3])`, two or more.
class TupleType : public TypeExpr {
public:
  TupleType(SourceSpan span, std::vector<TypePtr> elements)
      : TypeExpr(TypeKind::Tuple, span), elements(std::move(elements)) {}
  static bool classof(const TypeExpr *type) { return type->kind() == TypeKind::Tuple; }

  std::vector<TypePtr> elements;
};

/// `fn(real[N]) -> real`.
class FunctionType : public TypeExpr {
public:
  FunctionType(SourceSpan span, std::vector<TypePtr> params, TypePtr result)
      : TypeExpr(TypeKind::Function, span), params(std::move(params)), result(std::move(result)) {}
  static bool classof(const TypeExpr *type) { return type->kind() == TypeKind::Function; }

  std::vector<TypePtr> params;
  TypePtr result;
};

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_TYPE_H
