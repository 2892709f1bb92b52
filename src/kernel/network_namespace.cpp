// SPDX-License-Identifier: Apache-2.0
#include "kernel/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace weir::kernel {

base::Result<> enter_network_namespace(const std::string& name) {
  const bool digits = !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return letter >= '0' && letter <= '9';
  });
  const std::string path = name.find('/') != std::string::npos ? name
                           : digits                            ? "/proc/" + name + "/ns/net"
                                                               : "/run/netns/" + name;
  const base::UniqueFd place(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!place.valid() && (errno == ENOENT || errno == ENOTDIR))
    return base::fail(base::ErrorKind::bad_input, "no network namespace " + name + ": there is no " + path,
                      errno);
  if (!place.valid()) return base::fail_errno(errno, "network namespace " + name + " (" + path + ")");
  if (setns(place.get(), CLONE_NEWNET) == 0) return {};
  if (errno == EINVAL)
    return base::fail(base::ErrorKind::bad_input, path + " is no network namespace", errno);
  return base::fail_errno(errno, "entering the network namespace " + name + " (needs CAP_SYS_ADMIN)");
}

}  // namespace weir::kernel
