//===- Entries.cpp - functions that a host calls --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;
namespace json = llvm::json;

/// Gives what modules define (config, constants) the values of one function while it lives.
class Elaborator::Globals {
public:
  Globals(Elaborator &e, Module &program) {
    IRMapping map;
    for (Operation &op : e.globals)
      e.builder.clone(op, map);
    auto take = [&](Module &m) {
      for (auto &[name, binding] : m.scope->names) {
        SmallVector<mlir::Value *> values;
        collectValues(binding.val, values);
        for (mlir::Value *v : values) {
          former.push_back({v, *v});
          *v = map.lookupOrDefault(*v);
        }
      }
    };
    take(program);
    for (auto &[name, module] : e.modules)
      if (module)
        take(*module);
  }
  ~Globals() {
    for (auto &[place, v] : former)
      *place = v;
  }

private:
  std::vector<std::pair<mlir::Value *, mlir::Value>> former;
};

Val Elaborator::notForHosts(const std::string &fn, SourceSpan span, const std::string &why,
                            const std::string &help) {
  auto d = diagnostics.report(span, Diag::E0261, fn, why);
  if (!help.empty())
    d.help(help);
  return Val::error();
}

bool Elaborator::makeEntry(Entry &entry, const std::string &symbol, Module &program,
                           llvm::function_ref<bool()> fill) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(hostModule.getBody());
  Type i64 = builder.getI64Type();
  entry.fn = func::FuncOp::create(builder, current, symbol,
                                  builder.getFunctionType({i64, i64}, {i64}));
  builder.setInsertionPointToStart(entry.fn.addEntryBlock());
  entry.table = entry.fn.getArgument(1);
  auto number = [&] {
    return ArgumentOp::create(builder, current, i64, entry.table, 0, {}, {}, {}).getResult();
  };
  entry.seed = number();
  entry.call = number();
  entry.key = KeyFoldOp::create(builder, current, entry.seed, entry.call);
  Globals values(*this, program);
  llvm::SaveAndRestore<mlir::Value> savedKey(key, entry.key), savedRoot(rootKey, entry.seed);
  llvm::SaveAndRestore<std::string> savedPath(drawPath, "");
  llvm::SaveAndRestore<unsigned> savedPure(pure, pure + 1);
  std::set<std::string> savedDrawn;
  std::swap(savedDrawn, drawn);
  auto inner = std::make_shared<Scope>();
  inner->parent = program.scope;
  std::swap(scope, inner);
  bool ok = fill();
  std::swap(scope, inner);
  std::swap(savedDrawn, drawn);
  if (!ok) {
    entry.fn.erase();
    return false;
  }
  mlir::Value done = arith::ConstantOp::create(builder, current, builder.getI64IntegerAttr(0));
  func::ReturnOp::create(builder, current, done);
  closeEntry(entry);
  return true;
}

void Elaborator::closeEntry(Entry &entry) {
  // Objects were made for their shapes; their draws and what else nobody uses goes.
  Block &block = entry.fn.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  auto place = [&](mlir::Value v, const char *kind) {
    auto op = v.getDefiningOp<ArgumentOp>();
    if (v.use_empty())
      op.erase();
    else
      op.setPosition(uint64_t(
          entry.add(json::Object{{"kind", kind}, {"type", "i64"}, {"shape", json::Array()}})));
  };
  place(entry.seed, "seed");
  place(entry.call, "call");
}

