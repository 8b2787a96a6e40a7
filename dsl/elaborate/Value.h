//===- Value.h - what an expression evaluates to during elaboration -------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The elaborator is a partial evaluator: a value is static (a number, a text, a
// function, a type) or an array of run-time numbers, or a tree of both. A frame
// is a set of named axes in front of an array's own dimensions: lifting and
// index notation both work by naming axes, and operators align them by name.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_VALUE_H
#define DYN_DSL_ELABORATE_VALUE_H

#include "dyn/dsl/Ast.h"

#include "mlir/IR/ValueRange.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dyn::dsl {

struct Module;
struct Scope;

/// The extent of one dimension: static, or a run-time value with a bound.
struct Extent {
  int64_t size = 0;
  mlir::Value value; ///< index; null when static
  int64_t bound = 0;

  bool isStatic() const { return !value; }
  friend bool operator==(const Extent &a, const Extent &b) {
    return a.value == b.value && (a.value || a.size == b.size);
  }
};

/// A named axis: an index variable, or one level of lifting.
struct Axis {
  unsigned id;
  std::string name;
  Extent extent;
  bool resolved = false; ///< an index variable's extent comes from its first use
  const ast::Expr *uses = nullptr; ///< where an index variable is in scope
};
using AxisPtr = std::shared_ptr<Axis>;

enum class Elem { F32, F64, I32, I64, U8, Bool };

/// Run-time numbers. `value` has the dimensions `frames` then `shape`; without
/// any it is a scalar.
struct Array {
  mlir::Value value;
  llvm::SmallVector<AxisPtr, 2> frames;
  llvm::SmallVector<Extent, 4> shape;
  Elem elem = Elem::F32;
  int64_t limit = 0; ///< integers known to lie in [0, limit) when positive
};

enum class ValKind {
  Error, ///< reported already; whatever uses it stays silent
  Unit,
  Int,  ///< static; adapts to its neighbour
  Real, ///< static; adapts to its neighbour
  Bool, ///< static
  Text, ///< static
  Array,
  Handle, ///< run-time text or column: an i64
  Tuple,
  Struct, ///< model, mask, optimizer or record instance
  Delta,  ///< one array a selected parameter
  Function,
  Builtin,
  Type, ///< a model, record or element type as a value
  Module,
  Index, ///< an index variable
  Dim,   ///< a run-time extent bound to a dimension variable
  Range,
  Dataset,
  Stream, ///< a setting that examples arrive by
  Series, ///< `logged`, or numbers that were logged
};

/// `Field` is an argument that is a run-time value, so it may be assigned and differs
/// between the members of an array; `Argument` is static.
enum class Role { Argument, Field, Param, State, Sub };

struct Val;

/// What a loader over a data set needs to know.
struct Column {
  std::string name;
  Elem elem;
  llvm::SmallVector<int64_t, 3> shape;
  int64_t limit = 0;
  mlir::Value handle;
};
struct DatasetInfo {
  std::vector<Column> columns;
  mlir::Value handle;
  mlir::Value key; ///< null: file order
  int64_t batch = 0;
  int64_t stream = -1; ///< position in the meta data of what is read once, as it arrives
};

/// Numbers that were logged, or made of such, as a function of the position.
struct SeriesInfo {
  /// Position in the meta data and member, of each series that this is made of.
  std::vector<std::pair<int64_t, mlir::Value>> sources;
  std::function<mlir::Value()> count; ///< i64
  std::function<Val(mlir::Value)> at; ///< of a position, i64
};

struct Val {
  ValKind kind = ValKind::Unit;
  int64_t number = 0; ///< Int, Bool
  double real = 0;    ///< Real
  std::string text;   ///< Text, Builtin, Series, Stream, element type names
  Array array;        ///< Array; Handle keeps its i64 in array.value
  std::vector<Val> items;
  std::vector<std::string> names;       ///< of items: fields, or parameter paths of a Delta
  std::vector<Role> roles;              ///< of items, in a Struct
  std::vector<int64_t> ranks;           ///< of items, in a Delta: as declared, where that is known
  llvm::SmallVector<Extent, 1> stack;   ///< an array of structs: extents in front of every leaf
  llvm::SmallVector<AxisPtr, 1> frames; ///< axes carried by every leaf of a struct
  const ast::Item *decl = nullptr;      ///< model, record, function or enum
  const ast::LambdaExpr *lambda = nullptr;
  Module *home = nullptr;          ///< where `decl` was written
  std::shared_ptr<Val> self;       ///< of a bound method
  std::shared_ptr<Scope> captured; ///< of a lambda
  std::shared_ptr<DatasetInfo> dataset;
  std::shared_ptr<SeriesInfo> series;
  AxisPtr axis;           ///< Index
  Extent extent;          ///< Dim
  bool training = false;  ///< the view of a model
  bool inclusive = false; ///< Range: items are lo, hi[, step]

