//===- State.cpp - state that the functions of a model change -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call works on a copy of the model. What it changed goes back to the variable
// that the call names, through sub-models and stacks; a derivative around it hands
// the new state out as it hands out any variable, and does not go through it.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;

static std::vector<Leaf> statesOf(Val &v) {
  std::vector<Leaf> all;
  collectLeaves(v, all);
  llvm::erase_if(all, [](const Leaf &l) { return l.role != Role::State; });
  return all;
}

/// Gives `target` the run-time values of `after`, which has the same form.
static void assignValues(Val &target, const Val &after) {
  if (target.isArray())
    target.array = after.array;
  for (size_t i = 0; i < target.items.size() && i < after.items.size(); ++i)
    assignValues(target.items[i], after.items[i]);
}

static bool sameValues(Val &a, Val &b) {
  llvm::SmallVector<mlir::Value *> x, y;
  collectValues(a, x);
  collectValues(b, y);
  return llvm::equal(x, y, [](mlir::Value *p, mlir::Value *q) { return *p == *q; });
}

bool Elaborator::isUnderMask(const ast::Expr &place) {
  if (auto *field = llvm::dyn_cast<ast::FieldExpr>(&place))
    return isUnderMask(*field->base);
  if (auto *index = llvm::dyn_cast<ast::IndexExpr>(&place))
    return isUnderMask(*index->base);
  return underMask(place);
}

Binding *Elaborator::rootOf(const ast::Expr &place) {
  const ast::Expr *at = &place;
  for (;;)
    if (auto *field = llvm::dyn_cast<ast::FieldExpr>(at))
      at = field->base.get();
    else if (auto *index = llvm::dyn_cast<ast::IndexExpr>(at))
      at = index->base.get();
    else if (const ast::Expr *model = underMask(*at))
      at = model;
    else
      break;
  auto *name = llvm::dyn_cast<ast::NameExpr>(at);
  return name ? scope->find(name->name) : nullptr;
}

/// `net.training` and `net.eval` are `net`.
static bool isView(const ast::FieldExpr &e) {
  return e.field.text == "training" || e.field.text == "eval";
}

std::string Elaborator::pathOf(const ast::Expr &place) {
  if (auto *name = llvm::dyn_cast<ast::NameExpr>(&place))
    return name->name + ".";
  if (auto *index = llvm::dyn_cast<ast::IndexExpr>(&place))
    return pathOf(*index->base);
  auto *field = llvm::dyn_cast<ast::FieldExpr>(&place);
  if (!field)
    return "";
  // Both views of a model draw alike.
  return pathOf(*field->base) + (isView(*field) ? "" : field->field.text + ".");
}

void Elaborator::stopChanged(Val &now, const Val &before) {
  if (now.isArray() && isReal(now.array.elem) && now.array.value != before.array.value)
    now.array.value =
        StopOp::create(builder, current, now.array.value.getType(), now.array.value);
  for (size_t i = 0; i < now.items.size() && i < before.items.size(); ++i)
    stopChanged(now.items[i], before.items[i]);
}

std::shared_ptr<Scope> Elaborator::openModel(const Val &callee) {
  Val &self = *callee.self;
  auto fields = std::make_shared<Scope>();
  fields->parent = callee.home ? callee.home->scope : nullptr;
  fields->self = callee.self;
  for (size_t i = 0; i < self.items.size(); ++i) {
    Val field = self.items[i];
    bool part = self.roles[i] == Role::Sub && !statesOf(field).empty();
    if (field.kind == ValKind::Struct)
      field.training = self.training;
    Binding &b = fields->names[self.names[i]];
    b = {field, part || self.roles[i] == Role::State, {}};
    b.isPart = part;
  }
  fields->names["training"] = {Val::boolean(self.training), false, {}};
  for (const ast::Member &m : static_cast<const ast::ModelItem *>(self.decl)->members)
    if (m.function) {
      Val f = Val::of(ValKind::Function);
      f.decl = m.function.get();
      f.home = callee.home;
      f.self = callee.self;
      fields->names[m.name.text] = {f, false, m.span};
    }
  return fields;
}

