//===- Arrays.cpp - emission on arrays with frames ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

Location Elaborator::loc(SourceSpan span) {
  if (!span.isValid())
    return current;
  LineColumn b = sources.begin(span), e = sources.lineColumn(span.file, span.end);
  return FileLineColRange::get(builder.getStringAttr(sources.file(span.file).name()), b.line,
                               b.column, e.line, e.column);
}

Type Elaborator::mlirElem(Elem e) {
  switch (e) {
  case Elem::F32:
    return builder.getF32Type();
  case Elem::F64:
    return builder.getF64Type();
  case Elem::I32:
    return builder.getI32Type();
  case Elem::I64:
    return builder.getI64Type();
  case Elem::U8:
    return builder.getI8Type();
  case Elem::Bool:
    return builder.getI1Type();
  }
  return {};
}

Type Elaborator::typeOf(ArrayRef<Extent> dims, Elem e) {
  if (dims.empty())
    return mlirElem(e);
  SmallVector<int64_t> shape;
  for (const Extent &d : dims)
    shape.push_back(d.isStatic() ? d.size : ShapedType::kDynamic);
  return RankedTensorType::get(shape, mlirElem(e));
}

mlir::Value Elaborator::indexConstant(int64_t n) {
  return arith::ConstantIndexOp::create(builder, current, n);
}

mlir::Value Elaborator::extentValue(const Extent &e) {
  return e.isStatic() ? indexConstant(e.size) : e.value;
}

mlir::Value Elaborator::scalarConstant(double d, Elem e) {
  Type t = mlirElem(e);
  TypedAttr attr = isReal(e) ? TypedAttr(builder.getFloatAttr(t, d))
                             : TypedAttr(builder.getIntegerAttr(t, int64_t(d)));
  return arith::ConstantOp::create(builder, current, attr);
}

Array Elaborator::constant(double d, Elem e) {
  Array a;
  a.elem = e;
  a.value = scalarConstant(d, e);
  return a;
}

AxisPtr Elaborator::newAxis(std::string name, Extent extent, bool isResolved) {
  return std::make_shared<Axis>(Axis{nextAxis++, std::move(name), extent, isResolved});
}

SmallVector<AxisPtr, 2> Elaborator::unionFrames(ArrayRef<const Array *> arrays) {
  SmallVector<AxisPtr, 2> all;
  for (const Array *a : arrays)
    for (const AxisPtr &f : a->frames)
      if (!llvm::is_contained(all, f))
        all.push_back(f);
  sortFrames(all);
  return all;
}

void Elaborator::sortFrames(llvm::MutableArrayRef<AxisPtr> frames) {
  llvm::sort(frames, [](const AxisPtr &x, const AxisPtr &y) {
    bool sx = x->extent.isStatic(), sy = y->extent.isStatic();
    return sx != sy ? sy : x->id < y->id;
  });
}

SmallVector<AxisPtr, 2> Elaborator::withContext(ArrayRef<AxisPtr> frames) {
  SmallVector<AxisPtr, 2> all(frames.begin(), frames.end());
  for (const AxisPtr &f : frameContext)
    if (!llvm::is_contained(all, f) && f->resolved)
      all.push_back(f);
  sortFrames(all);
  return all;
}

