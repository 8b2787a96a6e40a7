//===- Header.cpp - a program's functions in C ----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An object is a struct of its tensors, an entry a function that checks what it is given and
// hands a table of addresses to the runtime (docs/runtime.md).
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include "dyn/driver/Compile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static const char runHeaders[] =
#include "RunHeaders.inc"
    ;

namespace {

StringRef textOf(const json::Object &o, StringRef key) { return o.getString(key).value_or(""); }

const json::Array &listOf(const json::Object &o, StringRef key) {
  static const json::Array none;
  const json::Array *a = o.getArray(key);
  return a ? *a : none;
}

bool isReserved(StringRef name) {
  static const StringSet<> words{
      "auto",     "bool",     "break",    "case",     "catch",    "char",     "class",   "const",
      "continue", "default",  "delete",   "do",       "double",   "else",     "enum",    "error",
      "explicit", "export",   "extern",   "false",    "float",    "for",      "friend",  "goto",
      "if",       "inline",   "int",      "long",     "mutable",  "namespace", "new",    "operator",
      "private",  "program",  "protected", "public",  "register", "restrict", "return",  "short",
      "signed",   "sizeof",   "static",   "struct",   "switch",   "template", "this",    "throw",
      "true",     "try",      "typedef",  "typename", "union",    "unsigned", "using",   "virtual",
      "void",     "volatile", "while",    "status",   "call",     "arguments"};
  return words.contains(name);
}

/// Names in C, each once.
class Names {
public:
  std::string fresh(StringRef name) {
    std::string c;
    for (char x : name)
      c += isAlnum(x) ? x : '_';
    if (c.empty() || isDigit(c[0]) || isReserved(c))
      c += '_';
    if (isDigit(c[0]))
      c.insert(0, "_");
    std::string unique = c;
    for (int n = 2; !used.insert(unique).second; ++n)
      unique = c + "_" + std::to_string(n);
    return unique;
  }

private:
  StringSet<> used;
};

StringRef typeInC(StringRef type) {
  return StringSwitch<StringRef>(type)
      .Case("f32", "float")
      .Case("f64", "double")
      .Case("i32", "int32_t")
      .Case("i64", "int64_t")
      .Default("uint8_t");
}

StringRef typeNumber(StringRef type) {
  return StringSwitch<StringRef>(type)
      .Case("f32", "DYN_F32")
      .Case("f64", "DYN_F64")
      .Case("i32", "DYN_I32")
      .Case("i64", "DYN_I64")
      .Case("u8", "DYN_U8")
      .Default("DYN_BOOL");
}

std::vector<int64_t> shapeOf(const json::Object &o) {
  std::vector<int64_t> out;
  for (const json::Value &d : listOf(o, "shape"))
    out.push_back(d.getAsInteger().value_or(0));
  return out;
}

/// A tensor of an object as a field of its struct.
struct Field {
  std::string name, field, type, role;
  std::vector<int64_t> shape;
  std::string address(const std::string &object) const {
    return (shape.empty() ? "&" : "") + object + "->" + field;
  }
};

struct ObjectType {
  std::string type; ///< in C
  std::vector<Field> fields;
};

class Writer {
public:
  Writer(const json::Object &meta, const std::string &file, const std::string &program)
      : meta(meta), file(file), program(program), symbols(dyn::driver::symbolPrefix(file)), os(text) {}

