//===- PassDiagnostics.cpp - what passes report, at the user's source -----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "PassDiagnostics.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::driver;

/// The first place in a file that was read: locations nest where functions were
/// inlined and where passes named or fused what they made.
static dsl::SourceSpan placeOf(Location loc, const dsl::SourceManager &sources) {
  dsl::SourceSpan span;
  loc->walk([&](Location l) {
    auto range = dyn_cast<FileLineColRange>(l);
    auto file = range ? sources.find(range.getFilename().str()) : std::nullopt;
    if (!file)
      return WalkResult::advance();
    const dsl::SourceFile &f = sources.file(*file);
    auto offset = [&](unsigned line, unsigned column) {
      return std::min(f.lineBegin(line) + std::max(column, 1u) - 1, f.size());
    };
    span = {*file, offset(range.getStartLine(), range.getStartColumn()),
            offset(range.getEndLine(), range.getEndColumn())};
    return WalkResult::interrupt();
  });
  return span;
}

PassDiagnostics::PassDiagnostics(MLIRContext &context, dsl::SourceManager &sources,
                                 dsl::Diagnostics &out)
    : handler(&context, [this, &sources, &out](mlir::Diagnostic &d) {
        if (d.getSeverity() == DiagnosticSeverity::Error)
          take(d, sources, out);
        return success();
      }) {}

void PassDiagnostics::take(mlir::Diagnostic &d, dsl::SourceManager &sources,
                           dsl::Diagnostics &out) {
  std::string text = d.str();
  llvm::StringRef code, rest = text;
  if (rest.consume_front("["))
    std::tie(code, rest) = rest.split("] ");
  dsl::SourceSpan span = placeOf(d.getLocation(), sources);
  const dsl::DiagInfo *info = code.empty() ? nullptr : dsl::findDiag(code.str());
  if (!info || !span.isValid()) {
    internal += (internal.empty() ? "" : "\n") + text;
    for (mlir::Diagnostic &note : d.getNotes())
      internal += "\n  note: " + note.str();
    return;
  }
  // What a template has no place for stands at the place; behind a semicolon is a way out.
  auto [what, instead] = rest.split("; ");
  auto report = out.reportTexts(span, info->id, {what.str(), instead.str()});
  if (dsl::detail::diagArity(info->id) == 0) {
    report.label(what.str());
    if (!instead.empty())
      report.help(instead.str());
  }
  for (mlir::Diagnostic &note : d.getNotes())
    if (dsl::SourceSpan place = placeOf(note.getLocation(), sources); place.isValid())
      report.note(place, note.str());
}
