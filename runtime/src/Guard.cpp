//===- Guard.cpp - from exceptions to the end of a call ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Guard.h"

#include "Errors.h"

#include <new>

dyn::rt::Error dyn::rt::caught(const std::string &record) {
  try {
    throw;
  } catch (const Error &e) {
    return e;
  } catch (const nlohmann::json::exception &e) {
    return errorOf(Code::E0702, record, std::string("the record is damaged: ") + e.what());
  } catch (const std::bad_alloc &) {
    return errorOf(Code::E0807, "more");
  } catch (const std::exception &e) {
    return {70, fmt::format("error: internal fault of the runtime: {}\n", e.what())};
  }
}

void dyn::rt::raiseStop(const Run &run) {
  if (run.calling)
    raise(Code::E1115, "where an iteration of a loop began");
  if (run.hosted)
    raise(Code::E1115, fmt::format("at step {}; nothing was recorded", run.metrics->steps.load()));
  throw Error{75,
              fmt::format("stopped at step {}; nothing was recorded\n", run.metrics->steps.load())};
}
