//===- Abi.cpp - the functions that generated code calls ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Errors are C++ exceptions up to here and a longjmp from here on: generated
// frames have no unwind tables.

#include "AtomicFile.h"
#include "Errors.h"
#include "Philox.h"
#include "RunDirectory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

using namespace dyn::rt;

static Run &of(int64_t run) { return *reinterpret_cast<Run *>(run); }

namespace {
/// Records a failure: of the run, or of the calling thread while it is in a task.
void record(Run &run, int status, std::string text) {
  Failure *task = run.pool ? run.pool->here() : nullptr;
  (task ? task->status : run.status) = status;
  (task ? task->message : run.message) = std::move(text);
}

[[noreturn]] void leave(Run &run) {
  Failure *task = run.pool ? run.pool->here() : nullptr;
  std::longjmp(task ? task->escape : run.escape, 1);
}

template <typename F> auto guarded(Run &run, F f) -> decltype(f()) {
  try {
    return f();
  } catch (const Error &e) {
    record(run, e.status, e.text);
  } catch (const nlohmann::json::exception &e) {
    record(
        run, 7,
        fmt::format("error[E0702]: {}: the record is damaged: {}\n", run.runDirectory, e.what()));
  } catch (const std::bad_alloc &) {
    record(run, 6,
           "error[E0807]: memory is used up\n  = help: use smaller batches or a smaller model\n");
  } catch (const std::exception &e) {
    record(run, 70, fmt::format("error: internal fault of the runtime: {}\n", e.what()));
  }
  leave(run);
}

std::vector<int64_t> dimsAt(int64_t address, int64_t rank) {
  auto *p = reinterpret_cast<const int64_t *>(address);
  return std::vector<int64_t>(p, p + rank);
}

Tensor tensorAt(std::string name, int64_t type, int64_t rank, int64_t dims, int64_t data) {
  Tensor t;
  t.name = std::move(name);
  t.type = type;
  t.shape = dimsAt(dims, rank);
  t.data.assign(reinterpret_cast<const char *>(data), size_t(elementsOf(t.shape) * widthOf(type)));
  return t;
}

int64_t keepColumn(Run &run, Column c, const Input &in, const std::string &member = "") {
  noteInput(run, in, member, c.count);
  run.columns.push_back(std::make_unique<Column>(std::move(c)));
  return reinterpret_cast<int64_t>(run.columns.back().get());
}
} // namespace

