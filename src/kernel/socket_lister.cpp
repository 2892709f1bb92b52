// SPDX-License-Identifier: Apache-2.0
#include "kernel/socket_lister.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "kernel/load_log.h"
#include "socket_list.skel.h"

namespace weir::kernel {
namespace {

struct DestroySkeleton {
  void operator()(socket_list_bpf* skeleton) const { socket_list_bpf__destroy(skeleton); }
};

struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

constexpr const char* kWhat = "owners and a list of the sockets older than Weir";

}  // namespace

struct SocketLister::State {
  std::unique_ptr<socket_list_bpf, DestroySkeleton> skeleton;
  std::optional<Shortcoming> shortcoming;
};

SocketLister::SocketLister(std::unique_ptr<State> state) : state_(std::move(state)) {}
SocketLister::SocketLister(SocketLister&&) noexcept = default;
SocketLister& SocketLister::operator=(SocketLister&&) noexcept = default;
SocketLister::~SocketLister() = default;

SocketLister SocketLister::load(bool verbose) {
  auto state = std::make_unique<State>();
  LoadLog log(verbose);
  state->skeleton.reset(socket_list_bpf__open());
  const int error = state->skeleton ? socket_list_bpf__load(state->skeleton.get()) : -errno;
  if (error != 0) {
    state->skeleton.reset();
    state->shortcoming = {kWhat, std::string("this kernel refused the program weir_sk_files (") +
                                     std::strerror(-error) + ")" + log.last_line_in_brackets()};
  }
  return SocketLister(std::move(state));
}

base::Result<std::vector<socket_listing>> SocketLister::list() {
  std::vector<socket_listing> sockets;
  if (!state_->skeleton) return sockets;
  const std::unique_ptr<bpf_link, DestroyLink> link(
      bpf_program__attach_iter(state_->skeleton->progs.weir_sk_files, nullptr));
  if (!link) {
    state_->shortcoming = {kWhat, std::strerror(errno)};
    return sockets;
  }
  const base::UniqueFd stream(bpf_iter_create(bpf_link__fd(link.get())));
  if (!stream.valid()) return base::fail_errno(errno, "listing open sockets");
  std::vector<char> bytes(65536);
  size_t held = 0;
  for (;;) {
    const ssize_t got = read(stream.get(), bytes.data() + held, bytes.size() - held);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return base::fail_errno(errno, "listing open sockets");
    if (got == 0) break;
    held += static_cast<size_t>(got);
    size_t used = 0;
    for (; held - used >= sizeof(socket_listing); used += sizeof(socket_listing))
      std::memcpy(&sockets.emplace_back(), bytes.data() + used, sizeof(socket_listing));
    std::memmove(bytes.data(), bytes.data() + used, held - used);
    held -= used;
  }
  return sockets;
}

int SocketLister::owners_fd() const {
  return state_->skeleton ? bpf_map__fd(state_->skeleton->maps.socket_owners) : -1;
}

const std::optional<Shortcoming>& SocketLister::shortcoming() const {
  return state_->shortcoming;
}

base::Result<> take_over_socket_owners(bpf_map* map, int owners_fd) {
  if (owners_fd >= 0 && bpf_map__reuse_fd(map, owners_fd) != 0)
    return base::fail_errno(errno, "taking over the map of socket owners");
  return {};
}

}  // namespace weir::kernel
