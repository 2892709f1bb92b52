// SPDX-License-Identifier: Apache-2.0
// One routing-netlink socket: requests that are acknowledged, and dumps. Knows no message's meaning.
#pragma once

#include <linux/netlink.h>

#include <functional>
#include <memory>

#include "base/result.h"

struct mnl_socket;

namespace weir::kernel {

class Rtnetlink {
 public:
  /// In the network namespace of the calling thread.
  static base::Result<Rtnetlink> open();

  /// Sends `request` and waits for its acknowledgment. The error carries the kernel's own sentence where it
  /// gave one.
  base::Result<> acknowledge(nlmsghdr* request);

  /// Sends a dump request and calls `each` for every message of the answer.
  base::Result<> dump(nlmsghdr* request, const std::function<void(const nlmsghdr&)>& each);

 private:
  struct CloseSocket {
    void operator()(mnl_socket* socket) const;
  };
  explicit Rtnetlink(mnl_socket* socket) : socket_(socket) {}

  base::Result<> exchange(nlmsghdr* request, const std::function<void(const nlmsghdr&)>* each);

  std::unique_ptr<mnl_socket, CloseSocket> socket_;
  uint32_t sequence_ = 0;
};

/// Calls `each` for the attributes behind a message's own header of `offset` bytes. (libmnl's macros are not
/// C++.)
void each_attribute(const nlmsghdr& message, unsigned offset, const std::function<void(const nlattr&)>& each);

/// For those nested in one attribute.
void each_attribute(const nlattr& nest, const std::function<void(const nlattr&)>& each);

}  // namespace weir::kernel