/// What an entry does besides computing; empty when it is nothing.
static std::string deedOf(func::FuncOp fn) {
  std::string deed;
  fn.walk([&](Operation *op) {
    deed = llvm::TypeSwitch<Operation *, std::string>(op)
               .Case<LogOp, LoggedCountOp, LoggedValueOp, LoggedStepOp, LoggedAlignOp>(
                   [](auto) { return "it logs, or reads what was logged"; })
               .Case<ClaimOp>([](auto) { return "it claims"; })
               .Case<SaveOp, LoadOp>([](auto) { return "it saves or loads"; })
               .Case<ReadOp, AppendOp, DatasetOp, DatasetPartOp, LoaderOp, StreamOp, PathJoinOp>(
                   [](auto) { return "it reads data"; })
               .Default([](auto) { return ""; });
    return deed.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return deed;
}

bool Elaborator::fillFunction(Entry &entry, const ast::FunctionItem &fn, Module &program) {
  SourceSpan head = fn.name.span;
  for (const ast::Param &p : fn.params) {
    entry.parameter = p.name.text;
    entry.written = p.isVar;
    auto first = int64_t(entry.arguments.size());
    Val v = hostParameter(entry, fn, p);
    if (v.isError())
      return false;
    if (p.isVar) {
      SmallVector<mlir::Value *> values;
      collectValues(v, values);
      Entry::Variable w{p.name.text, {}};
      for (mlir::Value *value : values) {
        // Run-time extents of a parameter stand between its parts.
        while (entry.arguments[first].getAsObject()->getString("kind") == "extent")
          ++first;
        w.parts.push_back({first++, *value});
      }
      entry.variables.push_back(std::move(w));
    }
    scope->names[p.name.text] = {std::move(v), p.isVar, p.span};
  }
  entry.scope = scope;
  callStack.push_back(&fn);
  drawPath = fn.name.text + ".";
  hostEntry = &entry;
  Val result = fn.derivative ? evalStated(fn) : evalBody(fn.body);
  hostEntry = nullptr;
  callStack.pop_back();
  if (result.isError())
    return false;
  if (fn.result && !conform(result, fn.result.get(), *entry.scope, fn.body.span(),
                            "the result of " + fn.name.text))
    return false;
  for (Entry::Variable &w : entry.variables) {
    SmallVector<mlir::Value *> values;
    collectValues(entry.scope->names[w.name].val, values);
    bool same = values.size() == w.parts.size();
    for (size_t i = 0; same && i < values.size(); ++i)
      same = values[i]->getType() == w.parts[i].second.getType();
    if (!same) {
      notForHosts(fn.name.text, head, "`" + w.name + "` changes its type",
                  "return the new value instead");
      return false;
    }
    for (size_t i = 0; i < values.size(); ++i)
      if (*values[i] != w.parts[i].second)
        ResultOp::create(builder, current, entry.table, w.parts[i].first, *values[i],
                         w.parts[i].second);
  }
  if (!hostResult(entry, fn, result, ""))
    return false;
  if (std::string deed = deedOf(entry.fn); !deed.empty()) {
    notForHosts(fn.name.text, head, deed, "a host runs `train` for that, or does it itself");
    return false;
  }
  return true;
}

std::optional<std::vector<std::pair<int64_t, mlir::Value>>> Elaborator::hostVariables() {
  // A function works on copies; what it has made of them is seen through the calls around it.
  std::vector<std::pair<Val *, Val>> former;
  for (OpenCall &call : llvm::reverse(openCalls)) {
    llvm::SaveAndRestore<std::shared_ptr<Scope>> there(scope, call.caller);
    for (auto &[place, name] : call.variables)
      if (Val *target = lvalue(*place, /*quiet=*/true)) {
        former.push_back({target, *target});
        *target = call.callee->names[name].val;
      }
  }
  std::vector<std::pair<int64_t, mlir::Value>> now;
  bool same = true;
  for (const Entry::Variable &v : hostEntry->variables) {
    SmallVector<mlir::Value *> values;
    collectValues(hostEntry->scope->names[v.name].val, values);
    same &= values.size() == v.parts.size();
    for (size_t i = 0; same && i < values.size(); ++i) {
      same = values[i]->getType() == v.parts[i].second.getType();
      now.push_back({v.parts[i].first, *values[i]});
    }
  }
  for (auto &[place, old] : llvm::reverse(former))
    *place = old;
  return same ? std::optional(now) : std::nullopt;
}

void Elaborator::pollHost() {
  if (!hostEntry || pure != 1)
    return;
  auto variables = hostVariables();
  if (!variables)
    return;
  SmallVector<int64_t> positions;
  SmallVector<mlir::Value> values;
  for (auto &[position, v] : *variables) {
    positions.push_back(position);
    values.push_back(v);
  }
  PollOp::create(builder, current, hostEntry->table, builder.getDenseI64ArrayAttr(positions),
                 values);
}

bool Elaborator::hostResult(Entry &entry, const ast::FunctionItem &fn, const Val &v,
                            const std::string &name) {
  SourceSpan head = fn.name.span;
  if (v.kind == ValKind::Unit)
    return true;
  if (v.isNumber()) {
    Array a = toArray(v);
    json::Object slot{{"kind", "result"}, {"name", name}};
    describeArray(slot, a);
    for (size_t i = 0; i < a.shape.size(); ++i) {
      if (a.shape[i].isStatic())
        continue;
      auto known = llvm::find_if(entry.extents, [&](auto &e) { return e.second == a.shape[i]; });
      if (i || known == entry.extents.end()) {
        notForHosts(fn.name.text, head, "only the call can tell an extent of its result " +
                                            describe(a), "return what has the extent of a parameter");
        return false;
      }
      slot["extent"] = known->first;
    }
    ResultOp::create(builder, current, entry.table, entry.add(std::move(slot)), a.value,
                     mlir::Value());
    return true;
  }
  if (v.kind != ValKind::Tuple && v.kind != ValKind::Struct && v.kind != ValKind::Delta) {
    notForHosts(fn.name.text, head, "its result is " + describe(v), "return numbers");
    return false;
  }
  for (size_t i = 0; i < v.items.size(); ++i) {
    bool kept = v.roles.empty() || v.roles[i] != Role::Argument;
    std::string part = i < v.names.size() ? v.names[i] : std::to_string(i);
    if (kept && !hostResult(entry, fn, v.items[i], name.empty() ? part : name + "." + part))
      return false;
  }
  return true;
}

void Elaborator::exportFunction(const ast::FunctionItem &fn, Module &program) {
  std::string_view signature = sources.text({fn.span.file, fn.span.begin, fn.body.span().begin});
  LineColumn at = sources.begin(fn.name.span);
  json::Object about{{"name", fn.name.text},
                     {"doc", fn.doc},
                     {"signature", llvm::StringRef(signature).rtrim(" =\n").str()},
                     {"file", sources.file(fn.span.file).name()},
                     {"line", int64_t(at.line)}};
  size_t mark = diagnostics.mark(), objectCount = objects.size();
  Meta savedMeta = meta;
  Entry entry;
  std::string symbol = prefix + "_" + fn.name.text;
  if (makeEntry(entry, symbol, program, [&] { return fillFunction(entry, fn, program); })) {
    about["symbol"] = symbol;
    about["arguments"] = std::move(entry.arguments);
  } else if (options.functions.empty()) {
    const Diagnostic &d = *std::next(diagnostics.reported().begin(), std::ptrdiff_t(mark));
    LineColumn place = sources.begin(d.span);
    about["code"] = std::string(diagInfo(d.id).code);
    about["message"] = d.message + (d.label.empty() ? "" : ": " + d.label);
    about["help"] = d.helps.empty() ? "" : d.helps[0];
    about["file"] = sources.file(d.span.file).name();
    about["line"] = int64_t(place.line);
    about["column"] = int64_t(place.column);
    diagnostics.rollback(mark);
    meta = savedMeta;
    objects.resize(objectCount);
  }
  meta.functions.push_back(std::move(about));
}

void Elaborator::exportAll(Module &program) {
  std::set<std::string> asked(options.functions.begin(), options.functions.end());
  for (const ast::ItemPtr &item : program.file->items)
    if (auto *f = llvm::dyn_cast<ast::FunctionItem>(item.get()))
      if ((options.functions.empty() && f->functionKind != ast::FunctionKind::Local) ||
          asked.erase(f->name.text))
        exportFunction(*f, program);
  for (const std::string &name : asked)
    diagnostics.report({program.file->id, 0, 0}, Diag::E0201, name)
        .help("functions at the top of the program can be called by a host");
  exportObjects(program);
}
