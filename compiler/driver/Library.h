//===- Library.h - what `dyn build --lib` writes --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DRIVER_LIBRARY_H
#define DYN_DRIVER_LIBRARY_H

#include <string>

namespace dyn::driver {

/// The C header of the program `program`, whose meta data describes its entries.
/// Empty when the meta data cannot be read.
std::string headerOf(const std::string &meta, const std::string &program);

} // namespace dyn::driver

#endif // DYN_DRIVER_LIBRARY_H
