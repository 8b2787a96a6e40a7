//===- Derivatives.cpp - prefix derivatives -------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "Mentions.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::ArrayRef;
using llvm::SmallVector;

SmallVector<mlir::Type> Elaborator::Variables::types() const {
  SmallVector<mlir::Type> out;
  for (mlir::Value v : values)
    out.push_back(v.getType());
  return out;
}

Elaborator::Variables Elaborator::openVariables(std::vector<Pick> &picks, bool context) {
  Variables out;
  for (Pick &p : picks) {
    if (p.target->isArray())
      out.targets.push_back(p.target);
    for (Leaf &l : p.leaves)
      out.targets.push_back(l.val);
  }
  for (Val *v : out.targets) {
    out.originals.push_back(*v);
    Array a = v->array;
    SmallVector<AxisPtr, 2> frames = a.frames;
    if (context)
      frames = withContext(frames);
    sortFrames(frames);
    a.value = place(a, frames, a.shape);
    a.frames.assign(frames.begin(), frames.end());
    v->array = a;
    out.values.push_back(a.value);
  }
  return out;
}

std::optional<Elaborator::Traced> Elaborator::trace(Variables &variables, Body body,
                                                    SourceSpan span, Front front) {
  Traced out;
  out.region = std::make_unique<mlir::Region>();
  auto *block = new mlir::Block();
  out.region->push_back(block);
  SmallVector<mlir::Location> locs(variables.values.size(), loc(span));
  block->addArguments(variables.types(), locs);
  mlir::OpBuilder::InsertionGuard guard(builder);
  // The region hangs in the function while it is filled, so that the builder's
  // constants and the verifier see its parent.
  auto holder = mlir::scf::ExecuteRegionOp::create(builder, loc(span), mlir::TypeRange{});
  holder.getRegion().takeBody(*out.region);
  builder.setInsertionPointToEnd(block);
  for (size_t i = 0; i < variables.targets.size(); ++i)
    variables.targets[i]->array.value = block->getArgument(i);
  Snapshot inside = snapshot();
  auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  std::swap(scope, inner);
  scope->names["@live"] = {Val::string("a derivative"), false, {}};
  ++pure;
  out.value = body();
  --pure;
  std::swap(scope, inner);
  bool tuple = out.value.kind == ValKind::Tuple && !out.value.items.empty();
  bool ok = !out.value.isError() && front(tuple ? out.value.items[0] : out.value, out.yielded);
  out.front = out.yielded.size();
  auto yield = [&](Val &v) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      out.yielded.push_back(*r);
  };
  if (ok) {
    yield(out.value);
    // What the block assigned leaves it as well.
    for (Binding *b : changed(inside)) {
      out.assigned.push_back(b);
      yield(b->val);
    }
  }
  out.region->takeBody(holder.getRegion());
  holder.erase();
  if (ok)
    return out;
  out.region->dropAllReferences();
  for (size_t i = 0; i < variables.targets.size(); ++i)
    *variables.targets[i] = variables.originals[i];
  return std::nullopt;
}

void Elaborator::leave(Traced &traced, Variables &variables, mlir::ValueRange results) {
  size_t next = traced.front;
  auto arrive = [&](Val &v) {
    SmallVector<mlir::Value *> refs;
    collectValues(v, refs);
    for (mlir::Value *r : refs)
      *r = results[next++];
  };
  arrive(traced.value);
  for (Binding *b : traced.assigned)
    arrive(b->val);
  // Parameters did not change; state that the block assigned stays assigned.
  for (size_t i = 0; i < variables.targets.size(); ++i)
    *variables.targets[i] = variables.originals[i];
}

std::vector<Val> Elaborator::byPick(const std::vector<Pick> &picks, ArrayRef<Array> arrays) {
  std::vector<Val> out;
  for (const Pick &p : picks) {
    if (p.leaves.empty()) {
      out.push_back(Val::ofArray(arrays.front()));
      arrays = arrays.drop_front();
      continue;
    }
    Val delta = Val::of(ValKind::Delta);
    for (const Leaf &l : p.leaves) {
      delta.names.push_back(l.path);
      delta.ranks.push_back(l.rank);
      delta.items.push_back(Val::ofArray(arrays.front()));
      arrays = arrays.drop_front();
    }
    out.push_back(delta);
  }
  return out;
}

