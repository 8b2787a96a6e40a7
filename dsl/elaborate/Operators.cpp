//===- Operators.cpp - unary and binary operators -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include <cmath>

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using ast::BinaryOp;
using llvm::ArrayRef;
using llvm::SmallVector;

static bool isTree(const Val &v) { return v.kind == ValKind::Delta; }

Val Elaborator::unary(const ast::UnaryExpr &e) {
  Val v = eval(*e.operand);
  if (v.isError())
    return v;
  if (v.kind == ValKind::Series && v.series)
    return mapSeries({v}, [this, &e](ArrayRef<Val> now) { return unary(e, now[0]); });
  return unary(e, v);
}

Val Elaborator::unary(const ast::UnaryExpr &e, const Val &v) {
  if (e.op == ast::UnaryOp::Not) {
    if (v.kind == ValKind::Bool)
      return Val::boolean(!v.number);
    if (v.kind == ValKind::Delta)
      return overTrees({v}, e.span, [&](ArrayRef<Val> x) { return unary(e, x[0]); });
    if (!v.isArray() || v.array.elem != Elem::Bool) {
      error(e.span, Diag::E0213).label("this is " + describe(v));
      return Val::error();
    }
    return Val::ofArray(elementwise(
        {v.array, constant(1, Elem::Bool)}, Elem::Bool,
        [&](ArrayRef<mlir::Value> x) -> mlir::Value {
          return arith::XOrIOp::create(builder, current, x[0], x[1]);
        },
        e.span));
  }
  if (v.kind == ValKind::Int)
    return Val::integer(-v.number);
  if (v.kind == ValKind::Real)
    return Val::realNumber(-v.real);
  if (v.kind == ValKind::Delta)
    return deltaArithmetic(BinaryOp::Mul, v, Val::realNumber(-1), e.span);
  return arithmetic(BinaryOp::Sub,
                    v.isNumber() && !isReal(toArray(v).elem) ? Val::integer(0) : Val::realNumber(0),
                    v, e.span, e.span, e.span);
}

Val Elaborator::binary(const ast::BinaryExpr &e) {
  // The right side of a static condition is looked at only if it matters.
  if (e.op == BinaryOp::And || e.op == BinaryOp::Or) {
    Val l = eval(*e.lhs);
    if (l.kind == ValKind::Bool && bool(l.number) == (e.op == BinaryOp::Or))
      return l;
    return binary(e, l, eval(*e.rhs));
  }
  Val l = eval(*e.lhs), r = eval(*e.rhs);
  return binary(e, l, r);
}

Val Elaborator::binary(const ast::BinaryExpr &e, const Val &l, const Val &r) {
  if (l.isError() || r.isError())
    return Val::error();
  if (l.series || r.series)
    return mapSeries({l, r}, [this, &e](ArrayRef<Val> now) { return binary(e, now[0], now[1]); });
  switch (e.op) {
  case BinaryOp::And:
  case BinaryOp::Or:
    return logical(e.op, l, r, e.span);
  case BinaryOp::Eq:
  case BinaryOp::Ne:
  case BinaryOp::Lt:
  case BinaryOp::Le:
  case BinaryOp::Gt:
  case BinaryOp::Ge:
    return compare(e.op, l, r, e.span);
  case BinaryOp::MatMul:
    return matmul(l, r, e.span, e.lhs->span, e.rhs->span);
  case BinaryOp::Pow:
    return power(l, r, e.span);
  case BinaryOp::In:
    return unsupported(e.span, "`in`", "compare with `==` and `or`");
  default:
    return arithmetic(e.op, l, r, e.span, e.lhs->span, e.rhs->span);
  }
}