mlir::Value Elaborator::place(const Array &a, ArrayRef<AxisPtr> frames, ArrayRef<Extent> shape) {
  SmallVector<Extent, 6> dims;
  for (const AxisPtr &f : frames)
    dims.push_back(f->extent);
  dims.append(shape.begin(), shape.end());

  // Where each dimension of the value goes; a number is repeated along `shape`.
  SmallVector<int64_t> target;
  for (const AxisPtr &f : a.frames)
    target.push_back(llvm::find(frames, f) - frames.begin());
  for (size_t i = 0; i < a.shape.size(); ++i)
    target.push_back(int64_t(frames.size() + shape.size() - a.shape.size() + i));

  mlir::Value v = a.value;
  SmallVector<int64_t> order(target.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = int64_t(i);
  llvm::sort(order, [&](int64_t x, int64_t y) { return target[x] < target[y]; });
  if (!llvm::is_sorted(order)) {
    SmallVector<int64_t> oldShape(cast<RankedTensorType>(v.getType()).getShape()), newShape;
    for (int64_t o : order)
      newShape.push_back(oldShape[o]);
    v = TransposeOp::create(builder, current, RankedTensorType::get(newShape, mlirElem(a.elem)), v,
                            order);
    llvm::sort(target);
  }
  if (target.size() == dims.size())
    return v;
  SmallVector<mlir::Value> extents;
  for (const Extent &d : dims)
    if (!d.isStatic())
      extents.push_back(d.value);
  return BroadcastOp::create(builder, current, typeOf(dims, a.elem), v, extents, target);
}

Array Elaborator::indexArray(const AxisPtr &axis) {
  Array a;
  a.elem = Elem::I64;
  a.frames = {axis};
  if (axis->extent.isStatic())
    a.limit = axis->extent.size;
  a.value = IotaOp::create(builder, current, typeOf({axis->extent}, Elem::I64),
                           axis->extent.isStatic() ? mlir::Value() : axis->extent.value);
  return a;
}

Array Elaborator::toArray(const Val &v, Elem hint) {
  switch (v.kind) {
  case ValKind::Array:
    return v.array;
  case ValKind::Int:
  case ValKind::Real:
  case ValKind::Bool: {
    Array a = constant(v.asReal(), v.kind == ValKind::Bool ? Elem::Bool : hint);
    if (v.kind == ValKind::Int && !isReal(hint) && v.number >= 0)
      a.limit = v.number + 1;
    return a;
  }
  case ValKind::Index:
    resolveByUse(v.axis);
    return indexArray(v.axis);
  case ValKind::Dim: {
    Array a;
    a.elem = Elem::I64;
    a.value = arith::IndexCastOp::create(builder, current, builder.getI64Type(), v.extent.value);
    if (!isReal(hint))
      return a;
    a.value = arith::SIToFPOp::create(builder, current, mlirElem(hint), a.value);
    a.elem = hint;
    return a;
  }
  default:
    return constant(0, hint);
  }
}

Array Elaborator::toArray(const Val &v) {
  return toArray(v, v.kind == ValKind::Real ? realElem()
                                            : (v.kind == ValKind::Bool ? Elem::Bool : Elem::I64));
}

Val Elaborator::convert(const Val &v, Elem to, SourceSpan span) {
  if (v.kind == ValKind::Delta)
    return overTrees({v}, span, [&](ArrayRef<Val> x) { return convert(x[0], to, span); });
  if (v.isError())
    return v;
  if (v.kind == ValKind::Delta)
    return mapArrays(v, [&](const Array &a) { return convert(Val::ofArray(a), to, span).array; });
  if (!v.isNumber()) {
    error(span, Diag::E0206).label("this is " + describe(v)).help("a number is expected here");
    return Val::error();
  }
  if (v.isStatic() && v.kind != ValKind::Bool)
    return Val::ofArray(toArray(v, to));
  Array a = toArray(v, v.kind == ValKind::Dim ? to : Elem::I64);
  if (a.elem == to)
    return Val::ofArray(a);
  bool fromReal = isReal(a.elem), toReal = isReal(to);
  Elem from = a.elem;
  return Val::ofArray(elementwise(
      {a}, to,
      [&](ArrayRef<mlir::Value> x) -> mlir::Value {
        Type t = mlirElem(to);
        if (auto tensor = dyn_cast<RankedTensorType>(x[0].getType()))
          t = tensor.clone(t);
        if (fromReal && toReal)
          return from == Elem::F32 ? arith::ExtFOp::create(builder, current, t, x[0]).getResult()
                                   : arith::TruncFOp::create(builder, current, t, x[0]).getResult();
        if (fromReal)
          return arith::FPToSIOp::create(builder, current, t, x[0]);
        bool isUnsigned = from == Elem::Bool || from == Elem::U8;
        if (toReal)
          return isUnsigned ? arith::UIToFPOp::create(builder, current, t, x[0]).getResult()
                            : arith::SIToFPOp::create(builder, current, t, x[0]).getResult();
        unsigned wf = mlirElem(from).getIntOrFloatBitWidth(),
                 wt = mlirElem(to).getIntOrFloatBitWidth();
        if (wt < wf)
          return arith::TruncIOp::create(builder, current, t, x[0]);
        return isUnsigned ? arith::ExtUIOp::create(builder, current, t, x[0]).getResult()
                          : arith::ExtSIOp::create(builder, current, t, x[0]).getResult();
      },
      span));
}

Array Elaborator::elementwise(ArrayRef<Array> operands, Elem result,
                              llvm::function_ref<mlir::Value(ArrayRef<mlir::Value>)> emit,
                              SourceSpan span) {
  SmallVector<const Array *> all;
  Array out;
  for (const Array &a : operands) {
    all.push_back(&a);
    if (a.shape.size() > out.shape.size())
      out.shape = a.shape;
  }
  out.frames = unionFrames(all);
  out.elem = result;
  SmallVector<mlir::Value> values;
  for (const Array &a : operands)
    values.push_back(place(a, out.frames, out.shape));
  Location saved = current;
  current = loc(span);
  out.value = emit(values);
  current = saved;
  return out;
}

Array Elaborator::bindAxes(const Array &a, ArrayRef<AxisPtr> axes) {
  Array out;
  out.elem = a.elem;
  out.limit = a.limit;
  for (const AxisPtr &f : a.frames)
    if (!llvm::is_contained(axes, f))
      out.frames.push_back(f);
  for (const AxisPtr &x : axes)
    out.shape.push_back(x->extent);
  // `place` wants the axes among the frames; they end up in front of the shape.
  SmallVector<AxisPtr, 4> order(out.frames.begin(), out.frames.end());
  order.append(axes.begin(), axes.end());
  out.value = place(a, order, a.shape);
  out.shape.append(a.shape.begin(), a.shape.end());
  return out;
}

Array Elaborator::frameAxes(Array a, ArrayRef<AxisPtr> axes) {
  a.frames.append(axes.begin(), axes.end());
  a.shape.erase(a.shape.begin(), a.shape.begin() + axes.size());
  return a;
}

Array Elaborator::reduceDims(ReduceKind kind, const Array &a, ArrayRef<int64_t> dims,
                             SourceSpan span) {
  Array out = a;
  out.limit = 0;
  SmallVector<Extent> left;
  out.frames.clear();
  out.shape.clear();
  for (size_t i = 0; i < a.frames.size() + a.shape.size(); ++i) {
    if (llvm::is_contained(dims, int64_t(i)))
      continue;
    if (i < a.frames.size()) {
      out.frames.push_back(a.frames[i]);
      left.push_back(a.frames[i]->extent);
    } else {
      out.shape.push_back(a.shape[i - a.frames.size()]);
      left.push_back(out.shape.back());
    }
  }
  if (!dims.empty())
    out.value = ReduceOp::create(builder, loc(span), typeOf(left, a.elem), kind, a.value, dims);
  return out;
}

Array Elaborator::reduceShape(ReduceKind kind, const Array &a, SourceSpan span) {
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < a.shape.size(); ++i)
    dims.push_back(int64_t(a.frames.size() + i));
  return reduceDims(kind, a, dims, span);
}

