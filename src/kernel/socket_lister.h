// SPDX-License-Identifier: Apache-2.0
// Lists the sockets that are open now, with their owners.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "kernel/shortcoming.h"
#include "wire/flow.h"
#include "wire/socket.h"

struct bpf_map;

namespace weir::kernel {

class SocketLister {
 public:
  /// Loads in a tenth of the time that the flow programs take. Where the kernel refuses (before 5.11,
  /// privileges missing) it lists nothing and says so by shortcoming().
  static SocketLister load(bool verbose);

  SocketLister(SocketLister&&) noexcept;
  SocketLister& operator=(SocketLister&&) noexcept;
  ~SocketLister();

  /// Every IP socket that a process holds; gives each its owner in the map where it has none yet.
  base::Result<std::vector<socket_listing>> list();
  /// The map of owners, for the plans of the objects that use it too; -1: none.
  int owners_fd() const;
  const std::optional<Shortcoming>& shortcoming() const;

 private:
  struct State;
  explicit SocketLister(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Makes `map`, of an object that is not loaded yet, the lister's. -1: it stays one of its own.
base::Result<> take_over_socket_owners(bpf_map* map, int owners_fd);

}  // namespace weir::kernel