extern "C" {

void dyn_rt_parallel_for(int64_t run, int64_t tasks, int64_t task, int64_t environment) {
  Failure *failed = of(run).pool->run(tasks, reinterpret_cast<void (*)(void *, int64_t)>(task),
                                      reinterpret_cast<void *>(environment));
  if (!failed)
    return;
  record(of(run), failed->status, std::move(failed->message));
  leave(of(run));
}

int64_t dyn_rt_arena(int64_t r, int64_t bytes) {
  Run &run = of(r);
  return guarded(run, [&] {
    auto &slot = run.arenas[bytes];
    if (!slot.first) {
      constexpr int64_t huge = 2 << 20;
      int64_t size = (bytes + huge - 1) / huge * huge + huge;
      void *p =
          mmap(nullptr, size_t(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (p == MAP_FAILED)
        raise(Code::E0807, bytes);
      slot = {p, size};
      auto base = (reinterpret_cast<int64_t>(p) + huge - 1) / huge * huge;
      madvise(reinterpret_cast<void *>(base), size_t(size - huge), MADV_HUGEPAGE);
      for (int64_t i = 0; i < bytes; i += 4096)
        reinterpret_cast<volatile char *>(base)[i] = 0;
      slot.second = size;
    }
    constexpr int64_t huge = 2 << 20;
    return (reinterpret_cast<int64_t>(slot.first) + huge - 1) / huge * huge;
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

int64_t dyn_rt_loader(int64_t r, int64_t dataset, int64_t batch, int64_t shuffle, int64_t key) {
  Run &run = of(r);
  return guarded(run, [&] {
    writeInputs(run);
    auto *d = reinterpret_cast<Dataset *>(dataset);
    for (auto &l : run.loaders)
      if (!l->open && l->fits(*d, batch)) {
        l->restart(shuffle, uint64_t(key));
        return reinterpret_cast<int64_t>(l.get());
      }
    run.loaders.push_back(std::make_unique<Loader>(*d, batch, shuffle, uint64_t(key)));
    return reinterpret_cast<int64_t>(run.loaders.back().get());
  });
}
int64_t dyn_rt_loader_next(int64_t r, int64_t loader, int64_t index) {
  auto *l = reinterpret_cast<Loader *>(loader);
  if (index < 0 || index >= l->batches())
    guarded(of(r), [&] { raise(Code::E0903, index, l->batches() - 1); });
  return l->next(index);
}
int64_t dyn_rt_loader_column(int64_t, int64_t loader, int64_t column) {
  return reinterpret_cast<int64_t>(reinterpret_cast<Loader *>(loader)->column(size_t(column)));
}
void dyn_rt_loader_close(int64_t, int64_t loader) {
  reinterpret_cast<Loader *>(loader)->open = false;
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
    raise(Code::E0912, file, line, first, second, r.series.count(a), r.series.count(b));
  });
}
void dyn_rt_step(int64_t run) {
  if (!of(run).metrics->muted)
    of(run).metrics->step();
}
void dyn_rt_tick(int64_t r, int64_t loop, int64_t index, int64_t count) {
  Run &run = of(r);
  run.series.mark(loop);
  if (!run.metrics->muted)
    run.metrics->progress.tick(run.outermost[size_t(loop)], run.counted[size_t(loop)], index,
                               count);
}
void dyn_rt_claim(int64_t r, int64_t claim, int64_t holds, double left, double right) {
  Run &run = of(r);
  // Also while a resumed run catches up: what was claimed before is claimed again.
  run.claims[size_t(claim)] = {true, holds != 0, left, right};
}
void dyn_rt_check_failed(int64_t r, int64_t site, int64_t value, int64_t bound) {
  Run &run = of(r);
  guarded(run, [&] {
    auto &c = run.meta["checks"][size_t(site)];
    std::string file = c.value("file", ""), text = c.value("text", "");
    int64_t line = c.value("line", 0);
    if (c.value("kind", "") == "subscript")
      raise(Code::E0902, file, line, value, bound - 1, text);
    if (c.value("kind", "") == "limit")
      raise(Code::E0911, file, line, value, text);
    raise(Code::E0901, file, line, text);
  });
}

void dyn_rt_save_begin(int64_t r, int64_t path) {
  Run &run = of(r);
  run.transfer.tensors.clear();
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
void dyn_rt_save_end(int64_t r) {
  Run &run = of(r);
  guarded(run, [&] {
    if (run.metrics->muted)
      return;
    // A name may hold folders; they are made below the run directory only.
    if (size_t slash = run.transfer.path.rfind('/'); run.transfer.inRunDirectory)
      if (std::string why = makeFolders(run.transfer.path.substr(0, slash)); !why.empty())
        raise(Code::E0601, run.transfer.path, why);
    writeFile(run.transfer.path, writeSafetensors(std::move(run.transfer.tensors)));
    if (!run.quiet)
      run.console.note(fmt::format("saved {}\n", run.transfer.path));
  });
}

void dyn_rt_load_begin(int64_t r, int64_t path) {
  Run &run = of(r);
  guarded(run, [&] {
    run.transfer = {};
    run.transfer.path = run.text(path);
    if (std::string why = readSafetensors(readFile(run.transfer.path), run.transfer.tensors);
        !why.empty())
      raise(Code::E0521, run.transfer.path, why);
  });
}
void dyn_rt_load_tensor(int64_t r, int64_t name, int64_t type, int64_t rank, int64_t dims,
                        int64_t data) {
  Run &run = of(r);
  auto &t = run.transfer;
  t.seen.push_back(run.text(name));
  std::vector<int64_t> shape = dimsAt(dims, rank);
  auto it = std::find_if(t.tensors.begin(), t.tensors.end(),
                         [&](const Tensor &x) { return x.name == run.text(name); });
  if (it == t.tensors.end())
    t.problems += "\n  missing: " + run.text(name);
  else if (it->type != type || it->shape != shape)
    t.problems +=
        fmt::format("\n  different: {} is {}{}, the model has {}{}", it->name, typeName(it->type),
                    shapeText(it->shape), typeName(type), shapeText(shape));
  else
    std::memcpy(reinterpret_cast<void *>(data), it->data.data(), it->data.size());
}
void dyn_rt_load_end(int64_t r) {
  Run &run = of(r);
  guarded(run, [&] {
    auto &t = run.transfer;
    for (const Tensor &x : t.tensors)
      if (std::find(t.seen.begin(), t.seen.end(), x.name) == t.seen.end())
        t.problems += "\n  unexpected: " + x.name;
    if (!t.problems.empty())
      raise(Code::E0704, t.path, t.problems);
  });
}

int64_t dyn_rt_checkpoint_due(int64_t r, int64_t loop) {
  Run &run = of(r);
  if (run.checkpoints.stopRequested && !run.useRunDirectory)
    guarded(run, [&] {
      throw Error{
          75, fmt::format("stopped at step {}; nothing was recorded\n", run.metrics->steps.load())};
    });
  // A run that leaves no record any more ends here, and can go on from the last checkpoint.
  if (run.metrics->failed())
    guarded(run, [&] { run.metrics->check(); });
  return run.checkpoints.due(run, run.outermost[size_t(loop)]);
}
void dyn_rt_checkpoint_begin(int64_t r, int64_t loop) {
  of(r).checkpoints.loop = loop;
  of(r).checkpoints.tensors.clear();
}
void dyn_rt_checkpoint_counter(int64_t r, int64_t loop, int64_t next) {
  Tensor t;
  t.name = fmt::format("@counter.{}", loop);
  t.type = DYN_I64;
  t.data.assign(reinterpret_cast<const char *>(&next), 8);
  Run &run = of(r);
  run.checkpoints.tensors.push_back(std::move(t));
  const Series::Lengths &seen = run.series.marked(loop);
  if (seen.empty())
    return;
  Tensor lengths;
  lengths.name = fmt::format("@series.{}", loop);
  lengths.type = DYN_I64;
  lengths.shape = {int64_t(seen.size())};
  lengths.data.assign(reinterpret_cast<const char *>(seen.data()), seen.size() * 8);
  run.checkpoints.tensors.push_back(std::move(lengths));
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
