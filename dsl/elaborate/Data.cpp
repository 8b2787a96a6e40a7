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

/// `read_*(path, type of one example, named options)`; several paths are a tuple.
Val Elaborator::readFiles(const std::string &name, const ast::CallExpr &e) {
  auto refuse = [&](SourceSpan span, const Twine &why) {
    diagnostics.report(span, Diag::E0207, "`" + name + "`", why.str());
    return Val::error();
  };
  if (e.args.size() < 2)
    return refuse(e.span, "takes a path and the type of one example");
  Val files = eval(*e.args[0].value);
  auto type = typeArgument(*e.args[1].value);
  if (files.isError() || !type)
    return Val::error();
  SmallVector<mlir::Value> paths;
  for (const Val &v : files.kind == ValKind::Tuple ? ArrayRef<Val>(files.items) : ArrayRef(files)) {
    paths.push_back(textHandle(v, e.args[0].span));
    if (!paths.back())
      return Val::error();
  }
  SmallVector<int64_t> shape(type->second.begin(), type->second.end());
  if (name == "read_csv" && shape.size() > 1)
    return refuse(e.args[1].span, "an example is one number or a vector of columns");
  if (llvm::any_of(shape, [](int64_t d) { return d < 1; }))
    return refuse(e.args[1].span, "the extents of an example are at least 1");
  ReadKind kind = name == "read_idx"   ? ReadKind::idx
                  : name == "read_npy" ? ReadKind::npy
                  : name == "read_csv" ? ReadKind::csv
                                       : ReadKind::bytes;
  int64_t each = 1;
  for (int64_t d : shape)
    each *= d;
  bool csv = kind == ReadKind::csv, bytes = kind == ReadKind::bytes;
  int64_t limit = 0, first = 0, header = 1, member = -1, size = -1;
  bool scale = isReal(type->first) && (kind == ReadKind::idx || bytes);
  for (const ast::Arg &a : llvm::drop_begin(e.args, 2)) {
    const std::string &option = a.name.text;
    Val v = eval(*a.value);
    if (v.isError())
      return v;
    bool count = v.kind == ValKind::Int && v.number >= 0;
    if (option == "limit" && count)
      limit = v.number;
    else if (option == "first" && count && (csv || bytes))
      first = v.number;
    else if (option == "header" && count && csv)
      header = v.number;
    else if (option == "size" && count && bytes)
      size = v.number;
    else if (option == "member" && v.kind == ValKind::Text && kind == ReadKind::npy)
      member = meta.text(v.text);
    else
      return refuse(a.span, "no option `" + option + "` of this kind");
  }
  if (size < 0)
    size = first + each;
  if (bytes && first + each > size)
    return refuse(e.span, "an example of " + Twine(each) + " bytes from byte " + Twine(first) +
                              " on does not lie in a record of " + Twine(size));
  SmallVector<int64_t> options;
  if (kind == ReadKind::npy)
    options = {member};
  if (csv)
    options = {first, shape.empty() ? 0 : shape[0], header};
  if (bytes)
    options = {first, size};
  SmallVector<mlir::Value> columns;
  for (mlir::Value path : paths)
    columns.push_back(ReadOp::create(builder, loc(e.span), kind, path, mlirElem(type->first), shape,
                                     scale, uint64_t(limit), options));
  Val out = Val::handle(columns.size() == 1
                            ? columns[0]
                            : AppendOp::create(builder, loc(e.span), columns).getColumn());
  // What a data set needs to know of its column.
  out.dataset = std::make_shared<DatasetInfo>();
  Column c{"", type->first, {}, limit, out.array.value};
  c.shape.assign(shape.begin(), shape.end());
  out.dataset->columns.push_back(c);
  return out;
}

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
  if (StringRef(name).starts_with("read_"))
    return readFiles(name, e);
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

/// `examples[a..b]`: a data set of these.
Val Elaborator::indexDataset(const Val &dataset, const ast::IndexExpr &e) {
  const DatasetInfo &info = *dataset.dataset;
  if (e.subs.size() != 1 || e.subs[0].kind != ast::SubKind::Range || info.stream >= 0 || info.key ||
      info.batch) {
    error(e.span, Diag::E0206)
        .label("this is no part of a data set")
        .help("a part is a range of a data set from files, before it is shuffled and read in "
              "batches: `examples[..1000].shuffled().batches(50)`");
    return Val::error();
  }
  mlir::Value size = DatasetSizeOp::create(builder, loc(e.span), info.handle);
  auto range = positions(e.subs[0], size);
  if (!range)
    return Val::error();
  Val out = dataset;
  out.dataset = std::make_shared<DatasetInfo>(info);
  out.dataset->handle =
      DatasetPartOp::create(builder, loc(e.span), info.handle, range->first, range->second);
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
