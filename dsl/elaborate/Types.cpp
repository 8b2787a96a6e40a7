//===- Types.cpp - declared types against values --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;

std::optional<Elem> Elaborator::elemNamed(const std::string &name) {
  if (name == "real")
    return realElem();
  if (name == "f32")
    return Elem::F32;
  if (name == "f64")
    return Elem::F64;
  if (name == "int" || name == "i64")
    return Elem::I64;
  if (name == "i32")
    return Elem::I32;
  if (name == "u8")
    return Elem::U8;
  if (name == "bool")
    return Elem::Bool;
  return std::nullopt;
}

Elaborator::Expected Elaborator::expected(const ast::TypeExpr *type) {
  Expected want;
  if (!type)
    return want;
  if (type->kind() == ast::TypeKind::Function) {
    want.kind = Expected::Function;
    return want;
  }
  auto *named = llvm::dyn_cast<ast::NamedType>(type);
  if (!named)
    return want;
  std::string name = named->path.str();
  for (const ast::Dim &d : named->dims)
    want.dims.push_back(&d);
  if (name == "dim") {
    want.kind = Expected::Dim;
  } else if (name == "path" || name == "text") {
    want.kind = Expected::Text;
  } else if (std::optional<Elem> e = elemNamed(name)) {
    want.kind =
        !named->dims.empty() && named->dims.back().isRest ? Expected::Rest : Expected::Array;
    want.elem = *e;
  } else {
    // A model or record: compared by declaration.
    if (std::optional<Val> v = typeNamed(*named)) {
      want.kind = Expected::Struct;
      want.decl = v->decl;
    }
  }
  return want;
}

/// The dimensions that `...S` stands for are kept as a tuple.
static std::string restKey(const ast::Dim &d) { return "..." + d.restName.text; }

static std::optional<SmallVector<Extent, 4>> restIn(Scope &scope, const ast::Dim &d) {
  Binding *b = scope.find(restKey(d));
  if (!b)
    return std::nullopt;
  SmallVector<Extent, 4> out;
  for (const Val &v : b->val.items)
    out.push_back(v.extent);
  return out;
}

bool Elaborator::unifyRest(const ast::Dim &d, llvm::ArrayRef<Extent> have, const Val &got,
                           Scope &into, SourceSpan span, const std::string &name) {
  if (d.restName.text.empty())
    return true;
  auto bound = restIn(into, d);
  if (!bound) {
    Val rest = Val::of(ValKind::Tuple);
    for (const Extent &e : have) {
      rest.items.push_back(Val::of(ValKind::Dim));
      rest.items.back().extent = e;
    }
    into.names[restKey(d)] = {rest, false, d.span};
    return true;
  }
  if (llvm::ArrayRef<Extent>(*bound) == have)
    return true;
  auto list = [](llvm::ArrayRef<Extent> extents) {
    std::string s;
    for (const Extent &e : extents)
      s += (s.empty() ? "" : ", ") + describe(e);
    return "[" + s + "]";
  };
  diagnostics
      .report(span, Diag::E0210, std::string(sources.text(d.span)), list(*bound), list(have))
      .label("`" + name + "` is " + describe(got))
      .note(d.span, "declared as " + list(*bound) + " here");
  return false;
}

bool Elaborator::fitsBound(const ast::Dim &d, const Extent &have, SourceSpan span,
                           const std::string &name) {
  std::optional<int64_t> bound = staticInt(*d.bound, "the bound of an extent");
  if (!bound)
    return false;
  if ((have.isStatic() ? have.size : have.bound) <= *bound)
    return true;
  diagnostics.report(span, Diag::E0260, name, describe(have), std::to_string(*bound))
      .note(d.span, "declared here");
  return false;
}

