//===- host.h - Dyn programs inside a C++ program ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_H
#define DYN_HOST_H

#include "dyn/host/Array.h"
#include "dyn/host/Error.h"
#include "dyn/host/Instance.h"
#include "dyn/host/Program.h"
#include "dyn/host/Run.h"

#endif // DYN_HOST_H
