// SPDX-License-Identifier: Apache-2.0
// Probes of the hooks that packets and sockets pass, attached in a namespace and a cgroup made for them.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/probe.h"
#include "kernel/rtnetlink.h"
#include "kernel/tiny_program.h"

namespace weir::kernel::probe {
namespace {

constexpr const char* kNotAttached = "loads; not attached, for want of a place to try it";
constexpr int32_t kPassOn = -1;  // TC_ACT_UNSPEC

Answer attach_in_cgroup(const Ground& ground, int program_fd, bpf_attach_type type) {
  if (ground.cgroup < 0) return std::string(kNotAttached);
  const auto link = attach_cgroup(program_fd, ground.cgroup, type);
  if (!link) return tl::unexpected(link.error());
  return std::string();
}

Answer load_and_attach_in_cgroup(const Ground& ground, bpf_prog_type program_type, bpf_attach_type type) {
  const auto program =
      load_tiny_program({.type = program_type, .expected_attach_type = type, .body = {}, .verdict = 1});
  if (!program) return tl::unexpected(program.error());
  return attach_in_cgroup(ground, program->get(), type);
}

/// libbpf asks with a program that calls the helper and reads the verifier's log; it takes a missing
/// capability for a yes.
Answer helper(bpf_prog_type type, bpf_func_id id, const char* name) {
  const auto loads = load_tiny_program(
      {.type = type,
       .expected_attach_type = type == BPF_PROG_TYPE_CGROUP_SKB ? uint32_t{BPF_CGROUP_INET_EGRESS} : 0,
       .body = {},
       .verdict = 1});
  if (!loads) return tl::unexpected(loads.error());
  const int answer = libbpf_probe_bpf_helper(type, id, nullptr);
  if (answer > 0) return std::string();
  if (answer < 0) return base::fail_errno(-answer, std::string("asking for ") + name);
  return base::fail(base::ErrorKind::unsupported, std::string("no helper ") + name + " there");
}

Answer modules_first(const Ground& ground,
                     std::initializer_list<std::pair<const char*, const char*>> modules) {
  std::string unloaded;
  for (const auto& [name, option] : modules) {
    const ModuleState state = module_state(ground.config, ground.release, name, option);
    // Without a config file absence proves nothing: let the probe find out.
    if (state == ModuleState::absent && !ground.config.source().empty())
      return base::fail(base::ErrorKind::unsupported, std::string("the module ") + name + " is not there");
    if (state == ModuleState::on_disk) unloaded += (unloaded.empty() ? "" : ", ") + std::string(name);
  }
  return unloaded;
}

/// A socket map of BPF_F_CLONE needs BTF for its key and value: two ints.
base::Result<base::UniqueFd> make_socket_storage() {
  struct FreeTypes {
    void operator()(struct btf* types) const { btf__free(types); }
  };
  const std::unique_ptr<struct btf, FreeTypes> types(btf__new_empty());
  if (!types) return base::fail_errno(errno, "making BTF");
  const int integer = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
  if (const int error = btf__load_into_kernel(types.get()); error != 0)
    return base::fail_errno(-error, "loading BTF");
  bpf_map_create_opts options{};
  options.sz = sizeof options;
  options.map_flags = BPF_F_NO_PREALLOC | BPF_F_CLONE;
  options.btf_fd = static_cast<uint32_t>(btf__fd(types.get()));
  options.btf_key_type_id = static_cast<uint32_t>(integer);
  options.btf_value_type_id = static_cast<uint32_t>(integer);
  const int fd = bpf_map_create(BPF_MAP_TYPE_SK_STORAGE, "weir_probe", 4, 4, 0, &options);
  if (fd < 0) return base::fail_errno(-fd, "making a socket storage");
  return base::UniqueFd(fd);
}

/// Makes a veth pair in the probes' namespace; its other end has a name of the kernel's choice.
base::Result<unsigned> make_veth() {
  auto rtnetlink = Rtnetlink::open();
  if (!rtnetlink) return tl::unexpected(std::move(rtnetlink).error());
  alignas(nlmsghdr) std::array<char, 512> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_NEWLINK;
  request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
  static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->ifi_family = AF_UNSPEC;
  mnl_attr_put_strz(request, IFLA_IFNAME, "weir-probe");
  nlattr* kind = mnl_attr_nest_start(request, IFLA_LINKINFO);
  mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
  mnl_attr_nest_end(request, kind);
  if (auto made = rtnetlink->acknowledge(request); !made)
    return base::fail_within(made.error(), "making a veth");
  return if_nametoindex("weir-probe");
}

base::Result<base::UniqueFd> load_xdp() {
  return load_tiny_program(
      {.type = BPF_PROG_TYPE_XDP, .expected_attach_type = BPF_XDP, .body = {}, .verdict = XDP_PASS});
}

}  // namespace

Answer cgroup_skb(const Ground& ground) {
  auto ingress = load_and_attach_in_cgroup(ground, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS);
  if (!ingress) return ingress;
  return load_and_attach_in_cgroup(ground, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS);
}

Answer cgroup_socket_storage(const Ground& ground) {
  const auto map = make_socket_storage();
  if (!map) return tl::unexpected(map.error());
  // bpf_sk_storage_get(map, ctx, NULL, BPF_SK_STORAGE_GET_F_CREATE); return 1
  const std::array body{bpf_insn{BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0},
                        load_map(BPF_REG_1, map->get()),
                        second_half(),
                        move_constant(BPF_REG_3, 0),
                        move_constant(BPF_REG_4, BPF_SK_STORAGE_GET_F_CREATE),
                        call_helper(BPF_FUNC_sk_storage_get),
                        move_constant(BPF_REG_0, 1),
                        leave()};
  const auto program = load_tiny_program(
      {.type = BPF_PROG_TYPE_CGROUP_SOCK, .expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE, .body = body});
  if (!program) return tl::unexpected(program.error());
  return attach_in_cgroup(ground, program->get(), BPF_CGROUP_INET_SOCK_CREATE);
}

Answer cgroup_socket_release(const Ground& ground) {
  return load_and_attach_in_cgroup(ground, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE);
}

Answer tcp_socket_of_packet(const Ground&) {
  return helper(BPF_PROG_TYPE_CGROUP_SKB, BPF_FUNC_skc_to_tcp_sock, "bpf_skc_to_tcp_sock");
}

Answer tcx(const Ground& ground) {
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_SCHED_CLS, .body = {}, .verdict = kPassOn});
  if (!program) return tl::unexpected(program.error());
  const auto loopback = static_cast<int>(if_nametoindex("lo"));
  if (!ground.own_network) {
    uint32_t count = 0;
    const int error = bpf_prog_query(loopback, static_cast<bpf_attach_type>(kAttachTcxIngress), 0, nullptr,
                                     nullptr, &count);
    if (error != 0) return base::fail_errno(-error, "asking who is at tcx");
    return std::string(kNotAttached);
  }
  for (const Traffic traffic : {Traffic::ingress, Traffic::egress}) {
    const auto link = attach_tcx(program->get(), static_cast<unsigned>(loopback), traffic);
    if (!link) return tl::unexpected(link.error());
  }
  return std::string();
}

