//===- DynOps.td - the ops of the dialect ---------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_OPS
#define DYN_OPS

include "DynDialect.td"
include "DynInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

class Dyn_Op<string name, list<Trait> traits = []> : Op<Dyn_Dialect, name, traits>;

// A computation: it states its shape and its cost; its lowering is in the room of that name.
class Dyn_Computation<string name, list<Trait> traits = []>
    : Dyn_Op<name, !listconcat([Pure, DeclareOpInterfaceMethods<Dyn_ShapeRule>,
                                DeclareOpInterfaceMethods<Dyn_Costed>], traits)>;

// A computation on real numbers: it states its derivatives as well.
class Dyn_MathOp<string name, list<Trait> traits = []>
    : Dyn_Computation<name, !listconcat([DeclareOpInterfaceMethods<Dyn_Differentiable>], traits)>;

def Dyn_Scalar : AnyTypeOf<[F32, F64, I1, I8, I32, I64, Index]>;
def Dyn_Value : AnyTypeOf<[F32, F64, I1, I8, I32, I64, AnyRankedTensor]>;

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

def Dyn_BroadcastOp : Dyn_MathOp<"broadcast"> {
  let summary = "repeat a value along new dimensions";
  let description = [{
    Dimension `i` of `input` becomes dimension `dims[i]` of the result; the
    others are repeated. Constraints: as many `dims` as `input` has dimensions,
    strictly increasing, extents equal (C1); one of `extents` for each dynamic
    dimension of the result (C2). A scalar has no dims.

    Example: `%y = dyn.broadcast %bias dims [1] extents(%n) : tensor<10xf32> to tensor<?x10xf32>`
  }];
  let arguments = (ins Dyn_Value:$input, Variadic<Index>:$extents, DenseI64ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `dims` $dims (`extents` `(` $extents^ `)`)? attr-dict `:` type($input) `to` type($result)
  }];
}

