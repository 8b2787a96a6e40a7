//===- Elaborator.h - the partial evaluator over the syntax tree ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One class, its methods grouped by source file. Every method that can fail has
// reported its error and returns an Error value (or false); callers pass it on.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_ELABORATOR_H
#define DYN_DSL_ELABORATE_ELABORATOR_H

#include "Entries.h"
#include "Meta.h"
#include "Value.h"
#include "dyn/dialect/Dialect.h"
#include "dyn/dsl/Diagnostics.h"
#include "dyn/dsl/Elaborate.h"

#include <functional>
#include <set>

namespace dyn::dsl {

/// One source file as a namespace.
struct Module {
  std::string name;
  std::unique_ptr<ast::File> file;
  std::shared_ptr<Scope> scope;
};

/// What a block assigned: variables with another value than before.
struct Snapshot {
  std::vector<std::pair<Binding *, Val>> before;
};

class LoopEmitter;
struct Loop;

class Elaborator {
  friend class LoopEmitter;

public:
  Elaborator(mlir::MLIRContext &context, SourceManager &sources, const ElaborateOptions &options,
             Diagnostics &diagnostics);
  std::optional<Elaborated> run(FileId main);

private:
  // --- Program.cpp: modules, config, the entry
  Module *loadModule(const std::string &name, SourceSpan use, const Module *from);
  bool declareItems(Module &module);
  /// The enum that a type names; null when it is none.
  const ast::EnumItem *enumNamed(const ast::NamedType &type);
  Val chosenCase(const ast::EnumItem &cases, const Val &v, const std::string *given,
                 llvm::json::Object &entry);
  bool declareConfig(const ast::ConfigItem &item, Scope &scope);
  void declareUses(Module &module, const ast::UseItem &item);
  const ast::TrainItem *trainOf(const Module &module, FileId main);
  bool elaborateTrain(const ast::TrainItem &item, Module &module);

  // --- Arrays.cpp: emission on arrays with frames
  mlir::Location loc(SourceSpan span);
  mlir::Type mlirElem(Elem e);
  Elem realElem() const { return options.f64 ? Elem::F64 : Elem::F32; }
  bool isReal(Elem e) const { return e == Elem::F32 || e == Elem::F64; }
  mlir::Type typeOf(llvm::ArrayRef<Extent> dims, Elem e);
  mlir::Value indexConstant(int64_t n);
  mlir::Value extentValue(const Extent &e);
  mlir::Value scalarConstant(double d, Elem e);
  Array constant(double d, Elem e);
  AxisPtr newAxis(std::string name, Extent extent, bool resolved = true);
  /// A run-time extent must lead; otherwise the order of creation decides.
  static void sortFrames(llvm::MutableArrayRef<AxisPtr> frames);
  /// `frames` with the axes that draws and derivatives repeat over.
  llvm::SmallVector<AxisPtr, 2> withContext(llvm::ArrayRef<AxisPtr> frames);
  llvm::SmallVector<AxisPtr, 2> unionFrames(llvm::ArrayRef<const Array *> arrays);
  /// The value with exactly the dimensions `frames` then `shape`.
  mlir::Value place(const Array &a, llvm::ArrayRef<AxisPtr> frames, llvm::ArrayRef<Extent> shape);
  /// A number as an array of element type `hint` (statics adapt to it).
  Array toArray(const Val &v, Elem hint);
  Array toArray(const Val &v);
  Array indexArray(const AxisPtr &axis);
  Val convert(const Val &v, Elem to, SourceSpan span);
  Array elementwise(llvm::ArrayRef<Array> operands, Elem result,
                    llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::Value>)> emit,
                    SourceSpan span);
  /// Moves `axes` from the frames to the front of the shape.
  Array bindAxes(const Array &a, llvm::ArrayRef<AxisPtr> axes);
  /// Moves the first `axes.size()` shape dimensions into the frames.
  Array frameAxes(Array a, llvm::ArrayRef<AxisPtr> axes);
  Array reduceDims(ReduceKind kind, const Array &a, llvm::ArrayRef<int64_t> dims, SourceSpan span);
  Array reduceShape(ReduceKind kind, const Array &a, SourceSpan span);
  Array reduceAxes(ReduceKind kind, const Array &a, llvm::ArrayRef<AxisPtr> axes, SourceSpan span);
  Array countOf(llvm::ArrayRef<Extent> dims);
  Val mapArrays(const Val &v, llvm::function_ref<Array(const Array &)> f);

