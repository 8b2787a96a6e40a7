//===- Builtins.cpp - the functions that the language itself knows --------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Few on purpose: whatever can be written in Dyn lives in lib/.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"

#include <cmath>

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using ast::BinaryOp;
using llvm::ArrayRef;
using llvm::SmallVector;

const std::set<std::string> &Elaborator::builtinNames() {
  static const std::set<std::string> names = {"exp",          "log",       "log1p",
                                              "expm1",        "sqrt",      "rsqrt",
                                              "abs",          "sin",       "cos",
                                              "tan",          "tanh",      "sinh",
                                              "cosh",         "atan",      "erf",
                                              "floor",        "ceil",      "round",
                                              "max",          "min",       "select",
                                              "stop",         "sum",       "mean",
                                              "prod",         "any",       "all",
                                              "argmax",       "argmin",    "norm",
                                              "dot",          "zeros",     "size",
                                              "flatten",      "reshape",   "transpose",
                                              "concat",       "window",    "last",
                                              "read_idx",     "read_npy",  "read_csv",
                                              "read_bytes",   "dataset",   "stream",
                                              "join",         "is_nan",    "first",
                                              "steps",        "flops",     "join_optimizers",
                                              "flat",         "unflat",    "density",
                                              "starts_with",  "ends_with", "contains",
                                              "largest",      "smallest",  "kth_largest",
                                              "kth_smallest", "sort",      "argsort",
                                              "top_k"};
  return names;
}

Val Elaborator::callBuiltin(const std::string &name, CallArgs &args, const ast::CallExpr &e) {
  if (name == "join_optimizers")
    return joinOptimizers(args, e.span);
  if (auto v = orderFunction(name, args, e.span))
    return *v;
  if (!args.gates.empty())
    return overSelection(name, args, e.span);
  if (auto v = seriesFunction(name, args, e.span))
    return *v;
  if (auto v = mathFunction(name, args, e.span))
    return *v;
  if (auto v = reduction(name, args, e.span))
    return *v;
  if (auto v = shapeFunction(name, args, e))
    return *v;
  if (auto v = deltaFunction(name, args, e.span))
    return *v;
  if (auto v = textFunction(name, args))
    return *v;
  if (auto v = dataFunction(name, args, e))
    return *v;
  diagnostics.report(e.span, Diag::E0207, "`" + name + "`", "these arguments do not fit");
  return Val::error();
}

std::optional<Val> Elaborator::textFunction(const std::string &name, CallArgs &args) {
  bool texts = args.values.size() == 2 && args.values[0].kind == ValKind::Text &&
               args.values[1].kind == ValKind::Text;
  if (!texts)
    return std::nullopt;
  llvm::StringRef all = args.values[0].text, part = args.values[1].text;
  if (name == "starts_with")
    return Val::boolean(all.starts_with(part));
  if (name == "ends_with")
    return Val::boolean(all.ends_with(part));
  if (name == "contains")
    return Val::boolean(all.contains(part));
  return std::nullopt;
}

