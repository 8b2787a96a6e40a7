//===- Objects.cpp - what functions of a host take ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "llvm/Support/Casting.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace dyn;
using namespace dyn::dsl;
using llvm::SmallVector;
namespace json = llvm::json;

void Elaborator::describeArray(json::Object &into, const Array &a) {
  json::Array shape;
  for (const Extent &e : a.shape)
    shape.push_back(e.isStatic() ? e.size : -1);
  into["type"] = storedName(a.elem);
  into["shape"] = std::move(shape);
}

static void collectParts(Val &v, const std::string &path, const char *role,
                         std::vector<Part> &parts) {
  if (v.isArray())
    parts.push_back({path, &v, role});
  for (size_t i = 0; i < v.items.size(); ++i) {
    const char *own = role;
    if (std::string_view(role) != "setting" && i < v.roles.size())
      own = v.roles[i] == Role::Argument || v.roles[i] == Role::Field ? "setting"
            : v.roles[i] == Role::State                               ? "state"
                                                                      : "param";
    std::string name = i < v.names.size() ? v.names[i] : std::to_string(i);
    collectParts(v.items[i], path.empty() ? name : path + "." + name, own, parts);
  }
}

/// `Regressor(16)`: the static arguments that an object was made with.
static std::string spelled(const Val &v) {
  std::string args;
  for (size_t i = 0; i < v.items.size(); ++i)
    if (v.roles[i] == Role::Argument && v.items[i].isStatic()) {
      std::string text = v.items[i].kind == ValKind::Int
                             ? std::to_string(v.items[i].number)
                             : llvm::formatv("{0}", v.items[i].asReal()).str();
      args += (args.empty() ? "" : ", ") + v.names[i] + ": " + text;
    }
  const std::string &name = static_cast<const ast::ModelItem *>(v.decl)->name.text;
  return args.empty() ? name : name + "(" + args + ")";
}

std::optional<Val> Elaborator::typeNamed(const ast::NamedType &type) {
  Binding *b = scope->find(type.path.parts[0].text);
  if (!b)
    return std::nullopt;
  Val v = b->val;
  for (size_t i = 1; i < type.path.parts.size() && v.kind == ValKind::Module; ++i) {
    auto it = v.home->scope->names.find(type.path.parts[i].text);
    if (it == v.home->scope->names.end())
      return std::nullopt;
    v = it->second.val;
  }
  return v.kind == ValKind::Type && v.decl ? std::optional(v) : std::nullopt;
}

Val Elaborator::makeObject(const ast::NamedType &type, const Val &what) {
  auto &model = *static_cast<const ast::ModelItem *>(what.decl);
  bool built = model.modelKind != ast::ModelKind::Model;
  CallArgs args;
  if (type.args)
    for (const ast::Arg &a : *type.args) {
      // A selection is no value by itself.
      bool selection =
          built && args.values.empty() && llvm::isa<ast::WhereExpr>(a.value.get());
      args.values.push_back(selection ? Val::unit() : eval(*a.value));
      args.names.push_back(a.name.text);
      args.spans.push_back(a.value->span);
      args.exprs.push_back(a.value.get());
      if (args.values.back().isError())
        return Val::error();
    }
  if (model.modelKind == ast::ModelKind::Optimizer)
    return buildOptimizer(model, what.home, args, type.span);
  if (model.modelKind == ast::ModelKind::Mask)
    return buildMask(model, what.home, args, type.span);
  if (type.dims.empty())
    return construct(model, what.home, args, type.span);
  std::optional<Extent> n = extentOf(*type.dims[0].extent);
  return n ? constructStack(what, args, *n, type.span) : Val::error();
}

