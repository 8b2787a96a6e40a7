//===- Indexing.cpp - subscripts: slices, index variables, data -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "Mentions.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;

Array Elaborator::sliceAt(const Array &a, size_t dim, mlir::Value offset, int64_t size, bool drop) {
  // `dim` counts in the shape; the tensor has the frames in front.
  size_t at = a.frames.size() + dim;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<Extent, 6> dims, left;
  for (const AxisPtr &f : a.frames)
    dims.push_back(f->extent);
  dims.append(a.shape.begin(), a.shape.end());
  for (size_t i = 0; i < dims.size(); ++i) {
    bool here = i == at;
    APInt c;
    if (here && matchPattern(offset, m_ConstantInt(&c)))
      offsets.push_back(builder.getIndexAttr(c.getSExtValue()));
    else
      offsets.push_back(here ? OpFoldResult(offset) : OpFoldResult(builder.getIndexAttr(0)));
    if (here)
      sizes.push_back(builder.getIndexAttr(size));
    else
      sizes.push_back(dims[i].isStatic() ? OpFoldResult(builder.getIndexAttr(dims[i].size))
                                         : OpFoldResult(dims[i].value));
    strides.push_back(builder.getIndexAttr(1));
    if (!here)
      left.push_back(dims[i]);
    else if (!drop)
      left.push_back(Extent{size, {}, size});
  }
  Array out = a;
  if (drop)
    out.shape.erase(out.shape.begin() + dim);
  else
    out.shape[dim] = Extent{size, {}, size};
  // Nothing lies at any offset of no entries.
  if (llvm::any_of(left, [](const Extent &e) { return e.isStatic() && e.size == 0; }) &&
      llvm::all_of(left, [](const Extent &e) { return e.isStatic(); })) {
    SmallVector<int64_t> shape;
    for (const Extent &e : left)
      shape.push_back(e.size);
    out.value = tensor::EmptyOp::create(builder, current, shape, mlirElem(a.elem));
    return out;
  }
  if (left.empty()) {
    SmallVector<mlir::Value> index{offset};
    out.value = tensor::ExtractOp::create(builder, current, a.value, index);
    return out;
  }
  out.value =
      tensor::ExtractSliceOp::create(builder, current, cast<RankedTensorType>(typeOf(left, a.elem)),
                                     a.value, offsets, sizes, strides);
  return out;
}

mlir::Value Elaborator::insertRow(mlir::Value row, mlir::Value buffer, mlir::Value position) {
  auto type = dyn_cast<RankedTensorType>(row.getType());
  if (!type)
    return tensor::InsertOp::create(builder, current, row, buffer, mlir::ValueRange{position});
  if (type.hasStaticShape() && type.getNumElements() == 0)
    return buffer;
  OpFoldResult one = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> offsets{position}, sizes{one}, strides{one};
  for (int64_t d : type.getShape()) {
    offsets.push_back(builder.getIndexAttr(0));
    sizes.push_back(builder.getIndexAttr(d));
    strides.push_back(one);
  }
  return tensor::InsertSliceOp::create(builder, current, row, buffer, offsets, sizes, strides);
}

Array Elaborator::slice(const Array &a, size_t dim, int64_t offset, int64_t size) {
  return sliceAt(a, dim, indexConstant(offset), size, false);
}

Array Elaborator::moveDim(const Array &a, size_t from, size_t to) {
  if (from == to)
    return a;
  SmallVector<int64_t> perm;
  size_t nf = a.frames.size();
  for (size_t i = 0; i < nf; ++i)
    perm.push_back(int64_t(i));
  SmallVector<int64_t> order;
  for (size_t i = 0; i < a.shape.size(); ++i)
    if (i != from)
      order.push_back(int64_t(i));
  order.insert(order.begin() + to, int64_t(from));
  Array out = a;
  SmallVector<int64_t> shape(cast<RankedTensorType>(a.value.getType()).getShape()), moved;
  for (size_t i = 0; i < order.size(); ++i) {
    perm.push_back(int64_t(nf) + order[i]);
    out.shape[i] = a.shape[order[i]];
  }
  for (int64_t p : perm)
    moved.push_back(shape[p]);
  out.value = TransposeOp::create(builder, current, RankedTensorType::get(moved, mlirElem(a.elem)),
                                  a.value, perm);
  return out;
}

