/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The packet parser at every hook and with every kind of access: what it found goes to a map, for tests only.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "packet/parse.h"
#include "tests/kernel/parse_probe.h"

/* Written by: the programs, one packet a run. Read by: the test after each run. Key: always 0. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct parse_probe);
} parsed SEC(".maps");

/* Without an IP header the addresses are not set; what the map must not keep from the last packet is zeroed.
 */
static __always_inline void keep(const struct packet_reader* reader, const int access, const int link,
                                 __u32 frame_bytes, const int decapsulate) {
  __u32 zero = 0;
  struct parse_probe* probe = bpf_map_lookup_elem(&parsed, &zero);
  if (!probe) return;
  struct packet_info info;
  __builtin_memset(&info, 0, sizeof(info));
  probe->result = packet_parse(reader, access, link, frame_bytes, decapsulate, &info);
  probe->info = info;
  probe->runs++;
}

/* As the flow programs do: the short way, and where that gives up the whole parser, as a function. */
#define KEEP_PLAIN(context, link, frame_bytes, decapsulate, parse_whole)                     \
  do {                                                                                       \
    __u32 zero = 0;                                                                          \
    struct parse_probe* probe = bpf_map_lookup_elem(&parsed, &zero);                         \
    if (!probe) break;                                                                       \
    struct packet_reader reader = SPAN_OF(context);                                          \
    struct packet_info info;                                                                 \
    __builtin_memset(&info, 0, sizeof(info));                                                \
    int result = packet_parse(&reader, PACKET_PLAIN, link, frame_bytes, decapsulate, &info); \
    if (result == PACKET_OK) {                                                               \
      probe->plain++;                                                                        \
    } else {                                                                                 \
      __builtin_memset(&info, 0, sizeof(info));                                              \
      result = parse_whole(context, &info);                                                  \
    }                                                                                        \
    probe->result = result;                                                                  \
    probe->info = info;                                                                      \
    probe->runs++;                                                                           \
  } while (0)

#define SPAN_OF(context) \
  { (const __u8*)(long)(context)->data, (const __u8*)(long)(context)->data_end, context }

#define XDP_PROBE(name, link, decapsulate)                                                     \
  SEC("xdp") int name(struct xdp_md* context) {                                                \
    struct packet_reader reader = SPAN_OF(context);                                            \
    keep(&reader, PACKET_SPAN, link, (__u32)(context->data_end - context->data), decapsulate); \
    return XDP_PASS;                                                                           \
  }

#define SKB_PROBE(section, name, access, link, decapsulate, verdict) \
  SEC(section) int name(struct __sk_buff* context) {                 \
    struct packet_reader reader = SPAN_OF(context);                  \
    keep(&reader, access, link, context->len, decapsulate);          \
    return verdict;                                                  \
  }

/* A socket filter may not touch data and data_end. */
#define SOCKET_PROBE(name, decapsulate)                                         \
  SEC("socket") int name(struct __sk_buff* context) {                           \
    struct packet_reader reader = {0, 0, context};                              \
    keep(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, context->len, decapsulate); \
    return 0;                                                                   \
  }

#define XDP_PLAIN_PROBE(name, link, decapsulate)                                         \
  static __noinline int name##_whole(struct xdp_md* context, struct packet_info* info) { \
    struct packet_reader reader = SPAN_OF(context);                                      \
    const __u32 bytes = (__u32)(context->data_end - context->data);                      \
    return packet_parse(&reader, PACKET_SPAN, link, bytes, decapsulate, info);           \
  }                                                                                      \
  SEC("xdp") int name(struct xdp_md* context) {                                          \
    const __u32 bytes = (__u32)(context->data_end - context->data);                      \
    KEEP_PLAIN(context, link, bytes, decapsulate, name##_whole);                         \
    return XDP_PASS;                                                                     \
  }

#define SKB_PLAIN_PROBE(section, name, link, decapsulate, verdict)                          \
  static __noinline int name##_whole(struct __sk_buff* context, struct packet_info* info) { \
    struct packet_reader reader = {0, 0, context};                                          \
    return packet_parse(&reader, PACKET_SKB, link, context->len, decapsulate, info);        \
  }                                                                                         \
  SEC(section) int name(struct __sk_buff* context) {                                        \
    KEEP_PLAIN(context, link, context->len, decapsulate, name##_whole);                     \
    return verdict;                                                                         \
  }

XDP_PROBE(xdp_ethernet, PACKET_LINK_ETHERNET, 0)
XDP_PROBE(xdp_ethernet_in, PACKET_LINK_ETHERNET, 1)
XDP_PROBE(xdp_ip, PACKET_LINK_IP, 0)
XDP_PROBE(xdp_ip_in, PACKET_LINK_IP, 1)

SKB_PROBE("tc", tc_span, PACKET_SPAN, PACKET_LINK_ETHERNET, 0, 0)
SKB_PROBE("tc", tc_span_in, PACKET_SPAN, PACKET_LINK_ETHERNET, 1, 0)
SKB_PROBE("tc", tc_load, PACKET_SKB, PACKET_LINK_ETHERNET, 0, 0)
SKB_PROBE("tc", tc_load_in, PACKET_SKB, PACKET_LINK_ETHERNET, 1, 0)

SKB_PROBE("cgroup_skb/egress", cgroup_span, PACKET_SPAN, PACKET_LINK_IP, 0, 1)
SKB_PROBE("cgroup_skb/egress", cgroup_span_in, PACKET_SPAN, PACKET_LINK_IP, 1, 1)
SKB_PROBE("cgroup_skb/egress", cgroup_load, PACKET_SKB, PACKET_LINK_IP, 0, 1)
SKB_PROBE("cgroup_skb/egress", cgroup_load_in, PACKET_SKB, PACKET_LINK_IP, 1, 1)

XDP_PLAIN_PROBE(xdp_plain, PACKET_LINK_ETHERNET, 0)
XDP_PLAIN_PROBE(xdp_plain_in, PACKET_LINK_ETHERNET, 1)
SKB_PLAIN_PROBE("tc", tc_plain, PACKET_LINK_ETHERNET, 0, 0)
SKB_PLAIN_PROBE("tc", tc_plain_in, PACKET_LINK_ETHERNET, 1, 0)
SKB_PLAIN_PROBE("cgroup_skb/egress", cgroup_plain, PACKET_LINK_IP, 0, 1)
SKB_PLAIN_PROBE("cgroup_skb/egress", cgroup_plain_in, PACKET_LINK_IP, 1, 1)

SOCKET_PROBE(socket_load, 0)
SOCKET_PROBE(socket_load_in, 1)

char _license[] SEC("license") = "Dual BSD/GPL";
