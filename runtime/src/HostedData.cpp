//===- HostedData.cpp - what a host hands in and takes out ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Hosted.h"
#include "Safetensors.h"
#include "Transfer.h"

#include <cstring>

using namespace dyn::rt;

/// The stream that the host feeds. Streams are opened when a run is created.
static HostStream &streamOf(dyn_run *run, const char *name) {
  demand(run, "run");
  demand(name, "stream");
  std::string all;
  for (auto &s : run->run.streams) {
    all += (all.empty() ? "" : ", ") + s->name;
    if (s->name != name)
      continue;
    if (auto *fed = dynamic_cast<HostStream *>(s.get()))
      return *fed;
    for (const ConfigValue &c : run->run.config)
      if (c.name == name)
        raise(Code::E1114, name, c.text == "-" ? "standard input" : c.text);
  }
  raise(Code::E1111, name, all.empty() ? "none" : all);
}

/// The arrays among the entries of a file; the others are `name=value` in `fixed`.
static std::vector<Tensor> tensorsOf(const dyn_tensor *tensors, size_t count, bool data,
                                     std::vector<std::string> &fixed) {
  if (count)
    demand(tensors, "tensors");
  std::vector<Tensor> out;
  for (size_t i = 0; i < count; ++i) {
    const dyn_tensor &t = tensors[i];
    demand(t.name, "name");
    if (t.rank == -1) {
      demand(t.data, "data");
      fixed.push_back(std::string(t.name) + "=" + static_cast<const char *>(t.data));
      continue;
    }
    if (t.type < DYN_F32 || t.type > DYN_BOOL || t.rank < 0 || t.rank > 8)
      raise(Code::E1107, t.name, fmt::format("of type {} and rank {}", t.type, t.rank),
            "a dyn_rt_type and a rank of at most 8");
    if (t.rank)
      demand(t.dims, "dims");
    for (int32_t d = 0; d < t.rank; ++d)
      if (t.dims[d] < 0 || t.dims[d] > INT32_MAX)
        raise(Code::E1107, t.name, fmt::format("of extent {}", t.dims[d]), "0 .. 2^31 - 1");
    demand(t.data, "data");
    Tensor x;
    x.name = t.name;
    x.type = t.type;
    x.shape.assign(t.dims, t.dims + t.rank);
    if (data)
      x.data.assign(static_cast<const char *>(t.data),
                    size_t(elementsOf(x.shape) * widthOf(x.type)));
    out.push_back(std::move(x));
  }
  return out;
}

extern "C" {

int dyn_run_push(dyn_run *run, const char *stream, const void *const *columns, size_t column_count,
                 int64_t count, double seconds, int64_t *taken, dyn_error *error) {
  if (taken)
    *taken = 0;
  return answered(error, [&] {
    HostStream &s = streamOf(run, stream);
    if (column_count != s.fields.size())
      raise(Code::E1112, s.name, s.fields.size(), column_count);
    demand(columns, "columns");
    std::vector<const char *> from;
    for (size_t c = 0; c < column_count; ++c) {
      demand(columns[c], "columns");
      from.push_back(static_cast<const char *>(columns[c]));
    }
    if (count < 0)
      raise(Code::E1107, "count", count, "a number of examples");
    int64_t n = s.push(count, from.data(), seconds);
    if (taken)
      *taken = n;
  });
}

int dyn_run_end_stream(dyn_run *run, const char *stream, dyn_error *error) {
  return answered(error, [&] { streamOf(run, stream).end(); });
}

int dyn_check_pointer(const void *p, const char *name, dyn_error *error) {
  return p ? 0 : answered(error, [&] { demand(p, name); });
}

int dyn_check_extent(int64_t n, int64_t bound, const char *name, dyn_error *error) {
  return n >= 0 && n <= bound ? 0 : answered(error, [&] { raise(Code::E1109, name, n, bound); });
}

int dyn_tensors_save(const char *path, const dyn_tensor *tensors, size_t count, dyn_error *error) {
  return answered(error, [&] {
    demand(path, "path");
    std::vector<std::string> fixed;
    std::vector<Tensor> all = tensorsOf(tensors, count, true, fixed);
    writeFile(path, writeSafetensors(std::move(all), fixed));
  });
}

int dyn_tensors_load(const char *path, const dyn_tensor *tensors, size_t count, dyn_error *error) {
  return answered(error, [&] {
    demand(path, "path");
    std::vector<std::string> fixed;
    std::vector<Tensor> wanted = tensorsOf(tensors, count, false, fixed);
    TensorFile file(path);
    for (const std::string &text : fixed)
      file.agree(text);
    for (const Tensor &t : wanted)
      file.take(t.name, t.type, t.shape);
    file.check();
    for (size_t i = 0, next = 0; i < count; ++i) {
      if (tensors[i].rank == -1)
        continue;
      const Tensor &t = wanted[next++];
      const std::string &data = file.take(t.name, t.type, t.shape)->data;
      std::memcpy(tensors[i].data, data.data(), data.size());
    }
  });
}
}
