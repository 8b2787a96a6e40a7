//===- Render.cpp - diagnostics as text and as JSON ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SourceLine.h"
#include "dyn/dsl/Diagnostics.h"

#include <algorithm>
#include <map>
#include <tuple>

using namespace dyn::dsl;

namespace {
std::string_view severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  }
  return "error";
}

std::string plural(size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// A place to underline, with the words that belong to it.
struct Mark {
  SourceSpan span;
  std::string label;
};

class TextRenderer {
public:
  TextRenderer(const SourceManager &sources, const RenderOptions &options, std::string &out)
      : sources(sources), options(options), out(out) {}

  void render(const Diagnostic &diagnostic);

private:
  enum Style { Plain, Bold, Red, Yellow, Blue };
  void put(std::string_view text, Style style = Plain);
  void gutter(std::string_view text);
  void remark(std::string_view kind, const std::string &text);
  void place(std::string_view arrow, SourceSpan span);
  void snippet(FileId file, const std::vector<Mark> &marks);
  void line(FileId file, uint32_t number, const std::vector<const Mark *> &marks);

  const SourceManager &sources;
  const RenderOptions &options;
  std::string &out;
  size_t gutterWidth = 1;
  Style accent = Red;
};

void TextRenderer::put(std::string_view text, Style style) {
  static constexpr std::string_view codes[] = {"", "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m",
                                               "\x1b[1;34m"};
  bool colored = options.color && style != Plain;
  if (colored)
    out += codes[style];
  out += text;
  if (colored)
    out += "\x1b[0m";
}

void TextRenderer::gutter(std::string_view text) {
  put(std::string(gutterWidth - text.size(), ' ') + std::string(text) + " |", Blue);
}

void TextRenderer::place(std::string_view arrow, SourceSpan span) {
  LineColumn at = sources.begin(span);
  put(std::string(gutterWidth, ' ') + std::string(arrow) + " ", Blue);
  put(printable(sources.file(span.file).name()) + ":" + std::to_string(at.line) + ":" +
      std::to_string(at.column) + "\n");
}

void TextRenderer::remark(std::string_view kind, const std::string &text) {
  std::string indent(gutterWidth + 1, ' ');
  put(indent + "= ", Blue);
  put(std::string(kind) + ": ", Bold);
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    if (begin != 0)
      put(indent + std::string(kind.size() + 4, ' '));
    put(printable(std::string_view(text).substr(begin, end - begin)) + "\n");
    begin = end + 1;
  }
}

/// The line, the carets below it, and the labels: the last one behind its caret, the others on
/// lines of their own below theirs.
void TextRenderer::line(FileId file, uint32_t number, const std::vector<const Mark *> &marks) {
  uint32_t begin = sources.file(file).lineBegin(number);
  std::string_view text = sources.lineText(file, number);
  auto byteInLine = [&](uint32_t offset) {
    return std::min<size_t>(offset < begin ? 0 : offset - begin, text.size());
  };
  detail::SourceLine shown(text, byteInLine(marks.front()->span.begin));
  gutter(std::to_string(number));
  put((shown.shown().empty() ? "" : " ") + shown.shown() + "\n");

  struct Caret {
    size_t column;
    size_t end;
    std::string label;
    const Mark *mark;
  };
  std::vector<Caret> carets;
  for (const Mark *mark : marks) {
    size_t column = shown.column(byteInLine(mark->span.begin));
    size_t end = std::max(shown.column(byteInLine(mark->span.end)), column + 1);
    carets.push_back({column, end, printable(mark->label), mark});
  }
  std::ranges::sort(carets, {}, [](const Caret &c) { return std::tuple(c.column, c.mark); });
  std::string underline;
  for (const Caret &caret : carets) {
    underline.resize(std::max(underline.size(), caret.end), ' ');
    std::fill(underline.begin() + static_cast<ptrdiff_t>(caret.column),
              underline.begin() + static_cast<ptrdiff_t>(caret.end), '^');
  }
  gutter("");
  put(" " + underline, accent);
  if (carets.back().end == underline.size() && !carets.back().label.empty()) {
    put(" " + carets.back().label, accent);
    carets.pop_back();
  }
  put("\n");
  for (auto caret = carets.rbegin(); caret != carets.rend(); ++caret) {
    if (caret->label.empty())
      continue;
    gutter("");
    put(" " + std::string(caret->column, ' ') + caret->label + "\n", accent);
  }
}

void TextRenderer::snippet(FileId file, const std::vector<Mark> &marks) {
  std::map<uint32_t, std::vector<const Mark *>> lines;
  for (const Mark &mark : marks)
    lines[sources.begin(mark.span).line].push_back(&mark);
  gutter("");
  put("\n");
  uint32_t previous = 0;
  for (const auto &[number, onLine] : lines) {
    if (previous != 0 && number == previous + 2) {
      gutter(std::to_string(previous + 1));
      std::string between = detail::SourceLine(sources.lineText(file, previous + 1), 0).shown();
      put((between.empty() ? "" : " ") + between + "\n");
    } else if (previous != 0 && number > previous + 2) {
      put("...\n", Blue);
    }
    line(file, number, onLine);
    previous = number;
  }
}