void Elaborator::checkSubscript(const Array &index, const Extent &extent, SourceSpan span) {
  if (extent.isStatic() && index.limit > 0 && index.limit <= extent.size)
    return;
  Array lo = index, hi = index;
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < index.frames.size() + index.shape.size(); ++i)
    dims.push_back(int64_t(i));
  if (!dims.empty()) {
    lo = reduceDims(ReduceKind::min, index, dims, span);
    hi = reduceDims(ReduceKind::max, index, dims, span);
  }
  // Of no subscripts the reductions are the neutral elements, which pass.
  mlir::Value bound =
      arith::IndexCastOp::create(builder, current, builder.getI64Type(), extentValue(extent));
  mlir::Value zero = scalarConstant(0, Elem::I64);
  mlir::Value above =
      arith::CmpIOp::create(builder, current, arith::CmpIPredicate::sge, lo.value, zero);
  mlir::Value below =
      arith::CmpIOp::create(builder, current, arith::CmpIPredicate::slt, hi.value, bound);
  mlir::Value ok = arith::AndIOp::create(builder, current, above, below);
  mlir::Value bad = arith::SelectOp::create(builder, current, above, hi.value, lo.value);
  AssertOp::create(builder, loc(span), ok, bad, bound,
                   checkSite("subscript", span, std::string(sources.text(span))));
}

Array Elaborator::takeAt(const Array &a, size_t dim, const Array &index, SourceSpan span) {
  Array idx = convert(Val::ofArray(index), Elem::I64, span).array;
  idx.limit = index.limit;
  checkSubscript(idx, a.shape[dim], span);
  if (idx.frames.empty() && idx.shape.empty()) {
    mlir::Value i = arith::IndexCastOp::create(builder, current, builder.getIndexType(), idx.value);
    return sliceAt(a, dim, i, 1, true);
  }
  // table [shared frames, n, other frames, rest], indices [shared frames, own frames, own shape]
  Array table = moveDim(a, dim, 0);
  SmallVector<AxisPtr> shared, tableOnly, indexOnly;
  for (const AxisPtr &f : table.frames)
    (llvm::is_contained(idx.frames, f) ? shared : tableOnly).push_back(f);
  for (const AxisPtr &f : idx.frames)
    if (!llvm::is_contained(shared, f))
      indexOnly.push_back(f);
  // A run-time extent must lead, so whoever lacks it is repeated along it.
  auto share = [&](SmallVector<AxisPtr> &own) {
    for (const AxisPtr &f : own)
      if (!f->extent.isStatic())
        shared.push_back(f);
    llvm::erase_if(own, [](const AxisPtr &f) { return !f->extent.isStatic(); });
  };
  share(tableOnly);
  if (!shared.empty())
    share(indexOnly);
  sortFrames(shared);
  SmallVector<AxisPtr, 4> order(shared.begin(), shared.end());
  Array t = table;
  if (!tableOnly.empty()) {
    // Bring n in front of the frames that only the table has.
    AxisPtr n = newAxis("n", table.shape[0]);
    Array framed = frameAxes(table, {n});
    order.push_back(n);
    order.append(tableOnly.begin(), tableOnly.end());
    t.value = place(framed, order, framed.shape);
  } else {
    t.value = place(table, order, table.shape);
  }
  SmallVector<AxisPtr, 4> idxOrder(shared.begin(), shared.end());
  idxOrder.append(indexOnly.begin(), indexOnly.end());
  mlir::Value i = place(idx, idxOrder, idx.shape);

  Array out;
  out.elem = a.elem;
  out.frames.assign(idxOrder.begin(), idxOrder.end());
  SmallVector<Extent, 6> dims;
  for (const AxisPtr &f : idxOrder)
    dims.push_back(f->extent);
  dims.append(idx.shape.begin(), idx.shape.end());
  for (const AxisPtr &f : tableOnly)
    dims.push_back(f->extent);
  SmallVector<Extent, 4> rest(table.shape.begin() + 1, table.shape.end());
  dims.append(rest.begin(), rest.end());
  out.value = GatherOp::create(builder, loc(span), typeOf(dims, a.elem), t.value, i,
                               builder.getI64IntegerAttr(int64_t(shared.size())));
  out.shape.assign(idx.shape.begin(), idx.shape.end());
  if (!tableOnly.empty()) {
    // Dimensions are now [.., idx.shape, tableOnly, rest]: name the first to move the second.
    if (!idx.shape.empty()) {
      SmallVector<AxisPtr> temps;
      for (const Extent &e : idx.shape)
        temps.push_back(newAxis("i", e));
      out.shape.clear();
      out.frames.append(temps.begin(), temps.end());
      out.frames.append(tableOnly.begin(), tableOnly.end());
      out.shape.append(rest.begin(), rest.end());
      out = bindAxes(out, temps);
    } else {
      out.frames.append(tableOnly.begin(), tableOnly.end());
      out.shape.append(rest.begin(), rest.end());
    }
  } else {
    out.shape.append(rest.begin(), rest.end());
  }
  // The index's own dimensions take the place of `dim`.
  for (size_t k = 0; k < dim && dim < a.shape.size(); ++k)
    out = moveDim(out, idx.shape.size() + k, k);
  return out;
}

