//===- Jacobians.cpp - derivatives along all directions at once -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The directions are a frame: `dyn.lift` computes one derivative for each member
// and what they share once. A Jacobian is built forward, one direction an entry of
// the variables, where those are no more than the entries of the value, else in
// reverse, one weight an entry of the value.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::ArrayRef;
using llvm::SmallVector;

SmallVector<mlir::Value>
Elaborator::liftOver(SourceSpan span,
                     llvm::function_ref<std::optional<Lifting>(mlir::Block &)> fill) {
  mlir::Region region;
  auto *block = new mlir::Block();
  region.push_back(block);
  std::optional<Lifting> made;
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    auto holder = mlir::scf::ExecuteRegionOp::create(builder, loc(span), mlir::TypeRange{});
    holder.getRegion().takeBody(region);
    builder.setInsertionPointToEnd(block);
    made = fill(*block);
    if (made) {
      SmallVector<mlir::Value> yields = made->lifted;
      yields.append(made->shared);
      YieldOp::create(builder, loc(span), yields);
    }
    region.takeBody(holder.getRegion());
    holder.erase();
  }
  if (!made) {
    region.dropAllReferences();
    return {};
  }
  SmallVector<mlir::Value> inputs = made->inputs();
  int64_t extent = llvm::cast<mlir::RankedTensorType>(inputs[0].getType())
                       .getDimSize(LiftOp::axisIn(block->getArgument(0).getType()));
  SmallVector<mlir::Type> results;
  for (mlir::Value v : made->lifted)
    results.push_back(LiftOp::framed(v.getType(), extent));
  for (mlir::Value v : made->shared)
    results.push_back(v.getType());
  auto op = LiftOp::create(builder, loc(span), results, int64_t(made->lifted.size()), inputs);
  op.getBody().takeBody(region);
  return SmallVector<mlir::Value>(op.getResults());
}

std::optional<int64_t> Elaborator::entriesOf(ArrayRef<Extent> shape, SourceSpan span) {
  int64_t n = 1;
  for (const Extent &e : shape) {
    if (!e.isStatic()) {
      unsupported(span, "a derivative along all directions of a run-time extent",
                  "take it for one example, in a function that lifts: "
                  "`fn j(x: real[D]) = jacobian[x] net(x)`, then `j(xs)`");
      return std::nullopt;
    }
    n *= e.size;
  }
  return n;
}

Array Elaborator::reshaped(const Array &a, ArrayRef<Extent> shape) {
  SmallVector<Extent, 6> dims;
  for (const AxisPtr &f : a.frames)
    dims.push_back(f->extent);
  dims.append(shape.begin(), shape.end());
  Array out = a;
  out.shape.assign(shape.begin(), shape.end());
  mlir::Type type = typeOf(dims, a.elem);
  if (type == a.value.getType())
    return out;
  if (dims.empty()) {
    mlir::Value zero = indexConstant(0);
    SmallVector<mlir::Value> at(a.shape.size(), zero);
    out.value = mlir::tensor::ExtractOp::create(builder, current, a.value, at);
  } else if (!llvm::isa<mlir::RankedTensorType>(a.value.getType())) {
    out.value = BroadcastOp::create(builder, current, type, a.value, mlir::ValueRange{},
                                    ArrayRef<int64_t>{});
  } else {
    out.value = ReshapeOp::create(builder, current, type, a.value);
  }
  return out;
}

SmallVector<mlir::Value> Elaborator::basis(const Variables &variables, int64_t entries) {
  SmallVector<mlir::Value> out;
  int64_t first = 0;
  for (const Val *v : variables.targets) {
    int64_t own = 1;
    for (const Extent &e : v->array.shape)
      own *= e.size;
    // One where the counter of directions meets the entry.
    AxisPtr direction = newAxis("direction", Extent{entries, {}, entries});
    AxisPtr entry = newAxis("entry", Extent{own, {}, own});
    Val at = arithmetic(ast::BinaryOp::Add, Val::ofArray(indexArray(entry)), Val::integer(first),
                        {}, {}, {});
    Val hit = compare(ast::BinaryOp::Eq, Val::ofArray(indexArray(direction)), at, {});
    Array unit = bindAxes(convert(hit, v->array.elem, {}).array, {direction, entry});
    SmallVector<Extent, 4> shape{direction->extent};
    shape.append(v->array.shape.begin(), v->array.shape.end());
    out.push_back(reshaped(unit, shape).value);
    first += own;
  }
  return out;
}

