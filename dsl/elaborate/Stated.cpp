//===- Stated.cpp - functions with a stated derivative --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;

bool Elaborator::statedParams(const ast::FunctionItem &fn) {
  auto refuse = [&](SourceSpan span, const std::string &what, const std::string &help) {
    diagnostics.report(span, Diag::E0251, what).help(help);
    return false;
  };
  for (const ast::Param &p : fn.params)
    if (p.isVar)
      return refuse(p.span,
                    "`" + fn.name.text + "` writes `" + p.name.text +
                        "` and cannot have a stated derivative",
                    "return the new value");
  for (const ast::Param &d : fn.derivative->params) {
    const std::string &name = d.name.text;
    bool known = llvm::any_of(fn.params, [&](const ast::Param &p) {
      const Val &v = scope->names[p.name.text].val;
      return name == "d" + p.name.text && v.isArray() && isReal(v.array.elem);
    });
    if (!known)
      return refuse(d.span,
                    "`" + name + "` is the change of no real parameter of `" + fn.name.text + "`",
                    "the change of `x` is called `dx`");
  }
  return true;
}

Val Elaborator::evalStated(const ast::FunctionItem &fn) {
  for (const ast::Param &p : fn.params) {
    Val &v = scope->names[p.name.text].val;
    if (v.kind == ValKind::Real)
      v = Val::ofArray(toArray(v, realElem()));
  }
  if (!statedParams(fn))
    return Val::error();
  auto rules = std::make_shared<Scope>();
  rules->parent = scope;
  Variables value, rule;
  value.originals.reserve(fn.params.size());
  std::vector<Val> unnamed; // changes that the rule does not use
  unnamed.reserve(fn.params.size());
  SmallVector<Val *> changes;
  SmallVector<const Array *> all;
  for (const ast::Param &p : fn.params) {
    Val &v = scope->names[p.name.text].val;
    if (!v.isArray())
      continue;
    value.targets.push_back(&v);
    value.originals.push_back(v);
    value.values.push_back(v.array.value);
    all.push_back(&value.originals.back().array);
    if (!isReal(v.array.elem))
      continue;
    std::string name = "d" + p.name.text;
    bool named = llvm::any_of(fn.derivative->params, [&](auto &d) { return d.name.text == name; });
    if (named)
      rules->names[name] = {v, false, p.span};
    changes.push_back(named ? &rules->names[name].val : &unnamed.emplace_back(v));
  }
  if (changes.empty())
    return evalBody(fn.body);
  rule = value;

  SourceSpan span = fn.body.span();
  Array result;
  auto keep = [&](Val &first, llvm::SmallVectorImpl<mlir::Value> &out) {
    if (first.isStatic())
      first = Val::ofArray(toArray(first, realElem()));
    if (!first.isArray() || !isReal(first.array.elem)) {
      diagnostics
          .report(span, Diag::E0251, "a function with a stated derivative gives a real array")
          .label("this is " + describe(first));
      return false;
    }
    SmallVector<const Array *> together{&first.array};
    together.append(all.begin(), all.end());
    result = first.array;
    result.frames = unionFrames(together);
    result.value = place(first.array, result.frames, result.shape);
    out.push_back(result.value);
    return true;
  };
  std::optional<Traced> made = trace(
      value, [&] { return evalBody(fn.body); }, span, keep);
  if (!made)
    return Val::error();
  for (size_t i = 0; i < value.targets.size(); ++i)
    *value.targets[i] = value.originals[i];
  // In the rule the function's name stands for its value.
  Val &own = rules->names[fn.name.text].val;
  own = Val::ofArray(result);
  changes.insert(changes.begin(), &own);
  for (Val *d : changes) {
    rule.targets.push_back(d);
    rule.originals.push_back(*d);
    rule.values.push_back(d->array.value);
  }
  SourceSpan ruleSpan = fn.derivative->body.span();
  auto fits = [&](Val &first, llvm::SmallVectorImpl<mlir::Value> &out) {
    if (first.isStatic())
      first = Val::ofArray(toArray(first, result.elem));
    if (!first.isArray() || first.array.elem != result.elem || first.array.shape != result.shape) {
      diagnostics.report(ruleSpan, Diag::E0251, "the value is " + describe(result))
          .label("its change is " + describe(first));
      return false;
    }
    out.push_back(place(first.array, result.frames, result.shape));
    return true;
  };
  std::swap(scope, rules);
  std::optional<Traced> stated = trace(
      rule, [&] { return evalBody(fn.derivative->body); }, ruleSpan, fits);
  std::swap(scope, rules);
  if (!stated) {
    made->region->dropAllReferences();
    return Val::error();
  }
  for (size_t i = 0; i < rule.targets.size(); ++i)
    *rule.targets[i] = rule.originals[i];

  mlir::Type type = result.value.getType();
  auto op = StatedOp::create(builder, loc(span), type, value.values);
  for (auto [from, to, at] :
       {std::tuple(&*made, &op.getValue(), span), std::tuple(&*stated, &op.getRule(), ruleSpan)}) {
    to->takeBody(*from->region);
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&to->front());
    YieldOp::create(builder, loc(at), from->yielded[0]);
  }
  result.value = op.getResult();
  result.limit = 0;
  return Val::ofArray(result);
}