bool Elaborator::unifyDims(const Expected &want, Val &got, Scope &into, SourceSpan span,
                           const std::string &name) {
  Array &a = got.array;
  for (size_t i = 0; i < want.dims.size(); ++i) {
    const ast::Dim &d = *want.dims[i];
    if (d.isRest)
      return unifyRest(d, llvm::ArrayRef<Extent>(a.shape).drop_front(i), got, into, span, name);
    const Extent &have = a.shape[i];
    auto *var = llvm::dyn_cast<ast::NameExpr>(d.extent.get());
    Binding *bound = var ? into.find(var->name) : nullptr;
    if (d.bound && !fitsBound(d, have, span, name))
      return false;
    if (var && !bound && (d.bound || isupper(static_cast<unsigned char>(var->name[0])))) {
      Val v = have.isStatic() ? Val::integer(have.size) : Val::of(ValKind::Dim);
      v.extent = have;
      into.names[var->name] = {v, false, d.span};
      continue;
    }
    auto inner = scope;
    auto alias = std::shared_ptr<Scope>(std::shared_ptr<Scope>(), &into);
    scope = alias;
    std::optional<Extent> e = extentOf(*d.extent);
    scope = inner;
    if (!e)
      return false;
    if (*e == have)
      continue;
    diagnostics
        .report(span, Diag::E0210, std::string(sources.text(d.span)), describe(*e), describe(have))
        .label("`" + name + "` is " + describe(a))
        .note(d.span, "declared as " + describe(*e) + " here");
    return false;
  }
  return true;
}

bool Elaborator::sameArguments(const Val &v, const ast::NamedType &type, Scope &into) {
  auto *model = v.decl->kind() == ast::ItemKind::Model
                    ? static_cast<const ast::ModelItem *>(v.decl)
                    : nullptr;
  if (!model || model->modelKind != ast::ModelKind::Model || !type.args)
    return true;
  auto saved = scope;
  scope = std::shared_ptr<Scope>(std::shared_ptr<Scope>(), &into);
  bool same = true;
  size_t position = 0;
  for (const ast::Arg &a : *type.args) {
    size_t next = position++;
    std::string name = !a.name.text.empty()          ? a.name.text
                       : next < model->params.size() ? model->params[next].name.text
                                                     : "";
    int field = v.field(name);
    if (field < 0 || v.items[field].kind != ValKind::Int)
      continue;
    Val want = eval(*a.value);
    same = same && (want.kind != ValKind::Int || want.number == v.items[field].number);
  }
  scope = saved;
  return same;
}

