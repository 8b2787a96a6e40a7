//===- Abi.cpp - the functions that generated code calls ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "AtomicFile.h"
#include "Errors.h"
#include "Guard.h"
#include "Order.h"
#include "Philox.h"
#include "RunDirectory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

using namespace dyn::rt;

namespace {
Tensor tensorAt(std::string name, int64_t type, int64_t rank, int64_t dims, int64_t data) {
  Tensor t;
  t.name = std::move(name);
  t.type = type;
  t.shape = dimsAt(dims, rank);
  t.data.assign(reinterpret_cast<const char *>(data), size_t(elementsOf(t.shape) * widthOf(type)));
  return t;
}
/// A call of a host ends where it is asked to; a run that keeps a record saves it first.
void stopHosted(Run &run) {
  if (run.hosted && (run.calling || !run.useRunDirectory) && run.checkpoints.stopRequested)
    guarded(run, [&] { raiseStop(run); });
}
} // namespace

extern "C" {

void dyn_rt_parallel_for(int64_t run, int64_t tasks, int64_t task, int64_t environment) {
  Failure *failed = of(run).pool->run(tasks, reinterpret_cast<void (*)(void *, int64_t)>(task),
                                      reinterpret_cast<void *>(environment));
  if (!failed)
    return;
  record(of(run), std::move(failed->error));
  leave(of(run));
}

int64_t dyn_rt_arena(int64_t r, int64_t bytes) {
  Run &run = of(r);
  return guarded(run, [&] {
    Memory::Buffer &arena = run.arenas[bytes];
    if (!arena) {
      try {
        arena = run.memory.buffer(size_t(bytes));
      } catch (const std::bad_alloc &) {
        raise(Code::E0807, bytes);
      }
      for (int64_t i = 0; i < bytes; i += 4096)
        const_cast<volatile char *>(arena.get())[i] = 0;
    }
    return reinterpret_cast<int64_t>(arena.get());
  });
}

double dyn_rt_config_real(int64_t run, int64_t i) { return of(run).config[size_t(i)].real; }
int64_t dyn_rt_config_int(int64_t run, int64_t i) { return of(run).config[size_t(i)].integer; }
int64_t dyn_rt_config_text(int64_t run, int64_t i) { return of(run).config[size_t(i)].handle; }
int64_t dyn_rt_path_join(int64_t run, int64_t folder, int64_t name) {
  Run &r = of(run);
  std::string f = r.text(folder);
  if (!f.empty() && f.back() != '/')
    f += '/';
  return r.intern(f + r.text(name));
}
int64_t dyn_rt_seed(int64_t run) { return of(run).seed; }

void dyn_rt_permutation(int64_t, int64_t key, int64_t n, int64_t destination) {
  permute(uint64_t(key), n, reinterpret_cast<int64_t *>(destination));
}

static Vectors vectors(int64_t type, int64_t rows, int64_t n, int64_t data, int64_t largest,
                       int64_t live) {
  return {type, rows, n, reinterpret_cast<const void *>(data),
          reinterpret_cast<const uint8_t *>(live), largest != 0};
}

void dyn_rt_first(int64_t, int64_t type, int64_t rows, int64_t n, int64_t data, int64_t largest,
                  int64_t k, int64_t live, int64_t destination) {
  markFirst(vectors(type, rows, n, data, largest, live), k,
            reinterpret_cast<uint8_t *>(destination));
}
void dyn_rt_kth(int64_t, int64_t type, int64_t rows, int64_t n, int64_t data, int64_t largest,
                int64_t k, int64_t live, int64_t destination) {
  findKth(vectors(type, rows, n, data, largest, live), k,
          reinterpret_cast<int64_t *>(destination));
}
void dyn_rt_order(int64_t, int64_t type, int64_t rows, int64_t n, int64_t data, int64_t largest,
                  int64_t scratch, int64_t destination) {
  sortPositions(vectors(type, rows, n, data, largest, 0), reinterpret_cast<int64_t *>(scratch),
                reinterpret_cast<int64_t *>(destination));
}

void dyn_rt_log(int64_t run, int64_t series, double value) {
  Run &r = of(run);
  if (r.metrics->muted)
    return r.series.see(series);
  r.metrics->log(series, value);
  r.series.log(series, r.metrics->steps, value);
}
int64_t dyn_rt_logged_count(int64_t run, int64_t series) { return of(run).series.count(series); }
double dyn_rt_logged_value(int64_t run, int64_t series, int64_t i) {
  return of(run).series.value(series, i);
}
int64_t dyn_rt_logged_step(int64_t run, int64_t series, int64_t i) {
  return of(run).series.step(series, i);
}
void dyn_rt_logged_align(int64_t run, int64_t a, int64_t b, int64_t site) {
  Run &r = of(run);
  if (r.series.aligned(a, b))
    return;
  guarded(r, [&] {
    auto &c = r.meta["checks"][size_t(site)];
    std::string file = c.value("file", "");
    std::string first = r.meta["series"][size_t(a)], second = r.meta["series"][size_t(b)];
    int64_t line = c.value("line", 0);
    raiseAt(Code::E0912, file, line, first, second, r.series.count(a), r.series.count(b));
  });
}
void dyn_rt_step(int64_t r) {
  Run &run = of(r);
  if (!run.metrics->muted)
    run.metrics->step();
  stopHosted(run);
}
void dyn_rt_tick(int64_t r, int64_t loop, int64_t index, int64_t count) {
  Run &run = of(r);
  run.series.mark(loop);
  if (!run.metrics->muted)
    run.metrics->progress.tick(run.outermost[size_t(loop)], run.counted[size_t(loop)], index,
                               count);
  stopHosted(run);
}
void dyn_rt_claim(int64_t r, int64_t claim, int64_t holds, double left, double right) {
  Run &run = of(r);
  // What a resumed run passes again is in its checkpoint.
  if (!run.metrics->muted)
    run.claims[size_t(claim)].reach(holds != 0, left, right);
}
void dyn_rt_check_failed(int64_t r, int64_t site, int64_t value, int64_t bound) {
  Run &run = of(r);
  guarded(run, [&] {
    auto &c = run.meta["checks"][size_t(site)];
    std::string file = c.value("file", ""), text = c.value("text", "");
    int64_t line = c.value("line", 0);
    if (c.value("kind", "") == "subscript")
      raiseAt(Code::E0902, file, line, value, bound - 1, text);
    if (c.value("kind", "") == "count")
      raiseAt(Code::E0913, file, line, text, bound, value);
    if (c.value("kind", "") == "limit")
      raiseAt(Code::E0911, file, line, value, text);
    raiseAt(Code::E0901, file, line, text);
  });
}

void dyn_rt_save_begin(int64_t r, int64_t path) {
  Run &run = of(r);
  run.transfer.tensors.clear();
  run.transfer.fixed.clear();
  run.transfer.path = run.text(path);
  run.transfer.inRunDirectory = run.useRunDirectory && run.transfer.path[0] != '/';
  if (run.transfer.inRunDirectory && leavesFolder(run.transfer.path))
    guarded(run, [&] { raise(Code::E0604, run.transfer.path); });
  if (run.transfer.inRunDirectory)
    run.transfer.path = run.runDirectory + "/" + run.transfer.path;
}
void dyn_rt_save_tensor(int64_t r, int64_t name, int64_t type, int64_t rank, int64_t dims,
                        int64_t data) {
  Run &run = of(r);
  guarded(run, [&] {
    run.transfer.tensors.push_back(tensorAt(run.text(name), type, rank, dims, data));
  });
}
void dyn_rt_save_fixed(int64_t r, int64_t text) {
  Run &run = of(r);
  guarded(run, [&] { run.transfer.fixed.push_back(run.text(text)); });
}
void dyn_rt_save_end(int64_t r) {
  Run &run = of(r);
  guarded(run, [&] {
    if (run.metrics->muted)
      return;
    // A name may hold folders; they are made below the run directory only.
    if (size_t slash = run.transfer.path.rfind('/'); run.transfer.inRunDirectory)
      if (std::string why = makeFolders(run.transfer.path.substr(0, slash)); !why.empty())
        raise(Code::E0601, run.transfer.path, why);
    writeFile(run.transfer.path,
              writeSafetensors(std::move(run.transfer.tensors), run.transfer.fixed));
    if (!run.quiet)
      run.console.note(fmt::format("saved {}\n", run.transfer.path));
  });
}

void dyn_rt_load_begin(int64_t r, int64_t path) {
  Run &run = of(r);
  guarded(run, [&] { run.loading = std::make_unique<TensorFile>(run.text(path)); });
}
void dyn_rt_load_tensor(int64_t r, int64_t name, int64_t type, int64_t rank, int64_t dims,
                        int64_t data) {
  Run &run = of(r);
  guarded(run, [&] {
    if (const Tensor *t = run.loading->take(run.text(name), type, dimsAt(dims, rank)))
      std::memcpy(reinterpret_cast<void *>(data), t->data.data(), t->data.size());
  });
}
void dyn_rt_load_fixed(int64_t r, int64_t text) {
  Run &run = of(r);
  guarded(run, [&] { run.loading->agree(run.text(text)); });
}
void dyn_rt_load_end(int64_t r) {
  Run &run = of(r);
  guarded(run, [&] {
    run.loading->check();
    run.loading.reset();
  });
}

int64_t dyn_rt_stop_asked(int64_t r) {
  return of(r).checkpoints.stopRequested.load(std::memory_order_relaxed);
}
void dyn_rt_stop_keep(int64_t r, int64_t destination, int64_t type, int64_t rank, int64_t dims,
                      int64_t data) {
  Run &run = of(r);
  guarded(run, [&] { run.kept.emplace_back(destination, tensorAt("", type, rank, dims, data)); });
}
void dyn_rt_stop(int64_t r) {
  Run &run = of(r);
  // One may lie where another belongs, so all were taken before any is written.
  for (auto &[destination, t] : run.kept)
    std::memcpy(reinterpret_cast<void *>(destination), t.data.data(), t.data.size());
  run.kept.clear();
  guarded(run, [&] { raiseStop(run); });
}

int64_t dyn_rt_checkpoint_due(int64_t r, int64_t loop) {
  Run &run = of(r);
  if (run.checkpoints.stopRequested && !run.useRunDirectory)
    guarded(run, [&] { raiseStop(run); });
  // Where examples arrive a run stops while it waits for them: its state is whole here.
  if (int64_t i = run.reads[size_t(loop)]; i >= 0 && run.useRunDirectory && run.streams[size_t(i)])
    guarded(run, [&] { run.streams[size_t(i)]->wait(run.streams[size_t(i)]->awaited); });
  // A run that leaves no record any more ends here, and can go on from the last checkpoint.
  if (run.metrics->failed())
    guarded(run, [&] { run.metrics->check(); });
  return run.checkpoints.due(run, loop);
}
int64_t dyn_rt_hold_begin(int64_t r, int64_t loop, int64_t next) {
  Run &run = of(r);
  if (!run.useRunDirectory)
    return 0;
  Checkpoints::Held &h = run.checkpoints.held[loop];
  h.next = next;
  h.count = 0;
  run.checkpoints.holding = &h;
  return 1;
}
void dyn_rt_hold_tensor(int64_t r, int64_t slot, int64_t type, int64_t rank, int64_t dims,
                        int64_t data) {
  Run &run = of(r);
  guarded(run, [&] {
    // In memory that they have had since the first time.
    Checkpoints::Held &h = *run.checkpoints.holding;
    if (h.count == h.tensors.size())
      h.tensors.emplace_back();
    Tensor &t = h.tensors[h.count++];
    t.name = run.meta["slots"][size_t(slot)]["name"].get_ref<const std::string &>();
    t.type = type;
    const auto *extents = reinterpret_cast<const int64_t *>(dims);
    t.shape.assign(extents, extents + rank);
    t.data.assign(reinterpret_cast<const char *>(data),
                  size_t(elementsOf(t.shape) * widthOf(type)));
  });
}
void dyn_rt_checkpoint_begin(int64_t r, int64_t loop, int64_t next, int64_t count,
                             int64_t around) {
  Run &run = of(r);
  guarded(run, [&] {
    Checkpoints &c = run.checkpoints;
    c.loop = loop;
    c.tensors.clear();
    for (int64_t l : dimsAt(around, count)) {
      const Checkpoints::Held &h = c.held.at(l);
      c.addCounter(run, l, h.next);
      c.tensors.insert(c.tensors.end(), h.tensors.begin(), h.tensors.begin() + int64_t(h.count));
    }
    c.addCounter(run, loop, next);
  });
}
void dyn_rt_checkpoint_tensor(int64_t r, int64_t slot, int64_t type, int64_t rank, int64_t dims,
                              int64_t data) {
  Run &run = of(r);
  guarded(run, [&] {
    std::string name = run.meta["slots"][size_t(slot)].value("name", "");
    run.checkpoints.tensors.push_back(tensorAt(name, type, rank, dims, data));
  });
}
void dyn_rt_checkpoint_end(int64_t r) {
  Run &run = of(r);
  guarded(run, [&] {
    run.checkpoints.write(run);
    if (run.checkpoints.stopRequested && run.hosted)
      raise(Code::E1115, fmt::format("at step {}", run.metrics->steps.load()));
    if (run.checkpoints.stopRequested)
      throw Error{75, fmt::format("stopped at step {}; go on with --resume {}\n",
                                  run.metrics->steps.load(), run.runDirectory)};
  });
}

int64_t dyn_rt_resume_counter(int64_t r, int64_t loop, int64_t first) {
  auto &c = of(r).checkpoints;
  if (!c.resuming)
    return first;
  auto it = c.counters.find(loop);
  return it == c.counters.end() || c.entered.count(loop) ? first : it->second;
}
void dyn_rt_resume_tensor(int64_t r, int64_t loop, int64_t slot, int64_t type, int64_t rank,
                          int64_t dims, int64_t data) {
  Run &run = of(r);
  auto &c = run.checkpoints;
  if (!c.resuming || !c.counters.count(loop))
    return;
  guarded(run, [&] {
    std::string name = run.meta["slots"][size_t(slot)].value("name", "");
    auto it = c.saved.find(name);
    if (it == c.saved.end() || it->second.type != type || it->second.shape != dimsAt(dims, rank))
      raise(Code::E0703, run.runDirectory, "`" + name + "` is missing or has another shape");
    std::memcpy(reinterpret_cast<void *>(data), it->second.data.data(), it->second.data.size());
  });
}
void dyn_rt_resume_done(int64_t r, int64_t loop) {
  Run &run = of(r);
  auto &c = run.checkpoints;
  if (c.resuming && c.counters.count(loop))
    run.series.show(c.lengths[loop]);
  run.series.mark(loop);
  if (!c.resuming)
    return;
  c.entered.insert(loop);
  if (loop == c.innermost) {
    c.resuming = false;
    run.metrics->muted = false;
    c.saved.clear();
  }
}
}