  // --- Operators.cpp
  Val unary(const ast::UnaryExpr &e);
  Val unary(const ast::UnaryExpr &e, const Val &v);
  Val binary(const ast::BinaryExpr &e);
  Val binary(const ast::BinaryExpr &e, const Val &l, const Val &r);
  Val arithmetic(ast::BinaryOp op, const Val &l, const Val &r, SourceSpan span, SourceSpan ls,
                 SourceSpan rs);
  Val compare(ast::BinaryOp op, const Val &l, const Val &r, SourceSpan span);
  Val logical(ast::BinaryOp op, const Val &l, const Val &r, SourceSpan span);
  Val matmul(const Val &l, const Val &r, SourceSpan span, SourceSpan ls, SourceSpan rs);
  Val power(const Val &l, const Val &r, SourceSpan span);
  Val deltaArithmetic(ast::BinaryOp op, const Val &l, const Val &r, SourceSpan span);
  Val staticArithmetic(ast::BinaryOp op, const Val &l, const Val &r, SourceSpan span);
  bool sameNumericType(Val &l, Val &r, Array &a, Array &b, SourceSpan span);
  bool sameShapes(const Array &a, const Array &b, SourceSpan span, SourceSpan as, SourceSpan bs);
  Val select(const Val &c, const Val &a, const Val &b, SourceSpan span);

  // --- Expressions.cpp
  Val eval(const ast::Expr &e);
  Val evalName(const ast::NameExpr &e);
  Val evalField(const ast::FieldExpr &e);
  Val fieldOf(const Val &base, const std::string &name, SourceSpan span);
  Val evalReduce(const ast::ReduceExpr &e);
  Val evalArrayLiteral(const ast::ArrayExpr &e);
  Val arrayOf(const std::vector<Val> &items, Elem elem, SourceSpan span);
  /// The larger of `a` and 1: divisor of a filtered mean, which is 0 over nothing.
  Array atLeastOne(const Array &a, SourceSpan span);
  Val evalBlock(const ast::Block &block);
  Val evalIf(const ast::IfExpr &e);
  Val evalSeeded(const ast::SeededExpr &e);
  std::optional<int64_t> staticInt(const ast::Expr &e, const char *what);
  std::optional<Extent> extentOf(const ast::Expr &e);
  std::vector<AxisPtr> openBinders(const std::vector<ast::Binder> &binders, const ast::Expr &uses,
                                   Scope &scope);
  bool resolved(const AxisPtr &axis, SourceSpan span);

  // --- Indexing.cpp
  /// Takes the extent of an index that is a number before it is a subscript.
  void resolveByUse(const AxisPtr &axis);
  Val evalIndex(const ast::IndexExpr &e);
  Val indexArrayValue(const Array &base, const ast::IndexExpr &e);
  Val indexStruct(const Val &base, const Val &index, SourceSpan span);
  Array takeAt(const Array &a, size_t dim, const Array &index, SourceSpan span);
  Array slice(const Array &a, size_t dim, int64_t offset, int64_t size);
  Array sliceAt(const Array &a, size_t dim, mlir::Value offset, int64_t size, bool drop);
  /// `buffer` with `row` at `position` of its first dimension.
  mlir::Value insertRow(mlir::Value row, mlir::Value buffer, mlir::Value position);
  Array moveDim(const Array &a, size_t from, size_t to);
  void checkSubscript(const Array &index, const Extent &extent, SourceSpan span);
  bool assignIndexed(Val &target, const ast::IndexExpr &e, const Val &value, SourceSpan span);

  // --- Types.cpp
  struct Expected {
    enum Kind { Any, Dim, Array, Text, Struct, Function, Rest } kind = Any;
    Elem elem = Elem::F32;
    std::vector<const ast::Dim *> dims;
    const ast::Item *decl = nullptr;
    int64_t rank() const { return int64_t(dims.size()); }
  };
  Expected expected(const ast::TypeExpr *type);
  /// A model, record or enum by its path.
  std::optional<Val> typeNamed(const ast::NamedType &type);
  std::optional<Elem> elemNamed(const std::string &name);
  bool fitsBound(const ast::Dim &d, const Extent &have, SourceSpan span, const std::string &name);
  bool unifyDims(const Expected &want, Val &got, Scope &scope, SourceSpan span,
                 const std::string &name);
  bool unifyRest(const ast::Dim &d, llvm::ArrayRef<Extent> have, const Val &got, Scope &into,
                 SourceSpan span, const std::string &name);
  /// Whether a model was made with the numbers that its type says.
  bool sameArguments(const Val &v, const ast::NamedType &type, Scope &into);
  /// Checks a value against a type, adapts statics, binds dimension variables.
  bool conform(Val &v, const ast::TypeExpr *type, Scope &scope, SourceSpan span,
               const std::string &name);
  std::optional<std::pair<Elem, llvm::SmallVector<Extent, 4>>> arrayType(const ast::TypeExpr &type);
  std::optional<std::pair<Elem, llvm::SmallVector<int64_t, 4>>> typeArgument(const ast::Expr &e);

