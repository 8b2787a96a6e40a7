//===- TailTest.cpp - a contraction and what follows it -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Compare.h"

using namespace dyn::test;

namespace {

/// Replaces @M, @N, @K by extents and @T by the element type.
std::string with(std::string text, int64_t m, int64_t n, int64_t k, const std::string &type) {
  auto put = [&](const std::string &name, const std::string &value) {
    for (size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, name.size(), value);
  };
  put("@M", std::to_string(m)), put("@N", std::to_string(n)), put("@K", std::to_string(k));
  put("@T", type);
  return text;
}

/// A program over buffers of its own, which no two can share: `in` copies an
/// argument to one, `out` back.
std::string copied(const std::string &from, const std::string &to, const std::string &type) {
  std::string dims = type.find('x') == type.rfind('x') ? "d0" : "d0, d1";
  std::string kinds = dims == "d0" ? "\"parallel\"" : "\"parallel\", \"parallel\"";
  std::string map = "affine_map<(" + dims + ") -> (" + dims + ")>";
  std::string element = type.find("i1") != std::string::npos ? "i1" : "@T";
  return "  linalg.generic {indexing_maps = [" + map + ", " + map + "], iterator_types = [" +
         kinds + "]} ins(" + from + " : memref<" + type + ">) outs(" + to + " : memref<" + type +
         ">) {\n  ^bb0(%p: " + element + ", %o: " + element +
         "):\n    linalg.yield %p : " + element + "\n  }\n";
}

const char maps[] = R"(
#rows = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
#none = affine_map<(d0, d1) -> ()>
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#at = affine_map<(d0, d1, d2) -> (d2, d0)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
)";

const char product[] = R"(
  ^bb0(%p: @T, %q: @T, %o: @T):
    %d = arith.mulf %p, %q : @T
    %e = arith.addf %o, %d : @T
    linalg.yield %e : @T
  }
)";

/// A layer: bias by column, scale by row, a mask, what was there before, and the
/// sum itself kept or not.
std::string layer(bool keep) {
  std::string s = std::string(maps) +
                  "func.func @train(%run: i64, %A: memref<?x@Kx@T>, %B: memref<@Kx@Nx@T>, %S: "
                  "memref<?x@T>, %G: memref<@Nx@T>, %I: memref<?x@Nxi1>, %Y: memref<?x@Nx@T>, %C: "
                  "memref<?x@Nx@T>, %F: memref<@T>) {\n"
                  "  %zero = arith.constant 0.0 : @T\n  %i = arith.constant 0 : index\n"
                  "  %m = memref.dim %A, %i : memref<?x@Kx@T>\n"
                  "  %a = memref.alloc(%m) : memref<?x@Kx@T>\n"
                  "  %b = memref.alloc() : memref<@Kx@Nx@T>\n"
                  "  %s = memref.alloc(%m) : memref<?x@T>\n"
                  "  %g = memref.alloc() : memref<@Nx@T>\n"
                  "  %k = memref.alloc(%m) : memref<?x@Nxi1>\n"
                  "  %y = memref.alloc(%m) : memref<?x@Nx@T>\n"
                  "  %c = memref.alloc(%m) : memref<?x@Nx@T>\n" +
                  copied("%A", "%a", "?x@Kx@T") + copied("%B", "%b", "@Kx@Nx@T") +
                  copied("%S", "%s", "?x@T") + copied("%G", "%g", "@Nx@T") +
                  copied("%I", "%k", "?x@Nxi1") + copied("%Y", "%y", "?x@Nx@T") +
                  "  %f = memref.load %F[] : memref<@T>\n"
                  "  linalg.fill ins(%zero : @T) outs(%c : memref<?x@Nx@T>)\n"
                  "  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = [\"parallel\", "
                  "\"parallel\", \"reduction\"]} ins(%a, %b : memref<?x@Kx@T>, memref<@Kx@Nx@T>) "
                  "outs(%c : memref<?x@Nx@T>) attrs = {dyn.contract} {" +
                  product + R"(
  linalg.generic {indexing_maps = [#rows, #column, #row, #rows, #none, #rows], iterator_types = ["parallel", "parallel"]} ins(%c, %g, %s, %k, %f : memref<?x@Nx@T>, memref<@Nx@T>, memref<?x@T>, memref<?x@Nxi1>, @T) outs(%y : memref<?x@Nx@T>) {
  ^bb0(%p: @T, %q: @T, %r: @T, %t: i1, %u: @T, %o: @T):
    %d = arith.addf %p, %q : @T
    %e = arith.maximumf %d, %u : @T
    %h = arith.mulf %e, %r : @T
    %j = arith.select %t, %h, %o : @T
    linalg.yield %j : @T
  }
)";
  return s + copied("%y", "%Y", "?x@Nx@T") + (keep ? copied("%c", "%C", "?x@Nx@T") : "") +
         "  return\n}\n";
}