Val Elaborator::staticArithmetic(BinaryOp op, const Val &l, const Val &r, SourceSpan span) {
  bool ints = l.kind == ValKind::Int && r.kind == ValKind::Int;
  int64_t a = l.number, b = r.number, n = 0;
  double x = l.asReal(), y = r.asReal();
  bool overflow = false;
  switch (op) {
  case BinaryOp::Add:
    overflow = ints && __builtin_add_overflow(a, b, &n);
    return overflow || !ints ? Val::realNumber(x + y) : Val::integer(n);
  case BinaryOp::Sub:
    overflow = ints && __builtin_sub_overflow(a, b, &n);
    return overflow || !ints ? Val::realNumber(x - y) : Val::integer(n);
  case BinaryOp::Mul:
    overflow = ints && __builtin_mul_overflow(a, b, &n);
    return overflow || !ints ? Val::realNumber(x * y) : Val::integer(n);
  case BinaryOp::Div:
    return Val::realNumber(x / y);
  case BinaryOp::IntDiv:
  case BinaryOp::Mod: {
    if (!ints || b == 0 || (b == -1 && a == INT64_MIN)) {
      error(span, Diag::E0206).label(ints ? "division by zero" : "`div` and `mod` take integers");
      return Val::error();
    }
    int64_t q = a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
    return Val::integer(op == BinaryOp::IntDiv ? q : a - q * b);
  }
  default:
    return Val::error();
  }
}

bool Elaborator::sameNumericType(Val &l, Val &r, Array &a, Array &b, SourceSpan span) {
  auto fixedElem = [&](const Val &v) -> std::optional<Elem> {
    if (v.isArray())
      return v.array.elem;
    if (v.kind == ValKind::Index)
      return Elem::I64;
    return std::nullopt;
  };
  std::optional<Elem> el = fixedElem(l), er = fixedElem(r);
  Elem both = el   ? *el
              : er ? *er
                   : (l.kind == ValKind::Real || r.kind == ValKind::Real ? realElem() : Elem::I64);
  auto adapts = [&](const Val &v) { return !(v.kind == ValKind::Real && !isReal(both)); };
  if ((el && er && *el != *er) || !l.isNumber() || !r.isNumber() || !adapts(l) || !adapts(r)) {
    auto d = error(span, Diag::E0206);
    d.label(describe(l) + " with " + describe(r));
    if (l.isNumber() && r.isNumber())
      d.help("convert one side: `real(n)` or `int(x)`; only literals and `dim`s adapt");
    return false;
  }
  a = toArray(l, both);
  b = toArray(r, both);
  return true;
}

bool Elaborator::sameShapes(const Array &a, const Array &b, SourceSpan span, SourceSpan as,
                            SourceSpan bs) {
  if (a.shape.empty() || b.shape.empty() || a.shape == b.shape)
    return true;
  auto d = diagnostics.report(span, Diag::E0204, describe(a), describe(b));
  if (as.isValid() && bs.isValid())
    d.note(as, describe(a)).note(bs, describe(b));
  d.help("nothing broadcasts: name the indices, as in `let z[i, j] = x[i, j] + y[j]`");
  return false;
}

