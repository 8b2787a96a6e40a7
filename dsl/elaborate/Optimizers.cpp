//===- Optimizers.cpp - building, joining and applying optimizers ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;

Val Elaborator::buildOptimizer(const ast::ModelItem &item, Module *home, CallArgs &args,
                               SourceSpan span) {
  Instance made;
  if (!openInstance(item, home, args, span, made))
    return Val::error();
  Val &out = made.value;
  std::vector<Leaf> &leaves = made.leaves;
  std::shared_ptr<Scope> inner = made.scope;
  // What an entry outside of a selection begins with when it comes back.
  Val declared = Val::of(ValKind::Tuple);
  for (const ast::Member &m : item.members) {
    if (m.kind != ast::MemberKind::State)
      continue;
    Val perLeaf = Val::of(ValKind::Delta), first = Val::of(ValKind::Tuple);
    for (const Leaf &leaf : leaves) {
      auto saved = scope;
      scope = inner;
      std::string savedPath = drawPath;
      drawPath += leaf.path + ".";
      const Array &w = leaf.val->array;
      Val v = m.like ? initialValue(m, w.elem, w.shape) : initialValue(m);
      Val start = m.isDraw || v.isError() ? v : m.init ? eval(*m.init) : Val::realNumber(0);
      drawPath = savedPath;
      scope = saved;
      if (v.isError())
        return v;
      first.items.push_back(start.isStatic() ? start : v);
      first.names.push_back(leaf.path);
      perLeaf.items.push_back(v);
      perLeaf.names.push_back(leaf.path);
      perLeaf.ranks.push_back(leaf.rank);
    }
    declared.names.push_back(m.name.text);
    declared.items.push_back(first);
    out.names.push_back(m.name.text);
    out.items.push_back(perLeaf);
    out.roles.push_back(Role::State);
  }
  out.names.push_back("@declared");
  out.items.push_back(declared);
  out.roles.push_back(Role::Argument);
  // The selection, and how many updates were made.
  Val selection = Val::of(ValKind::Tuple);
  for (const Leaf &leaf : leaves)
    selection.names.push_back(leaf.path);
  out.names.push_back("@selection");
  out.items.push_back(selection);
  out.roles.push_back(Role::Argument);
  out.names.push_back("steps");
  out.items.push_back(Val::ofArray(constant(0, Elem::I64)));
  out.roles.push_back(Role::State);
  return out;
}

static bool isOptimizer(const Val &v) {
  return v.kind == ValKind::Struct && v.decl && v.decl->kind() == ast::ItemKind::Model &&
         static_cast<const ast::ModelItem *>(v.decl)->modelKind == ast::ModelKind::Optimizer;
}

/// Paths of the parameters that an optimizer, or the parts of a joined one, were built for.
static void selectionOf(const Val &optimizer, std::vector<std::string> &paths) {
  if (int i = optimizer.field("@selection"); i >= 0)
    llvm::append_range(paths, optimizer.items[size_t(i)].names);
  else
    for (const Val &part : optimizer.items)
      selectionOf(part, paths);
}

Val Elaborator::joinOptimizers(CallArgs &args, SourceSpan span) {
  if (args.values.size() < 2) {
    diagnostics.report(span, Diag::E0207, "`optim.join`", "two or more optimizers are joined");
    return Val::error();
  }
  Val out = Val::of(ValKind::Struct);
  out.decl = &joined;
  std::map<std::string, size_t> owner;
  for (size_t i = 0; i < args.values.size(); ++i) {
    if (!isOptimizer(args.values[i])) {
      error(args.spans[i], Diag::E0206)
          .label("this is " + describe(args.values[i]))
          .help("`optim.join` takes optimizers: `optim.join(optim.sgd(net where rank >= 2, "
                "lr: 0.1), optim.adam(net where rank < 2, lr: 1e-3))`");
      return Val::error();
    }
    std::string name = args.names[i].empty() ? std::to_string(i) : args.names[i];
    if (out.field(name) >= 0) {
      diagnostics.report(args.spans[i], Diag::E0207, "`optim.join`",
                         "`" + name + "` is there twice");
      return Val::error();
    }
    std::vector<std::string> paths;
    selectionOf(args.values[i], paths);
    for (const std::string &path : paths)
      if (auto [it, fresh] = owner.try_emplace(path, i); !fresh) {
        diagnostics.report(args.spans[i], Diag::E0281, path)
            .label("this selection has `" + path + "`")
            .note(args.spans[it->second], "this one has it as well");
        return Val::error();
      }
    out.names.push_back(name);
    out.items.push_back(args.values[i]);
    out.roles.push_back(Role::Sub);
  }
  return out;
}

