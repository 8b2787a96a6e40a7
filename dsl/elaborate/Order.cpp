//===- Order.cpp - the largest entries, sorting ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Order matters to these functions: they take a vector and lift, or a tree, of
// which they see the flat view over all parameters.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using ast::BinaryOp;
using llvm::SmallVector;

/// The dimensions that a value has, without the last `fewer` ones.
static SmallVector<Extent, 6> dimsOf(const Array &a, size_t fewer) {
  SmallVector<Extent, 6> dims;
  for (const AxisPtr &f : a.frames)
    dims.push_back(f->extent);
  dims.append(a.shape.begin(), a.shape.end() - ptrdiff_t(fewer));
  return dims;
}

std::optional<Array> Elaborator::ordered(const Val &v, SourceSpan span) {
  if (v.isArray() && v.array.shape.empty()) {
    diagnostics.report(span, Diag::E0223).label("this is " + describe(v));
    return std::nullopt;
  }
  std::optional<Array> x = v.isArray() ? std::optional<Array>(v.array) : flatOf(v, span);
  if (!x)
    return std::nullopt;
  if (!x->shape.back().isStatic()) {
    unsupported(span, "the order along a run-time extent", "take a vector of static extent");
    return std::nullopt;
  }
  if (!isReal(x->elem) && x->elem != Elem::I64) {
    Val whole = convert(Val::ofArray(*x), Elem::I64, span);
    return whole.isError() ? std::nullopt : std::optional<Array>(whole.array);
  }
  return x;
}

std::optional<Array> Elaborator::countArgument(const Val &v, int64_t least, const Array &most,
                                               SourceSpan span, SourceSpan whole) {
  Array k = v.isNumber() ? toArray(v) : Array();
  Array room = most.frames.empty() ? most : reduceAxes(ReduceKind::min, most, most.frames, whole);
  if (!v.isNumber() || k.elem == Elem::Bool || !k.shape.empty() || !k.frames.empty()) {
    error(span, Diag::E0206).label("this is " + describe(v)).help("the count is one integer");
    return std::nullopt;
  }
  if (k.elem != Elem::I64)
    k = convert(Val::ofArray(k), Elem::I64, span).array;
  auto compared = [&](BinaryOp op, const Val &bound) {
    return compare(op, Val::ofArray(k), bound, span);
  };
  Val inside = logical(BinaryOp::And, compared(BinaryOp::Ge, Val::integer(least)),
                       compared(BinaryOp::Le, Val::ofArray(room)), span);
  AssertOp::create(builder, loc(span), inside.array.value, k.value, room.value,
                   checkSite("count", whole, std::string(sources.text(whole))));
  return k;
}

std::optional<Val> Elaborator::orderFunction(const std::string &name, CallArgs &args,
                                             SourceSpan span) {
  bool marks = name == "largest" || name == "smallest";
  bool kth = name == "kth_largest" || name == "kth_smallest";
  bool sorts = name == "sort" || name == "argsort";
  if (!marks && !kth && !sorts && name != "top_k")
    return std::nullopt;
  Val v = args.values.empty() ? Val::unit() : args.values[0];
  bool tree = v.kind == ValKind::Delta || v.kind == ValKind::Struct;
  if (args.values.size() != (sorts ? 1 : 2) || (!tree && !v.isArray()))
    return std::nullopt;
  std::optional<Array> x = ordered(v, span);
  if (!x)
    return Val::error();
  int64_t n = x->shape.back().size;
  bool rising = name == "smallest" || name == "kth_smallest" || sorts;
  ArgKind kind = rising ? ArgKind::min : ArgKind::max;
  auto at = [&](const Array &positions) {
    // Rows of `x` are vectors, so the positions count along its last dimension.
    Array out = positions;
    out.elem = x->elem;
    out.limit = 0;
    out.value = GatherOp::create(builder, loc(span), typeOf(dimsOf(out, 0), out.elem), x->value,
                                 positions.value, x->frames.size() + x->shape.size() - 1);
    return Val::ofArray(out);
  };
  if (sorts || name == "top_k") {
    Array order = *x;
    order.elem = Elem::I64;
    order.limit = n;
    order.value =
        OrderOp::create(builder, loc(span), typeOf(dimsOf(*x, 0), Elem::I64), kind, x->value);
    if (sorts)
      return name == "argsort" ? Val::ofArray(order) : at(order);
    const Val &k = args.values[1];
    if (k.kind != ValKind::Int || k.number < 0 || k.number > n) {
      diagnostics.report(args.spans[1], Diag::E0231, "how many `top_k` takes")
          .label("of " + std::to_string(n) + " entries, this is " + describe(k));
      return Val::error();
    }
    order = slice(order, order.shape.size() - 1, 0, k.number);
    order.limit = n;
    Val both = Val::of(ValKind::Tuple);
    both.items = {at(order), Val::ofArray(order)};
    return both;
  }
  mlir::Value live;
  Array most = constant(double(n), Elem::I64);
  if (!args.gates.empty()) {
    Val gates = v;
    for (size_t i = 0; i < gates.items.size(); ++i) {
      Val yes = Val::ofArray(constant(1, Elem::Bool));
      yes.array.value = place(yes.array, {}, v.items[i].array.shape);
      yes.array.shape = v.items[i].array.shape;
      gates.items[i] = args.gates[i].isArray() ? args.gates[i] : yes;
    }
    Array l = *flatOf(gates, span);
    SmallVector<AxisPtr, 2> frames = unionFrames({&*x, &l});
    x->value = place(*x, frames, x->shape);
    x->frames.assign(frames.begin(), frames.end());
    live = place(l, frames, l.shape);
    most = reduceTree("sum", gates, span).array;
  }
  if (args.gates.empty() && args.values[1].kind == ValKind::Int &&
      (args.values[1].number < kth || args.values[1].number > n)) {
    diagnostics.report(args.spans[1], Diag::E0207, "`" + name + "`",
                       "there are " + std::to_string(n) + " entries, this is " +
                           describe(args.values[1]));
    return Val::error();
  }
  std::optional<Array> k = countArgument(args.values[1], kth ? 1 : 0, most, args.spans[1], span);
  if (!k)
    return Val::error();
  Array out = *x;
  out.limit = 0;
  if (marks) {
    out.elem = Elem::Bool;
    out.value = FirstOp::create(builder, loc(span), typeOf(dimsOf(*x, 0), Elem::Bool), kind,
                                x->value, k->value, live);
    return tree ? unflat(zerosOf(v, span), out, span) : Val::ofArray(out);
  }
  out.shape.pop_back();
  out.elem = Elem::I64;
  out.value = KthOp::create(builder, loc(span), typeOf(dimsOf(out, 0), Elem::I64), kind, x->value,
                            k->value, live);
  if (x->frames.size() + x->shape.size() > 1)
    return at(out);
  mlir::Value i =
      arith::IndexCastOp::create(builder, current, builder.getIndexType(), out.value);
  return Val::ofArray(sliceAt(*x, 0, i, 1, /*drop=*/true));
}