  std::string write() {
    std::string guard = StringRef(program).upper() + "_DYN_H";
    os << "// The functions of " << file << ".dyn for C and C++, made by dyn "
       << textOf(meta, "version") << ". Link with lib" << file << ".a and the runtime.\n"
       << "#ifndef " << guard << "\n#define " << guard << "\n\n"
       << StringRef(runHeaders).ltrim() << "\n#include <string.h>\n\n";
    comment(textOf(meta, "doc"));
    os << "typedef struct " << program
       << " {\n  dyn_run *run; ///< for dyn_run_cancel, dyn_run_set and others\n"
          "  int64_t seed; ///< of all draws\n  int64_t calls; ///< that were made: each draws anew\n} "
       << program << ";\n\n";
    for (const json::Value &o : listOf(meta, "objects"))
      if (const json::Object *object = o.getAsObject())
        declareObject(*object);
    os << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
       << "extern const char " << symbols << "_meta[];\n";
    forEachEntry([&](StringRef symbol) {
      os << "int64_t " << symbol << "(int64_t run, void **arguments);\n";
    });
    os << "#ifdef __cplusplus\n}\n#endif\n\n";
    writeOpen();
    size_t i = 0;
    for (const json::Value &o : listOf(meta, "objects"))
      if (const json::Object *object = o.getAsObject())
        writeObject(*object, objects[i++]);
    for (const json::Value &f : listOf(meta, "functions"))
      if (const json::Object *fn = f.getAsObject(); fn && fn->get("symbol"))
        writeFunction(*fn);
    os << "#endif // " << guard << "\n";
    return text;
  }

private:
  void comment(StringRef doc) {
    SmallVector<StringRef> lines;
    doc.split(lines, '\n');
    for (StringRef l : lines)
      if (!doc.empty())
        os << "/// " << l << "\n";
  }

  void forEachEntry(function_ref<void(StringRef)> visit) {
    for (const json::Value &o : listOf(meta, "objects"))
      if (const json::Object *object = o.getAsObject())
        visit(textOf(*object, "make"));
    for (const json::Value &f : listOf(meta, "functions"))
      if (const json::Object *fn = f.getAsObject(); fn && fn->get("symbol"))
        visit(textOf(*fn, "symbol"));
  }

  void declareObject(const json::Object &o) {
    ObjectType t;
    StringRef made = textOf(o, "make");
    made.consume_front(symbols + "_make_");
    t.type = program + "_" + types.fresh(made);
    Names fields;
    for (const json::Value &v : listOf(o, "tensors"))
      if (const json::Object *tensor = v.getAsObject())
        t.fields.push_back({textOf(*tensor, "name").str(), fields.fresh(textOf(*tensor, "name")),
                            textOf(*tensor, "type").str(), textOf(*tensor, "role").str(),
                            shapeOf(*tensor)});
    comment(textOf(o, "doc"));
    os << "/// " << textOf(o, "type") << ": a" << (textOf(o, "kind") == "optimizer" ? "n " : " ")
       << textOf(o, "kind") << ". Its size may be that of all its tensors: mind the stack.\n"
       << "typedef struct " << t.type << " {\n";
    for (const Field &f : t.fields) {
      os << "  " << typeInC(f.type) << " " << f.field;
      if (!f.shape.empty())
        os << "[" << formatv("{0:$[ * ]}", make_range(f.shape.begin(), f.shape.end())) << "]";
      os << "; ///< " << f.name << ", " << f.role << "\n";
    }
    if (t.fields.empty())
      os << "  char none;\n";
    os << "} " << t.type << ";\n\n";
    objects.push_back(std::move(t));
  }

  void writeOpen() {
    os << "/// Gets ready to call functions; `options` may be null. One thread at a time may use a\n"
       << "/// `" << program << "`; any number of them may work at once.\n"
       << "static inline int " << program << "_open(" << program
       << " *program, const dyn_run_options *options, dyn_error *error) {\n"
       << "  int status = dyn_check_pointer(program, \"program\", error);\n"
       << "  if (status)\n    return status;\n"
       << "  dyn_rt_program compiled = {" << symbols << "_meta, (int64_t)strlen(" << symbols
       << "_meta), 0};\n"
       << "  program->run = 0;\n"
       << "  program->seed = options ? options->seed : 0;\n"
       << "  program->calls = 0;\n"
       << "  return dyn_run_create(&compiled, options, &program->run, error);\n}\n\n"
       << "static inline void " << program << "_close(" << program << " *program) {\n"
       << "  if (!program)\n    return;\n"
       << "  dyn_run_destroy(program->run);\n  program->run = 0;\n}\n\n";
  }