Val Elaborator::evalIndex(const ast::IndexExpr &e) {
  Val base = eval(*e.base);
  if (base.isError())
    return base;
  if (base.isArray())
    return indexArrayValue(base.array, e);
  if (base.kind == ValKind::Series && base.series)
    return indexSeries(base, e);
  if (base.kind == ValKind::Dataset)
    return indexDataset(base, e);
  if (base.kind == ValKind::Type || base.kind == ValKind::Builtin)
    return unsupported(e.span, "an array type as a value",
                       "write the type where a type is expected");
  bool points = llvm::all_of(e.subs, [](auto &s) { return s.kind == ast::SubKind::Point; });
  if (base.isTree() && points &&
      e.subs.size() <= base.stack.size()) {
    for (const ast::Sub &s : e.subs) {
      Val i = eval(*s.point);
      if (i.isError())
        return i;
      const Extent &n = base.stack[0];
      if (i.kind == ValKind::Int && n.isStatic() && (i.number < 0 || i.number >= n.size)) {
        diagnostics.report(s.span, Diag::E0217)
            .label(std::to_string(i.number) + " of " + describe(n));
        return Val::error();
      }
      base = indexStruct(base, i, e.span);
    }
    return base;
  }
  if (e.subs.size() == 1 && points) {
    Val i = eval(*e.subs[0].point);
    if (i.isError())
      return i;
    if (base.kind == ValKind::Tuple && i.kind == ValKind::Int && i.number >= 0 &&
        i.number < int64_t(base.items.size()))
      return base.items[i.number];
  }
  diagnostics.report(e.span, Diag::E0205, describe(base)).label("this has no dimension to index");
  return Val::error();
}

void Elaborator::resolveByUse(const AxisPtr &axis) {
  if (axis->resolved || !axis->uses)
    return;
  std::vector<const ast::IndexExpr *> indexed;
  indexedBy(*axis->uses, axis->name, indexed);
  for (const ast::IndexExpr *e : indexed) {
    const ast::Expr *root = e->base.get();
    while (auto *f = llvm::dyn_cast<ast::FieldExpr>(root))
      root = f->base.get();
    auto *name = llvm::dyn_cast<ast::NameExpr>(root);
    if (!name || !scope->find(name->name))
      continue;
    Val base = eval(*e->base);
    for (size_t i = 0; base.isArray() && i < e->subs.size() && i < base.array.shape.size(); ++i) {
      if (e->subs[i].kind == ast::SubKind::Rest)
        break;
      auto *point = llvm::dyn_cast_or_null<ast::NameExpr>(e->subs[i].point.get());
      if (!point || point->name != axis->name)
        continue;
      axis->extent = base.array.shape[i];
      axis->resolved = true;
      return;
    }
  }
}

