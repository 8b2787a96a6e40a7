//===- Trees.cpp - deltas and trees of booleans ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tree has one array for each of a model's selected parameters. Functions of
// numbers act entry by entry; reductions take all of it; `flat` fixes one order.
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include <cmath>

using namespace dyn;
using namespace dyn::dsl;
using ast::BinaryOp;
using llvm::ArrayRef;
using llvm::SmallVector;

static int64_t countIn(ArrayRef<Extent> shape) {
  int64_t n = 1;
  for (const Extent &x : shape)
    n *= x.isStatic() ? x.size : 0;
  return n;
}

int64_t Elaborator::sizeOfTree(const Val &tree) {
  int64_t n = 0;
  for (const Val &item : tree.items)
    n += countIn(item.array.shape);
  return n;
}

Val Elaborator::treeOf(const std::vector<Leaf> &leaves) {
  Val out = Val::of(ValKind::Delta);
  for (const Leaf &l : leaves) {
    out.names.push_back(l.path);
    out.items.push_back(*l.val);
    out.ranks.push_back(l.rank);
  }
  return out;
}

Val Elaborator::overTrees(ArrayRef<Val> operands, SourceSpan span,
                          llvm::function_ref<Val(ArrayRef<Val>)> f) {
  const Val *first = nullptr;
  for (const Val &v : operands) {
    if (v.isError())
      return v;
    if (v.kind != ValKind::Delta)
      continue;
    if (first && v.names != first->names) {
      error(span, Diag::E0206)
          .label(describe(*first) + " with " + describe(v))
          .help("the two have different selections: select the same parameters, as in `d where "
                "rank >= 2`");
      return Val::error();
    }
    first = first ? first : &v;
  }
  Val out = *first;
  for (size_t i = 0; i < out.items.size(); ++i) {
    SmallVector<Val, 3> parts;
    for (const Val &v : operands)
      parts.push_back(v.kind == ValKind::Delta ? v.items[i] : v);
    out.items[i] = f(parts);
    if (out.items[i].isError())
      return Val::error();
    if (!out.items[i].isArray())
      out.items[i] = Val::ofArray(toArray(out.items[i]));
  }
  return out;
}

Val Elaborator::reduceTree(const std::string &name, const Val &tree, SourceSpan span) {
  if (name == "argmax" || name == "argmin") {
    error(span, Diag::E0206)
        .label("`" + name + "` of " + describe(tree))
        .help("take the flat view of all parameters: `" + name + "(flat(d))`");
    return Val::error();
  }
  bool logic = name == "any" || name == "all", larger = name == "max" || name == "min";
  const std::string &word = name == "mean" ? "sum" : name;
  std::optional<Val> total;
  for (const Val &item : tree.items) {
    CallArgs one;
    one.values = {item};
    if (item.array.shape.empty() && item.array.elem == Elem::Bool && !logic)
      one.values = {convert(item, Elem::I64, span)};
    Val part = item.array.shape.empty() ? one.values[0] : *reduction(word, one, span);
    if (part.isError())
      return part;
    if (!total) {
      total = part;
    } else if (logic) {
      total = logical(name == "any" ? BinaryOp::Or : BinaryOp::And, *total, part, span);
    } else if (larger) {
      CallArgs two;
      two.values = {*total, part};
      total = mathFunction(name, two, span);
    } else {
      total = arithmetic(name == "prod" ? BinaryOp::Mul : BinaryOp::Add, *total, part, span, span,
                         span);
    }
  }
  if (name != "mean" || total->isError())
    return *total;
  Elem elem = isReal(total->array.elem) ? total->array.elem : realElem();
  return arithmetic(BinaryOp::Div, convert(*total, elem, span),
                    Val::realNumber(double(sizeOfTree(tree))), span, span, span);
}

