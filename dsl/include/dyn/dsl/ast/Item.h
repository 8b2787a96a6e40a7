//===- Item.h - declarations and the file --------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_AST_ITEM_H
#define DYN_DSL_AST_ITEM_H

#include "dyn/dsl/ast/Stmt.h"

namespace dyn::dsl::ast {

enum class ItemKind { Use, Config, Const, Type, Enum, Model, Function, Extern, Train };

/// A declaration at the top of a file. `doc` is the text of its `///` lines, joined by newlines.
class Item {
public:
  virtual ~Item();
  ItemKind kind() const { return itemKind; }
  SourceSpan span;
  std::string doc;

protected:
  Item(ItemKind kind, SourceSpan span) : span(span), itemKind(kind) {}

private:
  ItemKind itemKind;
};

using ItemPtr = std::unique_ptr<Item>;

template <ItemKind Kind> class ItemOf : public Item {
public:
  explicit ItemOf(SourceSpan span) : Item(Kind, span) {}
  static bool classof(const Item *item) { return item->kind() == Kind; }
};

/// `use nn, optim`.
struct UseItem : ItemOf<ItemKind::Use> {
  using ItemOf::ItemOf;
  std::vector<Path> modules;
};

/// A field of a record or of `config`.
struct FieldDecl {
  Ident name;
  TypePtr type;
  ExprPtr defaultValue; ///< may be null
  std::string doc;
  SourceSpan span;
};

struct ConfigItem : ItemOf<ItemKind::Config> {
  using ItemOf::ItemOf;
  std::vector<FieldDecl> fields;
};

struct ConstItem : ItemOf<ItemKind::Const> {
  using ItemOf::ItemOf;
  Ident name;
  TypePtr type; ///< may be null
  ExprPtr value;
};

/// `type Name = Other` (alias is set) or `type Name(params) { fields }`.
struct TypeItem : ItemOf<ItemKind::Type> {
  using ItemOf::ItemOf;
  Ident name;
  TypePtr alias; ///< null for a record
  std::vector<Param> params;
  std::vector<FieldDecl> fields;

  bool isRecord() const { return !alias; }
};

struct EnumCase {
  Ident name;
  std::string doc;
};

struct EnumItem : ItemOf<ItemKind::Enum> {
  using ItemOf::ItemOf;
  Ident name;
  std::vector<EnumCase> cases;
};

enum class FunctionKind { Fn, Local, Loss };
std::string_view spelling(FunctionKind kind);

/// The body of a function: exactly one of the two is set.
struct Body {
  ExprPtr expr; ///< `= e`
  BlockPtr block;

  explicit operator bool() const { return expr || block; }
  SourceSpan span() const { return expr ? expr->span : block ? block->span : SourceSpan(); }
};

/// `derivative(dx) = ...` after a function.
struct Derivative {
  std::vector<Param> params;
  Body body;
  SourceSpan span;
};

/// `fn`, `local fn` or `loss`, at the top of a file or in a model, mask or optimizer.
struct FunctionItem : ItemOf<ItemKind::Function> {
  using ItemOf::ItemOf;
  FunctionKind functionKind = FunctionKind::Fn;
  Ident name;
  std::vector<Param> params;
  TypePtr result; ///< may be null
  Body body;
  std::unique_ptr<Derivative> derivative; ///< may be null
};

enum class MemberKind { Param, State, SubModel, Function };

/// A member of a model, mask or optimizer. `param` and `state` have a type or a `like`; a sub-model
/// has a type; a function has only `function` (and `name`, `doc`, copied from it).
struct Member {
  MemberKind kind = MemberKind::Param;
  Ident name;
  TypePtr type;
  ExprPtr like; ///< `param a like w[0]`
  ExprPtr init; ///< may be null
  bool isDraw = false;
  std::unique_ptr<FunctionItem> function;
  std::string doc;
  SourceSpan span;
};

enum class ModelKind { Model, Mask, Optimizer };
std::string_view spelling(ModelKind kind);

struct ModelItem : ItemOf<ItemKind::Model> {
  using ItemOf::ItemOf;
  ModelKind modelKind = ModelKind::Model;
  Ident name;
  std::vector<Param> params;
  std::vector<Member> members;
};

/// `extern pure fn name(params) -> type`.
struct ExternItem : ItemOf<ItemKind::Extern> {
  using ItemOf::ItemOf;
  bool isPure = false;
  Ident name;
  std::vector<Param> params;
  TypePtr result;
};

struct TrainItem : ItemOf<ItemKind::Train> {
  using ItemOf::ItemOf;
  BlockPtr body;
};

/// One source file. `doc` is what it says about itself: the `///` lines before its first item, if
/// that item is a `use` or a blank line comes between them.
struct File {
  FileId id = noFile;
  std::string doc;
  std::vector<ItemPtr> items;
};

} // namespace dyn::dsl::ast

#endif // DYN_DSL_AST_ITEM_H