Val Elaborator::indexStruct(const Val &base, const Val &index, SourceSpan span) {
  Val out = base;
  out.stack.erase(out.stack.begin());
  std::function<bool(Val &)> walk = [&](Val &v) {
    if (v.isArray()) {
      if (index.kind == ValKind::Index) {
        if (!index.axis->resolved) {
          index.axis->extent = v.array.shape[0];
          index.axis->resolved = true;
        }
        // A diagonal, where every member already goes along the index.
        v.array = llvm::is_contained(v.array.frames, index.axis)
                      ? takeAt(v.array, 0, indexArray(index.axis), span)
                      : frameAxes(v.array, {index.axis});
      } else {
        v.array = takeAt(v.array, 0, toArray(index, Elem::I64), span);
      }
    }
    if (v.isTree() && !v.stack.empty())
      v.stack.erase(v.stack.begin());
    for (size_t i = 0; i < v.items.size(); ++i)
      if (v.roles.empty() || v.roles[i] != Role::Argument)
        walk(v.items[i]);
    return true;
  };
  for (size_t i = 0; i < out.items.size(); ++i)
    if (out.roles.empty() || out.roles[i] != Role::Argument)
      walk(out.items[i]);
  if (index.kind == ValKind::Index)
    out.frames.push_back(index.axis);
  return out;
}

Val Elaborator::indexArrayValue(const Array &base, const ast::IndexExpr &e) {
  Array a = base;
  size_t given = 0;
  bool rest = false;
  for (const ast::Sub &s : e.subs) {
    given += s.kind != ast::SubKind::Rest;
    rest |= s.kind == ast::SubKind::Rest;
  }
  if (given > a.shape.size() || (given < a.shape.size() && !rest && given == 0)) {
    diagnostics.report(e.span, Diag::E0205, describe(base))
        .label(std::to_string(given) + " subscripts for " + describe(base));
    return Val::error();
  }
  size_t dim = 0; // position in the current shape
  size_t total = a.shape.size();
  for (const ast::Sub &s : e.subs) {
    switch (s.kind) {
    case ast::SubKind::All:
      ++dim;
      break;
    case ast::SubKind::Rest:
      dim += total - given;
      break;
    case ast::SubKind::Range: {
      const Extent &extent = a.shape[dim];
      int64_t lo = 0, hi = extent.size;
      if (!extent.isStatic())
        return unsupported(s.span, "a slice of a run-time extent", "use a loader's batches");
      if (s.lo) {
        // A window of fixed size at a run-time place: `x[t..t + n]`.
        auto v = staticInt(*s.lo, "a slice's lower end");
        if (!v)
          return Val::error();
        lo = *v;
      }
      if (s.hi) {
        auto v = staticInt(*s.hi, "a slice's upper end");
        if (!v)
          return Val::error();
        hi = *v + s.inclusive;
      }
      if (lo < 0 || hi > extent.size || lo > hi) {
        diagnostics.report(s.span, Diag::E0217)
            .label("elements " + std::to_string(lo) + ".." + std::to_string(hi) + " of " +
                   describe(extent));
        return Val::error();
      }
      a = slice(a, dim, lo, hi - lo);
      ++dim;
      break;
    }
    case ast::SubKind::Point: {
      Val i = eval(*s.point);
      if (i.isError())
        return i;
      if (i.kind == ValKind::Index) {
        AxisPtr axis = i.axis;
        if (!axis->resolved) {
          axis->extent = a.shape[dim];
          axis->resolved = true;
        }
        if (!(axis->extent == a.shape[dim])) {
          diagnostics.report(s.span, Diag::E0217)
              .label("`" + axis->name + "` counts to " + describe(axis->extent) +
                     ", this dimension has " + describe(a.shape[dim]));
          return Val::error();
        }
        if (llvm::is_contained(a.frames, axis)) {
          a = takeAt(a, dim, indexArray(axis), s.span); // a diagonal
        } else {
          Array moved = moveDim(a, dim, 0);
          a = frameAxes(moved, {axis});
        }
        break;
      }
      if (i.kind == ValKind::Int) {
        if (!a.shape[dim].isStatic() || i.number < 0 || i.number >= a.shape[dim].size) {
          diagnostics.report(s.span, Diag::E0217)
              .label("element " + std::to_string(i.number) + " of " + describe(a.shape[dim]));
          return Val::error();
        }
        a = sliceAt(a, dim, indexConstant(i.number), 1, true);
        break;
      }
      if (!i.isNumber() || isReal(toArray(i).elem) || toArray(i).elem == Elem::Bool) {
        error(s.span, Diag::E0206)
            .label("this is " + describe(i))
            .help("a subscript is an integer");
        return Val::error();
      }
      Array index = toArray(i, Elem::I64);
      a = takeAt(a, dim, index, s.span);
      dim += index.shape.size();
      break;
    }
    }
  }
  return Val::ofArray(a);
}