Array Elaborator::reduceAxes(ReduceKind kind, const Array &a, ArrayRef<AxisPtr> axes,
                             SourceSpan span) {
  SmallVector<int64_t> dims;
  for (size_t i = 0; i < a.frames.size(); ++i)
    if (llvm::is_contained(axes, a.frames[i]))
      dims.push_back(int64_t(i));
  return reduceDims(kind, a, dims, span);
}

Array Elaborator::countOf(ArrayRef<Extent> dims) {
  int64_t fixed = 1;
  mlir::Value v;
  for (const Extent &d : dims) {
    if (d.isStatic())
      fixed *= d.size;
    else
      v = v ? mlir::Value(arith::MulIOp::create(builder, current, v, d.value)) : d.value;
  }
  if (!v)
    return constant(double(fixed), realElem());
  Array a;
  a.elem = realElem();
  a.value = arith::IndexCastOp::create(builder, current, builder.getI64Type(), v);
  a.value = arith::SIToFPOp::create(builder, current, mlirElem(a.elem), a.value);
  if (fixed != 1)
    a.value =
        arith::MulFOp::create(builder, current, a.value, scalarConstant(double(fixed), a.elem));
  return a;
}

Val Elaborator::mapArrays(const Val &v, llvm::function_ref<Array(const Array &)> f) {
  Val out = v;
  if (out.isArray())
    out.array = f(out.array);
  for (Val &item : out.items)
    item = mapArrays(item, f);
  return out;
}
