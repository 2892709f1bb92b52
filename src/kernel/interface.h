// SPDX-License-Identifier: Apache-2.0
// The network interfaces of this thread's namespace, and word of their coming and going.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

/// What an interface's frames begin with.
enum class LinkHeader : uint8_t {
  ethernet,
  none,   // the IP header: tun, WireGuard, PPP, ...
  other,  // something that Weir does not read
};

struct Interface {
  uint32_t index = 0;
  std::string name;
  LinkHeader header = LinkHeader::ethernet;
  uint32_t hardware = 0;  // ARPHRD_*
  bool loopback = false;
  bool up = true;
};

/// All, by index. Those that go away meanwhile are left out.
base::Result<std::vector<Interface>> list_interfaces();

class InterfaceWatch {
 public:
  static base::Result<InterfaceWatch> open();
  /// Readable when an interface came, went or changed.
  int fd() const { return socket_.get(); }
  /// Whether something did since the last call.
  bool take_changes();

 private:
  explicit InterfaceWatch(base::UniqueFd socket) : socket_(std::move(socket)) {}
  base::UniqueFd socket_;
};

}  // namespace weir::kernel
