// Bytes to every reader of the runtime: a coded error or a column, never a crash.
// The first byte chooses the reader.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dataset.h"
#include "Errors.h"
#include "Safetensors.h"

using namespace dyn::rt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  std::string bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
  int64_t type = data[0] >> 4 & 3, limit = data[0] >> 6 ? 10 : 0;
  try {
    switch (data[0] & 7) {
    case 0:
      parseIdx("f", bytes, type, {2, 2}, true, limit);
      break;
    case 1:
      parseIdx("f", bytes, type, {}, false, limit);
      break;
    case 2:
      parseNpy("f", bytes, type, {3}, limit);
      break;
    case 3:
      parseCsv("f", bytes, type, 1, 0, 0, limit);
      break;
    case 4:
      parseCsv("f", bytes, type, 0, 3, 1, limit);
      break;
    case 5:
      inflateGzip("f", bytes);
      break;
    default: {
      std::vector<Tensor> tensors;
      if (readSafetensors(bytes, tensors).empty())
        writeSafetensors(tensors);
    }
    }
  } catch (const Error &) {
  }
  return 0;
}