  // --- Calls.cpp
  Val evalCall(const ast::CallExpr &e);
  struct CallArgs {
    std::vector<Val> values;
    std::vector<std::string> names;
    std::vector<SourceSpan> spans;
    std::vector<const ast::Expr *> exprs;
    std::vector<Val> gates; ///< of the first argument, if entries of it are selected
  };
  Val callFunction(const Val &callee, CallArgs &args, SourceSpan span);
  /// A function of numbers acts on deltas entry by entry; nothing when it is given none.
  std::optional<Val> callOverTree(const Val &callee, CallArgs &args, const std::vector<int> &argOf,
                                  SourceSpan span);
  Val callLambda(const Val &callee, CallArgs &args, SourceSpan span);
  bool matchParams(const std::vector<ast::Param> &params, CallArgs &args, SourceSpan span,
                   const std::string &what, Module *home, std::vector<Val> &out,
                   std::vector<int> &argOf);
  Val unlift(const Val &v, llvm::ArrayRef<AxisPtr> axes);
  Val evalBody(const ast::Body &body);
  Val *lvalue(const ast::Expr &e, bool quiet = false);

  // --- Models.cpp
  Val construct(const ast::ModelItem &model, Module *home, CallArgs &args, SourceSpan span);
  Val constructStack(const Val &type, CallArgs &args, const Extent &count, SourceSpan span);
  Val constructRecord(const ast::TypeItem &record, Module *home, CallArgs &args, SourceSpan span);
  Val initialValue(const ast::Member &member);
  Val initialValue(const ast::Member &member, Elem elem, llvm::ArrayRef<Extent> shape);

  // --- Instances.cpp: optimizers and masks
  /// One of them while it is made.
  struct Instance {
    Val target;                   ///< what is selected from
    std::vector<Leaf> leaves;     ///< the selected parameters of `target`
    Val value;                    ///< with its arguments as fields
    std::shared_ptr<Scope> scope; ///< the arguments by name
  };
  bool openInstance(const ast::ModelItem &item, Module *home, CallArgs &args, SourceSpan span,
                    Instance &made);

  // --- Masks.cpp: built over a selection, applied to a model
  static bool isMask(const Val &v);
  /// A mask over its selection; false inside of its functions, which see one tensor.
  static bool isWholeMask(const Val &v) { return isMask(v) && v.field("@selection") >= 0; }
  llvm::SmallVector<AxisPtr> stackAxes(llvm::ArrayRef<Extent> stack);
  /// The part of a tree or model for the tensor at `path`; other values are for all.
  std::optional<Val> partOf(const Val &v, const std::string &name, const std::string &path,
                            llvm::ArrayRef<AxisPtr> stack, SourceSpan span);
  bool fitsRank(const ast::ModelItem &item, const Leaf &leaf, SourceSpan span);
  Val maskMember(const ast::Member &member, const Leaf &leaf, const Val &mask, SourceSpan span);
  Val buildMask(const ast::ModelItem &item, Module *home, CallArgs &args, SourceSpan span);
  /// The tensors of `model` that the mask was built over.
  std::optional<std::vector<Leaf>> maskedLeaves(Val &model, const Val &selection,
                                                const std::string &mask, SourceSpan span);
  /// Where `e` applies a mask to a model, the model's expression: state passes through, so what a
  /// call changes of it is the model's.
  const ast::Expr *underMask(const ast::Expr &e);
  /// Calls a function of a mask for every tensor; what it assigned goes to the variable at `place`.
  Val applyMask(const Val &callee, CallArgs &args, SourceSpan span, const ast::Expr &place);

