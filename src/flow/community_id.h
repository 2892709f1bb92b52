// SPDX-License-Identifier: Apache-2.0
// Community ID version 1 (https://github.com/corelight/community-id-spec): joins records with Zeek's,
// Suricata's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "flow/flow_record.h"

namespace weir::flow {

inline constexpr size_t kCommunityIdBytes = 30;  // "1:" and the Base64 of 20 octets

/// Writes exactly kCommunityIdBytes characters for the flow, without a final NUL. ICMP with a known type uses
/// the type, and its counterpart's or the code, in place of ports; other flows without ports have none.
void write_community_id(const FlowRecord& record, uint16_t seed, char* to);
std::string community_id(const FlowRecord& record, uint16_t seed = 0);

}  // namespace weir::flow
