//===- Draws.cpp - random draws addressed by name -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"
#include "llvm/Support/xxhash.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

mlir::Value Elaborator::drawKey(const std::string &name, SourceSpan span) {
  std::string address = drawPath + name;
  if (!drawn.insert(address).second) {
    auto d = diagnostics.report(span, Diag::E0219, name);
    if (callSite.isValid())
      d.note(callSite, "drawn by this call")
          .help("give what it is called on, or what it is assigned to, another name");
    else
      d.help("give one of them another name, so that an added draw moves no other");
    return {};
  }
  uint64_t hash = llvm::xxh3_64bits(llvm::StringRef(address));
  auto constant =
      arith::ConstantOp::create(builder, current, builder.getI64IntegerAttr(int64_t(hash)));
  return KeyFoldOp::create(builder, loc(span), key, constant);
}

/// A distribution that a function names: `fn he_normal(fan: real) = normal(0, sqrt(2/fan))`.
std::optional<Val> Elaborator::drawNamed(const ast::CallExpr &call, const std::string &name,
                                         Elem elem, ArrayRef<Extent> shape, SourceSpan span) {
  Val callee = eval(*call.callee);
  if (callee.isError())
    return callee;
  if (callee.kind != ValKind::Function || !callee.decl || callee.self)
    return std::nullopt;
  auto &fn = *static_cast<const ast::FunctionItem *>(callee.decl);
  if (!fn.body.expr || !llvm::isa<ast::CallExpr>(*fn.body.expr))
    return std::nullopt;
  if (llvm::is_contained(callStack, callee.decl)) {
    diagnostics.report(call.span, Diag::E0215, fn.name.text);
    return Val::error();
  }
  CallArgs args;
  for (const ast::Arg &a : call.args) {
    args.values.push_back(eval(*a.value));
    args.names.push_back(a.name.text);
    args.spans.push_back(a.value->span);
    args.exprs.push_back(a.value.get());
    if (args.values.back().isError())
      return Val::error();
  }
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(fn.params, args, call.span, "`" + fn.name.text + "`", callee.home, values, argOf))
    return Val::error();
  auto inner = std::make_shared<Scope>();
  inner->parent = callee.home ? callee.home->scope : nullptr;
  std::swap(scope, inner);
  bool ok = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const ast::Param &p = fn.params[i];
    ok &= conform(values[i], p.type.get(), *scope, argOf[i] >= 0 ? args.spans[argOf[i]] : call.span,
                  p.name.text);
    scope->names[p.name.text] = {values[i], false, p.span};
  }
  callStack.push_back(callee.decl);
  Val out = ok ? drawShaped(*fn.body.expr, name, elem, shape, span) : Val::error();
  callStack.pop_back();
  std::swap(scope, inner);
  return out;
}

