//===- Program.cpp - modules, config and the entry ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"
#include "dyn/dsl/Parser.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

#include <charconv>

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;

Elaborator::Elaborator(MLIRContext &context, SourceManager &sources,
                       const ElaborateOptions &options, Diagnostics &diagnostics)
    : context(context), sources(sources), options(options), diagnostics(diagnostics),
      builder(&context), current(UnknownLoc::get(&context)) {
  context.loadDialect<DynDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect,
                      scf::SCFDialect, tensor::TensorDialect>();
  joined.name.text = "optim.join";
  joined.modelKind = ast::ModelKind::Optimizer;
}

Module *Elaborator::loadModule(const std::string &name, SourceSpan use, const Module *from) {
  if (auto it = modules.find(name); it != modules.end())
    return it->second.get();
  std::string file = name;
  std::replace(file.begin(), file.end(), '.', '/');
  for (const std::string &folder : searchPath) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, file + ".dyn");
    auto text = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
    if (!text)
      continue;
    FileId id = sources.add(std::string(path), (*text)->getBuffer().str());
    read.push_back(id);
    auto &slot = modules[name];
    slot = std::make_unique<Module>();
    slot->name = name;
    slot->file = parseFile(id, sources, diagnostics);
    slot->scope = std::make_shared<Scope>();
    if (name != "prelude")
      if (Module *prelude = loadModule("prelude", use, nullptr))
        slot->scope->parent = prelude->scope;
    declareItems(*slot);
    return slot.get();
  }
  if (name != "prelude" || use.isValid()) {
    std::string where;
    for (const std::string &folder : searchPath)
      where += (where.empty() ? "" : ", ") + folder;
    diagnostics.report(use, Diag::E0226, name).help("looked in " + where);
  }
  modules[name] = nullptr;
  return nullptr;
}

void Elaborator::declareUses(Module &module, const ast::UseItem &item) {
  for (const ast::Path &p : item.modules)
    if (Module *m = loadModule(p.str(), p.span, &module)) {
      Val v = Val::of(ValKind::Module);
      v.home = m;
      module.scope->names[p.parts.back().text] = {v, false, p.span};
    }
}

static bool isRunTime(llvm::StringRef type) {
  return llvm::is_contained({"real", "int", "bool", "path", "text", "stream"}, type);
}

bool ConfigEntry::isStatic() const { return !isRunTime(type); }

const ast::EnumItem *Elaborator::enumNamed(const ast::NamedType &type) {
  std::optional<Val> v = typeNamed(type);
  return v && type.dims.empty() ? llvm::dyn_cast<ast::EnumItem>(v->decl) : nullptr;
}

/// The case that is `given`, else the default `v`; an error if there is none.
Val Elaborator::chosenCase(const ast::EnumItem &cases, const Val &v, const std::string *given,
                           llvm::json::Object &entry) {
  if (v.kind != ValKind::Int || v.decl != &cases)
    return Val::error();
  auto chosen = size_t(v.number);
  llvm::json::Array names;
  for (auto [i, c] : llvm::enumerate(cases.cases)) {
    names.push_back(c.name.text);
    if (given && c.name.text == *given)
      chosen = i, given = nullptr;
  }
  if (given)
    return Val::error();
  entry["cases"] = std::move(names);
  entry["default"] = cases.cases[chosen].name.text;
  return enumCase(cases, chosen);
}