bool Elaborator::applyJoined(Pick &pick, Val &optimizer, const Val &gradient, SourceSpan span) {
  std::set<std::string> moved;
  for (Val &part : optimizer.items) {
    std::vector<std::string> paths;
    selectionOf(part, paths);
    Pick some;
    some.target = pick.target;
    some.span = pick.span;
    for (size_t i = 0; i < pick.leaves.size(); ++i)
      if (llvm::is_contained(paths, pick.leaves[i].path)) {
        moved.insert(pick.leaves[i].path);
        some.leaves.push_back(pick.leaves[i]);
        if (!pick.gates.empty())
          some.gates.push_back(pick.gates[i]);
      }
    if (!some.leaves.empty() && !applyOptimizer(some, part, gradient, span))
      return false;
  }
  for (const Leaf &leaf : pick.leaves)
    if (!moved.count(leaf.path) && llvm::is_contained(gradient.names, leaf.path)) {
      diagnostics.report(span, Diag::E0282, leaf.path)
          .label("no part of the joined optimizer was built for it");
      return false;
    }
  return true;
}

bool Elaborator::applyOptimizer(Pick &pick, Val &optimizer, const Val &gradient, SourceSpan span) {
  if (!isOptimizer(optimizer)) {
    error(span, Diag::E0206).label("`with` takes an optimizer, this is " + describe(optimizer));
    return false;
  }
  if (gradient.kind != ValKind::Delta) {
    error(span, Diag::E0206).label("an update takes a delta, this is " + describe(gradient));
    return false;
  }
  if (optimizer.decl == &joined)
    return applyJoined(pick, optimizer, gradient, span);
  auto *decl = static_cast<const ast::ModelItem *>(optimizer.decl);
  const ast::FunctionItem *step = nullptr;
  for (const ast::Member &m : decl->members)
    if (m.function && m.name.text == "step")
      step = m.function.get();
  if (!step || step->params.size() < 2) {
    diagnostics.report(decl->span, Diag::E0212, decl->name.text, "step")
        .help("an optimizer has `fn step(var w: real[...S], g: real[...S], t: int)`");
    return false;
  }
  Val &selection = optimizer.items[optimizer.field("@selection")];
  const Val declared = optimizer.items[optimizer.field("@declared")];
  Val &steps = optimizer.items[optimizer.field("steps")];
  steps = arithmetic(ast::BinaryOp::Add, steps, Val::integer(1), span, span, span);
  for (size_t li = 0; li < pick.leaves.size(); ++li) {
    Leaf &leaf = pick.leaves[li];
    size_t at = llvm::find(selection.names, leaf.path) - selection.names.begin();
    size_t gi = llvm::find(gradient.names, leaf.path) - gradient.names.begin();
    if (gi == gradient.names.size())
      continue; // outside the delta: no change
    if (at == selection.names.size()) {
      diagnostics.report(span, Diag::E0282, leaf.path)
          .label("the selection that this optimizer was built for does not have it");
      return false;
    }
    const Val gate = pick.gates.empty() ? Val::unit() : pick.gates[li];
    auto inside = [&](const Val &yes, const Val &no) {
      return gate.isArray() ? select(gate, yes, no, span) : yes;
    };
    auto inner = std::make_shared<Scope>();
    inner->parent = optimizer.home->scope;
    for (size_t i = 0; i < optimizer.items.size(); ++i) {
      if (optimizer.names[i][0] == '@' || optimizer.names[i] == "steps")
        continue;
      bool state = optimizer.roles[i] == Role::State;
      inner->names[optimizer.names[i]] = {
          state ? optimizer.items[i].items[at] : optimizer.items[i], state, {}};
    }
    const Val g = inside(gradient.items[gi], Val::realNumber(0));
    inner->names[step->params[0].name.text] = {*leaf.val, true, step->params[0].span};
    inner->names[step->params[1].name.text] = {g, false, step->params[1].span};
    if (step->params.size() > 2)
      inner->names[step->params[2].name.text] = {steps, false, step->params[2].span};
    if (gate.isArray()) {
      Val outside = declared;
      for (Val &item : outside.items)
        item = Val(item.items[at]);
      inner->names["@gate"] = {gate, false, span};
      inner->names["@declared"] = {outside, false, span};
    }
    std::swap(scope, inner);
    std::string savedPath = drawPath;
    drawPath += leaf.path + ".";
    bool ok = !g.isError() && !evalBody(step->body).isError();
    drawPath = savedPath;
    std::swap(scope, inner);
    if (!ok)
      return false;
    // Entries outside stay; their state is as declared, for when they come back.
    const Val moved = inner->names[step->params[0].name.text].val;
    *leaf.val = inside(moved, *leaf.val);
    for (size_t i = 0; i < optimizer.items.size(); ++i)
      if (int d = declared.field(optimizer.names[i]); d >= 0) {
        const Val &now = inner->names[optimizer.names[i]].val, &was = declared.items[d].items[at];
        auto chosen = now.array.value.getDefiningOp<mlir::arith::SelectOp>();
        if (chosen && gate.isArray() && chosen.getCondition() == gate.array.value) {
          optimizer.items[i].items[at] = now;
          continue;
        }
        bool whole = gate.isArray() && now.array.shape.empty() && !gate.array.shape.empty();
        Val any = whole ? Val::ofArray(reduceShape(ReduceKind::any, gate.array, span)) : gate;
        optimizer.items[i].items[at] = whole ? select(any, now, was, span) : inside(now, was);
      }
  }
  return true;
}