bool Elaborator::closeModel(const Val &callee, Scope &fields, bool lifted, SourceSpan span) {
  Val &self = *callee.self;
  self.number = 0;
  for (size_t i = 0; i < self.items.size(); ++i) {
    Binding &b = fields.names[self.names[i]];
    if (!b.isVar || sameValues(b.val, self.items[i]))
      continue;
    if (lifted) {
      diagnostics.report(span, Diag::E0232, self.names[i]);
      return false;
    }
    auto &fn = *static_cast<const ast::FunctionItem *>(callee.decl);
    bool isModel =
        static_cast<const ast::ModelItem *>(self.decl)->modelKind == ast::ModelKind::Model;
    if (isModel && fn.name.text == "call" && !self.training) {
      diagnostics.report(b.changed.isValid() ? b.changed : fn.span, Diag::E0290, self.names[i])
          .note(span, "called here, in the evaluation view");
      return false;
    }
    if (pure)
      stopChanged(b.val, self.items[i]);
    assignValues(self.items[i], b.val);
    self.number = 1; // changed
  }
  return true;
}

Val Elaborator::callMethod(Val callee, const ast::Expr &model, CallArgs &args, SourceSpan span) {
  if (!callee.self->stack.empty()) {
    std::string name(sources.text(model.span));
    std::string fn = static_cast<const ast::FunctionItem *>(callee.decl)->name.text;
    std::string call = (fn == "call" ? "" : "." + fn) + "(x)";
    diagnostics.report(model.span, Diag::E0205, describe(*callee.self))
        .label("these are " + describe(callee.self->stack[0]) + " models, a call is one's")
        .help("name the index, `let y[i] = " + name + "[i]" + call +
              "`; layers that follow each other take a loop, `for layer in " + name +
              " { h = layer" + call + " }`");
    return Val::error();
  }
  std::string savedPath = drawPath;
  drawPath += pathOf(model);
  Val v = callFunction(callee, args, span);
  drawPath = savedPath;
  if (!v.isError() && callee.self->number && !keepState(model, *callee.self, span))
    return Val::error();
  return v;
}

Val Elaborator::callSibling(Val callee, CallArgs &args, SourceSpan span) {
  Scope *fields = scope.get();
  while (fields && fields->self != callee.self)
    fields = fields->parent.get();
  if (!fields)
    return callFunction(callee, args, span);
  // It sees what the function around it changed, and the other way about.
  callee.self = std::make_shared<Val>(*callee.self);
  Val &self = *callee.self;
  for (size_t i = 0; i < self.items.size(); ++i)
    assignValues(self.items[i], fields->names[self.names[i]].val);
  Val v = callFunction(callee, args, span);
  if (!v.isError() && self.number)
    for (size_t i = 0; i < self.items.size(); ++i) {
      Binding &b = fields->names[self.names[i]];
      if (!b.isVar || sameValues(b.val, self.items[i]))
        continue;
      assignValues(b.val, self.items[i]);
      b.changed = span;
    }
  return v;
}

Val Elaborator::lostState(const ast::Expr &called, const Binding &root, SourceSpan span) {
  auto d = diagnostics.report(span, Diag::E0291, std::string(sources.text(called.span)));
  if (root.span.isValid())
    d.note(root.span, "declared here");
  return Val::error();
}