size_t Elaborator::internObject(Val &v, const ast::FunctionItem *taker, size_t parameter) {
  HostObject o;
  o.decl = static_cast<const ast::ModelItem *>(v.decl);
  o.name = o.decl->name.text;
  o.type = spelled(v);
  o.taker = taker;
  o.parameter = parameter;
  std::vector<Part> parts;
  collectParts(v, "", "param", parts);
  o.layout = o.type;
  for (const Part &p : parts) {
    json::Object about{{"name", p.path}, {"role", p.role}};
    describeArray(about, p.val->array);
    o.layout += llvm::formatv("\n{0}", json::Value(std::move(about))).str();
  }
  for (size_t i = 0; i < objects.size(); ++i)
    if (objects[i].layout == o.layout && objects[i].decl == o.decl)
      return i;
  auto same = llvm::count_if(objects, [&](const HostObject &x) { return x.name == o.name; });
  o.symbol = prefix + "_make_" + o.name + (same ? "_" + std::to_string(same) : "");
  objects.push_back(std::move(o));
  return objects.size() - 1;
}

Val Elaborator::hostObject(Entry &entry, const ast::FunctionItem &fn, const ast::NamedType &type,
                           const Val &what, const ast::Param &p) {
  auto &model = *static_cast<const ast::ModelItem *>(what.decl);
  if (!type.args)
    for (const ast::Param &needed : model.params)
      if (!needed.defaultValue)
        return notForHosts(fn.name.text, type.span, "`" + p.name.text + "` may be any `" +
                               model.name.text + "`",
                           "say which: `" + model.name.text + "(" + needed.name.text + ": ...)`");
  if (model.modelKind != ast::ModelKind::Model && !type.args)
    return notForHosts(fn.name.text, type.span, "`" + p.name.text + "` may be for any model",
                       "say for which: `" + std::string(sources.text(type.path.span)) + "(net)`");
  llvm::SaveAndRestore<std::string> path(drawPath, p.name.text + ".");
  Val v = makeObject(type, what);
  if (v.isError())
    return v;
  size_t number = internObject(v, &fn, size_t(&p - fn.params.data()));
  std::vector<Part> parts;
  collectParts(v, "", "param", parts);
  if (parts.empty())
    return notForHosts(fn.name.text, type.span, "`" + p.name.text + "` has no tensors",
                       "leave it out");
  for (Part &part : parts) {
    json::Object about{{"kind", "tensor"},
                       {"parameter", p.name.text},
                       {"object", int64_t(number)},
                       {"name", part.path},
                       {"written", p.isVar}};
    describeArray(about, part.val->array);
    part.val->array.value = hostArgument(entry, std::move(about), part.val->array, {});
    part.val->array.limit = 0;
  }
  return v;
}

mlir::Value Elaborator::hostArgument(Entry &entry, json::Object about, const Array &a,
                                     mlir::Value extent) {
  mlir::Type type = a.shape.empty() ? mlirElem(a.elem) : typeOf(a.shape, a.elem);
  bool written = entry.written;
  auto position = uint64_t(entry.add(std::move(about)));
  return ArgumentOp::create(builder, current, type, entry.table, position,
                            extent, mlir::IntegerAttr(), written);
}

std::optional<Extent> Elaborator::hostExtent(Entry &entry, const ast::FunctionItem &fn,
                                             const ast::Dim &d, bool leading) {
  auto refuse = [&](const std::string &why, const std::string &help) {
    notForHosts(fn.name.text, d.span, why, help);
    return std::nullopt;
  };
  std::string text(sources.text(d.span));
  if (d.isRest)
    return refuse("`" + entry.parameter + "` may have any number of dimensions",
                  "write its extents");
  auto *var = llvm::dyn_cast<ast::NameExpr>(d.extent.get());
  if (var && !scope->find(var->name) &&
      (d.bound || isupper(static_cast<unsigned char>(var->name[0])))) {
    if (!d.bound)
      return refuse("extent `" + text + "` of `" + entry.parameter + "` has no bound",
                    "write `" + text + " <= 1000`, or a number");
    std::optional<int64_t> bound = staticInt(*d.bound, "the bound of an extent");
    if (!bound)
      return std::nullopt;
    if (*bound < 1 || *bound > (int64_t(1) << 32))
      return refuse("a bound of " + std::to_string(*bound), "choose one from 1 to 2^32");
    int64_t at = entry.add(json::Object{{"kind", "extent"},
                            {"parameter", entry.parameter},
                            {"name", var->name},
                            {"bound", *bound},
                            {"type", "i64"},
                            {"shape", json::Array()}});
    mlir::Value n = ArgumentOp::create(builder, current, builder.getIndexType(), entry.table,
                                       uint64_t(at), mlir::Value(),
                                       builder.getI64IntegerAttr(*bound), false);
    Val v = Val::of(ValKind::Dim);
    v.extent = {0, n, *bound};
    scope->names[var->name] = {v, false, d.span};
    entry.extents.push_back({at, v.extent});
  }
  std::optional<Extent> e = extentOf(*d.extent);
  if (e && !e->isStatic() && !leading)
    return refuse("extent `" + text + "` of `" + entry.parameter + "` is known at run time only",
                  "only the leading extent may be");
  if (e && e->isStatic() && (e->size < 0 || e->size > (int64_t(1) << 40)))
    return refuse("an extent of " + std::to_string(e->size), "");
  return e;
}