Val Elaborator::overSelection(const std::string &name, CallArgs &args, SourceSpan span) {
  const Val tree = args.values[0];
  auto outside = [&](const Val &fill) {
    Val out = tree;
    for (size_t i = 0; i < out.items.size() && !out.isError(); ++i)
      if (args.gates[i].isArray()) {
        out.items[i] = select(args.gates[i], out.items[i], fill, span);
        out = out.items[i].isError() ? Val::error() : out;
      }
    return out;
  };
  auto count = [&] {
    Val n = Val::integer(0);
    for (size_t i = 0; i < tree.items.size(); ++i) {
      Val gate = tree;
      gate.items = {args.gates[i]};
      n = arithmetic(BinaryOp::Add, n,
                     args.gates[i].isArray() ? reduceTree("sum", gate, span)
                                             : Val::integer(countIn(tree.items[i].array.shape)),
                     span, span, span);
    }
    return n;
  };
  auto whole = [&](const Val &fill) {
    CallArgs one;
    one.values = {outside(fill)};
    one.spans = {span};
    if (one.values[0].isError())
      return Val::error();
    if (name == "norm")
      return *deltaFunction(name, one, span);
    return reduceTree(name == "mean" ? "sum" : name, one.values[0], span);
  };
  auto real = [&](const Val &v) { return convert(v, realElem(), span); };
  if (name == "size")
    return count();
  if (name == "density")
    return arithmetic(BinaryOp::Div, real(count()), Val::realNumber(double(sizeOfTree(tree))), span,
                      span, span);
  if (name == "mean") {
    // As a filtered mean: of nothing it is 0.
    Val total = whole(Val::integer(0)), n = real(count());
    if (total.isError())
      return total;
    n.array = atLeastOne(n.array, span);
    return arithmetic(BinaryOp::Div, isReal(total.array.elem) ? total : real(total), n, span, span,
                      span);
  }
  bool reals = isReal(tree.items[0].array.elem);
  if (name == "max" || name == "min") {
    bool low = name == "max";
    return whole(reals ? Val::realNumber(low ? -INFINITY : INFINITY)
                       : Val::integer(low ? INT64_MIN : INT64_MAX));
  }
  if (name == "any" || name == "all")
    return whole(Val::boolean(name == "all"));
  bool truth = tree.items[0].array.elem == Elem::Bool;
  return whole(truth ? Val::boolean(name == "prod") : Val::integer(name == "prod"));
}

std::optional<Array> Elaborator::flatOf(const Val &v, SourceSpan span) {
  Val tree = v;
  std::vector<Leaf> leaves;
  if (v.kind == ValKind::Struct) {
    collectLeaves(tree, leaves);
    if (!selectLeaves(nullptr, leaves, span))
      return std::nullopt;
    tree = treeOf(leaves);
  } else if (v.isArray()) {
    tree = Val::of(ValKind::Delta);
    tree.items = {v};
  }
  std::vector<Array> parts;
  for (const Val &item : tree.items) {
    for (const Extent &x : item.array.shape)
      if (!x.isStatic()) {
        unsupported(span, "flattening a run-time extent",
                    "write the function for one example; it lifts over the batch");
        return std::nullopt;
      }
    int64_t n = countIn(item.array.shape);
    parts.push_back(reshaped(item.array, {Extent{n, {}, n}}));
  }
  if (parts.size() == 1)
    return parts[0];
  Val all = *concatenate(parts, span);
  return all.isError() ? std::nullopt : std::optional<Array>(all.array);
}