Val Elaborator::arithmetic(BinaryOp op, const Val &left, const Val &right, SourceSpan span,
                           SourceSpan ls, SourceSpan rs) {
  if (left.isError() || right.isError())
    return Val::error();
  auto isPoint = [](const Val &v) { return v.kind == ValKind::Struct; };
  if (isTree(left) || isTree(right) || isPoint(left) || isPoint(right))
    return deltaArithmetic(op, left, right, span);
  if (left.isStatic() && right.isStatic())
    return staticArithmetic(op, left, right, span);
  Val l = left, r = right;
  bool integral = op == BinaryOp::IntDiv || op == BinaryOp::Mod;
  if (op == BinaryOp::Div) {
    // `/` is real: integers that adapt do, others must be converted.
    if (l.kind == ValKind::Int || l.kind == ValKind::Dim)
      l = l.kind == ValKind::Int ? Val::realNumber(double(l.number)) : convert(l, realElem(), span);
    if (r.kind == ValKind::Int || r.kind == ValKind::Dim)
      r = r.kind == ValKind::Int ? Val::realNumber(double(r.number)) : convert(r, realElem(), span);
  }
  Array a, b;
  if (!sameNumericType(l, r, a, b, span) || !sameShapes(a, b, span, ls, rs))
    return Val::error();
  bool real = isReal(a.elem);
  if (a.elem == Elem::Bool || (integral && real) || (op == BinaryOp::Div && !real)) {
    error(span, Diag::E0206)
        .label(describe(left) + " with " + describe(right))
        .help(integral ? "`div` and `mod` take integers"
                       : "`/` takes real numbers: `real(n)`; integers use `div` and `mod`");
    return Val::error();
  }
  Array out = elementwise(
      {a, b}, a.elem,
      [&](ArrayRef<mlir::Value> x) -> mlir::Value {
        switch (op) {
        case BinaryOp::Add:
          return real ? arith::AddFOp::create(builder, current, x[0], x[1]).getResult()
                      : arith::AddIOp::create(builder, current, x[0], x[1]).getResult();
        case BinaryOp::Sub:
          return real ? arith::SubFOp::create(builder, current, x[0], x[1]).getResult()
                      : arith::SubIOp::create(builder, current, x[0], x[1]).getResult();
        case BinaryOp::Mul:
          return real ? arith::MulFOp::create(builder, current, x[0], x[1]).getResult()
                      : arith::MulIOp::create(builder, current, x[0], x[1]).getResult();
        case BinaryOp::Div:
          return arith::DivFOp::create(builder, current, x[0], x[1]);
        default: {
          mlir::Value q = arith::FloorDivSIOp::create(builder, current, x[0], x[1]);
          if (op == BinaryOp::IntDiv)
            return q;
          return arith::SubIOp::create(builder, current, x[0],
                                       arith::MulIOp::create(builder, current, q, x[1]));
        }
        }
      },
      span);
  if (op == BinaryOp::Mod && r.kind == ValKind::Int && r.number > 0)
    out.limit = r.number;
  if (op == BinaryOp::IntDiv && r.kind == ValKind::Int && r.number > 0 && a.limit > 0)
    out.limit = (a.limit - 1) / r.number + 1;
  if (op == BinaryOp::Add && a.limit > 0 && b.limit > 0)
    out.limit = a.limit + b.limit - 1;
  return Val::ofArray(out);
}

Val Elaborator::deltaArithmetic(BinaryOp op, const Val &l, const Val &r, SourceSpan span) {
  auto fail = [&](const std::string &help) {
    error(span, Diag::E0206).label(describe(l) + " with " + describe(r)).help(help);
    return Val::error();
  };
  // A model plus a delta is a model with other parameters.
  if (l.kind == ValKind::Struct) {
    if (r.kind != ValKind::Delta || (op != BinaryOp::Add && op != BinaryOp::Sub))
      return fail("a model takes `+` and `-` with a delta");
    Val out = l;
    std::vector<Leaf> leaves;
    collectLeaves(out, leaves);
    for (size_t i = 0; i < r.items.size(); ++i) {
      auto it = llvm::find_if(leaves, [&](const Leaf &x) { return x.path == r.names[i]; });
      if (it == leaves.end())
        return fail("the delta has `" + r.names[i] + "`, the model has not");
      *it->val = arithmetic(op, *it->val, r.items[i], span, span, span);
    }
    return out;
  }
  if (r.kind == ValKind::Struct)
    return fail("write the model first: `net + d`");
  return overTrees({l, r}, span,
                   [&](ArrayRef<Val> x) { return arithmetic(op, x[0], x[1], span, span, span); });
}