bool Elaborator::declareConfig(const ast::ConfigItem &item, Scope &into) {
  static const std::set<std::string> flags = {"seed",   "threads",  "run_dir", "no_run_dir",
                                              "quiet",  "progress", "color",   "checkpoint",
                                              "resume", "help",     "version"};
  Val config = Val::of(ValKind::Struct);
  bool ok = true;
  for (const ast::FieldDecl &f : item.fields) {
    const std::string &name = f.name.text;
    auto *type = llvm::dyn_cast<ast::NamedType>(f.type.get());
    std::string kind = type ? type->path.str() : "";
    if (flags.count(name)) {
      std::string all;
      for (const std::string &x : flags)
        all += (all.empty() ? "" : ", ") + x;
      diagnostics.report(f.name.span, Diag::E0224, name).help("the tool's flags are " + all);
      ok = false;
      continue;
    }
    if (config.field(name) >= 0) {
      diagnostics.report(f.name.span, Diag::E0202, name);
      ok = false;
      continue;
    }
    // Where nothing is said, a stream is standard input, or fed by a host.
    bool fed = kind == "stream" && !f.defaultValue;
    Val v = fed ? Val::string("-") : f.defaultValue ? eval(*f.defaultValue) : Val::error();
    if (!f.defaultValue && !fed)
      diagnostics.report(f.span, Diag::E0225, name, "nothing", kind)
          .help("a config entry has a default");
    auto given = options.config.find(name);
    llvm::json::Object entry{{"name", name}, {"type", kind}, {"doc", f.doc}};
    int64_t index = int64_t(config.items.size());
    const std::string *text = given == options.config.end() ? nullptr : &given->second;
    const ast::EnumItem *choice = isRunTime(kind) || !type ? nullptr : enumNamed(*type);
    auto bad = [&] {
      bool ofFlag = choice && text && v.decl == choice;
      std::string written = ofFlag           ? *text
                            : f.defaultValue ? std::string(sources.text(f.defaultValue->span))
                                             : "";
      if (!v.isError()) {
        auto wrong = diagnostics.report(f.span, Diag::E0225, name, written, kind);
        if (choice)
          wrong.help("it is one of " +
                     llvm::join(llvm::map_range(choice->cases,
                                                [](const auto &c) { return c.name.text; }),
                                ", "));
      }
      ok = false;
      return Val::error();
    };
    Array a;
    if (choice) {
      Val chosen = chosenCase(*choice, v, text, entry);
      v = chosen.isError() ? bad() : chosen;
    } else if (kind == "dim") {
      if (text) {
        int64_t n = 0;
        auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
        v = ec == std::errc() && end == text->data() + text->size() && n >= 0 ? Val::integer(n)
                                                                              : Val::error();
        if (v.isError())
          diagnostics.report(f.span, Diag::E0225, name, *text, kind);
      }
      if (v.kind != ValKind::Int || v.number < 0)
        v = bad();
      entry["default"] = v.number;
    } else if (kind == "real" && (v.kind == ValKind::Int || v.kind == ValKind::Real)) {
      entry["default"] = v.asReal();
      a.elem = realElem();
    } else if (kind == "int" && v.kind == ValKind::Int) {
      entry["default"] = v.number;
      a.elem = Elem::I64;
    } else if (kind == "bool" && v.kind == ValKind::Bool) {
      entry["default"] = bool(v.number);
      a.elem = Elem::Bool;
    } else if ((kind == "path" || kind == "text") && v.kind == ValKind::Text) {
      entry["default"] = v.text;
      v = Val::handle(ConfigOp::create(builder, loc(f.span), builder.getI64Type(),
                                       builder.getI64IntegerAttr(index), builder.getUnitAttr()));
    } else if (kind == "stream" && v.kind == ValKind::Text) {
      entry["default"] = v.text;
      v = Val::string(name, ValKind::Stream);
    } else {
      v = bad();
    }
    if (!v.isError() && (kind == "real" || kind == "int" || kind == "bool")) {
      a.value = ConfigOp::create(builder, loc(f.span), mlirElem(a.elem),
                                 builder.getI64IntegerAttr(index), UnitAttr());
      v = Val::ofArray(a);
    }
    meta.config(std::move(entry));
    config.names.push_back(name);
    config.items.push_back(v);
    config.roles.push_back(Role::Argument);
  }
  into.names["config"] = {config, false, item.span};
  return ok;
}

bool Elaborator::declareItems(Module &module) {
  auto saved = scope;
  scope = module.scope;
  bool ok = true;
  auto add = [&](const ast::Ident &name, Val v, SourceSpan span) {
    auto [it, fresh] = module.scope->names.try_emplace(name.text);
    if (!fresh) {
      diagnostics.report(name.span, Diag::E0202, name.text)
          .note(it->second.span, "first declared here");
      ok = false;
      return;
    }
    it->second = {std::move(v), false, span};
  };
  // Declarations first, so that their order in the file does not matter.
  for (const ast::ItemPtr &item : module.file->items) {
    switch (item->kind()) {
    case ast::ItemKind::Use:
      declareUses(module, *llvm::cast<ast::UseItem>(item.get()));
      break;
    case ast::ItemKind::Model:
    case ast::ItemKind::Type:
    case ast::ItemKind::Enum: {
      Val v = Val::of(ValKind::Type);
      v.decl = item.get();
      v.home = &module;
      const ast::Ident &name =
          item->kind() == ast::ItemKind::Model  ? llvm::cast<ast::ModelItem>(item.get())->name
          : item->kind() == ast::ItemKind::Type ? llvm::cast<ast::TypeItem>(item.get())->name
                                                : llvm::cast<ast::EnumItem>(item.get())->name;
      v.text = name.text;
      add(name, v, item->span);
      break;
    }
    case ast::ItemKind::Function: {
      auto *f = llvm::cast<ast::FunctionItem>(item.get());
      Val v = Val::of(ValKind::Function);
      v.decl = f;
      v.home = &module;
      add(f->name, v, f->name.span);
      break;
    }
    case ast::ItemKind::Extern:
      ok = false;
      unsupported(item->span, "`extern fn`", "write the function in Dyn");
      break;
    default:
      break;
    }
  }
  for (const ast::ItemPtr &item : module.file->items) {
    if (auto *c = llvm::dyn_cast<ast::ConfigItem>(item.get()))
      ok &= declareConfig(*c, *module.scope);
    if (auto *c = llvm::dyn_cast<ast::ConstItem>(item.get())) {
      Val v = eval(*c->value);
      ok &= !v.isError();
      add(c->name, v, c->name.span);
    }
  }
  scope = saved;
  return ok;
}