bool Elaborator::conform(Val &v, const ast::TypeExpr *type, Scope &into, SourceSpan span,
                         const std::string &name) {
  if (v.isError())
    return false;
  Expected want = expected(type);
  auto mismatch = [&](const std::string &what) {
    diagnostics.report(span, Diag::E0206)
        .label("`" + name + "` takes " + what + ", this is " + describe(v));
    return false;
  };
  switch (want.kind) {
  case Expected::Any:
    return true;
  case Expected::Dim:
    if (v.kind == ValKind::Int || v.kind == ValKind::Dim)
      return true;
    diagnostics.report(span, Diag::E0209)
        .label("`" + name + "` takes a `dim`, this is " + describe(v));
    return false;
  case Expected::Text:
    return v.kind == ValKind::Text || v.kind == ValKind::Handle || mismatch("text");
  case Expected::Function:
    return v.kind == ValKind::Function || v.kind == ValKind::Builtin || v.kind == ValKind::Struct ||
           mismatch("a function");
  case Expected::Struct:
    // A case of the enum, or one chosen at run time.
    if (want.decl->kind() == ast::ItemKind::Enum) {
      bool chosen = v.isArray() && v.array.elem == Elem::I64 && v.array.shape.empty();
      return (v.kind == ValKind::Int && v.decl == want.decl) || chosen ||
             mismatch("a case of " + std::string(sources.text(type->span)));
    }
    if (v.kind != ValKind::Struct || v.decl != want.decl)
      return mismatch(std::string(sources.text(type->span)));
    return sameArguments(v, *static_cast<const ast::NamedType *>(type), into) ||
           mismatch(std::string(sources.text(type->span)));
  case Expected::Array:
  case Expected::Rest: {
    if (v.isStatic() && want.dims.empty() && v.kind == ValKind::Int && !isReal(want.elem))
      return true;
    if (v.kind == ValKind::Index || v.kind == ValKind::Dim || v.isStatic()) {
      if (v.kind == ValKind::Real && !isReal(want.elem))
        return mismatch(std::string(sources.text(type->span)));
      if (v.isStatic() && want.dims.empty())
        return true; // stays static and adapts
      v = Val::ofArray(toArray(v, want.elem));
    }
    if (v.kind == ValKind::Delta && want.kind == Expected::Rest)
      return true;
    if (!v.isArray() || v.array.elem != want.elem)
      return mismatch(std::string(sources.text(type->span)));
    size_t rank = v.array.shape.size(), least = want.dims.size() - 1;
    bool rest = want.kind == Expected::Rest;
    bool fill = rank == 0 && (!rest || (least == 0 && restIn(into, *want.dims[0])));
    if (rest && !fill && rank >= least)
      return unifyDims(want, v, into, span, name);
    if (fill && !want.dims.empty()) {
      // A number fills an array of static extents.
      auto alias = std::shared_ptr<Scope>(std::shared_ptr<Scope>(), &into);
      std::swap(scope, alias);
      auto t = arrayType(*type);
      std::swap(scope, alias);
      if (!t)
        return false;
      SmallVector<AxisPtr, 4> frames(v.array.frames.begin(), v.array.frames.end());
      v.array.value = place(v.array, frames, t->second);
      v.array.shape = t->second;
      return true;
    }
    if (rest || int64_t(rank) != want.rank()) {
      diagnostics.report(span, Diag::E0205, describe(v))
          .label("`" + name + "` takes " + std::string(sources.text(type->span)) + ", this is " +
                 describe(v));
      return false;
    }
    return unifyDims(want, v, into, span, name);
  }
  }
  return true;
}

std::optional<std::pair<Elem, SmallVector<Extent, 4>>>
Elaborator::arrayType(const ast::TypeExpr &type) {
  Expected want = expected(&type);
  if (want.kind != Expected::Array && want.kind != Expected::Rest) {
    error(type.span, Diag::E0206).label("an array of numbers is expected here");
    return std::nullopt;
  }
  SmallVector<Extent, 4> dims;
  for (const ast::Dim *d : want.dims) {
    if (d->isRest) {
      auto rest = restIn(*scope, *d);
      if (!rest) {
        diagnostics.report(d->span, Diag::E0201, std::string(sources.text(d->span)))
            .help("an argument of type `real[...S]` gives `...S` its dimensions");
        return std::nullopt;
      }
      dims.append(rest->begin(), rest->end());
      continue;
    }
    std::optional<Extent> e = extentOf(*d->extent);
    if (!e)
      return std::nullopt;
    if (e->isStatic() && (e->size < 0 || e->size > (int64_t(1) << 40))) {
      diagnostics.report(d->span, Diag::E0209).label("an extent of " + std::to_string(e->size));
      return std::nullopt;
    }
    dims.push_back(*e);
  }
  return std::pair(want.elem, dims);
}

std::optional<std::pair<Elem, SmallVector<int64_t, 4>>>
Elaborator::typeArgument(const ast::Expr &e) {
  const ast::Expr *base = &e;
  SmallVector<int64_t, 4> dims;
  if (auto *index = llvm::dyn_cast<ast::IndexExpr>(&e)) {
    base = index->base.get();
    for (const ast::Sub &s : index->subs) {
      std::optional<int64_t> n =
          s.kind == ast::SubKind::Point ? staticInt(*s.point, "an extent") : std::nullopt;
      if (!n)
        return std::nullopt;
      dims.push_back(*n);
    }
  }
  auto *name = llvm::dyn_cast<ast::NameExpr>(base);
  std::optional<Elem> elem = name ? elemNamed(name->name) : std::nullopt;
  if (!elem) {
    error(e.span, Diag::E0206).label("a type is expected here, as in `real[28, 28]`");
    return std::nullopt;
  }
  return std::pair(*elem, dims);
}
