//===- Models.cpp - building models and records ----------------------------===//
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

/// `Block(w)[12]` as the type of a sub-model: the call and the counts.
static const ast::NamedType *namedType(const ast::Member &m) {
  return m.type ? llvm::dyn_cast<ast::NamedType>(m.type.get()) : nullptr;
}

Val Elaborator::initialValue(const ast::Member &m) {
  auto t = arrayType(*m.type);
  return t ? initialValue(m, t->first, t->second) : Val::error();
}

Val Elaborator::initialValue(const ast::Member &m, Elem elem, llvm::ArrayRef<Extent> shape) {
  if (m.isDraw)
    return drawShaped(*m.init, m.name.text, elem, shape, m.span);
  Val v = m.init ? eval(*m.init) : elem == Elem::Bool ? Val::boolean(false) : Val::realNumber(0);
  if (v.isError())
    return v;
  if (!v.isNumber()) {
    error(m.span, Diag::E0206).label("`" + m.name.text + "` begins as " + describe(v));
    return Val::error();
  }
  if (m.init && v.kind == ValKind::Real && !isReal(elem)) {
    error(m.span, Diag::E0206).label("`" + m.name.text + "` is not real");
    return Val::error();
  }
  Array a = toArray(v, elem);
  if (a.elem != elem || (!a.shape.empty() && llvm::ArrayRef<Extent>(a.shape) != shape)) {
    Array want;
    want.elem = elem;
    want.shape.assign(shape.begin(), shape.end());
    diagnostics.report(m.span, Diag::E0204, describe(want), describe(a));
    return Val::error();
  }
  SmallVector<AxisPtr, 4> frames(a.frames.begin(), a.frames.end());
  a.value = place(a, frames, shape);
  a.shape.assign(shape.begin(), shape.end());
  a.limit = 0;
  return Val::ofArray(a);
}

Val Elaborator::construct(const ast::ModelItem &model, Module *home, CallArgs &args,
                          SourceSpan span) {
  if (llvm::is_contained(callStack, static_cast<const ast::Item *>(&model))) {
    diagnostics.report(span, Diag::E0215, model.name.text);
    return Val::error();
  }
  if (model.modelKind == ast::ModelKind::Mask)
    return unsupported(span, "a mask inside of a model",
                       "build it beside the model: `var gates = " + model.name.text + "(net)`");
  std::vector<Val> values;
  std::vector<int> argOf;
  if (!matchParams(model.params, args, span, "`" + model.name.text + "`", home, values, argOf))
    return Val::error();
  auto inner = std::make_shared<Scope>();
  inner->parent = home->scope;
  auto saved = scope;
  scope = inner;
  Val out = Val::of(ValKind::Struct);
  out.decl = &model;
  out.home = home;
  bool ok = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const ast::Param &p = model.params[i];
    ok &= conform(values[i], p.type.get(), *inner, argOf[i] >= 0 ? args.spans[argOf[i]] : span,
                  p.name.text);
    inner->names[p.name.text] = {values[i], false, p.span};
    out.names.push_back(p.name.text);
    out.items.push_back(values[i]);
    out.roles.push_back(Role::Argument);
  }
  callStack.push_back(&model);
  for (const ast::Member &m : model.members) {
    if (!ok || m.kind == ast::MemberKind::Function)
      continue;
    if (out.field(m.name.text) >= 0) {
      const ast::Member &first = *llvm::find_if(
          model.members, [&](const ast::Member &other) { return other.name.text == m.name.text; });
      diagnostics.report(m.name.span, Diag::E0202, m.name.text)
          .note(first.name.span, "first declared here");
      ok = false;
      continue;
    }
    Val v;
    if (m.kind == ast::MemberKind::SubModel) {
      const ast::NamedType *t = namedType(m);
      Binding *b = t ? scope->find(t->path.parts[0].text) : nullptr;
      Val type = b ? b->val : Val::error();
      if (t && !b) {
        auto d = diagnostics.report(t->path.span, Diag::E0201, t->path.str());
        if (auto near = nearestName(t->path.parts[0].text, namesInScope()))
          d.help("did you mean `" + *near + "`?");
      }
      for (size_t i = 1; b && i < t->path.parts.size() && !type.isError(); ++i)
        type = fieldOf(type, t->path.parts[i].text, t->path.parts[i].span);
      CallArgs sub;
      if (t && t->args)
        for (const ast::Arg &a : *t->args) {
          sub.values.push_back(eval(*a.value));
          sub.names.push_back(a.name.text);
          sub.spans.push_back(a.value->span);
          sub.exprs.push_back(a.value.get());
          if (sub.values.back().isError())
            type = Val::error();
        }
      std::string savedPath = drawPath;
      drawPath += m.name.text + ".";
      if (type.kind == ValKind::Type && type.decl && type.decl->kind() == ast::ItemKind::Model) {
        if (t->dims.empty())
          v = construct(*static_cast<const ast::ModelItem *>(type.decl), type.home, sub, m.span);
        else if (std::optional<Extent> n = extentOf(*t->dims[0].extent); n && t->dims.size() == 1)
          v = constructStack(type, sub, *n, m.span);
        else
          v = unsupported(m.span, "an array of models with several dimensions", "nest two arrays");
      } else if (!type.isError()) {
        diagnostics.report(m.span, Diag::E0211)
            .label("this is " + describe(type))
            .help("parameters are written `param " + m.name.text + ": ...`");
        v = Val::error();
      } else {
        v = Val::error();
      }
      drawPath = savedPath;
    } else {
      v = initialValue(m);
    }
    if (v.isError()) {
      ok = false;
      continue;
    }
    inner->names[m.name.text] = {v, false, m.span};
    out.names.push_back(m.name.text);
    out.items.push_back(v);
    out.roles.push_back(m.kind == ast::MemberKind::Param   ? Role::Param
                        : m.kind == ast::MemberKind::State ? Role::State
                                                           : Role::Sub);
  }
  callStack.pop_back();
  scope = saved;
  return ok ? out : Val::error();
}

