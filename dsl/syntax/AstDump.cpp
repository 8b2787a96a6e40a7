//===- AstDump.cpp - the syntax tree as indented s-expressions -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dsl/Ast.h"

#include "dyn/dsl/Diagnostics.h"

#include <ostream>

using namespace dyn::dsl;
using namespace dyn::dsl::ast;

namespace {
/// Expressions stay on one line; members and the statements of a block get lines of their own.
class Dumper {
public:
  void file(const File &file);
  void item(const Item &item);
  void stmt(const Stmt &stmt);
  void expr(const Expr &expr);
  void type(const TypeExpr &type);

  std::string out;

private:
  void put(std::string_view text) { out += text; }
  void line() { out += "\n" + std::string(size_t(2) * depth, ' '); }
  void quoted(std::string_view text);
  void doc(const std::string &text);
  void optional(const ExprPtr &expr, std::string_view before);
  void optional(const TypePtr &type);
  void list(const std::vector<ExprPtr> &exprs);
  void block(const Block &block);
  void body(const Body &body);
  void params(const std::vector<Param> &params);
  void args(const std::vector<Arg> &args);
  void binders(const std::vector<Binder> &binders);
  void pattern(const Pattern &pattern);
  void dim(const Dim &dim);
  void sub(const Sub &sub);
  void fields(const std::vector<FieldDecl> &fields);
  void member(const Member &member);
  void function(const FunctionItem &function);
  void let(const LetStmt &let);

