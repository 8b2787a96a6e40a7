//===- AbiData.cpp - data sets and streams, as generated code calls them ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Errors.h"
#include "Guard.h"
#include "Program.h"
#include "RunDirectory.h"

using namespace dyn::rt;

namespace {
int64_t keepColumn(Run &run, Column c, const Input &in, const std::string &member = "") {
  noteInput(run, in, member, c.count);
  run.columns.push_back(std::make_unique<Column>(std::move(c)));
  return reinterpret_cast<int64_t>(run.columns.back().get());
}

/// A loader's handle is the address of its base.
int64_t asHandle(Batches *b) { return reinterpret_cast<int64_t>(b); }
Batches &batchesOf(int64_t handle) { return *reinterpret_cast<Batches *>(handle); }
} // namespace

extern "C" {

int64_t dyn_rt_read_idx(int64_t r, int64_t path, int64_t type, int64_t rank, int64_t dims,
                        int64_t scale, int64_t limit) {
  Run &run = of(r);
  return guarded(run, [&] {
    Input in = readInput(run.text(path));
    Wanted wanted{type, dimsAt(dims, rank), limit};
    return keepColumn(run, parseIdx(in.name, std::move(in.bytes), wanted, scale), in);
  });
}
int64_t dyn_rt_read_npy(int64_t r, int64_t path, int64_t member, int64_t type, int64_t rank,
                        int64_t dims, int64_t limit) {
  Run &run = of(r);
  return guarded(run, [&] {
    Input in = readInput(run.text(path));
    Wanted wanted{type, dimsAt(dims, rank), limit};
    bool archive = member >= 0 || in.bytes.starts_with("PK");
    std::string which = member < 0 ? "" : run.text(member);
    return keepColumn(run,
                      archive ? parseNpz(in.name, in.bytes, which, wanted)
                              : parseNpy(in.name, in.bytes, wanted),
                      in, which);
  });
}
int64_t dyn_rt_read_csv(int64_t r, int64_t path, int64_t type, int64_t first, int64_t count,
                        int64_t header, int64_t limit) {
  Run &run = of(r);
  return guarded(run, [&] {
    Input in = readInput(run.text(path));
    return keepColumn(run, parseCsv(in.name, in.bytes, {type, {}, limit}, first, count, header),
                      in);
  });
}
int64_t dyn_rt_read_bytes(int64_t r, int64_t path, int64_t type, int64_t rank, int64_t dims,
                          int64_t scale, int64_t first, int64_t size, int64_t limit) {
  Run &run = of(r);
  return guarded(run, [&] {
    Input in = readInput(run.text(path));
    Wanted wanted{type, dimsAt(dims, rank), limit};
    return keepColumn(run, parseBytes(in.name, in.bytes, wanted, scale, first, size), in);
  });
}
int64_t dyn_rt_append(int64_t r, int64_t count, int64_t columns) {
  return guarded(of(r), [&] {
    auto *handles = reinterpret_cast<int64_t *>(columns);
    auto *into = reinterpret_cast<Column *>(handles[0]);
    for (int64_t i = 1; i < count; ++i)
      into->append(*reinterpret_cast<Column *>(handles[i]));
    return handles[0];
  });
}

int64_t dyn_rt_dataset(int64_t r, int64_t count, int64_t columns) {
  Run &run = of(r);
  return guarded(run, [&] {
    auto d = std::make_unique<Dataset>();
    for (int64_t i = 0; i < count; ++i)
      d->columns.push_back(reinterpret_cast<Column *>(reinterpret_cast<int64_t *>(columns)[i]));
    d->count = d->columns[0]->count;
    for (Column *c : d->columns)
      if (c->count != d->count)
        raise(Code::E0511, d->count, c->count);
    run.checkpoints.checkData(*d, run.runDirectory);
    run.datasets.push_back(std::move(d));
    return reinterpret_cast<int64_t>(run.datasets.back().get());
  });
}
int64_t dyn_rt_dataset_size(int64_t, int64_t dataset) {
  return reinterpret_cast<Dataset *>(dataset)->count;
}

int64_t dyn_rt_dataset_part(int64_t r, int64_t dataset, int64_t first, int64_t count) {
  Run &run = of(r);
  return guarded(run, [&] {
    auto part = std::make_unique<Dataset>(reinterpret_cast<Dataset *>(dataset)->part(first, count));
    // A loop that names the same part again has the loaders of the first time.
    for (auto &d : run.datasets)
      if (d->same(*part))
        return reinterpret_cast<int64_t>(d.get());
    run.datasets.push_back(std::move(part));
    return reinterpret_cast<int64_t>(run.datasets.back().get());
  });
}

int64_t dyn_rt_loader(int64_t r, int64_t dataset, int64_t batch, int64_t shuffle, int64_t key) {
  Run &run = of(r);
  return guarded(run, [&] {
    writeInputs(run);
    auto *d = reinterpret_cast<Dataset *>(dataset);
    for (auto &l : run.loaders)
      if (!l->open && l->fits(*d, batch)) {
        l->restart(shuffle, uint64_t(key));
        return asHandle(l.get());
      }
    run.loaders.push_back(
        std::make_unique<Loader>(*d, batch, shuffle, uint64_t(key), run.memory));
    return asHandle(run.loaders.back().get());
  });
}
int64_t dyn_rt_loader_next(int64_t r, int64_t loader, int64_t index) {
  return guarded(of(r), [&] { return batchesOf(loader).next(index); });
}
int64_t dyn_rt_loader_column(int64_t, int64_t loader, int64_t column) {
  return reinterpret_cast<int64_t>(batchesOf(loader).column(size_t(column)));
}
void dyn_rt_loader_close(int64_t, int64_t loader) { batchesOf(loader).open = false; }

int64_t dyn_rt_stream(int64_t r, int64_t index, int64_t batch) {
  Run &run = of(r);
  return guarded(run, [&] {
    writeInputs(run);
    Stream &stream = streamAt(run, index);
    for (auto &b : run.streamBatches)
      if (!b->open && b->fits(stream, batch)) {
        b->reopen();
        return asHandle(b.get());
      }
    run.streamBatches.push_back(std::make_unique<StreamBatches>(stream, batch, run.memory));
    return asHandle(run.streamBatches.back().get());
  });
}
int64_t dyn_rt_stream_more(int64_t r, int64_t batches) {
  Run &run = of(r);
  // What a resumed run passes over has come to its end before.
  if (run.checkpoints.resuming)
    return 0;
  return guarded(run, [&] {
    bool more = static_cast<StreamBatches &>(batchesOf(batches)).more();
    if (run.checkpoints.stopRequested && !run.useRunDirectory)
      raiseStop(run);
    return int64_t(more);
  });
}
}