  // --- State.cpp: state that calls change
  /// What a loop carries besides the variables that its body names.
  struct Carried {
    Binding *binding;
    std::function<bool(mlir::Value iv)> endIteration;
  };
  Val callMethod(Val callee, const ast::Expr &model, CallArgs &args, SourceSpan span);
  Val callSibling(Val callee, CallArgs &args, SourceSpan span);
  /// The names that a function of the model `callee.self` sees.
  std::shared_ptr<Scope> openModel(const Val &callee);
  /// Gives what the function changed to `callee.self`, whose `number` says if it did.
  bool closeModel(const Val &callee, Scope &fields, bool lifted, SourceSpan span);
  /// State that leaves a call is data for the derivatives around it.
  void stopChanged(Val &now, const Val &before);
  /// Gives the state of `after` to the variable that `place` names.
  bool keepState(const ast::Expr &place, Val &after, SourceSpan span);
  Binding *rootOf(const ast::Expr &place);
  /// Reports that a call changed the state of a value.
  Val lostState(const ast::Expr &called, const Binding &root, SourceSpan span);
  /// Whether `place` is a model under a mask, or a part of one.
  bool isUnderMask(const ast::Expr &place);
  std::string pathOf(const ast::Expr &place);
  /// A layer for a batch that was called on one example.
  bool needsBatch(const ast::FunctionItem &fn, const Val &callee, const ast::Param &param,
                  const Val &given, SourceSpan span);
  /// What a loop over the layers of `stack` carries, so that each keeps its state.
  Carried carryState(const ast::ForExpr &e, Val &stack, Scope &around);
  void leaveState(const Carried &carried, Val &stack);

  // --- Builtins.cpp
  Val callBuiltin(const std::string &name, CallArgs &args, const ast::CallExpr &e);
  static const std::set<std::string> &builtinNames();
  /// Of static texts, as in `where starts_with(path, "head.")`.
  std::optional<Val> textFunction(const std::string &name, CallArgs &args);
  std::optional<Val> mathFunction(const std::string &name, CallArgs &args, SourceSpan span);
  std::optional<Val> reduction(const std::string &name, CallArgs &args, SourceSpan span);
  std::optional<Val> concatenate(llvm::ArrayRef<Array> parts, SourceSpan span);
  std::optional<Val> shapeFunction(const std::string &name, CallArgs &args, const ast::CallExpr &e);

  // --- Trees.cpp: deltas, and trees of booleans, entry by entry and as a whole
  /// `f` of each parameter's part, where operands are trees of the same selection.
  Val overTrees(llvm::ArrayRef<Val> operands, SourceSpan span,
                llvm::function_ref<Val(llvm::ArrayRef<Val>)> f);
  static int64_t sizeOfTree(const Val &tree);
  Val reduceTree(const std::string &name, const Val &tree, SourceSpan span);
  /// All entries one after the other: of a model's parameters, of a tree, of an array.
  std::optional<Array> flatOf(const Val &v, SourceSpan span);
  /// `v` cut into the parts that `like` has.
  Val unflat(const Val &like, const Array &v, SourceSpan span);
  /// The parameters of a model as a tree.
  Val treeOf(const std::vector<Leaf> &leaves);
  Val zerosOf(const Val &v, SourceSpan span);
  /// An instance of a model that is named without arguments.
  Val templateOf(const Val &type, SourceSpan span);
  /// A function of the entries that `args.gates` select of a tree.
  Val overSelection(const std::string &name, CallArgs &args, SourceSpan span);
  std::optional<Val> deltaFunction(const std::string &name, CallArgs &args, SourceSpan span);

  // --- Order.cpp
  std::optional<Val> orderFunction(const std::string &name, CallArgs &args, SourceSpan span);
  /// What an order is taken of: vectors, or all entries of a tree as one.
  std::optional<Array> ordered(const Val &v, SourceSpan span);
  /// One integer in [least, most], checked at run time.
  std::optional<Array> countArgument(const Val &v, int64_t least, const Array &most,
                                     SourceSpan span, SourceSpan whole);

  // --- Draws.cpp
  mlir::Value drawKey(const std::string &name, SourceSpan span);
  Val draw(const ast::Expr &distribution, const std::string &name, const ast::TypeExpr *type,
           SourceSpan span);
  /// The entries of each array in another order.
  Val shuffled(const Val &v, const std::string &name, SourceSpan span);
  std::optional<Val> drawNamed(const ast::CallExpr &call, const std::string &name, Elem elem,
                               llvm::ArrayRef<Extent> shape, SourceSpan span);
  Val drawShaped(const ast::Expr &distribution, const std::string &name, Elem elem,
                 llvm::ArrayRef<Extent> shape, SourceSpan span);

