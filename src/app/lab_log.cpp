// SPDX-License-Identifier: Apache-2.0
// `weir lab log`: what programs write with bpf_printk.
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "app/lab_commands.h"
#include "app/lab_object.h"
#include "app/stop_signal.h"
#include "lab/json_record.h"
#include "lab/print_formats.h"
#include "lab/trace_pipe.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using config::LabOutput;

std::string text_of(const lab::TraceLine& line, bool json) {
  if (json) {
    lab::JsonRecord record;
    record.text("object", "trace").number("clock_ns", line.time_ns).number("cpu", line.cpu);
    return record.number("pid", line.pid).text("comm", line.task).text("message", line.message).line();
  }
  char begin[64];
  std::snprintf(begin, sizeof begin, "%llu.%06llu  cpu %u  ",
                static_cast<unsigned long long>(line.time_ns / 1'000'000'000),
                static_cast<unsigned long long>(line.time_ns / 1000 % 1'000'000), line.cpu);
  return begin + sink::printable(line.task) + '/' + std::to_string(line.pid) + "  " +
         sink::printable(line.message) + '\n';
}

Result<lab::PrintFormats> formats_of(const LabOptions& options) {
  const auto program = open_program({options.program});
  if (!program) return tl::unexpected<base::Error>(program.error());
  return lab::PrintFormats::of_program(program->get());
}

}  // namespace

Result<> lab_log(const LabOptions& options) {
  lab::PrintFormats formats;
  if (!options.program.empty()) {
    auto found = formats_of(options);
    if (!found) return tl::unexpected<base::Error>(std::move(found.error()));
    formats = std::move(*found);
  }
  auto pipe = lab::TracePipe::open();
  if (!pipe) return tl::unexpected<base::Error>(std::move(pipe.error()));
  const auto stop = StopSignal::create();
  if (!stop) return tl::unexpected<base::Error>(stop.error());
  sink::OutputBuffer output(STDOUT_FILENO);
  uint64_t lines = 0;
  bool more = true;
  while (!stop->requested() && (options.count == 0 || lines < options.count)) {
    if (!more) {
      pollfd wait[] = {{pipe->fd(), POLLIN, 0}, {stop->fd(), POLLIN, 0}};
      poll(wait, 2, -1);
    }
    more = pipe->read([&](const lab::TraceLine& line) {
      if (options.count != 0 && lines == options.count) return;
      if (!options.program.empty() && !formats.can_make(line.message)) return;
      ++lines;
      output.append(text_of(line, options.output == LabOutput::json));
    });
    if (auto written = output.flush(); !written) return written;
  }
  if (pipe->lost() != 0) {
    std::fprintf(stderr, "weir lab log: %llu lines were written over before they could be read\n",
                 static_cast<unsigned long long>(pipe->lost()));
    if (options.output == LabOutput::json) {
      output.append(lab::JsonRecord()
                        .text("object", "loss")
                        .text("stage", "trace pipe")
                        .number("lines", pipe->lost())
                        .line());
      return output.flush();
    }
  }
  return {};
}

}  // namespace weir::app