Val Elaborator::hostValue(Entry &entry, const ast::FunctionItem &fn, const ast::TypeExpr &type,
                          const std::string &path) {
  const std::string &parameter = entry.parameter;
  auto refuse = [&](const std::string &why, const std::string &help) {
    return notForHosts(fn.name.text, type.span, why, help);
  };
  if (auto *tuple = llvm::dyn_cast<ast::TupleType>(&type)) {
    Val v = Val::of(ValKind::Tuple);
    for (size_t i = 0; i < tuple->elements.size(); ++i) {
      v.items.push_back(hostValue(entry, fn, *tuple->elements[i], path + "." + std::to_string(i)));
      if (v.items.back().isError())
        return Val::error();
    }
    return v;
  }
  auto *named = llvm::dyn_cast<ast::NamedType>(&type);
  Expected want = expected(&type);
  std::string text(sources.text(type.span));
  if (want.kind == Expected::Array || want.kind == Expected::Rest) {
    Array a;
    a.elem = want.elem;
    json::Object about{{"kind", "value"},
                       {"parameter", parameter},
                       {"name", path},
                       {"written", entry.written}};
    for (const ast::Dim *d : want.dims) {
      std::optional<Extent> e = hostExtent(entry, fn, *d, a.shape.empty());
      if (!e)
        return Val::error();
      a.shape.push_back(*e);
    }
    mlir::Value extent;
    if (!a.shape.empty() && !a.shape[0].isStatic()) {
      extent = a.shape[0].value;
      for (auto &[at, known] : entry.extents)
        if (known == a.shape[0])
          about["extent"] = at;
    }
    describeArray(about, a);
    a.value = hostArgument(entry, std::move(about), a, extent);
    return Val::ofArray(a);
  }
  if (want.kind == Expected::Struct && want.decl->kind() == ast::ItemKind::Enum) {
    Array a;
    a.elem = Elem::I64;
    a.limit = int64_t(static_cast<const ast::EnumItem *>(want.decl)->cases.size());
    json::Object about{{"kind", "value"},
                       {"parameter", parameter},
                       {"name", path},
                       {"limit", a.limit},
                       {"written", entry.written}};
    describeArray(about, a);
    a.value = hostArgument(entry, std::move(about), a, {});
    return Val::ofArray(a);
  }
  if (want.kind == Expected::Struct && want.decl->kind() == ast::ItemKind::Type) {
    auto &record = *static_cast<const ast::TypeItem *>(want.decl);
    Val v = Val::of(ValKind::Struct);
    v.decl = &record;
    v.home = typeNamed(*named)->home;
    for (const ast::FieldDecl &f : record.fields) {
      v.names.push_back(f.name.text);
      v.roles.push_back(Role::State);
      v.items.push_back(hostValue(entry, fn, *f.type, path + "." + f.name.text));
      if (v.items.back().isError())
        return Val::error();
    }
    return v;
  }
  if (want.kind == Expected::Dim)
    return refuse("`" + parameter + "` is a `dim`, which is known when the program is compiled",
                  "make it a `config` entry");
  return refuse("`" + parameter + "` is " + (text.empty() ? "anything" : "`" + text + "`") +
                    ", which a host cannot hand in",
                "numbers, arrays, records, models and optimizers can be");
}