  // --- Statements.cpp
  bool statement(const ast::Stmt &s, Val &value);
  bool letStatement(const ast::LetStmt &s);
  bool bindPattern(const ast::Pattern &p, Val v, bool isVar, const ast::TypeExpr *type);
  bool declare(const ast::Ident &name, Val v, bool isVar);
  bool assign(const ast::AssignStmt &s);
  Val runtime(const Val &v);
  /// The same for every part of a tuple.
  Val runtimeTree(const Val &v);

  // --- Escapes.cpp: break, continue, yield
  Val exec(const ast::Block &block);
  Val execFrom(const ast::Block &block, size_t first);
  /// Flags of an iteration that begins in the innermost scope.
  void openIteration(const Val &live);
  /// Nothing leaves an outer loop from the innermost scope.
  void forbidEscapes(const std::string &what);
  /// True behind an unconditional `break` or `continue`.
  bool neverGoesOn();
  bool escape(SourceSpan span, bool isBreak);
  bool yieldStatement(const ast::YieldStmt &s);

  // --- Control.cpp, Loops.cpp, LoopForms.cpp and Branches.cpp
  struct RunLoop {
    int64_t id = 0;
    mlir::Value ordinal; ///< the running iteration; past the end when finished
    llvm::SmallVector<mlir::Value> state;
    std::vector<int64_t> slots;
    mlir::Block *body = nullptr;     ///< while it runs
    mlir::Operation *ended = nullptr; ///< itself, once it has
    HoldOp held;                     ///< once another loop's checkpoints need its state
  };
  void emitCheckpoint(const RunLoop &run, mlir::Value iv, mlir::Value step, mlir::Value upper,
                      llvm::ArrayRef<mlir::Value> state);
  /// Has the runtime remember the state of a loop.
  void hold(RunLoop &l);
  Val evalFor(const ast::ForExpr &e);
  Val forRange(const ast::ForExpr &e, const Val &range);
  Val forTuple(const ast::ForExpr &e, const Val &tuple);
  Val forArray(const ast::ForExpr &e, const Val &array);
  Val forSeries(const ast::ForExpr &e, const Val &series);
  Val forBatches(const ast::ForExpr &e, const Val &dataset);
  /// Emits a counted loop; `bindIteration` binds what one iteration sees.
  Val countedLoop(const ast::ForExpr &e, mlir::Value lower, mlir::Value upper, mlir::Value step,
                  std::optional<int64_t> trips, std::optional<int64_t> limit,
                  const std::string &name, llvm::function_ref<bool(mlir::Value iv)> bindIteration,
                  const Carried &more = {});
  Val emitLoop(const ast::ForExpr &e, Loop l,
               llvm::function_ref<bool(mlir::Value iv)> bindIteration, const Carried &more = {});
  bool whileLoop(const ast::WhileStmt &s);
  /// Runs one of two ways, at run time or lane by lane; no second way does nothing.
  Val branch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
             llvm::function_ref<Val()> no);
  Val runtimeBranch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
                    llvm::function_ref<Val()> no);
  Val laneBranch(const Array &cond, SourceSpan span, llvm::function_ref<Val()> yes,
                 llvm::function_ref<Val()> no);
  std::optional<Elem> commonElem(const Val &a, const Val &b);
  /// Gives `v` the form that it shares with `other`; false when there is none.
  bool adapt(Val &v, const Val &other, SourceSpan span);
  std::optional<Val> placeholder(const Val &like);
  std::string nameOf(const Binding *b);
  std::vector<Binding *> assignableIn(const ast::Block *block, const ast::Expr *expr);
  Snapshot snapshot();
  std::vector<Binding *> changed(Snapshot &s);

  /// A variable of a derivative, or what an optimizer moves.
  struct Pick {
    Val *target = nullptr;
    std::vector<Leaf> leaves; ///< selected parameters; empty for an array
    std::vector<Val> gates;   ///< of each leaf, or of none: which entries; nothing means all
    SourceSpan span;
  };

  // --- Selections.cpp: what `where` chooses
  bool resolvePick(const ast::Expr &e, Pick &pick, bool needVar);
  /// Keeps the selected parameters; `gates` gets one for each of them if entries are selected at
  /// run time, which is an error without it.
  bool selectLeaves(const ast::Expr *selector, std::vector<Leaf> &leaves, SourceSpan span,
                    std::vector<Val> *gates = nullptr);
  /// A selection as a value: the tree of the selected parameters.
  Val evalWhere(const ast::WhereExpr &e, std::vector<Val> *gates = nullptr);
  /// `true`, `false` or a tree of booleans, for one parameter.
  Val evalSelector(const ast::Expr &e, const Leaf &leaf);
  /// A parameter as a selector function sees it.
  Val parameterOf(const Leaf &leaf);
  /// The part of the tree of booleans `v` that a parameter has; nothing when it has none.
  Val gateOf(const Val &v, const Leaf &leaf, SourceSpan span);
  /// `delta`, or each of an array of deltas, with zeros outside of the selection.
  Val gated(const Pick &pick, const Val &delta, SourceSpan span);
  /// Directions, one for each parameter of `pick`, that move nothing outside of the selection.
  void gateDirections(const Pick &pick, llvm::MutableArrayRef<Array> along);

  // --- Training.cpp
  Val evalMinimize(const ast::MinimizeExpr &e);
  bool updateStatement(const ast::UpdateStmt &s);

  // --- Optimizers.cpp
  Val buildOptimizer(const ast::ModelItem &item, Module *home, CallArgs &args, SourceSpan span);
  /// Several optimizers over disjoint selections as one.
  Val joinOptimizers(CallArgs &args, SourceSpan span);
  bool applyOptimizer(Pick &pick, Val &optimizer, const Val &gradient, SourceSpan span);
  bool applyJoined(Pick &pick, Val &optimizer, const Val &gradient, SourceSpan span);

  // --- Members.cpp: arrays of runs
  struct MemberAxis {
    std::string name;
    SourceSpan span;
    const ast::EnumItem *cases = nullptr; ///< arms, each elaborated by itself
    int64_t count = 0;
  };
  /// Whether `e` trains, logs or saves, itself or in a function it calls.
  bool acts(const ast::Expr &e);
  /// `let r[s: 5] = e` where `e` acts: its members run in turn.
  Val runMembers(const ast::LetStmt &s);
  Val runAlong(llvm::ArrayRef<MemberAxis> axes, const ast::Expr &init);
  Val stackValues(const std::vector<Val> &all, SourceSpan span);
  Val enumCase(const ast::EnumItem &e, size_t i);

  // --- Series.cpp: what was logged, read back
  Val seriesNamed(const std::string &name, SourceSpan span);
  Val mapSeries(llvm::ArrayRef<Val> operands, std::function<Val(llvm::ArrayRef<Val>)> f);
  /// How many values there are; series that are combined must align.
  mlir::Value seriesLength(const Val &s, SourceSpan span);
  /// One integer, or null after an error.
  mlir::Value position(const ast::Expr &x);
  /// Ends the run unless 0 <= i < bound.
  void checkPosition(mlir::Value i, mlir::Value bound, SourceSpan span);
  /// First position and count of a range among `length` values.
  std::optional<std::pair<mlir::Value, mlir::Value>> positions(const ast::Sub &sub,
                                                               mlir::Value length);
  Val indexSeries(const Val &s, const ast::IndexExpr &e);
  Array neutralOf(const std::string &word, Elem elem);
  Val reduceSeries(const std::string &word, const Val &s, SourceSpan span);
  std::optional<Val> seriesFunction(const std::string &name, CallArgs &args, SourceSpan span);
  /// `max[t] logged.x[t]`; nothing when no series is indexed.
  std::optional<Val> reduceOverSeries(const ast::ReduceExpr &e);
  void checkSeriesRead();

  // --- Derivatives.cpp
  /// What a derivative is taken by: arrays, and block arguments while its body is read.
  struct Variables {
    std::vector<Val *> targets;
    std::vector<Val> originals;
    llvm::SmallVector<mlir::Value> values; ///< with the frames of `targets`
    llvm::SmallVector<mlir::Type> types() const;
  };
  /// A body in a region of its own that ends without a terminator.
  struct Traced {
    std::unique_ptr<mlir::Region> region;
    llvm::SmallVector<mlir::Value> yielded; ///< those in front, the value, what was assigned
    size_t front = 0;
    Val value;
    std::vector<Binding *> assigned;
  };
  struct Differentiated {
    Val value;                  ///< what the body evaluates to
    std::vector<Val> gradients; ///< one a pick; forward the tangent of the value alone
  };
  using Body = llvm::function_ref<Val()>;
  /// Checks the first part of a body's value; gives what the region yields in front.
  using Front = llvm::function_ref<bool(Val &first, llvm::SmallVectorImpl<mlir::Value> &front)>;
  /// `context`: also repeated over the frames in scope, for a derivative for each.
  Variables openVariables(std::vector<Pick> &picks, bool context);
  /// Leaves the variables as block arguments when it succeeds.
  std::optional<Traced> trace(Variables &variables, Body body, SourceSpan span, Front front);
  /// Puts results in place of what the body yielded, and the variables back.
  void leave(Traced &traced, Variables &variables, mlir::ValueRange results);
  /// One array for each variable, as the picks are built.
  std::vector<Val> byPick(const std::vector<Pick> &picks, llvm::ArrayRef<Array> arrays);
  /// Reverse mode; `weights` of the value's shape make it a vector-Jacobian product.
  std::optional<Differentiated> differentiate(std::vector<Pick> &picks, Body body, SourceSpan span,
                                              const Val *weights = nullptr);
  /// Forward mode: the tangent of the value when the variables move along `along`.
  std::optional<Differentiated> directional(std::vector<Pick> &picks, llvm::ArrayRef<Array> along,
                                            Body body, SourceSpan span);
  std::optional<llvm::SmallVector<Array>> directionOf(const std::vector<Pick> &picks,
                                                      const ast::Expr &along);
  std::optional<llvm::SmallVector<Array *>> outputsOf(Val &first, SourceSpan span);
  /// The sum of `first` times `weights`, entry by entry.
  std::optional<Array> weighted(Val &first, const Val &weights, SourceSpan span);
  Array sumOfAll(const Array &a, SourceSpan span);
  Val derivativeOf(const Differentiated &d);
  /// The derivative, in front of the other parts of a tuple.
  Val withRest(const Differentiated &d);
  Val evalDerive(const ast::DeriveExpr &e);

  // --- Flops.cpp
  /// `flops(net where live, e)`, the operations of `e`.
  Val flopsOf(const ast::CallExpr &e);

  // --- Stated.cpp
  /// The body of a function whose parameters are in scope, with its `derivative`.
  Val evalStated(const ast::FunctionItem &fn);
  bool statedParams(const ast::FunctionItem &fn);

  // --- Jacobians.cpp
  enum class Mode { Sizes, Forward };
  std::optional<Differentiated> jacobian(std::vector<Pick> &picks, Body body, SourceSpan span,
                                         Mode mode);
  std::optional<Differentiated> laplacian(std::vector<Pick> &picks, Body body, SourceSpan span);
  /// A computation for each member of a frame: `fill` emits it and says which block
  /// arguments it needs and what it yields, `inputs` makes what they are slices of.
  struct Lifting {
    llvm::SmallVector<mlir::Value> lifted, shared;
    std::function<llvm::SmallVector<mlir::Value>()> inputs;
  };
  llvm::SmallVector<mlir::Value>
  liftOver(SourceSpan span, llvm::function_ref<std::optional<Lifting>(mlir::Block &)> fill);
  /// Unit vectors of all variables together, [entries, shape...] for each.
  llvm::SmallVector<mlir::Value> basis(const Variables &variables, int64_t entries);
  std::optional<int64_t> entriesOf(llvm::ArrayRef<Extent> shape, SourceSpan span);
  Array reshaped(const Array &a, llvm::ArrayRef<Extent> shape);
  Array withFrame(const Array &like, mlir::Value value, const AxisPtr &axis);

  // --- Data.cpp
  std::optional<Val> dataFunction(const std::string &name, CallArgs &args, const ast::CallExpr &e);
  Val streamOf(const ast::CallExpr &e);
  Val readFiles(const std::string &name, const ast::CallExpr &e);
  Val indexDataset(const Val &dataset, const ast::IndexExpr &e);
  Val datasetMethod(const Val &dataset, const std::string &method, CallArgs &args, SourceSpan span);

  // --- Entries.cpp: functions that a host calls
  class Globals;
  void exportAll(Module &program);
  void exportFunction(const ast::FunctionItem &fn, Module &program);
  bool fillFunction(Entry &entry, const ast::FunctionItem &fn, Module &program);
  bool hostResult(Entry &entry, const ast::FunctionItem &fn, const Val &v,
                  const std::string &name);
  /// A function of the module whose body `fill` emits.
  bool makeEntry(Entry &entry, const std::string &symbol, Module &program,
                 llvm::function_ref<bool()> fill);
  void closeEntry(Entry &entry);
  /// The run-time values of each `var` parameter here, through the calls in progress; nothing
  /// where their types differ from those of the parameters.
  std::optional<std::vector<std::pair<int64_t, mlir::Value>>> hostVariables();
  /// Lets the host of an entry end the call, where an iteration of a loop begins.
  void pollHost();
  /// Reports why a host cannot call `fn`.
  Val notForHosts(const std::string &fn, SourceSpan span, const std::string &why,
                  const std::string &help);

  // --- Objects.cpp: what these functions take
  /// What the host hands in for a parameter, as a value in the scope of an entry.
  Val hostParameter(Entry &entry, const ast::FunctionItem &fn, const ast::Param &p);
  Val hostObject(Entry &entry, const ast::FunctionItem &fn, const ast::NamedType &type,
                 const Val &what, const ast::Param &p);
  Val hostValue(Entry &entry, const ast::FunctionItem &fn, const ast::TypeExpr &type,
                const std::string &path);
  std::optional<Extent> hostExtent(Entry &entry, const ast::FunctionItem &fn, const ast::Dim &d,
                                   bool leading);
  mlir::Value hostArgument(Entry &entry, llvm::json::Object about, const Array &a,
                           mlir::Value extent);
  void describeArray(llvm::json::Object &into, const Array &a);
  /// A model or optimizer as its type says, built in the scope of the parameters before it.
  Val makeObject(const ast::NamedType &type, const Val &what);
  size_t internObject(Val &v, const ast::FunctionItem *taker, size_t parameter);
  void exportObjects(Module &program);
  void exportObject(HostObject &o, Module &program);

  // --- Effects.cpp
  mlir::Value textHandle(const Val &v, SourceSpan span);
  mlir::Value toF64(const Val &v, SourceSpan span);
  /// Where a series of this name is in the meta data, and which member of it is meant here.
  std::pair<int64_t, mlir::Value> seriesIndex(const std::string &name);
  bool logStatement(const ast::LogStmt &s);
  /// Where texts are in the meta data; null when there are none.
  mlir::DenseI64ArrayAttr texts(const std::vector<std::string> &all);
  bool saveStatement(const ast::SaveStmt &s);
  bool loadStatement(const ast::LoadStmt &s);
  bool assertStatement(const ast::AssertStmt &s);
  bool claimStatement(const ast::ClaimStmt &s);
  int64_t checkSite(const char *kind, SourceSpan span, const std::string &text);

  DiagBuilder error(SourceSpan span, detail::DiagWith<> diagnostic) {
    return diagnostics.reportTexts(span, diagnostic.id, {});
  }
  Val unsupported(SourceSpan span, const std::string &what, const std::string &instead);
  std::vector<std::string> namesInScope();

  mlir::MLIRContext &context;
  SourceManager &sources;
  const ElaborateOptions &options;
  Diagnostics &diagnostics;
  mlir::OpBuilder builder;
  mlir::Location current;
  Meta meta;
  std::map<std::string, std::unique_ptr<Module>> modules;
  std::vector<std::string> searchPath;
  std::vector<FileId> read;
  std::shared_ptr<Scope> scope;      ///< the innermost block
  std::vector<AxisPtr> frameContext; ///< axes that draws repeat over
  mlir::Value key;                   ///< of the innermost loop or `seeded`
  mlir::Value rootKey;               ///< of an entry; null: the run's
  std::string drawPath;              ///< names since `key`
  std::set<std::string> drawn;       ///< addresses used below `key`
  ast::ModelItem joined{SourceSpan()}; ///< what joined optimizers are instances of
  unsigned nextAxis = 0;
  unsigned depth = 0;    ///< of function calls
  int64_t fuel = 200000; ///< calls left
  std::vector<const ast::Item *> callStack;
  SourceSpan callSite; ///< of the innermost call
  unsigned pure = 0; ///< > 0 inside differentiated code
  struct Member {
    std::vector<std::string> labels; ///< one, or one for each iteration of a loop
    mlir::Value index;               ///< i64; null when there is one label
  };
  std::vector<Member> members; ///< of the arrays of runs that are being made
  std::string memberPath;      ///< names of these arrays
  std::map<std::string, SourceSpan> seriesRead;
  std::set<std::string> seriesLogged;
  std::vector<RunLoop> runLoops;      ///< loops on the path from `train`
  std::vector<RunLoop> finishedLoops; ///< loops that have ended and still dominate
  std::string prefix;                 ///< of the names of entries
  Entry *hostEntry = nullptr;         ///< whose function is being elaborated
  /// A call in progress that changes variables of the caller.
  struct OpenCall {
    std::shared_ptr<Scope> caller, callee;
    std::vector<std::pair<const ast::Expr *, std::string>> variables; ///< there, here
  };
  std::vector<OpenCall> openCalls;
  mlir::ModuleOp hostModule;          ///< what entries are added to
  mlir::Block globals;                ///< config and constants, cloned into each entry
  std::vector<HostObject> objects;    ///< that entries take
};

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_ELABORATOR_H