TEST(Tail, Layer) {
  for (bool keep : {false, true})
    for (int64_t n : {10, 97})
      for (int64_t k : {0, 20, 700})
        for (int64_t m : {0, 33, 300}) {
          Operand mask{"i1", {m, n}, "", true};
          compare(with(layer(keep), m, n, k, "f32"),
                  {{"f32", {m, k}, "", true},
                   {"f32", {k, n}, ""},
                   {"f32", {m}, "", true},
                   {"f32", {n}, ""},
                   mask,
                   {"f32", {m, n}, "", true},
                   {"f32", {m, n}, "", true},
                   {"f32", {}, ""}},
                  2e-5);
        }
}

TEST(Tail, LayerInDouble) {
  for (int64_t n : {8, 21})
    for (int64_t k : {1, 400}) {
      Operand mask{"i1", {13, n}, "", true};
      compare(with(layer(true), 13, n, k, "f64"),
              {{"f64", {13, k}, "", true},
               {"f64", {k, n}, ""},
               {"f64", {13}, "", true},
               {"f64", {n}, ""},
               mask,
               {"f64", {13, n}, "", true},
               {"f64", {13, n}, "", true},
               {"f64", {}, ""}},
              1e-12);
    }
}

/// Momentum and weights change where the gradient is made; something reads the
/// old weights in between.
const char update[] = R"(
  linalg.fill ins(%zero : @T) outs(%c : memref<@Mx@Nx@T>)
  linalg.generic {indexing_maps = [#at, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : memref<?x@Mx@T>, memref<?x@Nx@T>) outs(%c : memref<@Mx@Nx@T>) attrs = {dyn.contract} {PRODUCT
  linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%w : memref<@Mx@Nx@T>) outs(%y : memref<@Mx@Nx@T>) {
  ^bb0(%p: @T, %o: @T):
    %d = arith.addf %p, %p : @T
    linalg.yield %d : @T
  }
  linalg.generic {indexing_maps = [#rows, #rows, #rows, #rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%c, %v, %w : memref<@Mx@Nx@T>, memref<@Mx@Nx@T>, memref<@Mx@Nx@T>) outs(%v, %w : memref<@Mx@Nx@T>, memref<@Mx@Nx@T>) {
  ^bb0(%p: @T, %q: @T, %r: @T, %o: @T, %t: @T):
    %d = arith.mulf %q, %half : @T
    %e = arith.addf %d, %p : @T
    %f = arith.subf %r, %e : @T
    linalg.yield %e, %f : @T, @T
  }
)";

TEST(Tail, UpdateInPlace) {
  std::string body = update;
  body.replace(body.find("PRODUCT"), 7, product);
  std::string text = std::string(maps) +
                     "func.func @train(%run: i64, %A: memref<?x@Mx@T>, %B: memref<?x@Nx@T>, %V: "
                     "memref<@Mx@Nx@T>, %W: memref<@Mx@Nx@T>, %Y: memref<@Mx@Nx@T>) {\n"
                     "  %zero = arith.constant 0.0 : @T\n  %half = arith.constant 0.5 : @T\n"
                     "  %i = arith.constant 0 : index\n"
                     "  %k = memref.dim %A, %i : memref<?x@Mx@T>\n"
                     "  %a = memref.alloc(%k) : memref<?x@Mx@T>\n"
                     "  %b = memref.alloc(%k) : memref<?x@Nx@T>\n";
  for (const char *name : {"%v", "%w", "%y", "%c"})
    text += std::string("  ") + name + " = memref.alloc() : memref<@Mx@Nx@T>\n";
  text += copied("%A", "%a", "?x@Mx@T") + copied("%B", "%b", "?x@Nx@T") +
          copied("%V", "%v", "@Mx@Nx@T") + copied("%W", "%w", "@Mx@Nx@T") + body +
          copied("%v", "%V", "@Mx@Nx@T") + copied("%w", "%W", "@Mx@Nx@T") +
          copied("%y", "%Y", "@Mx@Nx@T") + "  return\n}\n";
  for (int64_t m : {1, 130})
    for (int64_t n : {1, 10, 256})
      for (int64_t k : {0, 600})
        compare(with(text, m, n, k, "f32"),
                {{"f32", {k, m}, "", true},
                 {"f32", {k, n}, "", true},
                 {"f32", {m, n}, ""},
                 {"f32", {m, n}, ""},
                 {"f32", {m, n}, ""}},
                2e-5);
}

} // namespace