bool Elaborator::assignIndexed(Val &target, const ast::IndexExpr &e, const Val &value,
                               SourceSpan span) {
  if (!target.isArray() || e.subs.size() > target.array.shape.size()) {
    diagnostics.report(e.span, Diag::E0205, describe(target));
    return false;
  }
  Array &t = target.array;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<Extent, 4> part;
  for (const AxisPtr &f : t.frames) {
    offsets.push_back(builder.getIndexAttr(0));
    sizes.push_back(f->extent.isStatic() ? OpFoldResult(builder.getIndexAttr(f->extent.size))
                                         : OpFoldResult(f->extent.value));
    strides.push_back(builder.getIndexAttr(1));
  }
  for (size_t d = 0; d < t.shape.size(); ++d) {
    bool point = d < e.subs.size() && e.subs[d].kind == ast::SubKind::Point;
    if (d < e.subs.size() && !point && e.subs[d].kind != ast::SubKind::All) {
      unsupported(e.subs[d].span, "an assignment to a range",
                  "assign whole dimensions `..` or single entries");
      return false;
    }
    if (point) {
      Val i = eval(*e.subs[d].point);
      if (i.isError())
        return false;
      Array index = toArray(i, Elem::I64);
      if (isReal(index.elem) || !index.shape.empty() || !index.frames.empty()) {
        error(e.subs[d].span, Diag::E0206).label("this is " + describe(i));
        return false;
      }
      checkSubscript(index, t.shape[d], e.subs[d].span);
      offsets.push_back(mlir::Value(
          arith::IndexCastOp::create(builder, current, builder.getIndexType(), index.value)));
      sizes.push_back(builder.getIndexAttr(1));
    } else {
      offsets.push_back(builder.getIndexAttr(0));
      sizes.push_back(builder.getIndexAttr(t.shape[d].size));
      part.push_back(t.shape[d]);
    }
    strides.push_back(builder.getIndexAttr(1));
  }
  Array v = toArray(value, t.elem);
  if (v.elem != t.elem || (!v.shape.empty() && v.shape != part)) {
    Array want = t;
    want.shape = part;
    diagnostics.report(span, Diag::E0204, describe(want), describe(v));
    return false;
  }
  SmallVector<AxisPtr, 4> frames(t.frames.begin(), t.frames.end());
  mlir::Value placed = place(v, frames, part);
  if (!isa<RankedTensorType>(placed.getType())) {
    SmallVector<mlir::Value> at;
    for (OpFoldResult o : offsets)
      at.push_back(llvm::dyn_cast_if_present<mlir::Value>(o) ? cast<mlir::Value>(o)
                                                             : indexConstant(0));
    t.value = tensor::InsertOp::create(builder, loc(span), placed, t.value, at);
  } else {
    t.value =
        tensor::InsertSliceOp::create(builder, loc(span), placed, t.value, offsets, sizes, strides);
  }
  t.limit = 0;
  return true;
}