Answer clsact(const Ground& ground) {
  const auto modules =
      modules_first(ground, {{"sch_ingress", "CONFIG_NET_SCH_INGRESS"}, {"cls_bpf", "CONFIG_NET_CLS_BPF"}});
  if (!modules) return modules;
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_SCHED_CLS, .body = {}, .verdict = kPassOn});
  if (!program) return tl::unexpected(program.error());
  if (!modules->empty()) return "the first use loads the modules: " + *modules;
  if (!ground.own_network) return std::string(kNotAttached);
  auto filters = ClsactFilters::open();
  if (!filters) return tl::unexpected(std::move(filters).error());
  for (const Traffic traffic : {Traffic::ingress, Traffic::egress}) {
    auto attached = filters->attach(program->get(), if_nametoindex("lo"), traffic);
    if (!attached) return tl::unexpected(std::move(attached).error());
  }
  return std::string();
}

Answer socket_lookup(const Ground&) {
  return helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_skc_lookup_tcp, "bpf_skc_lookup_tcp");
}

Answer xdp_native(const Ground& ground) {
  const auto program = load_xdp();
  if (!program) return tl::unexpected(program.error());
  const std::string per_driver = "where the card's driver has it; ";
  // Asking for a veth would load its module, which stays.
  const ModuleState veth = module_state(ground.config, ground.release, "veth", "CONFIG_VETH");
  if (!ground.own_network || (veth != ModuleState::built_in && veth != ModuleState::loaded))
    return per_driver + kNotAttached;
  const auto interface = make_veth();
  if (!interface) return per_driver + interface.error().message;
  const auto link = attach_xdp(program->get(), *interface, XdpMode::driver);
  if (!link) return tl::unexpected(link.error());
  return per_driver + "tried on a veth";
}

Answer xdp_generic(const Ground& ground) {
  const auto program = load_xdp();
  if (!program) return tl::unexpected(program.error());
  if (!ground.own_network) return std::string(kNotAttached);
  const auto link = attach_xdp(program->get(), if_nametoindex("lo"), XdpMode::generic);
  if (!link) return tl::unexpected(link.error());
  return std::string();
}

Answer socket_filter(const Ground&) {
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_SOCKET_FILTER, .body = {}});
  if (!program) return tl::unexpected(program.error());
  // Protocol 0: a packet socket that gets no packets.
  const base::UniqueFd socket_fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket_fd.valid()) return base::fail_errno(errno, "opening a packet socket (CAP_NET_RAW)");
  const int fd = program->get();
  if (setsockopt(socket_fd.get(), SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof fd) != 0)
    return base::fail_errno(errno, "SO_ATTACH_BPF");
  return std::string();
}

Answer netfilter_link(const Ground& ground) {
  constexpr uint32_t kNetfilterType = 32, kNetfilterAttach = 45;  // enum values of 6.4
  const auto program = load_tiny_program({.type = static_cast<bpf_prog_type>(kNetfilterType),
                                          .expected_attach_type = kNetfilterAttach,
                                          .body = {},
                                          .verdict = 1 /* NF_ACCEPT */});
  if (!program) return tl::unexpected(program.error());
  if (!ground.own_network) return std::string(kNotAttached);
  const struct {  // union bpf_attr's link_create.netfilter
    uint32_t program_fd, target, attach_type, flags, family, hook;
    int32_t priority;
    uint32_t netfilter_flags;
  } attributes{static_cast<uint32_t>(program->get()),
               0,
               kNetfilterAttach,
               0,
               AF_INET,
               1 /* NF_INET_LOCAL_IN */,
               -128,
               0};
  const base::UniqueFd link(
      static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
  if (!link.valid()) return base::fail_errno(errno, "attaching to netfilter");
  return std::string();
}

}  // namespace weir::kernel::probe