Val Elaborator::drawShaped(const ast::Expr &distribution, const std::string &name, Elem elem,
                           ArrayRef<Extent> shape, SourceSpan span) {
  auto *call = llvm::dyn_cast<ast::CallExpr>(&distribution);
  auto *which = call ? llvm::dyn_cast<ast::NameExpr>(call->callee.get()) : nullptr;
  std::string dist = which ? which->name : "";
  if (dist != "uniform" && dist != "normal" && dist != "bernoulli" && dist != "permutation" &&
      dist != "shuffled") {
    if (call && (which ? scope->find(dist) != nullptr : llvm::isa<ast::FieldExpr>(*call->callee)))
      if (std::optional<Val> drawn = drawNamed(*call, name, elem, shape, span))
        return *drawn;
    diagnostics
        .report(distribution.span, Diag::E0201,
                dist.empty() ? std::string(sources.text(distribution.span)) : dist)
        .help("a draw comes from `uniform(low, high)`, `normal(mean, deviation)`, `bernoulli(p)`, "
              "`permutation(n)` or `shuffled(tree)`");
    return Val::error();
  }
  std::vector<Val> args;
  for (const ast::Arg &a : call->args) {
    args.push_back(eval(*a.value));
    if (args.back().isError())
      return Val::error();
    bool tree = dist == "shuffled" && args.back().kind == ValKind::Delta;
    if (!args.back().isNumber() && !tree) {
      error(a.span, Diag::E0206).label("this is " + describe(args.back()));
      return Val::error();
    }
  }
  size_t want = dist == "uniform" || dist == "normal" ? 2 : 1;
  if (args.size() != want) {
    diagnostics.report(distribution.span, Diag::E0207, "`" + dist + "`",
                       "takes " + std::to_string(want) + " arguments");
    return Val::error();
  }
  if (dist == "shuffled")
    return shuffled(args[0], name, span);
  mlir::Value k = drawKey(name, span);
  if (!k)
    return Val::error();
  if (dist == "permutation") {
    if (args[0].kind != ValKind::Int || args[0].number < 0) {
      diagnostics.report(distribution.span, Diag::E0231, "the size of a permutation");
      return Val::error();
    }
    Array p;
    p.elem = Elem::I64;
    p.shape.push_back(Extent{args[0].number, {}, args[0].number});
    p.limit = args[0].number;
    p.value = PermutationOp::create(builder, loc(span), typeOf(p.shape, Elem::I64), k);
    return Val::ofArray(p);
  }
  Elem drawElem = dist == "bernoulli" || !isReal(elem) ? realElem() : elem;
  Array u;
  u.elem = drawElem;
  u.frames.assign(frameContext.begin(), frameContext.end());
  sortFrames(u.frames);
  u.shape.assign(shape.begin(), shape.end());
  SmallVector<Extent, 6> dims;
  SmallVector<mlir::Value> extents;
  for (const AxisPtr &f : u.frames) {
    if (!resolved(f, span))
      return Val::error();
    dims.push_back(f->extent);
  }
  dims.append(shape.begin(), shape.end());
  for (const Extent &e : dims)
    if (!e.isStatic())
      extents.push_back(e.value);
  u.value =
      RandomOp::create(builder, loc(span), typeOf(dims, drawElem),
                       dist == "normal" ? RandomKind::normal : RandomKind::uniform, k, extents);
  Val standard = Val::ofArray(u);
  using ast::BinaryOp;
  if (dist == "bernoulli")
    return compare(BinaryOp::Lt, standard, args[0], span);
  // uniform: low + (high - low)*u; normal: mean + deviation*z
  Val scale =
      dist == "normal" ? args[1] : arithmetic(BinaryOp::Sub, args[1], args[0], span, span, span);
  Val scaled = arithmetic(BinaryOp::Mul, standard, scale, span, span, span);
  if (args[0].isStatic() && args[0].asReal() == 0)
    return scaled;
  return arithmetic(BinaryOp::Add, scaled, args[0], span, span, span);
}

Val Elaborator::shuffled(const Val &v, const std::string &name, SourceSpan span) {
  if (v.kind == ValKind::Delta) {
    Val out = v;
    for (size_t i = 0; i < out.items.size() && !out.isError(); ++i) {
      out.items[i] = shuffled(v.items[i], name + "." + v.names[i], span);
      out = out.items[i].isError() ? Val::error() : out;
    }
    return out;
  }
  if (!v.isArray() || v.array.shape.empty() || !v.array.frames.empty()) {
    error(span, Diag::E0206)
        .label("this shuffles " + describe(v))
        .help("`shuffled` takes an array, or a tree, and shuffles the entries of each parameter");
    return Val::error();
  }
  std::optional<Array> flat = flatOf(v, span);
  mlir::Value k = flat ? drawKey(name, span) : mlir::Value();
  if (!k)
    return Val::error();
  Array order = *flat;
  order.elem = Elem::I64;
  order.value = PermutationOp::create(builder, loc(span), typeOf(order.shape, Elem::I64), k);
  Array out = *flat;
  out.value = GatherOp::create(builder, loc(span), out.value.getType(), flat->value, order.value, 0);
  return Val::ofArray(reshaped(out, v.array.shape));
}

Val Elaborator::draw(const ast::Expr &distribution, const std::string &name,
                     const ast::TypeExpr *type, SourceSpan span) {
  if (!type)
    return drawShaped(distribution, name, realElem(), {}, span);
  auto t = arrayType(*type);
  if (!t)
    return Val::error();
  return drawShaped(distribution, name, t->first, t->second, span);
}