  void writeObject(const json::Object &o, const ObjectType &t) {
    StringRef short_ = StringRef(t.type).drop_front(program.size() + 1);
    os << "/// Sets it to what it begins with, drawn from the seed.\n"
       << "static inline int " << program << "_make_" << short_ << "(" << program << " *program, "
       << t.type << " *object, dyn_error *error) {\n";
    check({{"program", "program"}, {"object", "object"}}, {});
    size_t next = 0;
    std::vector<std::string> table;
    for (const json::Value &v : listOf(o, "arguments")) {
      StringRef kind = v.getAsObject() ? textOf(*v.getAsObject(), "kind") : "";
      if (kind == "seed")
        table.push_back("&program->seed");
      else if (kind == "call")
        table.push_back("&call");
      else
        table.push_back(t.fields[next++].address("object"));
    }
    finish(table, textOf(o, "make"), /*counts=*/false);
    if (t.fields.empty())
      return;
    for (bool save : {true, false}) {
      os << "static inline int " << t.type << (save ? "_save(const " : "_load(") << t.type
         << " *object, const char *path, dyn_error *error) {\n";
      check({{"object", "object"}}, {});
      std::string dims, rows;
      size_t at = 0, count = 0;
      for (const Field &f : t.fields) {
        rows += formatv("\n      {{\"{0}\", {1}, {2}, dims + {3}, (void *){4}},", f.name,
                        typeNumber(f.type), f.shape.size(), at, f.address("object"));
        for (int64_t d : f.shape)
          dims += std::to_string(d) + ", ";
        at += f.shape.size();
        ++count;
      }
      for (const json::Value &v : listOf(o, "fixed")) {
        auto [name, value] = v.getAsString().value_or("").split('=');
        rows += formatv("\n      {{\"{0}\", 0, -1, 0, (void *)\"{1}\"},", name, value);
        ++count;
      }
      os << "  static const int64_t dims[] = {" << dims << "0};\n"
         << "  const dyn_tensor tensors[] = {" << StringRef(rows).rtrim(",") << "};\n"
         << "  return dyn_tensors_" << (save ? "save" : "load") << "(path, tensors, " << count
         << ", error);\n}\n";
    }
    os << "\n";
  }

  /// Checks pointers and extents: name in C, name for messages; and a bound.
  void check(std::vector<std::pair<std::string, std::string>> pointers,
             std::vector<std::pair<std::string, int64_t>> extents) {
    os << "  int status;\n  if (";
    bool first = true;
    auto next = [&] {
      if (!first)
        os << " ||\n      ";
      first = false;
    };
    for (auto &[name, shown] : pointers) {
      next();
      os << "(status = dyn_check_pointer(" << name << ", \"" << shown << "\", error))";
    }
    for (auto &[name, bound] : extents) {
      next();
      os << "(status = dyn_check_extent(" << name << ", " << bound << ", \"" << name
         << "\", error))";
    }
    os << ")\n    return status;\n";
  }

  void finish(const std::vector<std::string> &table, StringRef symbol, bool counts) {
    bool uses = is_contained(table, "&call");
    if (uses)
      os << "  int64_t call = " << (counts ? "program->calls" : "0") << ";\n";
    os << "  void *arguments[] = {";
    size_t width = 24;
    for (size_t i = 0; i < table.size(); ++i) {
      std::string entry = "(void *)" + table[i];
      bool wraps = (width += entry.size() + 2) > 98;
      if (wraps)
        width = 6 + entry.size();
      os << (i ? "," : "") << (wraps ? "\n      " : i ? " " : "") << entry;
    }
    os << (table.empty() ? "0" : "") << "};\n";
    os << "  status = dyn_run_call(program->run, " << symbol << ", arguments, error);\n"
       << (counts ? "  program->calls += !status;\n" : "") << "  return status;\n}\n\n";
  }