static SmallVector<mlir::Type> typesOf(ArrayRef<mlir::Value> values) {
  SmallVector<mlir::Type> out;
  for (mlir::Value v : values)
    out.push_back(v.getType());
  return out;
}

std::optional<Elaborator::Differentiated> Elaborator::differentiate(std::vector<Pick> &picks,
                                                                    Body body, SourceSpan span,
                                                                    const Val *weights) {
  // A variable shared by the frames in scope has one derivative for each.
  Variables variables = openVariables(picks, /*context=*/true);
  auto front = [&](Val &first, llvm::SmallVectorImpl<mlir::Value> &out) {
    if (weights) {
      std::optional<Array> product = weighted(first, *weights, span);
      if (product)
        out.push_back(product->value);
      return product.has_value();
    }
    if (!first.isArray() || !isReal(first.array.elem) || !first.array.shape.empty()) {
      auto d = error(span, Diag::E0220);
      d.label("this is " + describe(first));
      d.help(first.isArray() && isReal(first.array.elem)
                 ? "differentiate one number: a `mean` or `sum` is missing; `jacobian` takes arrays"
                 : "differentiate one real number");
      return false;
    }
    // Members of a frame are independent: the gradient of the sum holds each.
    out.push_back(sumOfAll(first.array, span).value);
    return true;
  };
  std::optional<Traced> traced = trace(variables, body, span, front);
  if (!traced)
    return std::nullopt;
  SmallVector<mlir::Type> results = typesOf(traced->yielded);
  results.append(variables.types());
  auto op = ValueAndGradOp::create(builder, loc(span), results, variables.values);
  op.getBody().takeBody(*traced->region);
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&op.getBody().front());
    YieldOp::create(builder, loc(span), traced->yielded);
  }
  SmallVector<Array> gradients;
  for (size_t i = 0; i < variables.targets.size(); ++i) {
    Array a = variables.targets[i]->array;
    a.value = op.getResult(unsigned(traced->yielded.size() + i));
    gradients.push_back(a);
  }
  leave(*traced, variables, op.getResults());
  return Differentiated{traced->value, byPick(picks, gradients)};
}

Array Elaborator::sumOfAll(const Array &a, SourceSpan span) {
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < a.frames.size() + a.shape.size(); ++i)
    dims.push_back(int64_t(i));
  return dims.empty() ? a : reduceDims(ReduceKind::add, a, dims, span);
}

/// The real arrays of what a derivative is taken of: an array, or the parts of a delta.
std::optional<SmallVector<Array *>> Elaborator::outputsOf(Val &first, SourceSpan span) {
  SmallVector<Array *> out;
  if (first.isArray() && isReal(first.array.elem))
    out.push_back(&first.array);
  if (first.kind == ValKind::Delta)
    for (Val &item : first.items)
      out.push_back(&item.array);
  if (!out.empty())
    return out;
  error(span, Diag::E0220)
      .label("this is " + describe(first))
      .help("differentiate a real array, a number or a delta");
  return std::nullopt;
}

std::optional<Array> Elaborator::weighted(Val &first, const Val &weights, SourceSpan span) {
  std::optional<SmallVector<Array *>> outputs = outputsOf(first, span);
  if (!outputs)
    return std::nullopt;
  Val w = weights;
  if (first.isArray() && w.isNumber())
    w = Val::ofArray(toArray(w, first.array.elem));
  auto fits = [](const Val &x, const Val &y) {
    return x.isArray() && y.isArray() && x.array.elem == y.array.elem &&
           x.array.shape == y.array.shape;
  };
  bool same =
      w.kind == first.kind && w.names == first.names && w.items.size() == first.items.size();
  for (size_t i = 0; same && i < w.items.size(); ++i)
    same = fits(w.items[i], first.items[i]);
  if (!same || (first.isArray() && !fits(w, first))) {
    diagnostics
        .report(span, Diag::E0250,
                "this direction does not fit: the expression is " + describe(first))
        .label("the direction is " + describe(weights))
        .help("`vjp[x along w] e` takes a `w` like `e`, `jvp[x along v] e` a `v` like `x`");
    return std::nullopt;
  }
  std::optional<Array> total;
  for (size_t i = 0; i < outputs->size(); ++i) {
    const Val &weight = first.isArray() ? w : w.items[i];
    Val part =
        arithmetic(ast::BinaryOp::Mul, Val::ofArray(*(*outputs)[i]), weight, span, span, span);
    if (part.isError())
      return std::nullopt;
    Array sum = sumOfAll(part.array, span);
    if (total)
      sum =
          arithmetic(ast::BinaryOp::Add, Val::ofArray(*total), Val::ofArray(sum), span, span, span)
              .array;
    total = sum;
  }
  return total;
}