def Dyn_TransposeOp : Dyn_MathOp<"transpose"> {
  let summary = "permute dimensions";
  let description = [{
    Dimension `i` of the result is dimension `permutation[i]` of `input` (C1:
    a permutation).

    Example: `%y = dyn.transpose %x [1, 0] : tensor<3x4xf32> to tensor<4x3xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `to` type($result)";
}

def Dyn_ReshapeOp : Dyn_MathOp<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    Constraints: equal element counts (C1); a dynamic dimension leads in both
    shapes and stays as it is (C2).

    Example: `%y = dyn.reshape %x : tensor<?x28x28xf32> to tensor<?x784xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
}

def Dyn_IotaOp : Dyn_Computation<"iota"> {
  let summary = "0, 1, 2, ... as integers";
  let description = [{
    A vector of `i64` that counts from 0. `extent` is given when it is dynamic.

    Example: `%i = dyn.iota : tensor<10xi64>`
  }];
  let arguments = (ins Optional<Index>:$extent);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "(`extent` `(` $extent^ `)`)? attr-dict `:` type($result)";
}

//===----------------------------------------------------------------------===//
// Contractions, reductions, indexing
//===----------------------------------------------------------------------===//

def Dyn_ContractOp : Dyn_MathOp<"contract"> {
  let summary = "sum of products over shared dimensions";
  let description = [{
    Dimensions carry labels. Label `l` below the result's rank is dimension `l`
    of the result; every other label is summed over. Each output is one chain of
    fused multiply-adds in ascending order of the summed index. Constraints: one
    label a dimension, none twice in one operand (C1); every result dimension is
    labelled in an operand (C2); extents of equal labels agree (C3); a scalar
    result is written as its element type.

    Example: `%c = dyn.contract %a [0, 2], %b [2, 1] : tensor<?x784xf32>, tensor<784x10xf32> to tensor<?x10xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs,
                       DenseI64ArrayAttr:$lhs_labels, DenseI64ArrayAttr:$rhs_labels);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = [{
    $lhs $lhs_labels `,` $rhs $rhs_labels attr-dict `:` type($lhs) `,` type($rhs) `to` type($result)
  }];
}

def Dyn_ReduceOp : Dyn_MathOp<"reduce"> {
  let summary = "combine all elements along dimensions";
  let description = [{
    Removes `dims` (sorted, at least one: C1). Over nothing it is the neutral
    element: 0, 1, -inf (or the lowest integer), +inf (or the highest), false,
    true. NaN is propagated by `max` and `min`. All dimensions reduced gives a
    scalar.

    Example: `%s = dyn.reduce add %x dims [1] : tensor<?x10xf32> to tensor<?xf32>`
  }];
  let arguments = (ins Dyn_ReduceKind:$kind, AnyRankedTensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = "$kind $input `dims` $dims attr-dict `:` type($input) `to` type($result)";
}

def Dyn_ArgReduceOp : Dyn_Computation<"arg_reduce"> {
  let summary = "index of the first extreme along a dimension";
  let description = [{
    Removes `dim`; the result is `i64`. Ties go to the lowest index, NaN counts
    as the extreme, over nothing it is 0.

    Example: `%k = dyn.arg_reduce max %x dim 1 : tensor<?x10xf32> to tensor<?xi64>`
  }];
  let arguments = (ins Dyn_ArgKind:$kind, AnyRankedTensor:$input, I64Attr:$dim);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = "$kind $input `dim` $dim attr-dict `:` type($input) `to` type($result)";
}

// Order. Calls of the runtime, on vectors: what is in front of the last dimension lifts.

def Dyn_FirstOp : Dyn_Computation<"first"> {
  let summary = "whether an element is among the k extreme ones";
  let description = [{
    `true` for exactly `k` elements of each vector (the last dimension): the largest
    (`max`) or smallest ones among those where `live` holds. Of equal ones the first
    are taken, NaN last. Elements are f32, f64 or i64 (C1); `live` has the shape of
    `input` (C2); the last dimension is static (C3). `k` is at most the number of
    elements: callers check.

    Example: `%m = dyn.first max %x, %k : tensor<100xf32> to tensor<100xi1>`
  }];
  let arguments = (ins Dyn_ArgKind:$kind, AnyRankedTensor:$input, I64:$k,
                       Optional<AnyRankedTensor>:$live);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $kind $input `,` $k (`live` `(` $live^ `:` type($live) `)`)? attr-dict
    `:` type($input) `to` type($result)
  }];
}

def Dyn_KthOp : Dyn_Computation<"kth"> {
  let summary = "position of the k-th largest or smallest element";
  let description = [{
    Counts from 1; otherwise as `dyn.first` (C1, C2, C3). Removes the last dimension.

    Example: `%i = dyn.kth max %x, %k : tensor<100xf32> to i64`
  }];
  let arguments = (ins Dyn_ArgKind:$kind, AnyRankedTensor:$input, I64:$k,
                       Optional<AnyRankedTensor>:$live);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = [{
    $kind $input `,` $k (`live` `(` $live^ `:` type($live) `)`)? attr-dict
    `:` type($input) `to` type($result)
  }];
}

def Dyn_OrderOp : Dyn_Computation<"order"> {
  let summary = "positions in order";
  let description = [{
    A permutation of 0 .. n - 1 for each vector (the last dimension), so that the
    elements at these positions rise (`min`: the smallest comes first) or fall
    (`max`). Equal ones keep their order, NaN comes last. C1 and C3 of `dyn.first`.

    Example: `%i = dyn.order min %x : tensor<100xf32> to tensor<100xi64>`
  }];
  let arguments = (ins Dyn_ArgKind:$kind, AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `to` type($result)";
}

def Dyn_GatherOp : Dyn_MathOp<"gather"> {
  let summary = "rows chosen by an integer array";
  let description = [{
    With table `[batch..., n, slice...]` and indices `[batch..., i...]` the
    result is `[batch..., i..., slice...]`: `result[b, i, s] =
    table[b, indices[b, i], s]`. `batch` counts the shared leading dimensions.
    Indices are in [0, n): callers check.

    Example: `%y = dyn.gather %table[%ids] batch 0 : tensor<97x500xf32>, tensor<?xi64> to tensor<?x500xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$table, AnyRankedTensor:$indices, I64Attr:$batch);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = [{
    $table `[` $indices `]` `batch` $batch attr-dict `:` type($table) `,` type($indices) `to` type($result)
  }];
}

def Dyn_ScatterAddOp : Dyn_MathOp<"scatter_add"> {
  let summary = "add rows into the places chosen by an integer array";
  let description = [{
    The transpose of `dyn.gather`: a zero table of the result's shape to which
    `updates[b, i, s]` is added at `[b, indices[b, i], s]`, in ascending order of
    `i`. `extents` gives the dynamic dimension, if any.

    Example: `%t = dyn.scatter_add %g[%ids] batch 0 : tensor<?x500xf32>, tensor<?xi64> to tensor<97x500xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$updates, AnyRankedTensor:$indices,
                       Variadic<Index>:$extents, I64Attr:$batch);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $updates `[` $indices `]` `batch` $batch (`extents` `(` $extents^ `)`)? attr-dict
    `:` type($updates) `,` type($indices) `to` type($result)
  }];
}

def Dyn_WindowOp : Dyn_MathOp<"window"> {
  let summary = "overlapping windows along one dimension";
  let description = [{
    Replaces dimension `dim` of extent `n` by two: `[o, u]` with `result[.., o,
    u, ..] = input[.., o*stride + u*dilation - low, ..]`, zero outside. The
    extents of `o` and `u` are the result's. `stride` is positive, `dilation` is
    not 0. `dim` is static (C1).

    Example: `%w = dyn.window %x dim 2 stride 1 dilation 1 low 1 : tensor<?x3x32xf32> to tensor<?x3x32x3xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$dim, I64Attr:$stride, I64Attr:$dilation,
                       I64Attr:$low);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `dim` $dim `stride` $stride `dilation` $dilation `low` $low attr-dict
    `:` type($input) `to` type($result)
  }];
}

def Dyn_UnwindowOp : Dyn_MathOp<"unwindow"> {
  let summary = "add overlapping windows back";
  let description = [{
    The transpose of `dyn.window`: dimensions `dim` and `dim + 1` become one, to
    which every element is added at `o*stride + u*dilation - low`; what falls
    outside is dropped.
  }];
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$dim, I64Attr:$stride, I64Attr:$dilation,
                       I64Attr:$low);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `dim` $dim `stride` $stride `dilation` $dilation `low` $low attr-dict
    `:` type($input) `to` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

def Dyn_SeedOp : Dyn_Op<"seed", [Pure]> {
  let summary = "the run's root key";
  let results = (outs I64:$key);
  let assemblyFormat = "attr-dict";
}

def Dyn_KeyFoldOp : Dyn_Op<"key_fold", [Pure]> {
  let summary = "a key below another one";
  let description = [{
    The key at `value` (a hashed name, or a loop counter) below `key`: the first
    two words of Philox 4x32-10 with key `key` and counter (`value`, 0x64796e6b).
  }];
  let arguments = (ins I64:$key, I64:$value);
  let results = (outs I64:$result);
  let assemblyFormat = "$key `,` $value attr-dict";
}

def Dyn_RandomOp : Dyn_Computation<"random"> {
  let summary = "independent draws from a standard distribution";
  let description = [{
    Element `i` (row-major) depends on (`key`, `i`) alone: block `i / 4` of Philox
    4x32-10 with `key`, word `i mod 4`. `uniform` is (word >> 8 + 1/2) / 2^24, in
    (0, 1); `normal` is Box-Muller on words (0, 1) and (2, 3). Salmon et al.,
    SC 2011. Scaling and shifting are plain arithmetic, so derivatives flow by
    reparameterisation.

    Example: `%u = dyn.random uniform %key : tensor<784x256xf32>`
  }];
  let arguments = (ins Dyn_RandomKind:$kind, I64:$key, Variadic<Index>:$extents);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = "$kind $key (`extents` `(` $extents^ `)`)? attr-dict `:` type($result)";
}

def Dyn_PermutationOp : Dyn_Op<"permutation", [Pure]> {
  let summary = "a random order of 0 .. n - 1";
  let description = "Fisher-Yates with draws from `key`; the result is `i64`.";
  let arguments = (ins I64:$key);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$key attr-dict `:` type($result)";
}

//===----------------------------------------------------------------------===//
// Derivatives
//===----------------------------------------------------------------------===//

def Dyn_StopOp : Dyn_Computation<"stop"> {
  let summary = "a value that derivatives do not see through";
  let arguments = (ins Dyn_Value:$input);
  let results = (outs Dyn_Value:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
}

def Dyn_ValueAndGradOp : Dyn_Op<"value_and_grad", [SingleBlock]> {
  let summary = "a value and its derivatives in reverse mode";
  let description = [{
    The body computes `dyn.yield value, aux...` from block arguments that stand
    for `wrt` (C1: equal types), and may use any value above. `value` is a float
    scalar (C2). Results are the value, the aux values and one gradient for each
    of `wrt`. Values captured from above are constants. Expanded by `dyn-grad`.

    Example:
    ```mlir
    %l, %g = dyn.value_and_grad wrt(%w) : (tensor<4xf32>) -> (f32, tensor<4xf32>) {
    ^bb0(%v: tensor<4xf32>):
      %q = arith.mulf %v, %v : tensor<4xf32>
      %s = dyn.reduce add %q dims [0] : tensor<4xf32> to f32
      dyn.yield %s : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Dyn_Value>:$wrt);
  let results = (outs Variadic<Dyn_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `wrt` `(` $wrt `)` `:` functional-type($wrt, $results) $body attr-dict
  }];
}

def Dyn_JvpOp : Dyn_Op<"jvp", [SingleBlock, AttrSizedOperandSegments]> {
  let summary = "values and their derivatives along a direction in forward mode";
  let description = [{
    The body computes `dyn.yield value...` from block arguments that stand for
    `wrt` (C1: equal types, also of `along`), and may use any value above. Results
    are the yielded values, then the tangents of the first `outputs` of them (C2:
    floats) when `wrt` moves along `along`. Expanded by `dyn-grad`; a loop in the
    body needs no bound.

    Example:
    ```mlir
    %y, %t = dyn.jvp 1 wrt(%x) along(%v) : (f64), (f64) -> (f64, f64) {
    ^bb0(%a: f64):
      %s = math.sin %a : f64
      dyn.yield %s : f64
    }
    ```
  }];
  let arguments = (ins I64Attr:$outputs, Variadic<Dyn_Value>:$wrt, Variadic<Dyn_Value>:$along);
  let results = (outs Variadic<Dyn_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $outputs `wrt` `(` $wrt `)` `along` `(` $along `)` `:` `(` type($wrt) `)` `,`
    functional-type($along, $results) $body attr-dict
  }];
}

def Dyn_LiftOp : Dyn_Op<"lift", [SingleBlock]> {
  let summary = "a computation for each member of a frame";
  let description = [{
    Every operand carries the frame as one more axis, of a static extent, than its
    block argument: in front, or behind a dynamic leading dimension (C1). The first
    `lifted` results carry it likewise; the others do not depend on the operands.
    What depends on no operand is computed once. Expanded by `dyn-grad` into ops on
    whole arrays, never into a loop over the members.

    Example:
    ```mlir
    %r = dyn.lift 1 (%m) : (tensor<4x3xf64>) -> (tensor<4xf64>) {
    ^bb0(%v: tensor<3xf64>):
      %s = dyn.reduce add %v dims [0] : tensor<3xf64> to f64
      dyn.yield %s : f64
    }
    ```
  }];
  let arguments = (ins I64Attr:$lifted, Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<Dyn_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $lifted `(` $inputs `)` `:` functional-type($inputs, $results) $body attr-dict
  }];
  let extraClassDeclaration = [{
    /// `type` with a frame of `extent`.
    static ::mlir::Type framed(::mlir::Type type, int64_t extent);
    /// Which dimension of a framed `type` is the frame.
    static int64_t axisIn(::mlir::Type type);
    int64_t getExtent();
  }];
}

def Dyn_StatedOp : Dyn_Op<"stated", [SingleBlock]> {
  let summary = "a value with a derivative that its author states";
  let description = [{
    `value` computes the result from block arguments that stand for `inputs` (C1:
    equal types). `rule` computes its tangent from as many arguments, the result, and
    the tangent of each input that is a float (C2), and is linear in the tangents.
    Forward mode runs the rule, reverse mode its transpose. What either captures
    from above is constant. `dyn-grad` leaves the value alone in the end.

    Example:
    ```mlir
    %y = dyn.stated(%x) : (f64) -> f64 value {
    ^bb0(%a: f64):
      %r = math.round %a : f64
      dyn.yield %r : f64
    } rule {
    ^bb0(%a: f64, %v: f64, %da: f64):
      dyn.yield %da : f64
    }
    ```
  }];
  let arguments = (ins Variadic<Dyn_Value>:$inputs);
  let results = (outs Dyn_Value:$result);
  let regions = (region SizedRegion<1>:$value, SizedRegion<1>:$rule);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `(` $inputs `)` `:` functional-type($inputs, $result) `value` $value `rule` $rule attr-dict
  }];
}

def Dyn_YieldOp
    : Dyn_Op<"yield",
             [Pure, Terminator, ParentOneOf<["ValueAndGradOp", "JvpOp", "LiftOp", "StatedOp"]>]> {
  let summary = "what a differentiated or lifted body computes";
  let arguments = (ins Variadic<Dyn_Value>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

//===----------------------------------------------------------------------===//
// Effects of a run. Numbers in attributes are positions in the meta data.
//===----------------------------------------------------------------------===//

def Dyn_ConfigOp : Dyn_Op<"config", [Pure]> {
  let summary = "the value of a config entry";
  let description = "`text` gives a text handle (i64) instead of a number.";
  let arguments = (ins I64Attr:$index, UnitAttr:$text);
  let results = (outs Dyn_Scalar:$result);
  let assemblyFormat = "$index (`text` $text^)? attr-dict `:` type($result)";
}

def Dyn_ArgumentOp : Dyn_Op<"argument"> {
  let summary = "what the host of an entry hands in at a position of its table";
  let description = [{
    `table` holds addresses of buffers. An `index` is a run-time extent of at most `bound`; a
    tensor with a dynamic leading extent has `extent` rows. A `written` buffer is changed in
    place by `dyn.result`.

    Example: `%x = dyn.argument %table[3] extent %n : tensor<?x4xf32>`
  }];
  let arguments = (ins I64:$table, I64Attr:$position, Optional<Index>:$extent,
                       OptionalAttr<I64Attr>:$bound, UnitAttr:$written);
  let results = (outs AnyTypeOf<[Dyn_Value, Index]>:$value);
  let assemblyFormat = [{
    $table `[` $position `]` (`extent` $extent^)? (`bound` $bound^)? (`written` $written^)?
    attr-dict `:` type($value)
  }];
}

def Dyn_ResultOp : Dyn_Op<"result"> {
  let summary = "write a value into the buffer at a position of an entry's table";
  let description = "`into` is the argument whose buffer that is, when it is changed in place.";
  let arguments = (ins I64:$table, I64Attr:$position, Dyn_Value:$value,
                       Optional<Dyn_Value>:$into);
  let assemblyFormat = [{
    $table `[` $position `]` `,` $value (`into` $into^ `:` type($into))? attr-dict `:` type($value)
  }];
}

def Dyn_PollOp : Dyn_Op<"poll"> {
  let summary = "end the call here if the host asks for it";
  let description = [{
    Where an iteration of a loop of an entry begins. If the call ends, `values` are what the
    buffers at `positions` of the entry's table then hold.
  }];
  let arguments = (ins I64:$table, DenseI64ArrayAttr:$positions, Variadic<Dyn_Value>:$values);
  let assemblyFormat = "$table $positions `(` ($values^ `:` type($values))? `)` attr-dict";
}

def Dyn_PathJoinOp : Dyn_Op<"path_join"> {
  let summary = "folder and name as one path (text handles)";
  let arguments = (ins I64:$folder, I64:$name);
  let results = (outs I64:$result);
  let assemblyFormat = "$folder `,` $name attr-dict";
}

def Dyn_ReadOp : Dyn_Op<"read"> {
  let summary = "a file as a column of examples";
  let description = [{
    `shape` and `element` are those of one example; `scale` divides u8 by 255;
    integers lie in [0, `limit`) when `limit` > 0. `options`: for npy the text
    handle of a member or -1; for csv first column, column count, header lines;
    for bytes first byte of a record that counts, bytes of a record.
  }];
  let arguments = (ins Dyn_ReadKind:$format, I64:$path, TypeAttr:$element,
                       DenseI64ArrayAttr:$shape, BoolAttr:$scale, I64Attr:$limit,
                       DenseI64ArrayAttr:$options);
  let results = (outs I64:$column);
  let assemblyFormat = [{
    $format $path `element` $element `shape` $shape `scale` $scale `limit` $limit `options` $options attr-dict
  }];
}

def Dyn_AppendOp : Dyn_Op<"append"> {
  let summary = "the examples of columns, one column after the other; uses the columns up";
  let arguments = (ins Variadic<I64>:$columns);
  let results = (outs I64:$column);
  let assemblyFormat = "`(` $columns `)` attr-dict";
}

def Dyn_DatasetOp : Dyn_Op<"dataset"> {
  let summary = "columns of equal length as one data set";
  let arguments = (ins Variadic<I64>:$columns);
  let results = (outs I64:$dataset);
  let assemblyFormat = "`(` $columns `)` attr-dict";
}

def Dyn_DatasetSizeOp : Dyn_Op<"dataset_size", [Pure]> {
  let summary = "number of examples";
  let arguments = (ins I64:$dataset);
  let results = (outs I64:$size);
  let assemblyFormat = "$dataset attr-dict";
}

def Dyn_DatasetPartOp : Dyn_Op<"dataset_part"> {
  let summary = "`count` examples of a data set, from `first` on";
  let arguments = (ins I64:$dataset, I64:$first, I64:$count);
  let results = (outs I64:$part);
  let assemblyFormat = "$dataset `from` $first `count` $count attr-dict";
}

def Dyn_LoaderOp : Dyn_Op<"loader"> {
  let summary = "batches of a data set, in order or in an order drawn from `key`";
  let arguments = (ins I64:$dataset, Optional<I64>:$key, I64Attr:$batch);
  let results = (outs I64:$loader);
  let assemblyFormat = "$dataset `batch` $batch (`shuffled` $key^)? attr-dict";
}

def Dyn_BatchOp : Dyn_Op<"batch"> {
  let summary = "one batch: its extent and its columns";
  let description = [{
    Each column is a tensor with a dynamic leading extent `n` of at most `bound`.
  }];
  let arguments = (ins I64:$loader, Index:$position, I64Attr:$bound);
  let results = (outs Index:$n, Variadic<AnyRankedTensor>:$columns);
  let assemblyFormat = "$loader `[` $position `]` `bound` $bound attr-dict `:` type($columns)";
}

def Dyn_LoaderCloseOp : Dyn_Op<"loader_close"> {
  let summary = "end a loader";
  let arguments = (ins I64:$loader);
  let assemblyFormat = "$loader attr-dict";
}

def Dyn_StreamOp : Dyn_Op<"stream"> {
  let summary = "batches of a stream, as `dyn.batch` takes them";
  let description = [{
    `stream` is a position in the meta data. A stream is read once: what one loop over it has
    taken, the next one does not see.
  }];
  let arguments = (ins I64Attr:$stream, I64Attr:$batch);
  let results = (outs I64:$loader);
  let assemblyFormat = "$stream `batch` $batch attr-dict";
}

def Dyn_StreamMoreOp : Dyn_Op<"stream_more"> {
  let summary = "wait for the next batch; false at the end of the stream";
  let arguments = (ins I64:$loader);
  let results = (outs I1:$more);
  let assemblyFormat = "$loader attr-dict";
}

def Dyn_LogOp : Dyn_Op<"log"> {
  let summary = "add a number to a series";
  let description = "`member` counts on from `series`: a member of an array of runs logs its own.";
  let arguments = (ins F64:$value, I64Attr:$series, Optional<I64>:$member);
  let assemblyFormat = "$series `,` $value (`member` $member^)? attr-dict";
}

def Dyn_LoggedCountOp : Dyn_Op<"logged_count"> {
  let summary = "how many values a series has";
  let arguments = (ins I64Attr:$series, Optional<I64>:$member);
  let results = (outs I64:$count);
  let assemblyFormat = "$series (`member` $member^)? attr-dict";
}

def Dyn_LoggedValueOp : Dyn_Op<"logged_value"> {
  let summary = "value of a series at a position, NaN outside";
  let arguments = (ins I64Attr:$series, I64:$position, Optional<I64>:$member);
  let results = (outs F64:$value);
  let assemblyFormat = "$series `[` $position `]` (`member` $member^)? attr-dict";
}

def Dyn_LoggedStepOp : Dyn_Op<"logged_step"> {
  let summary = "step at which the value at a position was logged, -1 outside";
  let arguments = (ins I64Attr:$series, I64:$position, Optional<I64>:$member);
  let results = (outs I64:$step);
  let assemblyFormat = "$series `[` $position `]` (`member` $member^)? attr-dict";
}

def Dyn_LoggedAlignOp : Dyn_Op<"logged_align"> {
  let summary = "fail the run unless two series were logged at the same steps";
  let arguments = (ins I64Attr:$left, I64Attr:$right, I64Attr:$site, Optional<I64>:$member);
  let assemblyFormat = "$left `,` $right `,` $site (`member` $member^)? attr-dict";
}

def Dyn_StepOp : Dyn_Op<"step"> {
  let summary = "count one training step";
  let assemblyFormat = "attr-dict";
}

def Dyn_TickOp : Dyn_Op<"tick"> {
  let summary = "tell the progress display that an iteration ends";
  let arguments = (ins I64Attr:$loop, Index:$position, Index:$count);
  let assemblyFormat = "$loop `,` $position `of` $count attr-dict";
}

def Dyn_ClaimOp : Dyn_Op<"claim"> {
  let summary = "verdict on a claim";
  let arguments = (ins I64Attr:$claim, I1:$holds, F64:$left, F64:$right);
  let assemblyFormat = "$claim `,` $holds `,` $left `,` $right attr-dict";
}

def Dyn_AssertOp : Dyn_Op<"assert"> {
  let summary = "fail the run unless a condition holds";
  let arguments = (ins I1:$condition, I64:$value, I64:$bound, I64Attr:$site);
  let assemblyFormat = "$site `,` $condition `,` $value `,` $bound attr-dict";
}

def Dyn_SaveOp : Dyn_Op<"save"> {
  let summary = "write values to a safetensors file";
  let description = [{
    `fixed` are texts `name=value` of what a program that loads the file has to agree with.
  }];
  let arguments = (ins I64:$path, Variadic<Dyn_Value>:$values, DenseI64ArrayAttr:$names,
                       OptionalAttr<DenseI64ArrayAttr>:$fixed);
  let assemblyFormat = [{
    $path `,` $names (`fixed` $fixed^)? (`(` $values^ `:` type($values) `)`)? attr-dict
  }];
}

def Dyn_LoadOp : Dyn_Op<"load"> {
  let summary = "read values from a safetensors file";
  let description = "`fixed` are texts `name=value` that a file with such must have as well.";
  let arguments = (ins I64:$path, DenseI64ArrayAttr:$names,
                       OptionalAttr<DenseI64ArrayAttr>:$fixed);
  let results = (outs Variadic<Dyn_Value>:$values);
  let assemblyFormat = "$path `,` $names (`fixed` $fixed^)? attr-dict `:` type($values)";
}

def Dyn_HoldOp : Dyn_Op<"hold"> {
  let summary = "remember the state of a loop for the checkpoints of others";
  let description = [{
    Where an iteration of loop `loop` begins that has loops in it, or behind a loop that has
    ended: `next` is the iteration that a resumed run would enter there (past the end of a loop
    that has ended), `values` the state it would enter it with.
  }];
  let arguments = (ins I64Attr:$loop, DenseI64ArrayAttr:$slots, Index:$next,
                       Variadic<Dyn_Value>:$values);
  let assemblyFormat = [{
    $loop `next` $next `slots` $slots `(` ($values^ `:` type($values))? `)` attr-dict
  }];
}

def Dyn_CheckpointOp : Dyn_Op<"checkpoint"> {
  let summary = "save the run's state if a checkpoint is due";
  let description = [{
    At the end of an iteration of loop `loop`, before iteration `next`: `slots` and `values` are
    its state; that of the other loops on the path, `around`, was held.
  }];
  let arguments = (ins I64Attr:$loop, DenseI64ArrayAttr:$around, DenseI64ArrayAttr:$slots,
                       Index:$next, Variadic<Dyn_Value>:$values);
  let assemblyFormat = [{
    $loop `around` $around `next` $next `slots` $slots `(` ($values^ `:` type($values))? `)` attr-dict
  }];
}

def Dyn_ResumeOp : Dyn_Op<"resume"> {
  let summary = "where loop `loop` starts, and with which state";
  let description = [{
    Results are the first iteration and the values: `first` and `values`, or
    what the resumed checkpoint says.
  }];
  let arguments = (ins I64Attr:$loop, DenseI64ArrayAttr:$slots, Index:$first,
                       Variadic<Dyn_Value>:$values);
  let results = (outs Index:$start, Variadic<Dyn_Value>:$state);
  let assemblyFormat = [{
    $loop `first` $first `slots` $slots `(` ($values^ `:` type($values))? `)` attr-dict `:` type($state)
  }];
}

#endif // DYN_OPS
