/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who owns a flow's sockets, and what became of a TCP connection. Never looks at packets. Part of
 * flows.bpf.c. */

SEC("cgroup/sock_create")
int weir_sk_create(struct bpf_sock* sk) {
  return own_new_socket(sk);
}

/* A TCP socket's tuple as the flow maps know it. */
struct socket_tuple {
  union packet_address local;
  union packet_address remote;
  struct port_pair ports; /* source: local */
  __u32 netns;
  __u32 version;
};

/* Fails (-1) for what is no connected IP socket. An IPv4-mapped IPv6 socket speaks IPv4. */
static __always_inline int read_tuple(struct socket_tuple* tuple, struct sock* sk) {
  const __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
  /* Not skc_num: it is 0 once the port was given back, which is before a closing socket's state changes. */
  tuple->ports.source = BPF_CORE_READ((struct inet_sock*)sk, inet_sport);
  tuple->ports.destination = BPF_CORE_READ(sk, __sk_common.skc_dport);
  if (!tuple->ports.destination) return -1;
  tuple->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  if (flow_config.at_interface) {
    if (tuple->netns != flow_config.own_netns) return -1;
    tuple->netns = 0;
  }
  tuple->version = 4;
  if (family == AF_INET6) {
    BPF_CORE_READ_INTO(&tuple->local, sk, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO(&tuple->remote, sk, __sk_common.skc_v6_daddr);
    const __u32* remote = (const __u32*)&tuple->remote;
    if (remote[0] || remote[1] || remote[2] != bpf_htonl(0xffff)) tuple->version = 6;
  } else if (family != AF_INET) {
    return -1;
  }
  if (tuple->version == 4) {
    tuple->local.v4 = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    tuple->remote.v4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
  }
  return 0;
}

/* The flow of a TCP socket. */
struct socket_flow {
  struct flow_entry* entry;
  struct flow_details* details;
  __u32 local; /* the index of the socket's own end */
};

/* Fails (-1) where no packet was counted yet. */
static __always_inline int find_flow(const struct socket_tuple* tuple, struct socket_flow* flow) {
  struct flow_key6 key;
  if (tuple->version == 4) {
    struct flow_key4 key4;
    flow->local =
        flow_key4_between(&key4, tuple->local.v4, tuple->remote.v4, tuple->ports, IPPROTO_TCP, tuple->netns);
    flow->entry = bpf_map_lookup_elem(&flows4, &key4);
    flow_key6_from4(&key, &key4);
  } else {
    flow->local =
        flow_key6_between(&key, &tuple->local, &tuple->remote, tuple->ports, IPPROTO_TCP, tuple->netns);
    flow->entry = bpf_map_lookup_elem(&flows6, &key);
  }
  flow->local &= 1;
  if (!flow->entry) return -1;
  flow->details = bpf_map_lookup_elem(&flow_details, &key);
  return flow->details ? 0 : -1;
}

/* A pre-forking server's worker owns what it accepts, not the parent that made the listener. */
static __always_inline int own_accepted(long fd) {
  if (fd < 0) return 0;
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  struct file** files = BPF_CORE_READ(task, files, fdt, fd);
  struct file* file = NULL;
  bpf_core_read(&file, sizeof(file), files + fd);
  struct socket* socket = (struct socket*)BPF_CORE_READ(file, private_data);
  struct sock* sk = BPF_CORE_READ(socket, sk);
  if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) return 0;
  struct socket_tuple tuple = {};
  if (read_tuple(&tuple, sk)) return 0;
  struct socket_flow flow;
  if (find_flow(&tuple, &flow)) return 0;
  struct socket_owner* owner = &flow.details->owner[flow.local & 1];
  describe(owner, task);
  owner->netns = tuple.netns;
  flow.details->accepted |= 1 << flow.local;
  return 0;
}

SEC("tp/syscalls/sys_exit_accept4")
int weir_accept4(struct sys_exit_args* args) {
  return own_accepted(args->ret);
}

SEC("tp/syscalls/sys_exit_accept")
int weir_accept(struct sys_exit_args* args) {
  return own_accepted(args->ret);
}

/* net/ipv4/tcp.c tcp_set_state: a connection ends when its socket closes, whether or not FINs were seen; once
 * it is established, hooks that see no sockets (XDP, AF_PACKET) get its owner here. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(weir_sk_state, struct sock* sk, int old_state, int new_state) {
  const int closes = new_state == TCP_CLOSE && old_state != TCP_LISTEN && old_state != TCP_CLOSE;
  if (!closes && new_state != TCP_ESTABLISHED) return 0;
  if (sk->sk_protocol != IPPROTO_TCP) return 0;
  struct socket_tuple tuple = {};
  if (read_tuple(&tuple, sk)) return 0;
  struct socket_flow flow;
  if (find_flow(&tuple, &flow)) return 0;
  struct flow_details* details = flow.details;
  const __u32 local = flow.local & 1;
  if (!details->owner[local].pid && !flow_config.no_storage_in_tracing) {
    const struct socket_owner* owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
    if (owner) details->owner[local] = *owner;
  }
  const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
  if (tcp && tcp->srtt_us) flow.entry->srtt_us[local] = tcp->srtt_us >> 3;
  if (!closes) return 0;
  if (!details->end_ns) details->end_ns = bpf_ktime_get_ns();
  flow.entry->bits |= FLOW_ENDED | FLOW_CLOSED;
  flow.entry->watch = 0;
  return 0;
}