/// A value with a frame that `lift` put in, as an array whose shape begins with it.
Array Elaborator::withFrame(const Array &like, mlir::Value value, const AxisPtr &axis) {
  Array a = like;
  a.limit = 0;
  int64_t at = LiftOp::axisIn(like.value.getType());
  a.value = value;
  a.frames.insert(a.frames.begin() + at, axis);
  return bindAxes(a, {axis});
}

std::optional<Elaborator::Differentiated> Elaborator::jacobian(std::vector<Pick> &picks, Body body,
                                                               SourceSpan span, Mode mode) {
  Variables variables = openVariables(picks, /*context=*/true);
  auto giveUp = [&] {
    for (size_t i = 0; i < variables.targets.size(); ++i)
      *variables.targets[i] = variables.originals[i];
    return std::nullopt;
  };
  int64_t entries = 0;
  SmallVector<int64_t> sizes;
  for (const Val *v : variables.targets) {
    std::optional<int64_t> n = entriesOf(v->array.shape, span);
    if (!n)
      return giveUp();
    sizes.push_back(*n);
    entries += *n;
  }
  bool forward = true;
  std::optional<Traced> traced;
  Array output;
  SmallVector<Array> points; // the variables as the body saw them
  SmallVector<mlir::Value> results =
      liftOver(span, [&](mlir::Block &block) -> std::optional<Lifting> {
        Lifting made;
        auto front = [&](Val &first, llvm::SmallVectorImpl<mlir::Value> &out) {
          if (!first.isArray() || !isReal(first.array.elem)) {
            error(span, Diag::E0220)
                .label("this is " + describe(first))
                .help("a Jacobian is that of a real array");
            return false;
          }
          output = first.array;
          std::optional<int64_t> rows = entriesOf(output.shape, span);
          if (!rows)
            return false;
          forward = mode == Mode::Forward || entries <= *rows;
          if (forward) {
            out.push_back(output.value);
            return true;
          }
          Array weights;
          weights.elem = output.elem;
          weights.shape = output.shape;
          weights.value = block.addArgument(typeOf(weights.shape, weights.elem), loc(span));
          Val product =
              arithmetic(ast::BinaryOp::Mul, first, Val::ofArray(weights), span, span, span);
          out.push_back(sumOfAll(product.array, span).value);
          made.inputs = [this, weights, rows = *rows] {
            Variables one;
            Val v = Val::ofArray(weights);
            one.targets = {&v};
            return basis(one, rows);
          };
          return true;
        };
        traced = trace(variables, body, span, front);
        if (!traced)
          return std::nullopt;
        for (const Val *v : variables.targets)
          points.push_back(v->array);
        SmallVector<mlir::Type> types;
        for (mlir::Value v : traced->yielded)
          types.push_back(v.getType());
        size_t yielded = types.size();
        mlir::Operation *op;
        if (forward) {
          SmallVector<mlir::Value> along;
          for (const Array &x : points) {
            Array unit;
            unit.elem = x.elem;
            unit.shape = x.shape;
            unit.value = block.addArgument(typeOf(x.shape, x.elem), loc(span));
            along.push_back(place(unit, x.frames, x.shape));
          }
          types.push_back(types[0]);
          op = JvpOp::create(builder, loc(span), types, int64_t(1), variables.values, along);
          made.inputs = [&] {
            Variables own = variables;
            return basis(own, entries);
          };
        } else {
          types.append(variables.types());
          op = ValueAndGradOp::create(builder, loc(span), types, variables.values);
        }
        op->getRegion(0).takeBody(*traced->region);
        {
          mlir::OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPointToEnd(&op->getRegion(0).front());
          YieldOp::create(builder, loc(span), traced->yielded);
        }
        llvm::append_range(made.lifted, op->getResults().drop_front(yielded));
        llvm::append_range(made.shared,
                           op->getResults().take_front(yielded).drop_front(traced->front));
        return made;
      });
  if (!traced)
    return std::nullopt;
  ArrayRef<mlir::Value> lifted(results), shared(results);
  shared = shared.take_back(traced->yielded.size() - traced->front);
  traced->front = 0;
  leave(*traced, variables, mlir::ValueRange(shared));

  // The value's dimensions, then those of the variable.
  SmallVector<Array> out;
  if (forward) {
    AxisPtr direction = newAxis("direction", Extent{entries, {}, entries});
    Array all = withFrame(output, lifted[0], direction);
    all = moveDim(all, 0, all.shape.size() - 1);
    int64_t first = 0;
    for (auto [x, n] : llvm::zip(points, sizes)) {
      Array part = points.size() == 1 ? all : slice(all, all.shape.size() - 1, first, n);
      SmallVector<Extent, 6> shape(output.shape.begin(), output.shape.end());
      shape.append(x.shape.begin(), x.shape.end());
      out.push_back(reshaped(part, shape));
      first += n;
    }
  } else {
    int64_t rows = *entriesOf(output.shape, span);
    AxisPtr weight = newAxis("weight", Extent{rows, {}, rows});
    for (auto [i, x] : llvm::enumerate(points)) {
      Array part = withFrame(x, lifted[i], weight);
      SmallVector<Extent, 6> shape(output.shape.begin(), output.shape.end());
      shape.append(x.shape.begin(), x.shape.end());
      out.push_back(reshaped(part, shape));
    }
  }
  Differentiated d{traced->value, byPick(picks, out)};
  // A Jacobian by a model is an array of deltas.
  for (Val &g : d.gradients)
    if (g.kind == ValKind::Delta)
      g.stack.assign(output.shape.begin(), output.shape.end());
  return d;
}

