//===- Rules.cpp - derivatives of arith and math, a line each -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In each rule x and y are the operands, r the result, g its cotangent. Where max
// or min meet, the second operand gets the cotangent, so that max(x, 0) has slope
// 0 at 0; abs has slope 0 at 0. An elementwise op has a diagonal Jacobian, which
// is its own transpose: the same rule serves the forward direction, with g the
// tangent of an operand.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "TensorRules.h"

#include "dyn/autodiff/Passes.h"
#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <numbers>

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

namespace {

/// What a rule may use.
struct At {
  OpBuilder &b;
  Location loc;
  ValueRange in;
  Value r, g;
  SmallVectorImpl<Value> &out;

  Value x() const { return in[0]; }
  Value y() const { return in[1]; }
  Value c(double d) const { return constantLike(b, loc, r, d); }
  Value mul(Value p, Value q) const { return autodiff::mul(b, loc, p, q); }
  Value div(Value p, Value q) const { return autodiff::div(b, loc, p, q); }
  Value sub(Value p, Value q) const { return autodiff::sub(b, loc, p, q); }
  Value add(Value p, Value q) const { return autodiff::add(b, loc, p, q); }
  Value neg(Value p) const { return autodiff::neg(b, loc, p); }
  template <typename Op> Value op(Value p) const { return Op::create(b, loc, p); }
  Value where(arith::CmpFPredicate p, Value l, Value rhs, Value yes, Value no) const {
    return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, p, l, rhs), yes, no);
  }
};

using Fn = void (*)(const At &);

template <typename Op, Fn rule> struct Model : Differentiable::ExternalModel<Model<Op, rule>, Op> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange ct, SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (ct[0])
      rule({b, op->getLoc(), in, results[0], ct[0], out});
    return success();
  }
  LogicalResult buildJVP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange tangents, SmallVectorImpl<Value> &out) const {
    Value sum;
    for (size_t i = 0; i < in.size(); ++i) {
      if (!tangents[i])
        continue;
      SmallVector<Value> parts(in.size());
      rule({b, op->getLoc(), in, results[0], tangents[i], parts});
      if (parts[i])
        sum = sum ? autodiff::add(b, op->getLoc(), sum, parts[i]) : parts[i];
    }
    out.push_back(sum);
    return success();
  }
};

/// Linear: the forward rule is the op itself.
template <typename Op, Fn rule>
struct LinearModel : Differentiable::ExternalModel<LinearModel<Op, rule>, Op> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange results,
                         ValueRange ct, SmallVectorImpl<Value> &out) const {
    return Model<Op, rule>().buildVJP(op, b, in, results, ct, out);
  }
  LogicalResult buildJVP(Operation *op, OpBuilder &b, ValueRange in, ValueRange,
                         ValueRange tangents, SmallVectorImpl<Value> &out) const {
    return linearJVP(op, b, in, tangents, out);
  }
};

template <typename Op, Fn rule> void attach(MLIRContext *c) {
  Op::template attachInterface<Model<Op, rule>>(*c);
}

template <typename Op, Fn rule> void attachLinear(MLIRContext *c) {
  Op::template attachInterface<LinearModel<Op, rule>>(*c);
}

using P = arith::CmpFPredicate;

/// The first operand gets the cotangent where it alone is the extreme.
void choose(const At &a, P first) {
  Value z = a.c(0);
  a.out[0] = a.where(first, a.x(), a.y(), a.g, z);
  a.out[1] = a.where(first, a.x(), a.y(), z, a.g);
}

void attachArith(MLIRContext *c) {
  attach<arith::AddFOp, +[](const At &a) { a.out[0] = a.out[1] = a.g; }>(c);
  attach<arith::SubFOp, +[](const At &a) {
    a.out[0] = a.g;
    a.out[1] = a.neg(a.g);
  }>(c);
  attach<arith::MulFOp, +[](const At &a) {
    a.out[0] = a.mul(a.g, a.y());
    a.out[1] = a.mul(a.g, a.x());
  }>(c);
  attach<arith::DivFOp, +[](const At &a) {
    a.out[0] = a.div(a.g, a.y());
    a.out[1] = a.neg(a.mul(a.out[0], a.r));
  }>(c);
  attach<arith::NegFOp, +[](const At &a) { a.out[0] = a.neg(a.g); }>(c);
  attach<arith::MaximumFOp, +[](const At &a) { choose(a, P::OGT); }>(c);
  attach<arith::MinimumFOp, +[](const At &a) { choose(a, P::OLT); }>(c);
  attach<arith::MaxNumFOp, +[](const At &a) { choose(a, P::OGT); }>(c);
  attach<arith::MinNumFOp, +[](const At &a) { choose(a, P::OLT); }>(c);
  attachLinear<arith::SelectOp, +[](const At &a) {
    if (!isFloat(a.r.getType()))
      return;
    Value z = a.c(0);
    a.out[1] = arith::SelectOp::create(a.b, a.loc, a.in[0], a.g, z);
    a.out[2] = arith::SelectOp::create(a.b, a.loc, a.in[0], z, a.g);
  }>(c);
  attachLinear<arith::ExtFOp, +[](const At &a) {
    a.out[0] = arith::TruncFOp::create(a.b, a.loc, a.x().getType(), a.g);
  }>(c);
  attachLinear<arith::TruncFOp, +[](const At &a) {
    a.out[0] = arith::ExtFOp::create(a.b, a.loc, a.x().getType(), a.g);
  }>(c);
}