Val Elaborator::unflat(const Val &like, const Array &v, SourceSpan span) {
  Val out = like;
  std::vector<Leaf> leaves;
  if (like.kind == ValKind::Struct) {
    collectLeaves(out, leaves);
    if (!selectLeaves(nullptr, leaves, span))
      return Val::error();
  } else {
    for (size_t i = 0; i < out.items.size(); ++i)
      leaves.push_back({out.names[i], &out.items[i], 0, Role::Param});
  }
  int64_t n = 0, at = 0;
  for (const Leaf &l : leaves)
    n += countIn(l.val->array.shape);
  if (v.shape.size() != 1 || !v.shape[0].isStatic() || v.shape[0].size != n) {
    diagnostics.report(span, Diag::E0205, describe(v))
        .label("`unflat` takes a vector of " + std::to_string(n) + " entries here");
    return Val::error();
  }
  if (like.kind == ValKind::Struct && v.elem != realElem()) {
    error(span, Diag::E0206).label("parameters are real, this is " + describe(v));
    return Val::error();
  }
  for (const Leaf &l : leaves) {
    int64_t size = countIn(l.val->array.shape);
    Array part = slice(v, 0, at, size);
    part = reshaped(part, l.val->array.shape);
    part.limit = 0;
    *l.val = Val::ofArray(part);
    at += size;
  }
  return out;
}

Val Elaborator::zerosOf(const Val &v, SourceSpan span) {
  Val out = v;
  if (v.kind == ValKind::Struct) {
    std::vector<Leaf> leaves;
    collectLeaves(out, leaves);
    if (!selectLeaves(nullptr, leaves, span))
      return Val::error();
    out = treeOf(leaves);
  }
  for (Val &item : out.items) {
    Array z = constant(0, item.array.elem);
    z.value = place(z, {}, item.array.shape);
    z.shape = item.array.shape;
    item = Val::ofArray(z);
  }
  return out;
}

Val Elaborator::templateOf(const Val &type, SourceSpan span) {
  if (type.kind != ValKind::Type || !type.decl || type.decl->kind() != ast::ItemKind::Model)
    return type;
  // Only its shapes count: what it draws is drawn nowhere else.
  std::set<std::string> saved = drawn;
  CallArgs none;
  Val v = construct(*static_cast<const ast::ModelItem *>(type.decl), type.home, none, span);
  drawn = saved;
  return v;
}

std::optional<Val> Elaborator::deltaFunction(const std::string &name, CallArgs &args,
                                             SourceSpan span) {
  auto total = [&](const Val &v) -> Val {
    CallArgs one;
    one.values = {v};
    if (v.isArray() && v.array.shape.empty())
      return v;
    return *reduction("sum", one, span);
  };
  size_t n = args.values.size();
  if (name == "dot" && n == 2) {
    Val p = arithmetic(BinaryOp::Mul, args.values[0], args.values[1], span, args.spans[0],
                       args.spans[1]);
    return p.isError() ? p : total(p);
  }
  if (name == "norm" && n == 1 &&
      (args.values[0].isArray() || args.values[0].kind == ValKind::Delta)) {
    Val p = arithmetic(BinaryOp::Mul, args.values[0], args.values[0], span, span, span);
    if (p.isError())
      return p;
    CallArgs one;
    one.values = {total(p)};
    return mathFunction("sqrt", one, span);
  }
  if (n < 1)
    return std::nullopt;
  Val v = templateOf(args.values[0], span);
  if (v.isError())
    return v;
  bool tree = v.kind == ValKind::Struct || v.kind == ValKind::Delta;
  if (name == "size" && n == 1) {
    int64_t count = v.isArray()                  ? countIn(v.array.shape)
                    : v.kind == ValKind::Delta ? sizeOfTree(v)
                                               : 0;
    std::vector<Leaf> leaves;
    collectLeaves(v, leaves);
    for (const Leaf &l : leaves)
      count += l.role == Role::Param ? countIn(l.val->array.shape) : 0;
    return Val::integer(count);
  }
  if (name == "zeros" && n == 1 && tree)
    return zerosOf(v, span);
  if (name == "density" && n == 1 && v.kind == ValKind::Delta &&
      v.items[0].array.elem == Elem::Bool)
    return reduceTree("mean", v, span);
  if (name == "flat" && n == 1 && (tree || v.isArray())) {
    std::optional<Array> all = flatOf(v, span);
    return all ? Val::ofArray(*all) : Val::error();
  }
  if (name == "unflat" && n == 2 && tree && args.values[1].isArray())
    return unflat(v, args.values[1].array, span);
  return std::nullopt;
}