std::optional<Elaborator::Differentiated> Elaborator::directional(std::vector<Pick> &picks,
                                                                  ArrayRef<Array> along, Body body,
                                                                  SourceSpan span) {
  Variables variables = openVariables(picks, /*context=*/false);
  SmallVector<mlir::Value> directions;
  for (size_t i = 0; i < variables.targets.size(); ++i) {
    // A direction may differ from member to member of a frame.
    Array &x = variables.targets[i]->array;
    SmallVector<AxisPtr, 2> frames = unionFrames({&x, &along[i]});
    x.value = place(x, frames, x.shape);
    x.frames.assign(frames.begin(), frames.end());
    variables.values[i] = x.value;
    directions.push_back(place(along[i], frames, x.shape));
  }
  auto front = [&](Val &first, llvm::SmallVectorImpl<mlir::Value> &out) {
    std::optional<SmallVector<Array *>> outputs = outputsOf(first, span);
    for (size_t i = 0; outputs && i < outputs->size(); ++i)
      out.push_back((*outputs)[i]->value);
    return outputs.has_value();
  };
  std::optional<Traced> traced = trace(variables, body, span, front);
  if (!traced)
    return std::nullopt;
  SmallVector<mlir::Type> results = typesOf(traced->yielded);
  for (size_t i = 0; i < traced->front; ++i)
    results.push_back(results[i]);
  auto op = JvpOp::create(builder, loc(span), results, int64_t(traced->front), variables.values,
                          directions);
  op.getBody().takeBody(*traced->region);
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&op.getBody().front());
    YieldOp::create(builder, loc(span), traced->yielded);
  }
  leave(*traced, variables, op.getResults());
  Val tangent = traced->value.kind == ValKind::Tuple && !traced->value.items.empty()
                    ? traced->value.items[0]
                    : traced->value;
  std::optional<SmallVector<Array *>> parts = outputsOf(tangent, span);
  for (size_t i = 0; i < parts->size(); ++i)
    (*parts)[i]->value = op.getResult(unsigned(traced->yielded.size() + i));
  return Differentiated{traced->value, {tangent}};
}

std::optional<SmallVector<Array>> Elaborator::directionOf(const std::vector<Pick> &picks,
                                                          const ast::Expr &along) {
  Val v = eval(along);
  if (v.isError())
    return std::nullopt;
  SmallVector<Array> out;
  auto refuse = [&](const Val &got, const Val &want) {
    diagnostics
        .report(along.span, Diag::E0250,
                "this direction does not fit: the variable is " + describe(want))
        .label("the direction is " + describe(got))
        .help("a direction has the shape of its variable; one along a model is a delta");
    return std::nullopt;
  };
  std::vector<Val> each = picks.size() == 1 ? std::vector<Val>{v} : v.items;
  if (each.size() != picks.size() || (picks.size() > 1 && v.kind != ValKind::Tuple)) {
    diagnostics
        .report(along.span, Diag::E0250,
                "this direction does not fit: there are " + std::to_string(picks.size()) +
                    " variables")
        .label("this is " + describe(v))
        .help("give one direction for each: `jvp[x, y along (v, w)] e`");
    return std::nullopt;
  }
  for (size_t i = 0; i < picks.size(); ++i) {
    const Val &target = *picks[i].target;
    Val d = each[i];
    if (target.isArray()) {
      if (d.isStatic() || d.kind == ValKind::Index)
        d = Val::ofArray(toArray(d, target.array.elem));
      if (!d.isArray() || d.array.elem != target.array.elem || d.array.shape != target.array.shape)
        return refuse(each[i], target);
      out.push_back(d.array);
      continue;
    }
    if (d.kind != ValKind::Delta)
      return refuse(each[i], target);
    size_t used = 0;
    for (const Leaf &l : picks[i].leaves) {
      // Where the delta has nothing, nothing moves.
      int at = d.field(l.path);
      const Array &x = l.val->array;
      Array part = constant(0, x.elem);
      if (at >= 0) {
        part = d.items[at].array;
        ++used;
        if (part.shape != x.shape || part.elem != x.elem)
          return refuse(d.items[at], *l.val);
      } else {
        part.value = place(part, {}, x.shape);
        part.shape = x.shape;
      }
      out.push_back(part);
    }
    gateDirections(picks[i], llvm::MutableArrayRef(out).take_back(picks[i].leaves.size()));
    if (used != d.items.size()) {
      diagnostics
          .report(along.span, Diag::E0250,
                  "this direction does not fit: the variable is " + describe(target))
          .label("this delta has parameters that are not among the variables")
          .help("select the same ones on both sides");
      return std::nullopt;
    }
  }
  return out;
}

