// SPDX-License-Identifier: Apache-2.0
// The parts of a DNS message, for its printer.
#pragma once

#include <cstdint>

#include "sink/packet_print.h"

namespace weir::sink {

struct DnsMessage {
  size_t at = 0;
  uint16_t flags = 0;
  uint32_t questions = 0;
  uint32_t answers = 0;
  uint32_t authorities = 0;
  uint32_t additionals = 0;
  bool multicast = false;  // mDNS: the class's upper bit means something else
};

/// The offset behind the name at `at`; 0 where it is cut or malformed. Follows no pointer.
size_t skip_domain_name(const PacketPrint& print, size_t at);
/// Each returns the offset behind; 0 where it is cut or malformed.
size_t print_dns_question(PacketPrint& print, size_t at, const DnsMessage& message);
size_t print_dns_record(PacketPrint& print, size_t at, const DnsMessage& message);
/// The data of an OPT record, from `at` to `stop`. False where it is cut.
bool print_edns_options(PacketPrint& print, size_t at, size_t stop);

}  // namespace weir::sink
