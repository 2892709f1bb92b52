// SPDX-License-Identifier: Apache-2.0
// Names that hand-written classic BPF may use for numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::filter {

/// `ETHERTYPE_IP`, `IPPROTO_TCP`, `TRUE` and so on, as the BPF paper and <netinet/*.h> have them.
std::optional<uint32_t> named_constant(std::string_view name);
/// The offset that asks Linux for `type`, `vlan_tci`, `cpu`, ... (SKF_AD_*), as bpf_asm calls them; not
/// `len`.
std::optional<uint32_t> named_ancillary(std::string_view name);

}  // namespace weir::filter