Val Elaborator::evalDerive(const ast::DeriveExpr &e) {
  const std::string &word = e.word.text;
  bool directed = word == "jvp" || word == "vjp" || word == "hvp";
  if (directed != bool(e.along)) {
    diagnostics
        .report(e.span, Diag::E0250,
                "`" + word + "` " + (directed ? "needs a direction" : "takes no direction"))
        .help(directed ? "write it after the variable: `" + word + "[x along v] ...`"
                       : "along one direction it is `jvp`, `vjp` or `hvp`");
    return Val::error();
  }
  std::vector<Pick> picks(e.picks.size());
  std::set<std::string> inBody, inPick;
  mentionedNames(*e.body, inBody);
  for (size_t i = 0; i < picks.size(); ++i) {
    if (!resolvePick(*e.picks[i], picks[i], false))
      return Val::error();
    inPick.clear();
    mentionedNames(*e.picks[i], inPick);
    if (llvm::none_of(inPick, [&](const std::string &n) { return inBody.count(n); })) {
      diagnostics.report(e.picks[i]->span, Diag::E0221,
                         std::string(sources.text(e.picks[i]->span)));
      return Val::error();
    }
  }
  auto body = [&] { return eval(*e.body); };
  // Entries outside of a selection have no gradient and do not move.
  auto selected = [&](std::optional<Differentiated> d) -> std::optional<Differentiated> {
    for (size_t i = 0; d && i < picks.size(); ++i) {
      d->gradients[i] = gated(picks[i], d->gradients[i], e.span);
      if (d->gradients[i].isError())
        return std::nullopt;
    }
    return d;
  };
  // The gradient as a body: in front of what else comes out.
  auto gradient = [&]() -> Val {
    auto d = differentiate(picks, body, e.span);
    return d ? withRest(*d) : Val::error();
  };
  std::optional<Differentiated> d;
  if (word == "vjp") {
    Val weights = eval(*e.along);
    if (!weights.isError())
      d = selected(differentiate(picks, body, e.span, &weights));
  } else if (directed) {
    if (auto along = directionOf(picks, *e.along)) {
      if (word == "hvp" && picks.size() > 1)
        return unsupported(e.span, "`hvp` by several variables", "put them into a record");
      d = word == "jvp" ? directional(picks, *along, body, e.span)
                        : selected(directional(picks, *along, gradient, e.span));
    }
  } else if (word == "jacobian") {
    d = selected(jacobian(picks, body, e.span, Mode::Sizes));
  } else if (word == "hessian") {
    if (picks.size() > 1 || !picks[0].leaves.empty())
      return unsupported(e.span, "`hessian` by a model or by several variables",
                         "multiply by it instead: `hvp[net along v] ...`");
    d = jacobian(picks, gradient, e.span, Mode::Forward);
  } else if (word == "laplacian") {
    d = laplacian(picks, body, e.span);
  } else {
    d = selected(differentiate(picks, body, e.span));
  }
  if (!d)
    return Val::error();
  if (word != "value_and_grad")
    return withRest(*d);
  Val out = Val::of(ValKind::Tuple);
  out.items = {d->value, derivativeOf(*d)};
  return out;
}

Val Elaborator::derivativeOf(const Differentiated &d) {
  if (d.gradients.size() == 1)
    return d.gradients[0];
  Val all = Val::of(ValKind::Tuple);
  all.items = d.gradients;
  return all;
}

Val Elaborator::withRest(const Differentiated &d) {
  if (d.value.kind != ValKind::Tuple)
    return derivativeOf(d);
  // Of a tuple the first part is differentiated, the rest comes out.
  Val out = Val::of(ValKind::Tuple);
  out.items = {derivativeOf(d)};
  out.items.insert(out.items.end(), d.value.items.begin() + 1, d.value.items.end());
  return out;
}
