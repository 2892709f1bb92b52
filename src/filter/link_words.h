// SPDX-License-Identifier: Apache-2.0
// Words of a pcap-filter(7) expression that ask for what a hook or a file does not have; libpcap compiles
// some of them to a filter that silently matches nothing.
#pragma once

#include <string>
#include <string_view>

namespace weir::filter {

/// The first word that only a frame with a link header can answer (`ether`, `vlan`, `arp`, `multicast` alone
/// ...); empty: none.
std::string link_header_word(std::string_view expression);
/// `inbound` or `outbound`; empty: neither.
std::string direction_word(std::string_view expression);
/// `protochain`, which needs a backward jump; empty: not there.
std::string loop_word(std::string_view expression);

}  // namespace weir::filter
