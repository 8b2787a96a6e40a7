//===- StreamFiles.cpp - streams of the command line ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Convert.h"
#include "Csv.h"
#include "Errors.h"
#include "Safetensors.h"
#include "Stream.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

using namespace dyn::rt;

void FileStream::read(const std::string &inputName, std::string_view bytes) {
  int64_t from = 0;
  for (Column &f : fields) {
    Column c = parseCsv(inputName, bytes, {f.type, {}, 0}, from, f.shape.empty() ? 0 : f.perExample(),
                        /*header=*/1);
    f.data = std::move(c.data);
    f.count = count = c.count;
    from += f.perExample();
  }
}

int64_t FileStream::wait(int64_t n) { return std::min(n, count - taken); }

void FileStream::take(int64_t n, char *const *to) {
  for (size_t c = 0; c < fields.size(); ++c)
    std::memcpy(to[c], fields[c].data.data() + taken * bytesOf(c), size_t(n * bytesOf(c)));
  taken += n;
}

/// Takes a line into `text`; false when there is none, or the run is to stop.
bool InputStream::line() {
  while (true) {
    size_t end = buffer.find('\n', at);
    if (end != std::string::npos || (ended && at < buffer.size())) {
      end = std::min(end, buffer.size());
      text.assign(buffer, at, end - at);
      at = std::min(end + 1, buffer.size());
      return true;
    }
    if (ended)
      return false;
    buffer.erase(0, at);
    at = 0;
    pollfd in{STDIN_FILENO, POLLIN, 0};
    // An interrupt may come to any thread, and does not end a read.
    while (poll(&in, 1, 100) <= 0)
      if (stop)
        return false;
    char bytes[1 << 14];
    ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (stop)
      return false;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      raise(Code::E0501, "standard input", std::strerror(errno));
    if (n > 0)
      buffer.append(bytes, size_t(n));
    ended = n == 0;
  }
}

void InputStream::row() {
  static const std::string input = "standard input";
  CsvRecords records(text);
  records.next();
  if (records.badQuotes)
    raise(Code::E0516, input, rows, records.badQuotes);
  int64_t from = 0;
  std::vector<const char *> whole;
  parts.resize(fields.size());
  for (size_t c = 0; c < fields.size(); ++c) {
    parts[c].clear();
    from += fields[c].perExample();
  }
  if (int64_t(records.fields.size()) < from)
    raise(Code::E0510, input, rows, records.fields.size(), fmt::format("at least {}", from));
  if (width && records.fields.size() != width)
    raise(Code::E0510, input, rows, records.fields.size(), width);
  width = records.fields.size();
  from = 0;
  for (size_t c = 0; c < fields.size(); ++c) {
    appendRow(input, records.fields, {fields[c].type, {}, 0}, from, fields[c].perExample(), rows,
              parts[c]);
    from += fields[c].perExample();
    whole.push_back(parts[c].data());
  }
  append(1, whole.data());
}

int64_t InputStream::wait(int64_t n) {
  while (size < n && line())
    if (++rows > 1 && !text.empty() && text != "\r")
      row();
  return std::min(n, size);
}