Val Elaborator::hostParameter(Entry &entry, const ast::FunctionItem &fn, const ast::Param &p) {
  if (!p.type)
    return notForHosts(fn.name.text, p.span, "`" + p.name.text + "` has no type",
                       "write one, as in `" + p.name.text + ": real[8]`");
  auto *named = llvm::dyn_cast<ast::NamedType>(p.type.get());
  if (named)
    if (std::optional<Val> what = typeNamed(*named);
        what && what->decl->kind() == ast::ItemKind::Model)
      return hostObject(entry, fn, *named, *what, p);
  Expected want = expected(p.type.get());
  bool numbers = want.kind == Expected::Array || want.kind == Expected::Struct;
  // What a host cannot hand in has the value that it has when it is left out.
  if (p.defaultValue && !numbers)
    return eval(*p.defaultValue);
  return hostValue(entry, fn, *p.type, p.name.text);
}

void Elaborator::exportObjects(Module &program) {
  for (const ast::ItemPtr &item : program.file->items) {
    auto *model = llvm::dyn_cast<ast::ModelItem>(item.get());
    auto given = [](const ast::Param &p) { return p.defaultValue != nullptr; };
    if (!options.functions.empty() || !model || model->modelKind != ast::ModelKind::Model ||
        !llvm::all_of(model->params, given) ||
        llvm::any_of(objects, [&](const HostObject &o) { return o.decl == model; }))
      continue;
    HostObject o;
    o.decl = model;
    o.name = model->name.text;
    o.symbol = prefix + "_make_" + o.name;
    o.taker = nullptr;
    o.parameter = 0;
    objects.push_back(std::move(o));
  }
  for (HostObject &o : objects)
    exportObject(o, program);
}

void Elaborator::exportObject(HostObject &o, Module &program) {
  Entry entry;
  json::Array tensors;
  std::vector<std::string> fixed;
  size_t mark = diagnostics.mark();
  bool made = makeEntry(entry, o.symbol, program, [&] {
    key = entry.seed; // as in `train`, where the object is a variable of the parameter's name
    Val v;
    if (!o.taker) {
      CallArgs none;
      drawPath = "net.";
      v = construct(*o.decl, &program, none, o.decl->span);
    }
    for (size_t i = 0; o.taker && i <= o.parameter; ++i) {
      const ast::Param &p = o.taker->params[i];
      auto *named = llvm::dyn_cast_or_null<ast::NamedType>(p.type.get());
      std::optional<Val> what = named ? typeNamed(*named) : std::nullopt;
      if (!what || what->decl->kind() != ast::ItemKind::Model)
        continue;
      drawPath = p.name.text + ".";
      v = makeObject(*named, *what);
      if (v.isError())
        break;
      scope->names[p.name.text] = {v, false, p.span};
    }
    if (v.isError())
      return false;
    if (o.type.empty())
      o.type = spelled(v);
    std::vector<Leaf> unused;
    collectStored(v, unused, fixed);
    std::vector<Part> parts;
    collectParts(v, "", "param", parts);
    for (Part &part : parts) {
      json::Object about{{"kind", "result"}, {"name", part.path}};
      describeArray(about, part.val->array);
      json::Object tensor = about;
      tensor["role"] = part.role;
      tensor.erase("kind");
      tensors.push_back(std::move(tensor));
      ResultOp::create(builder, current, entry.table, uint64_t(entry.add(std::move(about))),
                       part.val->array.value, mlir::Value());
    }
    return true;
  });
  if (!made && !o.taker && options.functions.empty())
    diagnostics.rollback(mark); // nobody has asked for it
  json::Object about{{"name", o.name},
                     {"type", o.type},
                     {"doc", o.decl->doc},
                     {"kind", std::string(ast::spelling(o.decl->modelKind))},
                     {"tensors", std::move(tensors)},
                     {"fixed", json::Array(fixed)},
                     {"arguments", std::move(entry.arguments)}};
  if (made)
    about["make"] = o.symbol;
  meta.objects.push_back(std::move(about));
}
