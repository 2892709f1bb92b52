// SPDX-License-Identifier: Apache-2.0
// What a user writes for a map's key or value -> its bytes, by their BTF type. Types and text may be
// anyone's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "lab/type_set.h"

namespace weir::lab {

/// Reads what `print_value` writes in either form, and what people write instead:
///   ints      17  -1  0x1f  'a'  "0x1f"  true; of 4 bytes also 10.0.0.1, in network order
///   enums     a name, with or without quotes, or a number
///   structs   {pid: 1, "uid": 2, .gid = 3}; what is not named stays as it is in `bytes`
///   arrays    [1, 2]; what is missing stays; of char also "text", of bytes also an address: 10.0.0.1,
///   fe80::1 anything  hex:0a000001, as many bytes as the type has
/// `bytes` must be as large as the type. Fails with bad_input, says where and what was expected; `bytes` may
/// be half written then.
base::Result<> parse_value(const TypeSet& types, uint32_t type_id, std::string_view text,
                           std::span<std::byte> bytes);

/// Without a type: hex:0a000001, or for 1, 2, 4 and 8 bytes a number.
base::Result<> parse_bytes(std::string_view text, std::span<std::byte> bytes);

}  // namespace weir::lab
