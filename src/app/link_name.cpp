// SPDX-License-Identifier: Apache-2.0
#include "app/link_name.h"

#include <pcap/pcap.h>

namespace weir::app {
namespace {

/// LINKTYPE_* -> DLT_*: the few that differ on Linux (libpcap's pcap-common.c).
int data_link_of(uint32_t link_type) {
  switch (link_type) {
    case 100:
      return DLT_ATM_RFC1483;
    case 101:
      return DLT_RAW;
    case 102:
      return DLT_SLIP_BSDOS;
    case 103:
      return DLT_PPP_BSDOS;
    case 106:
      return DLT_ATM_CLIP;
    case 246:
      return DLT_PFSYNC;
    case 258:
      return DLT_PKTAP;
    default:
      return static_cast<int>(link_type);
  }
}

}  // namespace

std::string link_name(uint32_t link_type) {
  const int data_link = data_link_of(link_type);
  const char* name = pcap_datalink_val_to_name(data_link);
  if (name == nullptr) return std::to_string(link_type);
  const char* description = pcap_datalink_val_to_description(data_link);
  return description == nullptr ? name : std::string(name) + " (" + description + ")";
}

}  // namespace weir::app
