//===- GroupTest.cpp - several ops in one kernel --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Compare.h"

using namespace dyn::test;

namespace {

/// Replaces every N and K.
std::string with(std::string text, int64_t n, int64_t k) {
  std::string out;
  for (char c : text)
    out += c == 'N' ? std::to_string(n) : c == 'K' ? std::to_string(k) : std::string(1, c);
  return out;
}

const char maps[] = R"(
#rows = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
#a = affine_map<(d0, d1, d2) -> (d0, d2)>
#b = affine_map<(d0, d1, d2) -> (d2, d1)>
#c = affine_map<(d0, d1, d2) -> (d0, d1)>
#at = affine_map<(d0, d1, d2) -> (d2, d0)>
)";

const char softmax[] = R"(
  linalg.fill ins(%low : f32) outs(%max : memref<?xf32>)
  linalg.generic {indexing_maps = [#rows, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?xNxf32>) outs(%max : memref<?xf32>) {
  ^bb0(%p: f32, %q: f32):
    %r = arith.maximumf %q, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#rows, #row, #rows], iterator_types = ["parallel", "parallel"]} ins(%x, %max : memref<?xNxf32>, memref<?xf32>) outs(%y : memref<?xNxf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %d = arith.subf %p, %q : f32
    %e = math.exp %d : f32
    linalg.yield %e : f32
  }
  linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
  linalg.generic {indexing_maps = [#rows, #row], iterator_types = ["parallel", "reduction"]} ins(%y : memref<?xNxf32>) outs(%sum : memref<?xf32>) {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %q, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [#row, #rows], iterator_types = ["parallel", "parallel"]} ins(%sum : memref<?xf32>) outs(%y : memref<?xNxf32>) {
  ^bb0(%q: f32, %p: f32):
    %d = arith.divf %p, %q : f32
    linalg.yield %d : f32
  }
)";

TEST(Group, Softmax) {
  for (int64_t n : {1, 10, 16, 100, 257})
    for (int64_t m : {0, 1, 33, 700}) {
      std::string text =
          std::string(maps) +
          "func.func @train(%run: i64, %x: memref<?xNxf32>, %y: memref<?xNxf32>) {\n"
          "  %i = arith.constant 0 : index\n  %n = memref.dim %x, %i : memref<?xNxf32>\n"
          "  %low = arith.constant 0xFF800000 : f32\n  %zero = arith.constant 0.0 : f32\n"
          "  %max = memref.alloc(%n) : memref<?xf32>\n  %sum = memref.alloc(%n) : memref<?xf32>\n" +
          softmax + "  return\n}\n";
      compare(with(text, n, 1), {{"f32", {m, n}, "", true}, {"f32", {m, n}, "", true}}, 2e-6);
    }
}

/// A product feeds the rows, and another reads them: neither joins the group.
TEST(Group, BetweenProducts) {
  for (int64_t n : {10, 97})
    for (int64_t k : {1, 20})
      for (int64_t m : {1, 33, 300}) {
        std::string text =
            std::string(maps) +
            "func.func @train(%run: i64, %u: memref<?xKxf32>, %w: memref<KxNxf32>, %y: "
            "memref<?xNxf32>, %g: memref<KxNxf32>) {\n"
            "  %i = arith.constant 0 : index\n  %n = memref.dim %u, %i : memref<?xKxf32>\n"
            "  %low = arith.constant 0xFF800000 : f32\n  %zero = arith.constant 0.0 : f32\n"
            "  %x = memref.alloc(%n) : memref<?xNxf32>\n"
            "  %max = memref.alloc(%n) : memref<?xf32>\n  %sum = memref.alloc(%n) : memref<?xf32>\n"
            "  linalg.fill ins(%zero : f32) outs(%x : memref<?xNxf32>)\n"
            "  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = [\"parallel\", "
            "\"parallel\", \"reduction\"]} ins(%u, %w : memref<?xKxf32>, memref<KxNxf32>) outs(%x "
            ": "
            "memref<?xNxf32>) attrs = {dyn.contract} {\n  ^bb0(%p: f32, %q: f32, %o: f32):\n"
            "    %d = arith.mulf %p, %q : f32\n    %e = arith.addf %o, %d : f32\n"
            "    linalg.yield %e : f32\n  }\n" +
            softmax +
            "  linalg.fill ins(%zero : f32) outs(%g : memref<KxNxf32>)\n"
            "  linalg.generic {indexing_maps = [#at, #b, #c], iterator_types = [\"parallel\", "
            "\"parallel\", \"reduction\"]} ins(%u, %y : memref<?xKxf32>, memref<?xNxf32>) outs(%g "
            ": "
            "memref<KxNxf32>) attrs = {dyn.contract} {\n  ^bb0(%p: f32, %q: f32, %o: f32):\n"
            "    %d = arith.mulf %p, %q : f32\n    %e = arith.addf %o, %d : f32\n"
            "    linalg.yield %e : f32\n  }\n  return\n}\n";
        compare(with(text, n, k),
                {{"f32", {m, k}, "", true},
                 {"f32", {k, n}, ""},
                 {"f32", {m, n}, "", true},
                 {"f32", {k, n}, ""}},
                2e-5);
      }
}

} // namespace
