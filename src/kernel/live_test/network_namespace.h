// SPDX-License-Identifier: Apache-2.0
// A network namespace for one test, with a veth pair in it; the thread is in it while this lives.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"

namespace weir::kernel {

class NetworkNamespace {
 public:
  NetworkNamespace() : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (!home_.valid() || unshare(CLONE_NEWNET) != 0) std::abort();
    run("ip link set lo up && ip link add weir0 type veth peer name weir1 && ip link set weir0 up && ip link "
        "set weir1 up");
  }
  ~NetworkNamespace() {
    if (setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
  }
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  unsigned ifindex() const { return if_nametoindex("weir0"); }

  /// What `command` prints, run in the namespace.
  static std::string run(const std::string& command) {
    FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "re");
    if (pipe == nullptr) std::abort();
    std::string text;
    std::array<char, 4096> part{};
    while (const size_t size = fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), size);
    pclose(pipe);
    return text;
  }

  /// Qdiscs and filters as tc sees them, and BPF attachments as bpftool sees them.
  static std::string everything_attached() {
    return run(
        "tc -j qdisc show; tc -j filter show dev weir0 ingress; tc -j filter show dev weir0 egress; bpftool "
        "-j net show");
  }

 private:
  base::UniqueFd home_;
};

}  // namespace weir::kernel