Val Elaborator::constructStack(const Val &type, CallArgs &args, const Extent &count,
                               SourceSpan span) {
  // One construction in a frame: every draw and parameter gets the axis.
  AxisPtr axis = newAxis("stack", count);
  frameContext.push_back(axis);
  Val one = construct(*static_cast<const ast::ModelItem *>(type.decl), type.home, args, span);
  frameContext.pop_back();
  if (one.isError())
    return one;
  std::function<void(Val &)> stack = [&](Val &v) {
    if (v.isArray())
      v.array = bindAxes(v.array, {axis});
    if (v.kind == ValKind::Struct)
      v.stack.insert(v.stack.begin(), count);
    for (size_t i = 0; i < v.items.size(); ++i)
      if (v.roles.empty() || v.roles[i] != Role::Argument)
        stack(v.items[i]);
  };
  stack(one);
  return one;
}

Val Elaborator::constructRecord(const ast::TypeItem &record, Module *home, CallArgs &args,
                                SourceSpan span) {
  Val out = Val::of(ValKind::Struct);
  out.decl = &record;
  out.home = home;
  size_t position = 0;
  for (const ast::FieldDecl &f : record.fields) {
    out.names.push_back(f.name.text);
    out.roles.push_back(Role::State);
    out.items.push_back(Val::unit());
  }
  std::set<size_t> seen;
  for (size_t i = 0; i < args.values.size(); ++i) {
    int at = args.names[i].empty() ? int(position++) : out.field(args.names[i]);
    if (at < 0 || at >= int(out.items.size()) || !seen.insert(size_t(at)).second) {
      diagnostics.report(args.spans[i], Diag::E0207, "`" + record.name.text + "`",
                         args.names[i].empty() ? "too many arguments"
                                               : "no field `" + args.names[i] + "` left");
      return Val::error();
    }
    auto saved = scope;
    scope = home->scope;
    bool ok = conform(args.values[i], record.fields[at].type.get(), *scope, args.spans[i],
                      record.fields[at].name.text);
    scope = saved;
    if (!ok)
      return Val::error();
    out.items[at] = runtime(args.values[i]);
  }
  for (size_t i = 0; i < out.items.size(); ++i)
    if (!seen.count(i)) {
      diagnostics.report(span, Diag::E0207, "`" + record.name.text + "`",
                         "`" + out.names[i] + "` is missing");
      return Val::error();
    }
  return out;
}
