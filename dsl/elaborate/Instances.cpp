//===- Instances.cpp - what is built over a selection ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;

bool Elaborator::openInstance(const ast::ModelItem &item, Module *home, CallArgs &args,
                              SourceSpan span, Instance &made) {
  const std::string &name = item.name.text;
  bool mask = item.modelKind == ast::ModelKind::Mask;
  if (args.exprs.empty()) {
    diagnostics
        .report(span, Diag::E0207, "`" + name + "`",
                std::string("the model to ") + (mask ? "mask" : "train") + " is missing")
        .help("build it over a selection: `" + name + "(net where rank >= 2)`");
    return false;
  }
  // The first argument is a selection: a model, perhaps with `where`.
  auto *where = llvm::dyn_cast<ast::WhereExpr>(args.exprs[0]);
  made.target = where ? eval(*where->base) : args.values[0];
  if (made.target.isError())
    return false;
  if (mask && (isMask(made.target) || made.target.kind != ValKind::Struct)) {
    error(args.spans[0], Diag::E0206)
        .label("this is " + describe(made.target))
        .help("a mask is built over the parameters of a model");
    return false;
  }
  collectLeaves(made.target, made.leaves);
  if (!selectLeaves(where ? where->selector.get() : nullptr, made.leaves, args.spans[0]))
    return false;
  for (const Leaf &leaf : made.leaves)
    if (mask && !fitsRank(item, leaf, args.spans[0]))
      return false;

  CallArgs rest;
  for (size_t i = 1; i < args.values.size(); ++i) {
    rest.values.push_back(args.values[i]);
    rest.names.push_back(args.names[i]);
    rest.spans.push_back(args.spans[i]);
    rest.exprs.push_back(args.exprs[i]);
  }
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(item.params, rest, span, "`" + name + "`", home, values, argOf))
    return false;
  made.value = Val::of(ValKind::Struct);
  made.value.decl = &item;
  made.value.home = home;
  made.scope = std::make_shared<Scope>();
  made.scope->parent = home->scope;
  for (size_t i = 0; i < values.size(); ++i) {
    const ast::Param &p = item.params[i];
    std::swap(scope, made.scope);
    bool ok = conform(values[i], p.type.get(), *scope, argOf[i] >= 0 ? rest.spans[argOf[i]] : span,
                      p.name.text);
    Expected want = expected(p.type.get());
    std::swap(scope, made.scope);
    if (!ok)
      return false;
    // A number may be assigned later, so it is no constant; a switch is part of the program.
    Val v = values[i];
    if (v.isStatic() && want.kind == Expected::Array && want.elem != Elem::Bool)
      v = Val::ofArray(toArray(v, want.elem));
    made.scope->names[p.name.text] = {v, false, p.span};
    made.value.names.push_back(p.name.text);
    made.value.items.push_back(v);
    bool varies = v.isArray() || v.kind == ValKind::Delta;
    made.value.roles.push_back(varies ? Role::Field : Role::Argument);
  }
  return true;
}
