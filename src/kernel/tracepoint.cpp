// SPDX-License-Identifier: Apache-2.0
#include "kernel/tracepoint.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "kernel/pseudo_mount.h"

namespace weir::kernel {

base::Result<base::UniqueFd> open_tracepoint(const std::string& category, const std::string& name) {
  const std::string what = "tracepoint " + category + "/" + name;
  const auto tracefs = open_tracefs();
  if (!tracefs) return base::fail_within(tracefs.error(), what);
  const auto text = read_file_at(tracefs->get(), "events/" + category + "/" + name + "/id");
  if (!text && text.error().system_errno == ENOENT)
    return base::fail(base::ErrorKind::unsupported, "this kernel has no " + what, ENOENT);
  if (!text) return base::fail_within(text.error(), what);
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  if (std::from_chars(text->data(), text->data() + text->size(), attributes.config).ec != std::errc())
    return base::fail(base::ErrorKind::internal, what + ": its id is not a number");
  // One event on one CPU: a program set at a tracepoint's event runs on all (kernel/events/core.c).
  base::UniqueFd event(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.valid()) return base::fail_errno(errno, "opening " + what);
  return event;
}

base::Result<> attach_event(int program_fd, int event_fd) {
  if (ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, program_fd) != 0)
    return base::fail_errno(errno, "setting a program at a perf event");
  if (ioctl(event_fd, PERF_EVENT_IOC_ENABLE, 0) != 0) return base::fail_errno(errno, "starting a perf event");
  return {};
}

}  // namespace weir::kernel