std::optional<Elaborator::Differentiated> Elaborator::laplacian(std::vector<Pick> &picks, Body body,
                                                                SourceSpan span) {
  Variables variables = openVariables(picks, /*context=*/false);
  for (size_t i = 0; i < variables.targets.size(); ++i)
    *variables.targets[i] = variables.originals[i];
  int64_t entries = 0;
  for (const Val *v : variables.targets) {
    std::optional<int64_t> n = entriesOf(v->array.shape, span);
    if (!n)
      return std::nullopt;
    entries += *n;
  }
  std::optional<Differentiated> twice;
  Array second;
  SmallVector<mlir::Value *> refs;
  SmallVector<mlir::Value> results =
      liftOver(span, [&](mlir::Block &block) -> std::optional<Lifting> {
        SmallVector<Array> along;
        for (const Val *v : variables.targets) {
          Array unit;
          unit.elem = v->array.elem;
          unit.shape = v->array.shape;
          unit.value = block.addArgument(typeOf(unit.shape, unit.elem), loc(span));
          along.push_back(unit);
        }
        size_t first = 0;
        for (const Pick &p : picks) {
          size_t own = p.leaves.empty() ? 1 : p.leaves.size();
          gateDirections(p, llvm::MutableArrayRef(along).slice(first, own));
          first += own;
        }
        auto once = [&]() -> Val {
          auto d = directional(picks, along, body, span);
          if (!d)
            return Val::error();
          Val first = d->gradients[0];
          if (!first.isArray() || !first.array.shape.empty()) {
            error(span, Diag::E0220)
                .label("this is " + describe(first))
                .help("a Laplacian is that of one real number");
            return Val::error();
          }
          Val out = Val::of(ValKind::Tuple);
          out.items = {first, d->value};
          return out;
        };
        Snapshot before = snapshot();
        twice = directional(picks, along, once, span);
        if (!twice)
          return std::nullopt;
        for (Binding *b : changed(before))
          collectValues(b->val, refs);
        twice->value = Val(twice->value.items[1]);
        second = twice->gradients[0].array;
        Lifting made;
        made.lifted = {second.value};
        collectValues(twice->value, refs);
        for (mlir::Value *r : refs)
          made.shared.push_back(*r);
        made.inputs = [&] { return basis(variables, entries); };
        return made;
      });
  if (!twice)
    return std::nullopt;
  for (auto [r, v] : llvm::zip(refs, llvm::drop_begin(results)))
    *r = v;
  AxisPtr direction = newAxis("direction", Extent{entries, {}, entries});
  Array all = withFrame(second, results[0], direction);
  all = reduceDims(ReduceKind::add, all, {int64_t(all.frames.size())}, span);
  twice->gradients = {Val::ofArray(all)};
  return twice;
}
