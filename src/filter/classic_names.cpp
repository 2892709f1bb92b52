// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_names.h"

#include <linux/filter.h>

namespace weir::filter {
namespace {

struct Name {
  std::string_view name;
  uint32_t value;
};

constexpr Name kConstants[] = {
    {"TRUE", 0xffffffff},  // the BPF paper: the whole packet
    {"FALSE", 0},
    {"ETHERTYPE_PUP", 0x0200},
    {"ETHERTYPE_IP", 0x0800},
    {"ETHERTYPE_ARP", 0x0806},
    {"ETHERTYPE_REVARP", 0x8035},
    {"ETHERTYPE_RARP", 0x8035},
    {"ETHERTYPE_VLAN", 0x8100},
    {"ETHERTYPE_IPX", 0x8137},
    {"ETHERTYPE_IPV6", 0x86dd},
    {"ETHERTYPE_MPLS", 0x8847},
    {"ETHERTYPE_PPPOED", 0x8863},
    {"ETHERTYPE_PPPOES", 0x8864},
    {"ETHERTYPE_QINQ", 0x88a8},
    {"ETHERTYPE_LLDP", 0x88cc},
    {"ETHERTYPE_LOOPBACK", 0x9000},
    {"ETHERPROTO_IP", 0x0800},
    {"ETHERPROTO_ARP", 0x0806},
    {"ETHERPROTO_REVARP", 0x8035},
    {"ARPOP_REQUEST", 1},
    {"ARPOP_REPLY", 2},
    {"REVARP_REQUEST", 3},
    {"REVARP_REPLY", 4},
    {"IPPROTO_IP", 0},
    {"IPPROTO_ICMP", 1},
    {"IPPROTO_IGMP", 2},
    {"IPPROTO_IPIP", 4},
    {"IPPROTO_TCP", 6},
    {"IPPROTO_UDP", 17},
    {"IPPROTO_IPV6", 41},
    {"IPPROTO_GRE", 47},
    {"IPPROTO_ESP", 50},
    {"IPPROTO_AH", 51},
    {"IPPROTO_ICMPV6", 58},
    {"IPPROTO_SCTP", 132},
};

constexpr Name kAncillary[] = {
    {"proto", SKF_AD_PROTOCOL},
    {"type", SKF_AD_PKTTYPE},
    {"poff", SKF_AD_PAY_OFFSET},
    {"ifidx", SKF_AD_IFINDEX},
    {"nla", SKF_AD_NLATTR},
    {"nlan", SKF_AD_NLATTR_NEST},
    {"mark", SKF_AD_MARK},
    {"queue", SKF_AD_QUEUE},
    {"hatype", SKF_AD_HATYPE},
    {"rxhash", SKF_AD_RXHASH},
    {"cpu", SKF_AD_CPU},
    {"vlan_tci", SKF_AD_VLAN_TAG},
    {"vlan_tpid", SKF_AD_VLAN_TPID},
    {"vlan_avail", SKF_AD_VLAN_TAG_PRESENT},
    {"vlan_pr", SKF_AD_VLAN_TAG_PRESENT},
    {"rand", SKF_AD_RANDOM},
};

template <size_t N>
std::optional<uint32_t> find(const Name (&names)[N], std::string_view name) {
  for (const Name& one : names) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> named_constant(std::string_view name) {
  return find(kConstants, name);
}

std::optional<uint32_t> named_ancillary(std::string_view name) {
  const auto offset = find(kAncillary, name);
  if (!offset) return std::nullopt;
  return *offset + static_cast<uint32_t>(SKF_AD_OFF);
}

}  // namespace weir::filter
