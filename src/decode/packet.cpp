// SPDX-License-Identifier: Apache-2.0
#include "decode/packet.h"

#include <array>

#include "packet/parse.h"

namespace weir::decode {
namespace {

constexpr int kNotRead = -1;

struct LinkType {
  uint32_t value;
  int link;  // PACKET_LINK_*, or kNotRead
  const char* name;
};

// https://www.tcpdump.org/linktypes.html; 12, 14 are DLT_RAW as old files and the BSDs have it.
constexpr std::array kLinkTypes = {
    LinkType{0, PACKET_LINK_NULL, "LINKTYPE_NULL"},
    LinkType{1, PACKET_LINK_ETHERNET, "LINKTYPE_ETHERNET"},
    LinkType{3, kNotRead, "LINKTYPE_AX25"},
    LinkType{6, kNotRead, "LINKTYPE_IEEE802_5"},
    LinkType{7, kNotRead, "LINKTYPE_ARCNET_BSD"},
    LinkType{8, kNotRead, "LINKTYPE_SLIP"},
    LinkType{9, PACKET_LINK_PPP, "LINKTYPE_PPP"},
    LinkType{10, kNotRead, "LINKTYPE_FDDI"},
    LinkType{12, PACKET_LINK_IP, "DLT_RAW"},
    LinkType{14, PACKET_LINK_IP, "DLT_RAW"},
    LinkType{50, PACKET_LINK_PPP, "LINKTYPE_PPP_HDLC"},
    LinkType{51, PACKET_LINK_PPPOE, "LINKTYPE_PPP_ETHER"},
    LinkType{100, kNotRead, "LINKTYPE_ATM_RFC1483"},
    LinkType{101, PACKET_LINK_IP, "LINKTYPE_RAW"},
    LinkType{104, PACKET_LINK_PPP, "LINKTYPE_C_HDLC"},
    LinkType{105, kNotRead, "LINKTYPE_IEEE802_11"},
    LinkType{107, kNotRead, "LINKTYPE_FRELAY"},
    LinkType{108, PACKET_LINK_NULL, "LINKTYPE_LOOP"},
    LinkType{109, kNotRead, "DLT_ENC"},
    LinkType{113, PACKET_LINK_SLL, "LINKTYPE_LINUX_SLL"},
    LinkType{117, kNotRead, "LINKTYPE_PFLOG"},
    LinkType{119, kNotRead, "LINKTYPE_IEEE802_11_PRISM"},
    LinkType{122, kNotRead, "LINKTYPE_IP_OVER_FC"},
    LinkType{127, kNotRead, "LINKTYPE_IEEE802_11_RADIOTAP"},
    LinkType{129, kNotRead, "LINKTYPE_ARCNET_LINUX"},
    LinkType{138, kNotRead, "LINKTYPE_APPLE_IP_OVER_IEEE1394"},
    LinkType{140, kNotRead, "LINKTYPE_MTP2"},
    LinkType{143, kNotRead, "LINKTYPE_DOCSIS"},
    LinkType{147, kNotRead, "LINKTYPE_USER0"},
    LinkType{163, kNotRead, "LINKTYPE_IEEE802_11_AVS"},
    LinkType{166, kNotRead, "LINKTYPE_PPP_PPPD"},
    LinkType{187, kNotRead, "LINKTYPE_BLUETOOTH_HCI_H4"},
    LinkType{189, kNotRead, "LINKTYPE_USB_LINUX"},
    LinkType{192, kNotRead, "LINKTYPE_PPI"},
    LinkType{195, kNotRead, "LINKTYPE_IEEE802_15_4_WITHFCS"},
    LinkType{201, kNotRead, "LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR"},
    LinkType{204, kNotRead, "LINKTYPE_PPP_WITH_DIR"},
    LinkType{220, kNotRead, "LINKTYPE_USB_LINUX_MMAPPED"},
    LinkType{227, kNotRead, "LINKTYPE_CAN_SOCKETCAN"},
    LinkType{228, PACKET_LINK_IP, "LINKTYPE_IPV4"},
    LinkType{229, PACKET_LINK_IP, "LINKTYPE_IPV6"},
    LinkType{230, kNotRead, "LINKTYPE_IEEE802_15_4_NOFCS"},
    LinkType{239, kNotRead, "LINKTYPE_NFLOG"},
    LinkType{240, kNotRead, "LINKTYPE_NETANALYZER"},
    LinkType{249, kNotRead, "LINKTYPE_USBPCAP"},
    LinkType{251, kNotRead, "LINKTYPE_BLUETOOTH_LE_LL"},
    LinkType{252, kNotRead, "LINKTYPE_WIRESHARK_UPPER_PDU"},
    LinkType{253, kNotRead, "LINKTYPE_NETLINK"},
    LinkType{276, PACKET_LINK_SLL2, "LINKTYPE_LINUX_SLL2"},
};

const LinkType* find_link_type(uint32_t value) {
  for (const LinkType& type : kLinkTypes)
    if (type.value == value) return &type;
  return nullptr;
}

template <int Link, int Decapsulate>
packet_result parse_as(const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes, packet_info& info) {
  const packet_reader reader{data, data + captured_bytes, nullptr};
  return packet_parse(&reader, PACKET_SPAN, Link, wire_bytes, Decapsulate, &info);
}

using Parse = packet_result (*)(const uint8_t*, uint32_t, uint32_t, packet_info&);

// Indexed by PACKET_LINK_*, then by whether tunnels are opened.
constexpr Parse kParsers[][2] = {
    {parse_as<PACKET_LINK_ETHERNET, 0>, parse_as<PACKET_LINK_ETHERNET, 1>},
    {parse_as<PACKET_LINK_IP, 0>, parse_as<PACKET_LINK_IP, 1>},
    {parse_as<PACKET_LINK_SLL, 0>, parse_as<PACKET_LINK_SLL, 1>},
    {parse_as<PACKET_LINK_SLL2, 0>, parse_as<PACKET_LINK_SLL2, 1>},
    {parse_as<PACKET_LINK_NULL, 0>, parse_as<PACKET_LINK_NULL, 1>},
    {parse_as<PACKET_LINK_PPP, 0>, parse_as<PACKET_LINK_PPP, 1>},
    {parse_as<PACKET_LINK_PPPOE, 0>, parse_as<PACKET_LINK_PPPOE, 1>},
};

}  // namespace

std::optional<int> packet_link(uint32_t link_type) {
  const LinkType* type = find_link_type(link_type);
  if (type == nullptr || type->link == kNotRead) return std::nullopt;
  return type->link;
}

std::string link_type_name(uint32_t link_type) {
  const LinkType* type = find_link_type(link_type);
  if (type == nullptr) return std::to_string(link_type);
  return std::string(type->name) + " (" + std::to_string(link_type) + ")";
}

packet_result parse_packet(int link, const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes,
                           bool decapsulate, packet_info& info) {
  if (link < 0 || static_cast<size_t>(link) >= std::size(kParsers)) {
    info = {};
    return PACKET_UNKNOWN_LINK;
  }
  return kParsers[link][decapsulate ? 1 : 0](data, captured_bytes, wire_bytes, info);
}

const char* to_string(packet_result result) {
  switch (result) {
    case PACKET_OK:
      return "ok";
    case PACKET_TRUNCATED_LINK:
      return "truncated link header";
    case PACKET_NOT_IP:
      return "not IP";
    case PACKET_TOO_MANY_TAGS:
      return "too many VLAN tags or MPLS labels";
    case PACKET_TRUNCATED_IP:
      return "truncated IP header";
    case PACKET_BAD_IP_VERSION:
      return "bad IP version";
    case PACKET_BAD_IP_HEADER:
      return "bad IP header";
    case PACKET_UNKNOWN_LINK:
      return "unknown link type";
    case PACKET_TRUNCATED_EXTENSION:
      return "truncated IP options or extension header";
    case PACKET_TOO_MANY_EXTENSIONS:
      return "too many IPv6 extension headers";
    case PACKET_TRUNCATED_L4:
      return "truncated transport header";
    case PACKET_BAD_L4_HEADER:
      return "bad transport header";
    case PACKET_RESULTS:
      break;
  }
  return "unknown result";
}

}  // namespace weir::decode