std::optional<Val> Elaborator::mathFunction(const std::string &name, CallArgs &args,
                                            SourceSpan span) {
  using Emit = mlir::Value (*)(OpBuilder &, Location, mlir::Value);
  struct Unary {
    double (*eval)(double);
    Emit emit;
  };
#define DYN_UNARY(NAME, FN, OP)                                                                    \
  {                                                                                                \
    NAME, {                                                                                        \
      [](double x) -> double { return FN(x); },                                                    \
          [](OpBuilder &b, Location l, mlir::Value x) -> mlir::Value {                             \
            return OP::create(b, l, x);                                                            \
          }                                                                                        \
    }                                                                                              \
  }
  static const std::map<std::string, Unary> table = {
      DYN_UNARY("exp", std::exp, math::ExpOp),
      DYN_UNARY("log", std::log, math::LogOp),
      DYN_UNARY("log1p", std::log1p, math::Log1pOp),
      DYN_UNARY("expm1", std::expm1, math::ExpM1Op),
      DYN_UNARY("sqrt", std::sqrt, math::SqrtOp),
      DYN_UNARY("rsqrt", 1 / std::sqrt, math::RsqrtOp),
      DYN_UNARY("abs", std::fabs, math::AbsFOp),
      DYN_UNARY("sin", std::sin, math::SinOp),
      DYN_UNARY("cos", std::cos, math::CosOp),
      DYN_UNARY("tan", std::tan, math::TanOp),
      DYN_UNARY("tanh", std::tanh, math::TanhOp),
      DYN_UNARY("sinh", std::sinh, math::SinhOp),
      DYN_UNARY("cosh", std::cosh, math::CoshOp),
      DYN_UNARY("atan", std::atan, math::AtanOp),
      DYN_UNARY("erf", std::erf, math::ErfOp),
      DYN_UNARY("floor", std::floor, math::FloorOp),
      DYN_UNARY("ceil", std::ceil, math::CeilOp),
      DYN_UNARY("round", std::nearbyint, math::RoundEvenOp)};
#undef DYN_UNARY
  if (auto it = table.find(name); it != table.end()) {
    if (args.values.size() != 1)
      return std::nullopt;
    Val v = args.values[0];
    if (v.isStatic()) {
      double d = it->second.eval(v.asReal());
      bool whole = name == "floor" || name == "ceil" || name == "round";
      return whole && std::fabs(d) < 9e15 ? Val::integer(int64_t(d)) : Val::realNumber(d);
    }
    if (v.kind == ValKind::Delta)
      return overTrees({v}, span, [&](ArrayRef<Val> x) {
        CallArgs one;
        one.values = {x[0]};
        return *mathFunction(name, one, span);
      });
    if (!v.isNumber())
      return std::nullopt;
    Array a = toArray(v);
    if (name == "abs" && !isReal(a.elem)) {
      Val zero = Val::integer(0);
      return select(compare(BinaryOp::Lt, v, zero, span),
                    arithmetic(BinaryOp::Sub, zero, v, span, span, span), v, span);
    }
    if (!isReal(a.elem)) {
      error(span, Diag::E0206)
          .label("`" + name + "` of " + describe(a))
          .help("convert first: `" + name + "(real(n))`");
      return Val::error();
    }
    return Val::ofArray(elementwise(
        {a}, a.elem,
        [&](ArrayRef<mlir::Value> x) -> mlir::Value {
          return it->second.emit(builder, current, x[0]);
        },
        span));
  }
  if (name == "is_nan" && args.values.size() == 1)
    return compare(BinaryOp::Ne, runtime(args.values[0]), runtime(args.values[0]), span);
  if (name == "select" && args.values.size() == 3)
    return select(args.values[0], args.values[1], args.values[2], span);
  if ((name == "max" || name == "min") && args.values.size() == 2) {
    Val l = args.values[0], r = args.values[1];
    if (l.isStatic() && r.isStatic())
      return (l.asReal() < r.asReal()) == (name == "max") ? r : l;
    if (l.kind == ValKind::Delta || r.kind == ValKind::Delta)
      return overTrees({l, r}, span, [&](ArrayRef<Val> x) {
        CallArgs two;
        two.values = {x[0], x[1]};
        return *mathFunction(name, two, span);
      });
    Array a, b;
    if (!sameNumericType(l, r, a, b, span) || !sameShapes(a, b, span, {}, {}))
      return Val::error();
    bool real = isReal(a.elem), larger = name == "max";
    return Val::ofArray(elementwise(
        {a, b}, a.elem,
        [&](ArrayRef<mlir::Value> x) -> mlir::Value {
          if (real)
            return larger ? arith::MaximumFOp::create(builder, current, x[0], x[1]).getResult()
                          : arith::MinimumFOp::create(builder, current, x[0], x[1]).getResult();
          return larger ? arith::MaxSIOp::create(builder, current, x[0], x[1]).getResult()
                        : arith::MinSIOp::create(builder, current, x[0], x[1]).getResult();
        },
        span));
  }
  if (name == "stop" && args.values.size() == 1)
    return mapArrays(args.values[0], [&](const Array &a) {
      Array out = a;
      out.value = StopOp::create(builder, loc(span), a.value.getType(), a.value);
      return out;
    });
  return std::nullopt;
}