Val Elaborator::compare(BinaryOp op, const Val &left, const Val &right, SourceSpan span) {
  if (isTree(left) || isTree(right))
    return overTrees({left, right}, span,
                     [&](ArrayRef<Val> x) { return compare(op, x[0], x[1], span); });
  if (left.kind == ValKind::Text && right.kind == ValKind::Text &&
      (op == BinaryOp::Eq || op == BinaryOp::Ne))
    return Val::boolean((left.text == right.text) == (op == BinaryOp::Eq));
  if (left.isStatic() && right.isStatic()) {
    double x = left.asReal(), y = right.asReal();
    switch (op) {
    case BinaryOp::Eq:
      return Val::boolean(x == y);
    case BinaryOp::Ne:
      return Val::boolean(x != y);
    case BinaryOp::Lt:
      return Val::boolean(x < y);
    case BinaryOp::Le:
      return Val::boolean(x <= y);
    case BinaryOp::Gt:
      return Val::boolean(x > y);
    default:
      return Val::boolean(x >= y);
    }
  }
  Val l = left, r = right;
  Array a, b;
  if (!sameNumericType(l, r, a, b, span) || !sameShapes(a, b, span, {}, {}))
    return Val::error();
  bool real = isReal(a.elem);
  auto fp = op == BinaryOp::Eq   ? arith::CmpFPredicate::OEQ
            : op == BinaryOp::Ne ? arith::CmpFPredicate::UNE
            : op == BinaryOp::Lt ? arith::CmpFPredicate::OLT
            : op == BinaryOp::Le ? arith::CmpFPredicate::OLE
            : op == BinaryOp::Gt ? arith::CmpFPredicate::OGT
                                 : arith::CmpFPredicate::OGE;
  auto ip = op == BinaryOp::Eq   ? arith::CmpIPredicate::eq
            : op == BinaryOp::Ne ? arith::CmpIPredicate::ne
            : op == BinaryOp::Lt ? arith::CmpIPredicate::slt
            : op == BinaryOp::Le ? arith::CmpIPredicate::sle
            : op == BinaryOp::Gt ? arith::CmpIPredicate::sgt
                                 : arith::CmpIPredicate::sge;
  return Val::ofArray(elementwise(
      {a, b}, Elem::Bool,
      [&](ArrayRef<mlir::Value> x) -> mlir::Value {
        return real ? arith::CmpFOp::create(builder, current, fp, x[0], x[1]).getResult()
                    : arith::CmpIOp::create(builder, current, ip, x[0], x[1]).getResult();
      },
      span));
}

Val Elaborator::logical(BinaryOp op, const Val &l, const Val &r, SourceSpan span) {
  if (l.isError() || r.isError())
    return Val::error();
  if (isTree(l) || isTree(r))
    return overTrees({l, r}, span, [&](ArrayRef<Val> x) { return logical(op, x[0], x[1], span); });
  auto isBool = [](const Val &v) {
    return v.kind == ValKind::Bool || (v.isArray() && v.array.elem == Elem::Bool);
  };
  if (!isBool(l) || !isBool(r)) {
    error(span, Diag::E0213).label(describe(isBool(l) ? r : l));
    return Val::error();
  }
  if (l.isStatic() && r.isStatic())
    return Val::boolean(op == BinaryOp::And ? l.number && r.number : l.number || r.number);
  Array a = toArray(l, Elem::Bool), b = toArray(r, Elem::Bool);
  if (!sameShapes(a, b, span, {}, {}))
    return Val::error();
  return Val::ofArray(elementwise(
      {a, b}, Elem::Bool,
      [&](ArrayRef<mlir::Value> x) -> mlir::Value {
        return op == BinaryOp::And ? arith::AndIOp::create(builder, current, x[0], x[1]).getResult()
                                   : arith::OrIOp::create(builder, current, x[0], x[1]).getResult();
      },
      span));
}

Val Elaborator::select(const Val &c, const Val &x, const Val &y, SourceSpan span) {
  if (c.isError() || x.isError() || y.isError())
    return Val::error();
  if (c.kind == ValKind::Bool)
    return c.number ? x : y;
  if (isTree(c) || isTree(x) || isTree(y))
    return overTrees({c, x, y}, span,
                     [&](ArrayRef<Val> v) { return select(v[0], v[1], v[2], span); });
  if (!c.isArray() || c.array.elem != Elem::Bool) {
    error(span, Diag::E0213).label("this is " + describe(c));
    return Val::error();
  }
  Val l = x, r = y;
  Array a, b;
  if (l.kind == ValKind::Bool)
    l = Val::ofArray(toArray(l, Elem::Bool));
  if (r.kind == ValKind::Bool)
    r = Val::ofArray(toArray(r, Elem::Bool));
  if (!sameNumericType(l, r, a, b, span) || !sameShapes(a, b, span, {}, {}) ||
      !sameShapes(c.array, a.shape.empty() ? b : a, span, {}, {}))
    return Val::error();
  return Val::ofArray(elementwise(
      {c.array, a, b}, a.elem,
      [&](ArrayRef<mlir::Value> v) -> mlir::Value {
        return arith::SelectOp::create(builder, current, v[0], v[1], v[2]);
      },
      span));
}