void attachMath(MLIRContext *c) {
  attach<math::ExpOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.r); }>(c);
  attach<math::ExpM1Op, +[](const At &a) { a.out[0] = a.mul(a.g, a.add(a.r, a.c(1))); }>(c);
  attach<math::Exp2Op,
         +[](const At &a) { a.out[0] = a.mul(a.g, a.mul(a.r, a.c(std::numbers::ln2))); }>(c);
  attach<math::LogOp, +[](const At &a) { a.out[0] = a.div(a.g, a.x()); }>(c);
  attach<math::Log1pOp, +[](const At &a) { a.out[0] = a.div(a.g, a.add(a.x(), a.c(1))); }>(c);
  attach<math::Log2Op,
         +[](const At &a) { a.out[0] = a.div(a.g, a.mul(a.x(), a.c(std::numbers::ln2))); }>(c);
  attach<math::Log10Op,
         +[](const At &a) { a.out[0] = a.div(a.g, a.mul(a.x(), a.c(std::numbers::ln10))); }>(c);
  attach<math::SqrtOp, +[](const At &a) { a.out[0] = a.div(a.mul(a.g, a.c(0.5)), a.r); }>(c);
  attach<math::RsqrtOp,
         +[](const At &a) { a.out[0] = a.div(a.mul(a.mul(a.g, a.c(-0.5)), a.r), a.x()); }>(c);
  attach<math::AbsFOp, +[](const At &a) {
    Value z = a.c(0), below = a.where(P::OLT, a.x(), z, a.neg(a.g), z);
    a.out[0] = a.where(P::OGT, a.x(), z, a.g, below);
  }>(c);
  attach<math::SinOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.op<math::CosOp>(a.x())); }>(c);
  attach<math::CosOp, +[](const At &a) { a.out[0] = a.neg(a.mul(a.g, a.op<math::SinOp>(a.x()))); }>(
      c);
  attach<math::TanOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.add(a.c(1), a.mul(a.r, a.r))); }>(
      c);
  attach<math::TanhOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.sub(a.c(1), a.mul(a.r, a.r))); }>(
      c);
  attach<math::SinhOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.op<math::CoshOp>(a.x())); }>(c);
  attach<math::CoshOp, +[](const At &a) { a.out[0] = a.mul(a.g, a.op<math::SinhOp>(a.x())); }>(c);
  attach<math::AtanOp,
         +[](const At &a) { a.out[0] = a.div(a.g, a.add(a.c(1), a.mul(a.x(), a.x()))); }>(c);
  attach<math::ErfOp, +[](const At &a) {
    Value e = a.op<math::ExpOp>(a.neg(a.mul(a.x(), a.x())));
    a.out[0] = a.mul(a.g, a.mul(e, a.c(2 / std::sqrt(std::numbers::pi))));
  }>(c);
  attach<math::PowFOp, +[](const At &a) {
    // d x: y x^(y-1), zero where y is; d y: r log x, zero where x is not positive.
    Value z = a.c(0), less = a.sub(a.y(), a.c(1));
    Value slope = a.mul(a.y(), math::PowFOp::create(a.b, a.loc, a.x(), less));
    a.out[0] = a.mul(a.g, a.where(P::OEQ, a.y(), z, z, slope));
    Value safe = a.where(P::OGT, a.x(), z, a.x(), a.c(1));
    a.out[1] = a.mul(a.g, a.mul(a.r, a.op<math::LogOp>(safe)));
  }>(c);
  attach<math::FPowIOp, +[](const At &a) {
    // n x^(n-1), zero where n is.
    Type ints = a.y().getType();
    TypedAttr one = IntegerAttr::get(getElementTypeOrSelf(ints), 1);
    if (auto shaped = dyn_cast<RankedTensorType>(ints))
      one = DenseElementsAttr::get(shaped, Attribute(one));
    Value less =
        arith::SubIOp::create(a.b, a.loc, a.y(), arith::ConstantOp::create(a.b, a.loc, one));
    Value n = arith::SIToFPOp::create(a.b, a.loc, a.r.getType(), a.y()), z = a.c(0);
    Value slope = a.mul(n, math::FPowIOp::create(a.b, a.loc, a.x(), less));
    a.out[0] = a.mul(a.g, a.where(P::OEQ, n, z, z, slope));
  }>(c);
  attach<math::FmaOp, +[](const At &a) {
    a.out[0] = a.mul(a.g, a.y());
    a.out[1] = a.mul(a.g, a.x());
    a.out[2] = a.g;
  }>(c);
  // Piecewise constant: no derivative anywhere that matters.
  attach<math::FloorOp, +[](const At &) {}>(c);
  attach<math::CeilOp, +[](const At &) {}>(c);
  attach<math::RoundOp, +[](const At &) {}>(c);
  attach<math::TruncOp, +[](const At &) {}>(c);
  attach<math::RoundEvenOp, +[](const At &) {}>(c);
}

} // namespace

void dyn::registerDerivativeRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *c, arith::ArithDialect *) { attachArith(c); });
  registry.addExtension(+[](MLIRContext *c, math::MathDialect *) { attachMath(c); });
  registerTensorRules(registry);
}
