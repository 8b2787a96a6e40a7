//===- Loops.h - one loop while it is emitted -----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a loop carries besides variables (whether it goes on, values that it
// collects) shows when its body has been elaborated. So the body goes first,
// into blocks that hang in a placeholder. A counted loop that never breaks then
// becomes an scf.for, any other an scf.while.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DSL_ELABORATE_LOOPS_H
#define DYN_DSL_ELABORATE_LOOPS_H

#include "Elaborator.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace dyn::dsl {

struct Loop {
  SourceSpan span;
  std::string name;                ///< of its counter, in draws and checkpoints
  std::vector<Binding *> carried;  ///< variables that an iteration may assign
  mlir::Value lower, upper, step;  ///< indices; without an upper end the test decides
  std::optional<int64_t> trips;    ///< how often it runs, when that is static
  std::optional<int64_t> limit;    ///< the most iterations, when that is known
  const ast::Expr *test = nullptr; ///< of a `while`
  mlir::Value batches;             ///< of a stream, when it runs as long as some arrive
  int64_t stream = -1;             ///< position of that stream in the meta data

  /// Whether only a test tells where it ends.
  bool isOpen() const { return test || batches; }
};

class LoopEmitter {
public:
  /// Elaborates one iteration, given its counter.
  using Body = llvm::function_ref<bool(mlir::Value)>;
  LoopEmitter(Elaborator &e, Loop loop, Body body) : e(e), l(std::move(loop)), body(body) {}
  /// The collected values, or nothing.
  Val emit();

private:
  /// One value of the loop's state on its way through an iteration.
  struct State {
    std::string slot;
    mlir::Value init, argument, tested, out;
  };

  bool settle();
  bool widen(Val &before, const Val &end);
  bool elaborate();
  bool elaborateTest();
  void checkLimit(mlir::Value go);
  bool elaborateBody();
  bool checkTypes();
  bool collect(Val &yielded);
  void addHidden(const std::string &slot, mlir::Value init);
  void saveAndResume();
  mlir::Operation *close();
  Val collected(const Val &yielded, mlir::ValueRange results);
  Array series(const Array &row, mlir::Value buffer, const Extent &extent);
  mlir::Value anyLane(const Array &flag);

  Elaborator &e;
  Loop l;
  Body body;
  Binding *on = nullptr;  ///< false where the loop was left
  bool isRunLoop = false; ///< a run can stop and resume here
  bool breaks = false;    ///< `on` is needed
  bool partial = false;   ///< only the test is elaborated: it changed a type
  Elaborator::RunLoop run;
  mlir::scf::ExecuteRegionOp holder;
  mlir::Block *testBlock = nullptr, *bodyBlock = nullptr;
  mlir::Value go;                 ///< the test's verdict
  Val yielded, wasYielded;        ///< by one iteration
  bool counted = false;           ///< it may yield nothing, so yields are counted
  std::vector<Array> rows;        ///< the arrays in `yielded`
  llvm::SmallVector<State> state; ///< variables first
};

} // namespace dyn::dsl

#endif // DYN_DSL_ELABORATE_LOOPS_H