  void writeFunction(const json::Object &fn) {
    Names names;
    std::vector<std::string> parameters{program + " *program"}, table;
    std::vector<std::pair<std::string, std::string>> pointers{{"program", "program"}};
    std::vector<std::pair<std::string, int64_t>> extents;
    StringMap<std::string> objectNames;
    for (const json::Value &v : listOf(fn, "arguments")) {
      if (!v.getAsObject())
        continue;
      const json::Object &a = *v.getAsObject();
      StringRef kind = textOf(a, "kind"), name = textOf(a, "name");
      bool written = a.getBoolean("written").value_or(false) || kind == "result";
      std::vector<int64_t> shape = shapeOf(a);
      if (kind == "seed") {
        table.push_back("&program->seed");
      } else if (kind == "call") {
        table.push_back("&call");
      } else if (kind == "extent") {
        std::string n = names.fresh(name);
        parameters.push_back("int64_t " + n);
        extents.push_back({n, a.getInteger("bound").value_or(0)});
        table.push_back("&" + n);
      } else if (kind == "tensor") {
        const ObjectType &t = objects[size_t(a.getInteger("object").value_or(0))];
        std::string &object = objectNames[textOf(a, "parameter")];
        if (object.empty()) {
          object = names.fresh(textOf(a, "parameter"));
          parameters.push_back((written ? "" : "const ") + t.type + " *" + object);
          pointers.push_back({object, textOf(a, "parameter").str()});
        }
        for (const Field &f : t.fields)
          if (f.name == name)
            table.push_back(f.address(object));
      } else {
        std::string shown = kind == "result" ? (name.empty() ? "result" : name.str())
                                             : textOf(a, "parameter").str() +
                                                   (name.empty() || name == textOf(a, "parameter")
                                                        ? ""
                                                        : "." + name.ltrim('.').str());
        std::string n = names.fresh(shown), type = typeInC(textOf(a, "type")).str();
        if (shape.empty() && !written) {
          parameters.push_back(type + " " + n);
          table.push_back("&" + n);
        } else {
          parameters.push_back((written ? "" : "const ") + type + " *" + n);
          pointers.push_back({n, shown});
          table.push_back(n);
        }
      }
    }
    comment(textOf(fn, "doc"));
    comment(textOf(fn, "signature"));
    os << "static inline int " << program << "_" << textOf(fn, "name") << "(";
    size_t width = 30 + program.size() + textOf(fn, "name").size();
    for (const std::string &p : parameters) {
      bool wraps = (width += p.size() + 2) > 90;
      if (wraps)
        width = 4 + p.size();
      os << (wraps ? "\n    " : &p == &parameters[0] ? "" : " ") << p << ",";
    }
    os << " dyn_error *error) {\n";
    check(pointers, extents);
    finish(table, textOf(fn, "symbol"), /*counts=*/true);
  }

  const json::Object &meta;
  std::string file, program, symbols, text;
  raw_string_ostream os;
  Names types;
  std::vector<ObjectType> objects;
};

} // namespace

static std::string identifier(StringRef name) {
  std::string c;
  for (char x : name)
    c += isAlnum(x) ? x : '_';
  return isDigit(c.empty() ? '0' : c[0]) || isReserved(c) ? "p_" + c : c;
}

std::string dyn::driver::symbolPrefix(const std::string &program) {
  return "dyn_" + identifier(program);
}

std::string dyn::driver::headerOf(const std::string &meta, const std::string &program) {
  auto parsed = json::parse(meta);
  if (!parsed || !parsed->getAsObject()) {
    consumeError(parsed.takeError());
    return "";
  }
  return Writer(*parsed->getAsObject(), program, identifier(program)).write();
}