void TextRenderer::render(const Diagnostic &diagnostic) {
  accent = diagnostic.severity == Severity::Error     ? Red
           : diagnostic.severity == Severity::Warning ? Yellow
                                                      : Blue;
  put(std::string(severityName(diagnostic.severity)) + "[" +
          std::string(diagInfo(diagnostic.id).code) + "]",
      accent);
  put(": " + printable(diagnostic.message), Bold);
  put("\n");

  // The file of the error first, then others in the order of their notes.
  std::vector<std::pair<FileId, std::vector<Mark>>> files;
  auto add = [&](SourceSpan span, const std::string &label) {
    if (!sources.has(span.file))
      return;
    auto group = std::ranges::find(files, span.file, [](const auto &g) { return g.first; });
    if (group == files.end())
      group = files.insert(group, {span.file, {}});
    group->second.push_back({span, label});
    gutterWidth = std::max(gutterWidth, std::to_string(sources.begin(span).line).size());
  };
  gutterWidth = 1;
  add(diagnostic.span, diagnostic.label);
  for (const DiagNote &note : diagnostic.notes)
    add(note.span, note.text);
  for (const auto &[file, marks] : files) {
    place(file == diagnostic.span.file ? "-->" : ":::", marks.front().span);
    snippet(file, marks);
  }
  for (const DiagNote &note : diagnostic.notes)
    if (!sources.has(note.span.file))
      remark("note", note.text);
  for (const std::string &help : diagnostic.helps)
    remark("help", help);
}

// JSON

void putJsonString(std::string &out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += '"';
}

void putJsonSpan(std::string &out, SourceSpan span, const SourceManager &sources) {
  if (!sources.has(span.file)) {
    out += "null";
    return;
  }
  LineColumn begin = sources.lineColumn(span.file, span.begin);
  LineColumn end = sources.lineColumn(span.file, span.end);
  out += "{\"file\":";
  putJsonString(out, printable(sources.file(span.file).name()));
  out += ",\"line\":" + std::to_string(begin.line) + ",\"column\":" + std::to_string(begin.column);
  out +=
      ",\"endLine\":" + std::to_string(end.line) + ",\"endColumn\":" + std::to_string(end.column);
  out += ",\"begin\":" + std::to_string(span.begin) + ",\"end\":" + std::to_string(span.end) + "}";
}

/// Line ends stay; whatever else could confuse a reader is spelled.
std::string jsonText(std::string_view text) {
  std::string out;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    out += printable(text.substr(begin, end - begin));
    if (end < text.size())
      out += '\n';
    begin = end + 1;
  }
  return out;
}

void putJson(std::string &out, const Diagnostic &diagnostic, const SourceManager &sources) {
  auto text = [&](std::string_view key, std::string_view value) {
    out += key;
    putJsonString(out, jsonText(value));
  };
  text("{\"code\":", diagInfo(diagnostic.id).code);
  text(",\"name\":", diagInfo(diagnostic.id).name);
  text(",\"severity\":", severityName(diagnostic.severity));
  text(",\"message\":", diagnostic.message);
  text(",\"label\":", diagnostic.label);
  out += ",\"span\":";
  putJsonSpan(out, diagnostic.span, sources);
  out += ",\"notes\":[";
  for (const DiagNote &note : diagnostic.notes) {
    text(&note == &diagnostic.notes.front() ? "{\"text\":" : ",{\"text\":", note.text);
    out += ",\"span\":";
    putJsonSpan(out, note.span, sources);
    out += "}";
  }
  out += "],\"helps\":[";
  for (const std::string &help : diagnostic.helps)
    text(&help == &diagnostic.helps.front() ? "" : ",", help);
  out += "]}";
}
} // namespace

std::string Diagnostics::render(const Diagnostic &diagnostic, const RenderOptions &options) const {
  std::string out;
  TextRenderer(*sourceManager, options, out).render(diagnostic);
  return out;
}

std::string Diagnostics::render(const RenderOptions &options) const {
  std::string out;
  std::vector<const Diagnostic *> list = sorted();
  size_t shown = options.limit == 0 ? list.size() : std::min<size_t>(options.limit, list.size());
  for (size_t i = 0; i < shown; ++i)
    out += (i == 0 ? "" : "\n") + render(*list[i], options);
  if (shown < list.size())
    out += "\n" + plural(list.size() - shown, "more message") + " not shown\n";
  return out;
}

std::string Diagnostics::renderJson() const {
  std::string out = "[";
  for (const Diagnostic *diagnostic : sorted()) {
    if (out.size() > 1)
      out += ",\n ";
    putJson(out, *diagnostic, *sourceManager);
  }
  return out + "]\n";
}
