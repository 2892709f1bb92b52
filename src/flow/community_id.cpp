// SPDX-License-Identifier: Apache-2.0
#include "flow/community_id.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>

#include <array>
#include <cstring>
#include <optional>

#include "flow/flow_key.h"

namespace weir::flow {
namespace {

struct Ports {
  uint16_t source = 0;
  uint16_t destination = 0;
  bool one_way = false;  // no counterpart: the ends keep their order
};

/// The type that answers an ICMP type, as the specification's reference code pairs them.
std::optional<uint8_t> icmp_counterpart(uint8_t version, uint8_t type) {
  if (version == 4) {
    switch (type) {
      case 0:
        return 8;  // echo
      case 8:
        return 0;
      case 9:
        return 10;  // router advertisement, solicitation
      case 10:
        return 9;
      case 13:
        return 14;  // timestamp
      case 14:
        return 13;
      case 15:
        return 16;  // information
      case 16:
        return 15;
      case 17:
        return 18;  // address mask
      case 18:
        return 17;
      default:
        return std::nullopt;
    }
  }
  switch (type) {
    case 128:
      return 129;  // echo
    case 129:
      return 128;
    case 130:
      return 131;  // multicast listener query, report
    case 131:
      return 130;
    case 133:
      return 134;  // router solicitation, advertisement
    case 134:
      return 133;
    case 135:
      return 136;  // neighbour solicitation, advertisement
    case 136:
      return 135;
    case 139:
      return 140;  // node information
    case 140:
      return 139;
    case 144:
      return 145;  // home agent address discovery
    case 145:
      return 144;
    default:
      return std::nullopt;
  }
}

std::optional<Ports> ports_of(const FlowRecord& record) {
  if (record.has_ports) return Ports{record.source.port, record.destination.port, false};
  if (!record.icmp_type) return std::nullopt;
  if (const auto counterpart = icmp_counterpart(record.source.address.version, *record.icmp_type))
    return Ports{*record.icmp_type, *counterpart, false};
  return Ports{*record.icmp_type, record.icmp_code.value_or(0), true};
}

size_t append16(uint8_t* to, uint16_t value) {
  to[0] = static_cast<uint8_t>(value >> 8);
  to[1] = static_cast<uint8_t>(value);
  return 2;
}

}  // namespace

void write_community_id(const FlowRecord& record, uint16_t seed, char* to) {
  const FlowEnd* first = &record.source;
  const FlowEnd* second = &record.destination;
  const size_t address_bytes = first->address.version == 4 ? 4 : 16;
  const std::optional<Ports> ports = ports_of(record);
  uint16_t first_port = ports ? ports->source : 0;
  uint16_t second_port = ports ? ports->destination : 0;
  const int order = std::memcmp(first->address.bytes.data(), second->address.bytes.data(), address_bytes);
  if ((order > 0 || (order == 0 && first_port > second_port)) && !(ports && ports->one_way)) {
    std::swap(first, second);
    std::swap(first_port, second_port);
  }

  std::array<uint8_t, 2 + 16 + 16 + 1 + 1 + 2 + 2> tuple;
  size_t size = append16(tuple.data(), seed);
  for (const FlowEnd* end : {first, second}) {
    std::memcpy(&tuple[size], end->address.bytes.data(), address_bytes);
    size += address_bytes;
  }
  tuple[size++] = record.protocol;
  tuple[size++] = 0;
  if (ports) {
    size += append16(&tuple[size], first_port);
    size += append16(&tuple[size], second_port);
  }
  sha1_ctx hash;
  sha1_init(&hash);
  sha1_update(&hash, size, tuple.data());
  std::array<uint8_t, SHA1_DIGEST_SIZE> digest;
  sha1_digest(&hash, digest.size(), digest.data());
  to[0] = '1';
  to[1] = ':';
  static_assert(BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) == kCommunityIdBytes - 2);
  base64_encode_raw(to + 2, digest.size(), digest.data());
}

std::string community_id(const FlowRecord& record, uint16_t seed) {
  std::string text(kCommunityIdBytes, '\0');
  write_community_id(record, seed, text.data());
  return text;
}

}  // namespace weir::flow