std::optional<Val> Elaborator::reduction(const std::string &name, CallArgs &args, SourceSpan span) {
  static const std::set<std::string> words = {"sum", "mean", "prod",   "max",   "min",
                                              "any", "all",  "argmax", "argmin"};
  if (!words.count(name) || args.values.size() != 1)
    return std::nullopt;
  Val v = args.values[0];
  if (v.kind == ValKind::Delta)
    return reduceTree(name, v, span);
  if (!v.isArray() || v.array.shape.empty()) {
    if (v.isError())
      return v;
    diagnostics.report(span, Diag::E0223).label("`" + name + "` of " + describe(v));
    return Val::error();
  }
  Array a = v.array;
  if (name == "argmax" || name == "argmin") {
    if (a.shape.size() != 1) {
      // Order matters: the function takes a vector and lifts.
      SmallVector<AxisPtr> axes;
      for (size_t i = 0; i + 1 < a.shape.size(); ++i)
        axes.push_back(newAxis("frame", a.shape[i]));
      Array framed = frameAxes(a, axes);
      CallArgs one;
      one.values = {Val::ofArray(framed)};
      Val r = *reduction(name, one, span);
      return unlift(r, axes);
    }
    Array out = a;
    SmallVector<Extent> left;
    for (const AxisPtr &f : a.frames)
      left.push_back(f->extent);
    out.shape.clear();
    out.elem = Elem::I64;
    out.limit = a.shape[0].isStatic() ? a.shape[0].size : 0;
    if (a.elem == Elem::Bool || !isReal(a.elem))
      a = convert(Val::ofArray(a), realElem(), span).array;
    out.value = ArgReduceOp::create(builder, loc(span), typeOf(left, Elem::I64),
                                    name == "argmax" ? ArgKind::max : ArgKind::min, a.value,
                                    uint64_t(a.frames.size()));
    return Val::ofArray(out);
  }
  if (a.elem == Elem::Bool && name != "any" && name != "all")
    a = convert(Val::ofArray(a), name == "mean" ? realElem() : Elem::I64, span).array;
  if (name == "mean" && !isReal(a.elem)) {
    error(span, Diag::E0206)
        .label("the mean of " + describe(a))
        .help("convert first: `mean(real(n))`");
    return Val::error();
  }
  if ((name == "any" || name == "all") && a.elem != Elem::Bool) {
    error(span, Diag::E0213).label("this is " + describe(a));
    return Val::error();
  }
  ReduceKind kind = name == "prod"  ? ReduceKind::mul
                    : name == "max" ? ReduceKind::max
                    : name == "min" ? ReduceKind::min
                    : name == "any" ? ReduceKind::any
                    : name == "all" ? ReduceKind::all
                                    : ReduceKind::add;
  Array r = reduceShape(kind, a, span);
  if (name != "mean")
    return Val::ofArray(r);
  Array count = countOf(a.shape);
  if (count.elem != r.elem)
    count = convert(Val::ofArray(count), r.elem, span).array;
  return arithmetic(BinaryOp::Div, Val::ofArray(r), Val::ofArray(count), span, span, span);
}

std::optional<Val> Elaborator::concatenate(ArrayRef<Array> parts, SourceSpan span) {
  SmallVector<const Array *> refs;
  int64_t total = 0;
  for (const Array &a : parts)
    total += a.shape[0].size;
  for (const Array &a : parts) {
    refs.push_back(&a);
    if (a.elem != parts[0].elem || a.shape.size() != parts[0].shape.size() ||
        !std::equal(a.shape.begin() + 1, a.shape.end(), parts[0].shape.begin() + 1)) {
      diagnostics.report(span, Diag::E0204, describe(parts[0]), describe(a));
      return Val::error();
    }
  }
  Array out = parts[0];
  out.frames = unionFrames(refs);
  out.shape[0] = Extent{total, {}, total};
  SmallVector<Extent, 6> dims;
  SmallVector<mlir::Value> dynamic;
  for (const AxisPtr &f : out.frames)
    dims.push_back(f->extent);
  dims.append(out.shape.begin(), out.shape.end());
  for (const Extent &x : dims)
    if (!x.isStatic())
      dynamic.push_back(x.value);
  mlir::Value v = tensor::EmptyOp::create(builder, loc(span),
                                          cast<RankedTensorType>(typeOf(dims, out.elem)), dynamic);
  int64_t at = 0;
  for (const Array &a : parts) {
    SmallVector<OpFoldResult> offsets, sizes, strides;
    for (size_t i = 0; i < dims.size(); ++i) {
      bool here = i == out.frames.size();
      offsets.push_back(builder.getIndexAttr(here ? at : 0));
      sizes.push_back(here                 ? OpFoldResult(builder.getIndexAttr(a.shape[0].size))
                      : dims[i].isStatic() ? OpFoldResult(builder.getIndexAttr(dims[i].size))
                                           : OpFoldResult(dims[i].value));
      strides.push_back(builder.getIndexAttr(1));
    }
    v = tensor::InsertSliceOp::create(builder, loc(span), place(a, out.frames, a.shape), v, offsets,
                                      sizes, strides);
    at += a.shape[0].size;
  }
  out.value = v;
  out.limit = 0;
  return Val::ofArray(out);
}

