//===- Program.cpp - compiling a program ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "State.h"
#include "dyn/dsl/Ast.h"
#include "dyn/dsl/Elaborate.h"
#include "dyn/dsl/Parser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>

using namespace dyn;
using namespace dyn::host;

/// The library of modules: in the folder that this code was installed to, else where it was built.
static std::string libraryFolder() {
  Dl_info where{};
  if (dladdr(reinterpret_cast<void *>(&libraryFolder), &where) && where.dli_fname)
    for (const char *up : {"..", "../.."}) {
      llvm::SmallString<128> folder(llvm::sys::path::parent_path(where.dli_fname));
      llvm::sys::path::append(folder, up, "share", "dyn", "lib");
      if (llvm::sys::fs::is_directory(folder))
        return std::string(folder);
    }
  return DYN_LIBRARY;
}

static Error fromDiagnostic(const dsl::Diagnostics &all, const dsl::Diagnostic &d) {
  Error e;
  e.code = dsl::diagInfo(d.id).code;
  e.message = d.message + (d.label.empty() ? "" : ": " + d.label);
  e.help = d.helps.empty() ? "" : d.helps[0];
  if (d.span.isValid()) {
    dsl::LineColumn begin = all.sources().begin(d.span),
                    end = all.sources().lineColumn(d.span.file, d.span.end);
    e.place = {all.sources().file(d.span.file).name(), int(begin.line), int(begin.column),
               int(end.line), int(end.column)};
  }
  e.text = all.render(d);
  return e;
}

static Error fromCompiler(const dsl::Diagnostics &diagnostics, const driver::Failure &failure) {
  std::vector<Error> all;
  for (const dsl::Diagnostic *d : diagnostics.sorted())
    if (d->severity == dsl::Severity::Error)
      all.push_back(fromDiagnostic(diagnostics, *d));
  if (all.empty())
    return failure.status == 2 ? fail(Code::E1026, "cpu", "this", failure.message)
                               : fail(Code::E1025, failure.message);
  Error e = std::move(all[0]);
  e.text = diagnostics.render();
  e.more.assign(std::make_move_iterator(all.begin() + 1), std::make_move_iterator(all.end()));
  return e;
}

static Status checkDims(dsl::SourceManager &sources, dsl::FileId main, const Options &options) {
  std::vector<std::string> names;
  std::vector<dsl::ConfigEntry> entries = dsl::configEntries(sources, main);
  for (const dsl::ConfigEntry &e : entries)
    names.push_back(e.name);
  for (auto &[name, value] : options.dims) {
    auto entry = std::find_if(entries.begin(), entries.end(),
                              [&name = name](auto &e) { return e.name == name; });
    if (entry == entries.end())
      return fail(Code::E1007, name, nearest(name, names));
    if (!entry->isStatic())
      return fail(Code::E1026, "dims", name, "it is " + entry->type + ", set in an instance");
  }
  return {};
}

Status host::compile(Program::State &s, Loaded &into, bool train) {
  dsl::SourceManager sources;
  dsl::FileId main = sources.add(s.path, s.text);
  dsl::Diagnostics diagnostics(sources);
  driver::CompileOptions o;
  o.optimize = s.options.optimize;
  o.cpu = s.options.cpu;
  o.f64 = s.options.f64;
  o.config = s.options.dims;
  o.libraryPaths = s.options.searchPath;
  o.libraryPaths.push_back(libraryFolder());
  o.forHosts = !train;
  if (!train)
    o.functions = s.options.functions;
  o.useCache = !s.options.cache.empty();
  o.cacheFolder = s.options.cache;
  o.catchCrashes = false;
  o.sanitizer = driver::Sanitizer(int(s.options.sanitizer));
  if (Status bad = checkDims(sources, main, s.options); !bad)
    return bad;
  driver::Failure failure;
  auto compiled = driver::compile(sources, main, o, diagnostics, failure);
  if (!compiled)
    return fromCompiler(diagnostics, failure);
  into.compiled = std::move(*compiled);
  if (std::string why = into.jit.load(into.compiled.object); !why.empty())
    return fail(Code::E1025, why);
  into.program.meta = into.compiled.meta.data();
  into.program.meta_length = int64_t(into.compiled.meta.size());
  if (train)
    into.program.train = reinterpret_cast<void (*)(int64_t)>(into.jit.find("train"));
  return {};
}

static bool containsTrain(const std::string &path, const std::string &text) {
  dsl::SourceManager sources;
  dsl::Diagnostics quiet(sources);
  auto file = dsl::parseFile(sources.add(path, text), sources, quiet);
  return llvm::any_of(file->items, [](const dsl::ast::ItemPtr &item) {
    return llvm::isa<dsl::ast::TrainItem>(item.get());
  });
}

Result<Program> Program::fromText(std::string_view text, const std::string &name,
                                  const Options &options) noexcept {
  return guarded([&]() -> Result<Program> {
    if (name.ends_with(".mlir"))
      return fail(Code::E1002, name, "a host compiles Dyn alone");
    auto s = std::make_shared<State>();
    s->path = name;
    s->text = text;
    s->options = options;
    if (Status bad = compile(*s, s->code, /*train=*/false); !bad)
      return bad.error();
    if (Status bad = describe(*s); !bad)
      return bad.error();
    s->hasTrain = containsTrain(s->path, s->text);
    Program p;
    p.state = std::move(s);
    return p;
  });
}

Result<Program> Program::fromFile(const std::string &path, const Options &options) noexcept {
  return guarded([&]() -> Result<Program> {
    auto text = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
    if (!text)
      return fail(Code::E1002, path, text.getError().message());
    return fromText((*text)->getBuffer(), path, options);
  });
}

Result<Program> Program::with(std::string_view dim, int64_t value) const noexcept {
  return guarded([&]() -> Result<Program> {
    if (!state)
      return fail(Code::E1001, "program");
    Options o = state->options;
    o.dims[std::string(dim)] = std::to_string(value);
    return fromText(state->text, state->path, o);
  });
}

template <typename T> static const T &orEmpty(const T *value) {
  static const T none{};
  return value ? *value : none;
}
const std::string &Program::name() const noexcept {
  return orEmpty(state ? &state->name : nullptr);
}
const std::string &Program::doc() const noexcept { return orEmpty(state ? &state->doc : nullptr); }
const std::vector<FunctionInfo> &Program::functions() const noexcept {
  return orEmpty(state ? &state->functions : nullptr);
}
const std::vector<ObjectInfo> &Program::objects() const noexcept {
  return orEmpty(state ? &state->objects : nullptr);
}
const std::vector<SettingInfo> &Program::settings() const noexcept {
  return orEmpty(state ? &state->settings : nullptr);
}
bool Program::hasTrain() const noexcept { return state && state->hasTrain; }
double Program::seconds() const noexcept { return state ? state->code.compiled.seconds : 0; }
bool Program::fromCache() const noexcept { return state && state->code.compiled.fromCache; }