  unsigned depth = 0;
};

template <typename T, typename Node> const T &as(const Node &node) {
  return static_cast<const T &>(node);
}

void Dumper::quoted(std::string_view text) {
  put("\"");
  for (char c : text) {
    if (c == '\n')
      put("\\n");
    else if (c == '"' || c == '\\')
      put(std::string("\\") + c);
    else
      out += c;
  }
  put("\"");
}

void Dumper::doc(const std::string &text) {
  if (text.empty())
    return;
  put(" (doc ");
  quoted(text);
  put(")");
}

void Dumper::optional(const ExprPtr &e, std::string_view before) {
  if (!e)
    return;
  put(before);
  expr(*e);
}

void Dumper::optional(const TypePtr &t) {
  if (!t)
    return;
  put(": ");
  type(*t);
}

void Dumper::list(const std::vector<ExprPtr> &exprs) {
  for (const ExprPtr &e : exprs)
    optional(e, " ");
}

void Dumper::block(const Block &block) {
  put("{");
  ++depth;
  for (const StmtPtr &s : block.stmts) {
    line();
    stmt(*s);
  }
  --depth;
  put("}");
}

void Dumper::body(const Body &body) {
  optional(body.expr, " = ");
  if (body.block) {
    put(" ");
    block(*body.block);
  }
}

void Dumper::params(const std::vector<Param> &params) {
  put("(");
  for (const Param &p : params) {
    put(&p == &params.front() ? "" : ", ");
    put(p.isVar ? "var " + p.name.text : p.name.text);
    optional(p.type);
    optional(p.defaultValue, " = ");
    doc(p.doc);
  }
  put(")");
}

void Dumper::args(const std::vector<Arg> &args) {
  for (const Arg &arg : args)
    optional(arg.value, arg.isNamed() ? " " + arg.name.text + ": " : " ");
}

void Dumper::binders(const std::vector<Binder> &binders) {
  put("[");
  for (const Binder &b : binders) {
    put(&b == &binders.front() ? "" : ", ");
    put(b.name.text);
    optional(b.range, ": ");
  }
}

void Dumper::pattern(const Pattern &p) {
  if (!p.isTuple()) {
    put(p.name.text);
    if (!p.binders.empty()) {
      binders(p.binders);
      put("]");
    }
    return;
  }
  put("(");
  for (const Pattern &element : p.elements) {
    put(&element == &p.elements.front() ? "" : ", ");
    pattern(element);
  }
  put(")");
}

void Dumper::dim(const Dim &d) {
  put(d.isRest ? "..." + d.restName.text : "");
  optional(d.extent, "");
  optional(d.bound, " <= ");
}

void Dumper::type(const TypeExpr &t) {
  switch (t.kind()) {
  case TypeKind::Named: {
    const auto &named = as<NamedType>(t);
    put(named.path.str());
    if (named.args) {
      put("(call");
      args(*named.args);
      put(")");
    }
    for (const Dim &d : named.dims) {
      put(&d == &named.dims.front() ? "[" : ", ");
      dim(d);
    }
    put(named.dims.empty() ? "" : "]");
    optional(named.bound, " <= ");
    return;
  }
  case TypeKind::Tuple:
    put("(");
    for (const TypePtr &element : as<TupleType>(t).elements) {
      put(element == as<TupleType>(t).elements.front() ? "" : ", ");
      type(*element);
    }
    put(")");
    return;
  case TypeKind::Function:
    put("fn(");
    for (const TypePtr &param : as<FunctionType>(t).params) {
      put(param == as<FunctionType>(t).params.front() ? "" : ", ");
      type(*param);
    }
    put(") -> ");
    type(*as<FunctionType>(t).result);
    return;
  }
}

void Dumper::sub(const Sub &s) {
  switch (s.kind) {
  case SubKind::All:
    return put("..");
  case SubKind::Rest:
    return put("...");
  case SubKind::Point:
    return expr(*s.point);
  case SubKind::Range:
    put("(");
    optional(s.lo, "");
    put(s.inclusive ? "..=" : "..");
    optional(s.hi, "");
    return put(")");
  }
}

void Dumper::expr(const Expr &e) {
  switch (e.kind()) {
  case ExprKind::IntLit:
    return put(std::to_string(as<IntLit>(e).value));
  case ExprKind::FloatLit:
    return put(as<FloatLit>(e).text);
  case ExprKind::StringLit:
    return quoted(as<StringLit>(e).value);
  case ExprKind::BoolLit:
    return put(as<BoolLit>(e).value ? "true" : "false");
  case ExprKind::Name:
    return put(as<NameExpr>(e).name);
  case ExprKind::Tuple:
    put("(tuple");
    list(as<TupleExpr>(e).elements);
    break;
  case ExprKind::Array:
    put("(array");
    list(as<ArrayExpr>(e).elements);
    break;
  case ExprKind::Call:
    put("(call ");
    expr(*as<CallExpr>(e).callee);
    args(as<CallExpr>(e).args);
    break;
  case ExprKind::Index:
    put("(index ");
    expr(*as<IndexExpr>(e).base);
    for (const Sub &s : as<IndexExpr>(e).subs) {
      put(" ");
      sub(s);
    }
    break;
  case ExprKind::Field:
    put("(field ");
    expr(*as<FieldExpr>(e).base);
    put(" " + as<FieldExpr>(e).field.text);
    break;
  case ExprKind::Unary:
    put("(" + std::string(spelling(as<UnaryExpr>(e).op)) + " ");
    expr(*as<UnaryExpr>(e).operand);
    break;
  case ExprKind::Binary:
    put("(" + std::string(spelling(as<BinaryExpr>(e).op)) + " ");
    expr(*as<BinaryExpr>(e).lhs);
    optional(as<BinaryExpr>(e).rhs, " ");
    break;
  case ExprKind::Range:
    put(as<RangeExpr>(e).inclusive ? "(..= " : "(.. ");
    expr(*as<RangeExpr>(e).lo);
    optional(as<RangeExpr>(e).hi, " ");
    optional(as<RangeExpr>(e).step, " by ");
    break;
  case ExprKind::Where:
    put("(where ");
    expr(*as<WhereExpr>(e).base);
    optional(as<WhereExpr>(e).selector, " ");
    break;
  case ExprKind::Reduce:
    put("(" + as<ReduceExpr>(e).word.text);
    binders(as<ReduceExpr>(e).binders);
    optional(as<ReduceExpr>(e).filter, " where ");
    optional(as<ReduceExpr>(e).body, "] ");
    break;
  case ExprKind::Derive:
    put("(" + as<DeriveExpr>(e).word.text + "[");
    for (const ExprPtr &pick : as<DeriveExpr>(e).picks)
      optional(pick, pick == as<DeriveExpr>(e).picks.front() ? "" : ", ");
    optional(as<DeriveExpr>(e).along, " along ");
    optional(as<DeriveExpr>(e).body, "] ");
    break;
  case ExprKind::Lambda:
    put("(lambda ");
    params(as<LambdaExpr>(e).params);
    optional(as<LambdaExpr>(e).body, " ");
    break;
  case ExprKind::If:
    put("(if ");
    expr(*as<IfExpr>(e).cond);
    put(" ");
    block(*as<IfExpr>(e).thenBlock);
    optional(as<IfExpr>(e).orElse, " else ");
    break;
  case ExprKind::For:
    put("(for ");
    pattern(as<ForExpr>(e).pattern);
    optional(as<ForExpr>(e).iterable, " ");
    put(" ");
    block(*as<ForExpr>(e).body);
    break;
  case ExprKind::Minimize:
    put("(minimize");
    list(as<MinimizeExpr>(e).picks);
    optional(as<MinimizeExpr>(e).optimizer, " with ");
    put(" ");
    block(*as<MinimizeExpr>(e).body);
    break;
  case ExprKind::Seeded:
    put("(seeded ");
    expr(*as<SeededExpr>(e).key);
    put(" ");
    block(*as<SeededExpr>(e).body);
    break;
  case ExprKind::Tap:
    put("(tap " + as<TapExpr>(e).name.text);
    optional(as<TapExpr>(e).value, " ");
    break;
  case ExprKind::Block:
    return block(*as<BlockExpr>(e).block);
  }
  put(")");
}

void Dumper::let(const LetStmt &s) {
  put(s.isVar ? "(var " : "(let ");
  pattern(s.pattern);
  optional(s.type);
  optional(s.init, s.isDraw ? " ~ " : " = ");
}

void Dumper::stmt(const Stmt &s) {
  switch (s.kind()) {
  case StmtKind::Let:
    let(as<LetStmt>(s));
    break;
  case StmtKind::Expr:
    return expr(*as<ExprStmt>(s).expr);
  case StmtKind::Assign:
    put("(" + std::string(spelling(as<AssignStmt>(s).op)) + " ");
    expr(*as<AssignStmt>(s).target);
    optional(as<AssignStmt>(s).value, " ");
    break;
  case StmtKind::Update:
    put("(update");
    list(as<UpdateStmt>(s).picks);
    optional(as<UpdateStmt>(s).optimizer, " with ");
    optional(as<UpdateStmt>(s).by, " by ");
    break;
  case StmtKind::While:
    put("(while ");
    expr(*as<WhileStmt>(s).cond);
    optional(as<WhileStmt>(s).limit, " limit ");
    put(" ");
    block(*as<WhileStmt>(s).body);
    break;
  case StmtKind::Yield:
    put("(yield ");
    expr(*as<YieldStmt>(s).value);
    break;
  case StmtKind::Break:
    return put("(break)");
  case StmtKind::Continue:
    return put("(continue)");
  case StmtKind::Log:
    put("(log");
    for (const LogEntry &entry : as<LogStmt>(s).entries)
      optional(entry.value, " " + entry.name.text + ": ");
    break;
  case StmtKind::Save:
    put("(save ");
    expr(*as<SaveStmt>(s).value);
    optional(as<SaveStmt>(s).path, " to ");
    break;
  case StmtKind::Load:
    put("(load ");
    expr(*as<LoadStmt>(s).pick);
    optional(as<LoadStmt>(s).path, " from ");
    break;
  case StmtKind::Assert:
    put("(assert ");
    expr(*as<AssertStmt>(s).cond);
    optional(as<AssertStmt>(s).message, " ");
    break;
  case StmtKind::Claim:
    put("(claim ");
    quoted(as<ClaimStmt>(s).text);
    optional(as<ClaimStmt>(s).cond, " ");
    break;
  }
  put(")");
}

void Dumper::fields(const std::vector<FieldDecl> &fields) {
  ++depth;
  for (const FieldDecl &f : fields) {
    line();
    put("(field " + f.name.text);
    optional(f.type);
    optional(f.defaultValue, " = ");
    doc(f.doc);
    put(")");
  }
  --depth;
}

void Dumper::function(const FunctionItem &f) {
  put("(" + std::string(spelling(f.functionKind)) + " " + f.name.text);
  params(f.params);
  if (f.result) {
    put(" -> ");
    type(*f.result);
  }
  doc(f.doc);
  body(f.body);
  if (f.derivative) {
    put(" (derivative ");
    params(f.derivative->params);
    body(f.derivative->body);
    put(")");
  }
  put(")");
}

void Dumper::member(const Member &m) {
  if (m.function)
    return function(*m.function);
  put(m.kind == MemberKind::Param ? "(param " : m.kind == MemberKind::State ? "(state " : "(sub ");
  put(m.name.text);
  optional(m.type);
  optional(m.like, " like ");
  optional(m.init, m.isDraw ? " ~ " : " = ");
  doc(m.doc);
  put(")");
}

void Dumper::item(const Item &i) {
  switch (i.kind()) {
  case ItemKind::Use:
    put("(use");
    for (const Path &path : as<UseItem>(i).modules)
      put(" " + path.str());
    doc(i.doc);
    break;
  case ItemKind::Config:
    put("(config");
    doc(i.doc);
    fields(as<ConfigItem>(i).fields);
    break;
  case ItemKind::Const:
    put("(const " + as<ConstItem>(i).name.text);
    optional(as<ConstItem>(i).type);
    optional(as<ConstItem>(i).value, " = ");
    doc(i.doc);
    break;
  case ItemKind::Type: {
    const auto &decl = as<TypeItem>(i);
    put("(type " + decl.name.text);
    if (decl.alias) {
      put(" = ");
      type(*decl.alias);
    }
    if (!decl.params.empty())
      params(decl.params);
    doc(i.doc);
    fields(decl.fields);
    break;
  }
  case ItemKind::Enum:
    put("(enum " + as<EnumItem>(i).name.text);
    for (const EnumCase &c : as<EnumItem>(i).cases) {
      put(" " + c.name.text);
      doc(c.doc);
    }
    doc(i.doc);
    break;
  case ItemKind::Model: {
    const auto &decl = as<ModelItem>(i);
    put("(" + std::string(spelling(decl.modelKind)) + " " + decl.name.text);
    params(decl.params);
    doc(i.doc);
    ++depth;
    for (const Member &m : decl.members) {
      line();
      member(m);
    }
    --depth;
    break;
  }
  case ItemKind::Function:
    return function(as<FunctionItem>(i));
  case ItemKind::Extern: {
    const auto &decl = as<ExternItem>(i);
    put(decl.isPure ? "(extern pure fn " : "(extern fn ");
    put(decl.name.text);
    params(decl.params);
    put(" -> ");
    type(*decl.result);
    doc(i.doc);
    break;
  }
  case ItemKind::Train:
    put("(train ");
    block(*as<TrainItem>(i).body);
    doc(i.doc);
    break;
  }
  put(")");
}

void Dumper::file(const File &f) {
  put("(file");
  doc(f.doc);
  ++depth;
  for (const ItemPtr &i : f.items) {
    line();
    item(*i);
  }
  --depth;
  put(")\n");
}
} // namespace

std::string ast::dumpAst(const File &file) {
  Dumper dumper;
  dumper.file(file);
  return std::move(dumper.out);
}

void ast::dumpAst(const File &file, std::ostream &os) { os << dumpAst(file); }

std::string ast::dumpAst(const Expr &expr) {
  Dumper dumper;
  dumper.expr(expr);
  return std::move(dumper.out);
}

std::string ast::dumpAst(const Stmt &stmt) {
  Dumper dumper;
  dumper.stmt(stmt);
  return std::move(dumper.out);
}

std::string ast::dumpAst(const TypeExpr &type) {
  Dumper dumper;
  dumper.type(type);
  return std::move(dumper.out);
}
