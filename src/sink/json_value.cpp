// SPDX-License-Identifier: Apache-2.0
#include "sink/json_value.h"

#include "base/clock.h"
#include "sink/json_text.h"

namespace weir::sink {

char* write_json_time(char* to, int64_t unix_ns) {
  *to++ = '"';
  base::write_rfc3339(unix_ns, to);
  to += base::kRfc3339Bytes;
  *to++ = '"';
  return to;
}

char* write_json_address(char* to, const decode::IpAddress& address) {
  *to++ = '"';
  to += decode::write_address(address, to);
  *to++ = '"';
  return to;
}

size_t owner_text_bytes(const decode::Process* process) {
  if (process == nullptr) return 0;
  return process->comm.size() + process->executable.size() + process->cgroup_path.size() +
         process->container_id.size();
}

char* write_json_owner(char* to, const decode::Process& process, std::optional<uint32_t> thread_id) {
  if (process.pid != 0) {
    to = write_raw(to, R"(,"process":{"pid":)");
    to = write_number(to, process.pid);
    if (!process.comm.empty()) {
      to = write_raw(to, R"(,"comm":)");
      to = write_json_string(to, process.comm);
    }
    if (!process.executable.empty()) {
      to = write_raw(to, R"(,"executable":{"name":)");
      to = write_json_string(to, process.executable);
      *to++ = '}';
    }
    if (thread_id) {
      to = write_raw(to, R"(,"thread":{"id":)");
      to = write_number(to, *thread_id);
      *to++ = '}';
    }
    *to++ = '}';
    if (process.uid != decode::kUnknownUser) {
      to = write_raw(to, R"(,"user":{"id":)");
      to = write_number(to, process.uid);
      *to++ = '}';
    }
  }
  if (process.cgroup_id != 0 || !process.cgroup_path.empty()) {
    to = write_raw(to, R"(,"cgroup":{)");
    if (process.cgroup_id != 0) {
      to = write_raw(to, R"("id":)");
      to = write_number(to, process.cgroup_id);
      if (!process.cgroup_path.empty()) *to++ = ',';
    }
    if (!process.cgroup_path.empty()) {
      to = write_raw(to, R"("path":)");
      to = write_json_string(to, process.cgroup_path);
    }
    *to++ = '}';
  }
  if (!process.container_id.empty()) {
    to = write_raw(to, R"(,"container":{"id":)");
    to = write_json_string(to, process.container_id);
    *to++ = '}';
  }
  return to;
}

}  // namespace weir::sink