bool Elaborator::keepState(const ast::Expr &place, Val &after, SourceSpan span) {
  Binding *root = rootOf(place);
  if (!root)
    return true; // of a model without a name nothing is left
  std::vector<Leaf> now = statesOf(after), before;
  // `blocks[i].norm`: the layer of a stack, and the fields from there on.
  const ast::Expr *at = &place, *called = &place;
  std::vector<std::string> fields;
  for (;;) {
    auto *field = llvm::dyn_cast<ast::FieldExpr>(at);
    const ast::Expr *model = field ? nullptr : underMask(*at);
    if (!field && !model)
      break;
    at = field ? field->base.get() : model;
    if (field && !isView(*field))
      fields.insert(fields.begin(), field->field.text);
    else if (fields.empty())
      called = at;
  }
  Val index, *target = nullptr;
  if (auto *i = llvm::dyn_cast<ast::IndexExpr>(at); i && i->subs.size() == 1 && i->subs[0].point)
    if (Val *stack = lvalue(*i->base, true);
        stack && stack->kind == ValKind::Struct && !stack->stack.empty()) {
      target = stack;
      for (const std::string &name : fields)
        target = &target->items[target->field(name)];
      index = eval(*i->subs[0].point);
    }
  if (!target)
    target = lvalue(place, true);
  if (!target)
    return !lostState(*called, *root, span).isError();
  std::string name(sources.text(called->span));
  root->changed = span;
  before = statesOf(*target);
  std::set<Axis *> own;
  std::vector<Leaf> all;
  collectLeaves(*target, all);
  for (const Leaf &l : all)
    for (const AxisPtr &f : l.val->array.frames)
      own.insert(f.get());
  for (size_t i = 0; i < before.size() && i < now.size(); ++i) {
    Array &to = before[i].val->array;
    Array from = now[i].val->array;
    if (index.kind == ValKind::Index)
      from = bindAxes(from, {index.axis});
    for (const AxisPtr &f : from.frames)
      if (!own.count(f.get())) {
        diagnostics.report(span, Diag::E0232, name + "." + before[i].path);
        return false;
      }
    if (index.isStatic() || index.isArray()) {
      Array position = toArray(index, Elem::I64);
      if (!from.frames.empty() || !position.frames.empty() || !position.shape.empty()) {
        diagnostics.report(span, Diag::E0232, name + "." + before[i].path);
        return false;
      }
      mlir::Value p =
          arith::IndexCastOp::create(builder, current, builder.getIndexType(), position.value);
      to.value = insertRow(from.value, to.value, p);
    } else {
      to = from;
    }
  }
  return true;
}

Elaborator::Carried Elaborator::carryState(const ast::ForExpr &e, Val &stack, Scope &around) {
  Carried out;
  std::vector<Leaf> kept = statesOf(stack);
  if (kept.empty())
    return out;
  out.binding = &around.names["@kept"];
  *out.binding = {Val::of(ValKind::Tuple), true, e.span};
  for (const Leaf &l : kept) {
    out.binding->val.items.push_back(*l.val);
    out.binding->val.names.push_back(l.path);
  }
  out.endIteration = [this, &e, all = out.binding](mlir::Value iv) {
    std::vector<Leaf> now = statesOf(scope->names[e.pattern.name.text].val);
    for (size_t i = 0; i < now.size(); ++i) {
      const Array &row = now[i].val->array;
      if (!row.frames.empty()) {
        diagnostics.report(e.span, Diag::E0232, e.pattern.name.text + "." + now[i].path);
        return false;
      }
      mlir::Value &buffer = all->val.items[i].array.value;
      buffer = insertRow(row.value, buffer, iv);
    }
    return true;
  };
  return out;
}

void Elaborator::leaveState(const Carried &carried, Val &stack) {
  std::vector<Leaf> kept = statesOf(stack);
  for (size_t i = 0; carried.binding && i < kept.size(); ++i)
    kept[i].val->array = carried.binding->val.items[i].array;
}

bool Elaborator::needsBatch(const ast::FunctionItem &fn, const Val &callee, const ast::Param &param,
                            const Val &given, SourceSpan span) {
  Expected want = expected(param.type.get());
  if (!given.isArray() || want.kind != Expected::Array || want.dims.empty() ||
      given.array.elem != want.elem || int64_t(given.array.shape.size()) != want.rank() - 1)
    return false;
  auto *name = llvm::dyn_cast_or_null<ast::NameExpr>(want.dims[0]->extent.get());
  if (!name || !isupper(static_cast<unsigned char>(name->name[0])) || scope->find(name->name))
    return false;
  std::string type(sources.text(param.type->span));
  auto d = diagnostics.report(span, Diag::E0292, describe(*callee.self), type);
  d.label("this is one of them, " + describe(given));
  d.note(fn.span, "`" + param.name.text + ": " + type + "` has them all");
  if (given.array.frames.empty()) {
    d.help("call it on an array of examples; `[x]` is an array of one");
    return true;
  }
  d.help("the function around this call is written for one example, which hides the others: give "
         "its parameter the dimension `" +
         name->name + "` in front as well; its other layers still lift");
  return true;
}
