/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Copies one packet into the ring, in one step: a record of the smallest size that holds it is reserved and
 * filled where it lies. Part of packets.bpf.c. */

/* What is said of a packet beside its bytes. */
struct packet_sight {
  __u64 buffer;
  const struct socket_owner* owner; /* NULL: unknown */
  __u32 ifindex;
  __u32 bytes;          /* as in the buffer, without a stripped tag */
  __u32 copied;         /* of them to copy */
  __be16 vlan_protocol; /* 0: no stripped tag */
  __u16 vlan_tag;
  __u16 segments;
  __u8 checksum;
  __u8 point;
  __u8 direction;
};

struct vlan_header {
  __be16 protocol;
  __be16 tag;
};
#define VLAN_BYTES 4
#define MAC_ADDRESSES_BYTES 12

/* `place`: the ifindex; 0 at the cgroup, where packets of every interface and namespace are one stream. */
static __noinline int count_lost(__u32 place, __u32 unreadable) {
  __sync_fetch_and_add(unreadable ? &packets_lost.unreadable : &packets_lost.ring_full, 1);
  __u64* lost = bpf_map_lookup_elem(&packet_losses, &place);
  if (!lost) {
    const __u64 none = 0;
    bpf_map_update_elem(&packet_losses, &place, &none, BPF_NOEXIST);
    lost = bpf_map_lookup_elem(&packet_losses, &place);
  }
  if (lost) __sync_fetch_and_add(lost, 1);
  return 0;
}

static __always_inline __u32 place_of(const struct packet_sight* sight) {
  return sight->point == PACKET_POINT_CGROUP ? 0 : sight->ifindex;
}

static __always_inline long load_bytes(void* context, const int xdp, __u32 from, void* to, __u32 bytes) {
  return xdp ? bpf_xdp_load_bytes(context, from, to, bytes) : bpf_skb_load_bytes(context, from, to, bytes);
}

/* Copies `bytes`, at most `room` (a constant) of them. */
static __always_inline long load_bounded(void* context, const int xdp, __u32 from, void* to, __u64 bytes,
                                         const __u32 room) {
  /* verifier: the bounds must be seen on the register that the helper gets, on every kernel since 5.10 */
  asm volatile(
      "if %[bytes] > 0 goto +1\n"
      "%[bytes] = 1\n"
      "if %[bytes] < %[room] goto +1\n"
      "%[bytes] = %[room]\n"
      : [bytes] "+r"(bytes)
      : [room] "i"(room));
  return load_bytes(context, xdp, from, to, bytes);
}

static __always_inline int copy_in_record_of(void* context, const int xdp, const struct packet_sight* sight,
                                             const __u32 room) {
  struct packet_event* event = bpf_ringbuf_reserve(&packet_ring, sizeof(*event) + room, 0);
  if (!event) return count_lost(place_of(sight), 0);
  event->time_ns = bpf_ktime_get_boot_ns();
  event->cpu = bpf_get_smp_processor_id();
  event->kind = PACKET_EVENT_PACKET;
  event->point = sight->point;
  event->direction = sight->direction;
  event->buffer = sight->buffer;
  event->ifindex = sight->ifindex;
  event->segments = sight->segments;
  event->checksum = sight->checksum;
  event->reserved = 0;
  if (sight->owner)
    event->owner = *sight->owner;
  else
    __builtin_memset(&event->owner, 0, sizeof(event->owner));

  __u8* to = (__u8*)(event + 1);
  long error;
  if (unlikely(sight->vlan_protocol)) {
    const struct vlan_header vlan = {sight->vlan_protocol, bpf_htons(sight->vlan_tag)};
    event->wire_bytes = sight->bytes + VLAN_BYTES;
    event->captured_bytes = sight->copied + VLAN_BYTES;
    error = load_bytes(context, xdp, 0, to, MAC_ADDRESSES_BYTES);
    __builtin_memcpy(to + MAC_ADDRESSES_BYTES, &vlan, sizeof(vlan));
    error |= load_bounded(context, xdp, MAC_ADDRESSES_BYTES, to + MAC_ADDRESSES_BYTES + VLAN_BYTES,
                          sight->copied - MAC_ADDRESSES_BYTES, room - MAC_ADDRESSES_BYTES - VLAN_BYTES);
  } else {
    event->wire_bytes = sight->bytes;
    event->captured_bytes = sight->copied;
    error = load_bounded(context, xdp, 0, to, sight->copied, room);
  }
  if (unlikely(error)) {
    bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
    return count_lost(place_of(sight), 1);
  }
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  return 0;
}

/* Sizes: an ACK's, small packets', an Ethernet frame's, a jumbo frame's, then what offloads join. */
static __always_inline int copy_packet(void* context, const int xdp, const struct packet_sight* sight) {
  const __u32 bytes = sight->copied + (sight->vlan_protocol ? VLAN_BYTES : 0);
  if (bytes <= 72) return copy_in_record_of(context, xdp, sight, 72);
  if (bytes <= 136) return copy_in_record_of(context, xdp, sight, 136);
  if (bytes <= 264) return copy_in_record_of(context, xdp, sight, 264);
  if (bytes <= 520) return copy_in_record_of(context, xdp, sight, 520);
  if (bytes <= 1032) return copy_in_record_of(context, xdp, sight, 1032);
  if (bytes <= 1528) return copy_in_record_of(context, xdp, sight, 1528);
  if (bytes <= 2056) return copy_in_record_of(context, xdp, sight, 2056);
  if (bytes <= 4104) return copy_in_record_of(context, xdp, sight, 4104);
  if (bytes <= 9224) return copy_in_record_of(context, xdp, sight, 9224);
  if (bytes <= 16392) return copy_in_record_of(context, xdp, sight, 16392);
  if (bytes <= 32776) return copy_in_record_of(context, xdp, sight, 32776);
  if (bytes <= 65608) return copy_in_record_of(context, xdp, sight, 65608);
  if (bytes <= 131080) return copy_in_record_of(context, xdp, sight, 131080);
  return copy_in_record_of(context, xdp, sight, PACKET_LONGEST_COPY + VLAN_BYTES);
}
