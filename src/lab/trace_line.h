// SPDX-License-Identifier: Apache-2.0
// One line of tracefs' trace_pipe that a program wrote with bpf_printk. The text may be anyone's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::lab {

struct TraceLine {
  std::string task;  // on whose time the program ran, as the kernel names it
  uint32_t pid = 0;  // of the thread; 0: idle
  uint32_t cpu = 0;
  uint64_t time_ns = 0;  // of the trace's own clock; microseconds at best
  std::string message;
};

/// A line as Documentation/trace/ftrace.rst shows it. False for what has another form: the second line of a
/// message, another tracer's event.
bool parse_trace_line(std::string_view line, TraceLine& to);
/// Of "CPU:1 [LOST 42 EVENTS]"; 0 for other lines.
uint64_t lost_trace_events(std::string_view line);

}  // namespace weir::lab
