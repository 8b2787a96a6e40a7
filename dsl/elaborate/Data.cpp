//===- Data.cpp - files as columns, data sets, loaders, logged series -----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Elaborator.h"

using namespace dyn;
using namespace dyn::dsl;
using namespace mlir;
using llvm::SmallVector;

std::optional<Val> Elaborator::dataFunction(const std::string &name, CallArgs &args,
                                            const ast::CallExpr &e) {
  if (name == "join" && args.values.size() == 2) {
    const Val &a = args.values[0], &b = args.values[1];
    if (a.kind == ValKind::Text && b.kind == ValKind::Text)
      return Val::string(a.text + "/" + b.text);
    mlir::Value l = textHandle(a, args.spans[0]), r = textHandle(b, args.spans[1]);
    if (!l || !r)
      return Val::error();
    return Val::handle(PathJoinOp::create(builder, loc(e.span), l, r));
  }
  if (name == "read_idx" || name == "read_npy" || name == "read_csv") {
    // read_*(path, type of one example, named options)
    if (e.args.size() < 2) {
      diagnostics.report(e.span, Diag::E0207, "`" + name + "`",
                         "takes a path and the type of one example");
      return Val::error();
    }
    mlir::Value path = textHandle(eval(*e.args[0].value), e.args[0].span);
    auto type = typeArgument(*e.args[1].value);
    if (!path || !type)
      return Val::error();
    int64_t limit = 0, first = 0, header = 1, member = -1;
    bool scale = isReal(type->first) && name == "read_idx";
    for (size_t i = 2; i < e.args.size(); ++i) {
      const std::string &option = e.args[i].name.text;
      Val v = eval(*e.args[i].value);
      if (v.isError())
        return v;
      bool count = v.kind == ValKind::Int && v.number >= 0;
      if (option == "limit" && count)
        limit = v.number;
      else if (option == "first" && count && name == "read_csv")
        first = v.number;
      else if (option == "header" && count && name == "read_csv")
        header = v.number;
      else if (option == "member" && v.kind == ValKind::Text && name == "read_npy")
        member = meta.text(v.text);
      else {
        diagnostics.report(e.args[i].span, Diag::E0207, "`" + name + "`",
                           "no option `" + option + "` of this kind");
        return Val::error();
      }
    }
    if (name == "read_csv" && type->second.size() > 1) {
      diagnostics.report(e.args[1].span, Diag::E0207, "`read_csv`",
                         "an example is one number or a vector of columns");
      return Val::error();
    }
    if (llvm::any_of(type->second, [](int64_t d) { return d < 1; })) {
      diagnostics.report(e.args[1].span, Diag::E0207, "`" + name + "`",
                         "the extents of an example are at least 1");
      return Val::error();
    }
    SmallVector<int64_t> options;
    if (name == "read_npy")
      options = {member};
    if (name == "read_csv")
      options = {first, type->second.empty() ? 0 : type->second[0], header};
    ReadKind kind = name == "read_idx"   ? ReadKind::idx
                    : name == "read_npy" ? ReadKind::npy
                                         : ReadKind::csv;
    Val out = Val::handle(ReadOp::create(builder, loc(e.span), kind, path, mlirElem(type->first),
                                         type->second, scale, uint64_t(limit), options));
    // What a data set needs to know of its column.
    out.dataset = std::make_shared<DatasetInfo>();
    Column c{"", type->first, {}, limit, out.array.value};
    c.shape.assign(type->second.begin(), type->second.end());
    out.dataset->columns.push_back(c);
    return out;
  }
  if (name == "dataset") {
    Val out = Val::of(ValKind::Dataset);
    out.dataset = std::make_shared<DatasetInfo>();
    SmallVector<mlir::Value> handles;
    for (const ast::Arg &a : e.args) {
      Val column = eval(*a.value);
      if (column.isError())
        return column;
      if (column.kind != ValKind::Handle || !column.dataset) {
        error(a.span, Diag::E0206)
            .label("this is " + describe(column))
            .help("a data set is made of columns: `dataset(image: read_idx(...), label: "
                  "read_idx(...))`");
        return Val::error();
      }
      Column c = column.dataset->columns[0];
      c.name = a.name.text;
      out.dataset->columns.push_back(c);
      handles.push_back(c.handle);
    }
    if (handles.empty()) {
      diagnostics.report(e.span, Diag::E0207, "`dataset`", "a data set needs a column");
      return Val::error();
    }
    out.dataset->handle = DatasetOp::create(builder, loc(e.span), handles);
    return out;
  }
  if (name == "stream")
    return streamOf(e);
  return std::nullopt;
}

/// `stream(config.samples, x: real[4], y: real)`: what arrives by a setting, and its examples.
Val Elaborator::streamOf(const ast::CallExpr &e) {
  Val source = e.args.empty() ? Val::unit() : eval(*e.args[0].value);
  if (source.isError())
    return source;
  if (source.kind != ValKind::Stream || e.args.size() < 2) {
    diagnostics.report(e.span, Diag::E0207, "`stream`",
                       "takes a setting of type `stream` and the parts of an example, as in "
                       "`stream(config.samples, x: real[4], y: real)`");
    return Val::error();
  }
  Val out = Val::of(ValKind::Dataset);
  out.dataset = std::make_shared<DatasetInfo>();
  llvm::json::Array columns;
  for (const ast::Arg &a : llvm::drop_begin(e.args)) {
    auto type = typeArgument(*a.value);
    if (!type)
      return Val::error();
    if (a.name.text.empty() || llvm::any_of(type->second, [](int64_t d) { return d < 1; })) {
      diagnostics.report(a.span, Diag::E0207, "`stream`",
                         "a part of an example has a name, and extents of at least 1");
      return Val::error();
    }
    Column c{a.name.text, type->first, {}, 0, {}};
    c.shape.assign(type->second.begin(), type->second.end());
    columns.push_back(llvm::json::Object{{"name", c.name},
                                         {"type", storedName(type->first)},
                                         {"shape", llvm::json::Array(c.shape)}});
    out.dataset->columns.push_back(c);
  }
  auto position = meta.stream(source.text, std::move(columns));
  if (!position) {
    diagnostics.report(e.span, Diag::E0207, "`stream`",
                       "`" + source.text + "` has other examples elsewhere in the program");
    return Val::error();
  }
  out.dataset->stream = *position;
  return out;
}

Val Elaborator::datasetMethod(const Val &dataset, const std::string &method, CallArgs &args,
                              SourceSpan span) {
  Val out = dataset;
  out.dataset = std::make_shared<DatasetInfo>(*dataset.dataset);
  if (method == "dataset.shuffled") {
    if (!args.values.empty()) {
      diagnostics.report(span, Diag::E0207, "`shuffled`", "takes no argument");
      return Val::error();
    }
    out.dataset->key = drawKey("shuffled", span);
    return out.dataset->key ? out : Val::error();
  }
  if (args.values.size() != 1 || args.values[0].kind != ValKind::Int || args.values[0].number < 1) {
    diagnostics.report(span, Diag::E0207, "`batches`",
                       "takes the number of examples in a batch, a `dim` of at least 1");
    return Val::error();
  }
  out.dataset->batch = args.values[0].number;
  return out;
}