bool Elaborator::elaborateTrain(const ast::TrainItem &item, Module &module) {
  auto inner = std::make_shared<Scope>();
  inner->parent = module.scope;
  scope = inner;
  return !exec(*item.body).isError();
}

const ast::TrainItem *Elaborator::trainOf(const Module &module, FileId main) {
  const ast::TrainItem *train = nullptr;
  for (const ast::ItemPtr &item : module.file->items)
    if (auto *t = llvm::dyn_cast<ast::TrainItem>(item.get())) {
      if (train)
        diagnostics.report(t->span, Diag::E0227, "`train` is written twice")
            .note(train->span, "first here");
      train = t;
    }
  if (!train && !options.forHosts && !diagnostics.hasErrors())
    diagnostics.report({main, 0, 0}, Diag::E0227, "this program has no `train`")
        .help("write what to run: `train { ... }`");
  return train;
}

std::optional<Elaborated> Elaborator::run(FileId main) {
  read.push_back(main);
  const SourceFile &source = sources.file(main);
  llvm::SmallString<128> folder(source.name());
  llvm::sys::path::remove_filename(folder);
  searchPath.push_back(folder.empty() ? "." : std::string(folder));
  searchPath.insert(searchPath.end(), options.libraryPaths.begin(), options.libraryPaths.end());

  OwningOpRef<ModuleOp> module =
      ModuleOp::create(FileLineColLoc::get(&context, source.name(), 1, 1));
  current = module->getLoc();
  if (options.forHosts) {
    hostModule = *module;
    prefix = options.prefix.empty() ? llvm::sys::path::stem(source.name()).str() : options.prefix;
    for (char &c : prefix)
      c = isalnum(static_cast<unsigned char>(c)) ? c : '_';
    meta.forHosts = true;
    builder.setInsertionPointToEnd(&globals);
  } else {
    builder.setInsertionPointToEnd(module->getBody());
    auto type = builder.getFunctionType({builder.getI64Type()}, {});
    auto fn = func::FuncOp::create(builder, current, "train", type);
    builder.setInsertionPointToStart(fn.addEntryBlock());
    key = SeedOp::create(builder, current);
  }

  auto program = std::make_unique<Module>();
  program->name = "";
  program->file = parseFile(main, sources, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  program->scope = std::make_shared<Scope>();
  if (Module *prelude = loadModule("prelude", {}, nullptr))
    program->scope->parent = prelude->scope;
  declareItems(*program);
  const ast::TrainItem *train = trainOf(*program, main);
  if (options.forHosts && !diagnostics.hasErrors())
    exportAll(*program);
  else if (train && !options.forHosts)
    elaborateTrain(*train, *program);
  if (!diagnostics.hasErrors())
    checkSeriesRead();
  if (diagnostics.hasErrors())
    return std::nullopt;
  if (!options.forHosts)
    func::ReturnOp::create(builder, current);

  std::string name = llvm::sys::path::stem(source.name()).str();
  llvm::SHA256 hash;
  for (FileId id : read) {
    hash.update(sources.file(id).text());
    meta.sourceTexts.push_back(
        llvm::json::Object{{"name", llvm::sys::path::filename(sources.file(id).name())},
                           {"text", std::string(sources.file(id).text())}});
  }
  auto digest = hash.final();
  meta.header["name"] = name;
  meta.header["source_file"] = source.name();
  meta.header["source_hash"] = llvm::toHex(digest, /*LowerCase=*/true);
  meta.header["version"] = DYN_VERSION;
  const ast::File &file = *program->file;
  meta.header["doc"] = !file.doc.empty() || file.items.empty() ? file.doc : file.items[0]->doc;
  Elaborated out;
  out.meta = meta.json();
  out.sources = read;
  module->getOperation()->setAttr("dyn.meta", builder.getStringAttr(out.meta));
  out.module = std::move(module);
  return out;
}

std::optional<Elaborated> dyn::dsl::elaborate(MLIRContext &context, SourceManager &sources,
                                              FileId main, const ElaborateOptions &options,
                                              Diagnostics &diagnostics) {
  return Elaborator(context, sources, options, diagnostics).run(main);
}

std::vector<ConfigEntry> dyn::dsl::configEntries(SourceManager &sources, FileId main) {
  Diagnostics quiet(sources);
  std::vector<ConfigEntry> out;
  auto file = parseFile(main, sources, quiet);
  for (const ast::ItemPtr &item : file->items)
    if (auto *c = llvm::dyn_cast<ast::ConfigItem>(item.get()))
      for (const ast::FieldDecl &f : c->fields) {
        auto *type = llvm::dyn_cast<ast::NamedType>(f.type.get());
        out.push_back({f.name.text, type ? type->path.str() : "", f.doc});
      }
  return out;
}