std::optional<Val> Elaborator::shapeFunction(const std::string &name, CallArgs &args,
                                             const ast::CallExpr &e) {
  SourceSpan span = e.span;
  auto reshaped = [&](const Array &a, llvm::ArrayRef<Extent> shape) {
    Array out = a;
    out.shape.assign(shape.begin(), shape.end());
    SmallVector<Extent, 6> dims;
    for (const AxisPtr &f : a.frames)
      dims.push_back(f->extent);
    dims.append(shape.begin(), shape.end());
    if (typeOf(dims, a.elem) != a.value.getType())
      out.value = ReshapeOp::create(builder, loc(span), typeOf(dims, a.elem), a.value);
    return Val::ofArray(out);
  };
  auto count = [](llvm::ArrayRef<Extent> shape) {
    int64_t n = 1;
    for (const Extent &x : shape)
      n *= x.isStatic() ? x.size : 0;
    return n;
  };
  if (name == "flatten" && args.values.size() == 1 && args.values[0].isArray()) {
    const Array &a = args.values[0].array;
    for (const Extent &x : a.shape)
      if (!x.isStatic())
        return unsupported(span, "flattening a run-time extent",
                           "write the function for one example; it lifts over the batch");
    int64_t n = count(a.shape);
    return reshaped(a, {Extent{n, {}, n}});
  }
  if (name == "reshape") {
    if (e.args.size() < 2)
      return std::nullopt;
    Val v = eval(*e.args[0].value);
    if (v.isError())
      return v;
    SmallVector<Extent, 4> shape;
    for (size_t i = 1; i < e.args.size(); ++i) {
      std::optional<int64_t> n = staticInt(*e.args[i].value, "an extent");
      if (!n)
        return Val::error();
      shape.push_back(Extent{*n, {}, *n});
    }
    if (!v.isArray() || count(shape) != count(v.array.shape)) {
      diagnostics.report(span, Diag::E0205, describe(v))
          .label("this has another number of elements");
      return Val::error();
    }
    return reshaped(v.array, shape);
  }
  if (name == "transpose" && args.values.size() == 1 && args.values[0].isArray()) {
    const Array &a = args.values[0].array;
    if (a.shape.size() != 2) {
      diagnostics.report(span, Diag::E0205, describe(a))
          .label("`transpose` takes a matrix")
          .help("name the indices: `let t[j, i] = x[i, j]`");
      return Val::error();
    }
    return Val::ofArray(moveDim(a, 1, 0));
  }
  if (name == "concat" && args.values.size() >= 2) {
    std::vector<Array> parts;
    for (Val &v : args.values) {
      if (!v.isArray() || v.array.shape.empty() || !v.array.shape[0].isStatic())
        return std::nullopt;
      parts.push_back(v.array);
    }
    return concatenate(parts, span);
  }
  // window(x, dim, size, stride, pad): [.., n, ..] -> [.., out, size, ..], zero outside.
  if (name == "window" && args.values.size() == 5 && args.values[0].isArray()) {
    const Array &a = args.values[0].array;
    for (size_t i = 1; i < 5; ++i)
      if (args.values[i].kind != ValKind::Int) {
        diagnostics.report(args.spans[i], Diag::E0231, "an argument of `window`");
        return Val::error();
      }
    int64_t dim = args.values[1].number, size = args.values[2].number,
            stride = args.values[3].number, pad = args.values[4].number;
    if (dim < 0 || dim >= int64_t(a.shape.size()) || size < 1 || stride < 1 || pad < 0 ||
        !a.shape[dim].isStatic() || a.shape[dim].size + 2 * pad < size) {
      diagnostics.report(span, Diag::E0205, describe(a)).label("this window does not fit");
      return Val::error();
    }
    int64_t n = (a.shape[dim].size + 2 * pad - size) / stride + 1;
    Array out = a;
    out.limit = 0;
    out.shape[dim] = Extent{n, {}, n};
    out.shape.insert(out.shape.begin() + dim + 1, Extent{size, {}, size});
    SmallVector<Extent, 6> dims;
    for (const AxisPtr &f : out.frames)
      dims.push_back(f->extent);
    dims.append(out.shape.begin(), out.shape.end());
    auto i64 = [&](int64_t x) { return builder.getI64IntegerAttr(x); };
    out.value =
        WindowOp::create(builder, loc(span), typeOf(dims, out.elem), a.value,
                         i64(int64_t(a.frames.size()) + dim), i64(stride), i64(1), i64(pad));
    return Val::ofArray(out);
  }
  return std::nullopt;
}
