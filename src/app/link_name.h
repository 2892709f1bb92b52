// SPDX-License-Identifier: Apache-2.0
// Link types in libpcap's words.
#pragma once

#include <cstdint>
#include <string>

namespace weir::app {

/// "EN10MB (Ethernet)" for LINKTYPE_ETHERNET, as tcpdump says it; the number where libpcap has no word.
std::string link_name(uint32_t link_type);

}  // namespace weir::app