Val Elaborator::power(const Val &l, const Val &r, SourceSpan span) {
  if (l.isError() || r.isError())
    return Val::error();
  if (isTree(l) || isTree(r))
    return overTrees({l, r}, span, [&](ArrayRef<Val> x) { return power(x[0], x[1], span); });
  if (l.isStatic() && r.isStatic()) {
    double d = std::pow(l.asReal(), r.asReal());
    if (l.kind == ValKind::Int && r.kind == ValKind::Int && r.number >= 0 && std::abs(d) < 9e15)
      return Val::integer(int64_t(d));
    return Val::realNumber(d);
  }
  // Small whole powers are products: exact, and cheap to differentiate.
  if (r.kind == ValKind::Int && r.number >= 1 && r.number <= 4 &&
      l.isArray()) {
    Val out = l;
    for (int64_t i = 1; i < r.number; ++i)
      out = arithmetic(BinaryOp::Mul, out, l, span, span, span);
    return out;
  }
  Val base = l, exponent = r;
  if (base.isStatic())
    base = Val::ofArray(toArray(base, realElem()));
  if (base.isArray() && isReal(base.array.elem) && exponent.isNumber() &&
      !isReal(toArray(exponent).elem))
    exponent = convert(exponent, base.array.elem, span); // real ^ int is a power, not a conversion
  Array a, b;
  if (!sameNumericType(base, exponent, a, b, span) || !sameShapes(a, b, span, {}, {}))
    return Val::error();
  if (!isReal(a.elem)) {
    error(span, Diag::E0206).label("`^` takes a real base").help("write `real(n)^k`");
    return Val::error();
  }
  return Val::ofArray(elementwise(
      {a, b}, a.elem,
      [&](ArrayRef<mlir::Value> x) -> mlir::Value {
        return math::PowFOp::create(builder, current, x[0], x[1]);
      },
      span));
}

Val Elaborator::matmul(const Val &l, const Val &r, SourceSpan span, SourceSpan ls, SourceSpan rs) {
  if (!l.isArray() || !r.isArray() || l.array.elem != r.array.elem) {
    error(span, Diag::E0206).label(describe(l) + " @ " + describe(r));
    return Val::error();
  }
  const Array &a = l.array, &b = r.array;
  size_t ra = a.shape.size(), rb = b.shape.size();
  size_t lead = rb >= 2 ? rb - 2 : 0; // dimensions the right has in front of its matrix
  bool fits = ra >= 1 && rb >= 1 && ra >= lead + 1;
  size_t kb = rb >= 2 ? rb - 2 : 0;
  fits = fits && a.shape[ra - 1] == b.shape[kb];
  for (size_t i = 0; fits && i < lead; ++i)
    fits = a.shape[i] == b.shape[i];
  if (!fits) {
    auto d = diagnostics.report(span, Diag::E0203, describe(a), describe(b));
    if (ra >= 1)
      d.note(ls, describe(a.shape[ra - 1]) + " columns");
    if (rb >= 1)
      d.note(rs, describe(b.shape[kb]) + " rows");
    return Val::error();
  }
  Array out;
  out.elem = a.elem;
  out.frames = unionFrames({&a, &b});
  out.shape.append(a.shape.begin(), a.shape.end() - 1);
  if (rb >= 2)
    out.shape.push_back(b.shape.back());
  int64_t rank = int64_t(out.frames.size() + out.shape.size()), k = rank;
  int64_t nf = int64_t(out.frames.size());
  auto frameLabel = [&](const AxisPtr &f) {
    return int64_t(llvm::find(out.frames, f) - out.frames.begin());
  };
  SmallVector<int64_t> la, lb;
  for (const AxisPtr &f : a.frames)
    la.push_back(frameLabel(f));
  for (size_t i = 0; i + 1 < ra; ++i)
    la.push_back(nf + int64_t(i));
  la.push_back(k);
  for (const AxisPtr &f : b.frames)
    lb.push_back(frameLabel(f));
  for (size_t i = 0; i < lead; ++i)
    lb.push_back(nf + int64_t(i));
  lb.push_back(k);
  if (rb >= 2)
    lb.push_back(rank - 1);
  SmallVector<Extent, 6> dims;
  for (const AxisPtr &f : out.frames)
    dims.push_back(f->extent);
  dims.append(out.shape.begin(), out.shape.end());
  out.value =
      ContractOp::create(builder, loc(span), typeOf(dims, out.elem), a.value, b.value, la, lb);
  return Val::ofArray(out);
}