  static Val error() { return of(ValKind::Error); }
  static Val unit() { return {}; }
  static Val of(ValKind kind) {
    Val v;
    v.kind = kind;
    return v;
  }
  static Val integer(int64_t n) {
    Val v = of(ValKind::Int);
    v.number = n;
    return v;
  }
  static Val realNumber(double d) {
    Val v = of(ValKind::Real);
    v.real = d;
    return v;
  }
  static Val boolean(bool b) {
    Val v = of(ValKind::Bool);
    v.number = b;
    return v;
  }
  static Val string(std::string s, ValKind kind = ValKind::Text) {
    Val v = of(kind);
    v.text = std::move(s);
    return v;
  }
  static Val ofArray(Array a) {
    Val v = of(ValKind::Array);
    v.array = std::move(a);
    return v;
  }
  static Val handle(mlir::Value h) {
    Val v = of(ValKind::Handle);
    v.array.value = h;
    v.array.elem = Elem::I64;
    return v;
  }

  bool isError() const { return kind == ValKind::Error; }
  bool isArray() const { return kind == ValKind::Array; }
  /// What may be an array of such by `stack`.
  bool isTree() const { return kind == ValKind::Struct || kind == ValKind::Delta; }
  bool isStatic() const {
    return kind == ValKind::Int || kind == ValKind::Real || kind == ValKind::Bool;
  }
  bool isNumber() const {
    return isStatic() || isArray() || kind == ValKind::Index || kind == ValKind::Dim;
  }
  double asReal() const { return kind == ValKind::Real ? real : double(number); }

  /// Position of a field; -1 when there is none.
  int field(std::string_view name) const {
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i] == name)
        return int(i);
    return -1;
  }
};

/// One parameter (or state) of a model, with its path and declared rank.
struct Leaf {
  std::string path;
  Val *val;
  int64_t rank;
  Role role;
  std::string tensor = {}; ///< of a mask: the path of the tensor it belongs to
};

/// Parameters and states below `v` in declaration order.
void collectLeaves(Val &v, std::vector<Leaf> &out, const std::string &prefix = "");
/// What a file of `v` holds: parameters, states and arguments that are run-time values. The other
/// numbers it was made with are `name=value` in `fixed`: who loads the file must agree.
void collectStored(Val &v, std::vector<Leaf> &out, std::vector<std::string> &fixed);
/// Every run-time SSA value in `v`, in a fixed order.
void collectValues(Val &v, llvm::SmallVectorImpl<mlir::Value *> &out);
/// Integers in `v` may lie anywhere from now on.
void forgetLimits(Val &v);
/// How a value is called in a message: `real[B, 784]`, `int`, `model Linear`.
/// The name of an element type as it is stored, as in `f32`.
const char *storedName(Elem e);
std::string describe(const Val &v);
std::string describe(const Extent &e);
std::string describe(const Array &a);

struct Binding {
  Val val;
  bool isVar = false;
  SourceSpan span;
  bool isPart = false;     ///< a sub-model: its own functions change its state, nothing else does
  SourceSpan changed = {}; ///< where state was changed last
};

/// Gives the bindings' run-time values, in order, to `values`.
void rebind(llvm::ArrayRef<Binding *> bindings, mlir::ValueRange values);

/// Names in one block; lookups continue in the parent.
struct Scope {
  std::map<std::string, Binding> names;
  std::shared_ptr<Scope> parent;
  std::shared_ptr<Val> self; ///< of the names in a model's function: the model
  Binding *find(const std::string &name) {
    for (Scope *s = this; s; s = s->parent.get())
      if (auto it = s->names.find(name); it != s->names.end())
        return &it->second;
    return nullptr;
  }
};

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_VALUE_H
