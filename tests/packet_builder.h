// SPDX-License-Identifier: Apache-2.0
// Test frames, written as they look: Ethernet{} / Vlan{.id = 7} / IPv4{} / TCP{.flags = kSyn} / Payload{100}.
// Lengths, checksums of IPv4 and what names the next header are filled in unless they are given.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::tests {

using Bytes = std::vector<uint8_t>;

inline void put8(Bytes& to, unsigned value) {
  to.push_back(static_cast<uint8_t>(value));
}
inline void put16(Bytes& to, unsigned value) {
  put8(to, value >> 8), put8(to, value);
}
inline void put32(Bytes& to, uint32_t value) {
  put16(to, value >> 16), put16(to, value & 0xffff);
}
inline void put(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline Bytes address_bytes(const std::string& text) {
  Bytes bytes(text.find(':') == std::string::npos ? 4 : 16);
  if (inet_pton(bytes.size() == 4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()) != 1) bytes.clear();
  return bytes;
}

/// How the header before it names a header; -1: it cannot.
struct Names {
  int ether_type = -1;
  int protocol = -1;  // IPv4 protocol, IPv6 next header
  int udp_port = -1;
  int ppp = -1;
};

/// One header of a frame: makes its bytes, with what follows appended.
struct Layer {
  Names names;
  std::function<Bytes(const Bytes& payload, const Names& next)> write;
};

class Frame {
 public:
  Frame(Layer layer) { layers_.push_back(std::move(layer)); }  // NOLINT: a header alone is a frame
  template <class Header>
  requires requires(const Header& header) { header.layer(); }
  Frame(const Header& header) : Frame(header.layer()) {}  // NOLINT: as above

  Bytes bytes() const {
    Bytes payload;
    Names next;
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      payload = layer->write(payload, next);
      next = layer->names;
    }
    return payload;
  }

  /// The first `count` bytes, as a capture would have them.
  Bytes first(size_t count) const {
    Bytes all = bytes();
    if (all.size() > count) all.resize(count);
    return all;
  }

  Frame& append(const Frame& inner) {
    layers_.insert(layers_.end(), inner.layers_.begin(), inner.layers_.end());
    return *this;
  }

 private:
  std::vector<Layer> layers_;
};

inline Frame operator/(Frame outer, const Frame& inner) {
  return outer.append(inner);
}

inline unsigned named(std::optional<uint16_t> given, int by_next, unsigned otherwise) {
  if (given) return *given;
  return by_next >= 0 ? static_cast<unsigned>(by_next) : otherwise;
}

// --- link ---

struct Ethernet {
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{.ether_type = 0x6558}, [*this](const Bytes& payload, const Names& next) {
              Bytes out{0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1};
              put16(out, named(type, next.ether_type, 0x88b5));
              put(out, payload);
              return out;
            }};
  }
};

struct Vlan {
  uint16_t id = 1;
  uint16_t tag = 0x8100;  // 0x88a8 802.1ad, 0x9100 old
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{.ether_type = tag}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put16(out, id);
              put16(out, named(type, next.ether_type, 0x88b5));
              put(out, payload);
              return out;
            }};
  }
};

struct Mpls {
  bool bottom = true;
  uint32_t label = 16;
  Layer layer() const {
    return {{.ether_type = 0x8847, .ppp = 0x0281}, [*this](const Bytes& payload, const Names&) {
              Bytes out;
              put32(out, label << 12 | (bottom ? 0x100u : 0u) | 64);
              put(out, payload);
              return out;
            }};
  }
};

struct Pppoe {
  uint8_t code = 0;
  uint8_t version_type = 0x11;
  Layer layer() const {
    return {{.ether_type = 0x8864}, [*this](const Bytes& payload, const Names&) {
              Bytes out{version_type, code, 0, 1};
              put16(out, static_cast<unsigned>(payload.size()));
              put(out, payload);
              return out;
            }};
  }
};

struct Ppp {
  bool hdlc = false;        // ff 03 first
  bool compressed = false;  // a protocol field of one byte
  std::optional<uint16_t> protocol = {};
  Layer layer() const {
    return {{}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              if (hdlc) put16(out, 0xff03);
              const unsigned value = named(protocol, next.ppp, 0xc021);
              if (compressed)
                put8(out, value);
              else
                put16(out, value);
              put(out, payload);
              return out;
            }};
  }
};

struct CiscoHdlc {
  Layer layer() const {
    return {{}, [](const Bytes& payload, const Names& next) {
              Bytes out{0x0f, 0};
              put16(out, named({}, next.ether_type, 0x8035));
              put(out, payload);
              return out;
            }};
  }
};

struct Sll {
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{}, [*this](const Bytes& payload, const Names& next) {
              Bytes out{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};
              put16(out, named(type, next.ether_type, 0x0004));
              put(out, payload);
              return out;
            }};
  }
};

struct Sll2 {
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put16(out, named(type, next.ether_type, 0x0004));
              put(out, {0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
              put(out, payload);
              return out;
            }};
  }
};

struct Null {
  uint32_t family = 2;
  bool big_endian = false;
  Layer layer() const {
    return {{}, [*this](const Bytes& payload, const Names&) {
              Bytes out;
              put32(out, big_endian ? family : __builtin_bswap32(family));
              put(out, payload);
              return out;
            }};
  }
};

// --- IP ---

struct IPv4 {
  std::string source = "10.0.0.7";
  std::string destination = "10.0.0.9";
  std::optional<uint16_t> protocol = {};
  Bytes options = {};               // padded to words with zeros
  std::optional<uint8_t> ihl = {};  // what the header says, whatever its options are
  std::optional<uint16_t> length = {};
  uint8_t version = 4;
  uint16_t id = 0x1234;
  uint16_t fragment_offset = 0;  // in units of 8 octets
  bool more_fragments = false;
  bool dont_fragment = false;
  Layer layer() const {
    return {{.ether_type = 0x0800, .protocol = 4, .ppp = 0x0021},
            [*this](const Bytes& payload, const Names& next) { return write(payload, next); }};
  }

 private:
  Bytes write(const Bytes& payload, const Names& next) const {
    const size_t words = (options.size() + 3) / 4;
    Bytes out;
    put8(out, static_cast<unsigned>(version << 4) | (ihl ? *ihl : static_cast<unsigned>(5 + words)));
    put8(out, 0);
    put16(out, length ? *length : static_cast<unsigned>(20 + words * 4 + payload.size()));
    put16(out, id);
    put16(out, (dont_fragment ? 0x4000u : 0u) | (more_fragments ? 0x2000u : 0u) | fragment_offset);
    put8(out, 64);
    put8(out, named(protocol, next.protocol, 253));
    put16(out, 0);
    put(out, address_bytes(source));
    put(out, address_bytes(destination));
    put(out, options);
    out.resize(20 + words * 4);
    uint32_t sum = 0;
    for (size_t i = 0; i < out.size(); i += 2) sum += static_cast<uint32_t>(out[i] << 8 | out[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    out[10] = static_cast<uint8_t>(sum >> 8);
    out[11] = static_cast<uint8_t>(sum);
    put(out, payload);
    return out;
  }
};

struct IPv6 {
  std::string source = "2001:db8::7";
  std::string destination = "2001:db8::9";
  std::optional<uint16_t> next_header = {};
  std::optional<uint16_t> length = {};  // of the payload
  uint8_t version = 6;
  Layer layer() const {
    return {{.ether_type = 0x86dd, .protocol = 41, .ppp = 0x0057},
            [*this](const Bytes& payload, const Names& next) {
              Bytes out{static_cast<uint8_t>(version << 4), 0, 0, 0};
              put16(out, length ? *length : static_cast<unsigned>(payload.size()));
              put8(out, named(next_header, next.protocol, 253));
              put8(out, 64);
              put(out, address_bytes(source));
              put(out, address_bytes(destination));
              put(out, payload);
              return out;
            }};
  }
};

/// An IPv6 extension header of (units + 1) * 8 octets; of (units + 2) * 4 where kind is 51 (AH).
struct Extension {
  uint8_t kind = 0;  // 0 hop-by-hop, 43 routing, 60 destination, 51 AH, 135 mobility
  uint8_t units = 0;
  std::optional<uint16_t> next_header = {};
  Layer layer() const {
    return {{.protocol = kind}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put8(out, named(next_header, next.protocol, 59));
              put8(out, units);
              out.resize(kind == 51 ? (units + 2u) * 4 : (units + 1u) * 8, 0);
              put(out, payload);
              return out;
            }};
  }
};

struct Fragment6 {
  uint16_t offset = 0;  // in units of 8 octets
  bool more = false;
  uint32_t id = 0x01020304;
  std::optional<uint16_t> next_header = {};
  Layer layer() const {
    return {{.protocol = 44}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put8(out, named(next_header, next.protocol, 59));
              put8(out, 0x5a);  // reserved: no length
              put16(out, static_cast<unsigned>(offset << 3) | (more ? 1u : 0u));
              put32(out, id);
              put(out, payload);
              return out;
            }};
  }
};

// --- transport ---

inline constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64, kCwr = 128;

struct TCP {
  uint16_t source = 51514;
  uint16_t destination = 80;
  uint32_t sequence = 0x11223344;
  uint32_t acknowledgment = 0x55667788;
  uint8_t flags = kAck;
  uint16_t window = 502;
  Bytes options = {};                       // padded to words with zeros
  std::optional<uint8_t> data_offset = {};  // in words
  Layer layer() const {
    return {{.protocol = 6}, [*this](const Bytes& payload, const Names&) {
              const size_t words = (options.size() + 3) / 4;
              Bytes out;
              put16(out, source), put16(out, destination), put32(out, sequence), put32(out, acknowledgment);
              put8(out, static_cast<unsigned>((data_offset ? *data_offset : 5 + words) << 4));
              put8(out, flags), put16(out, window), put32(out, 0);
              put(out, options);
              out.resize(20 + words * 4);
              put(out, payload);
              return out;
            }};
  }
};

struct UDP {
  uint16_t source = 40000;
  std::optional<uint16_t> destination = {};  // else the tunnel's port, or 53
  std::optional<uint16_t> length = {};
  Layer layer() const {
    return {{.protocol = 17}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put16(out, source);
              put16(out, named(destination, next.udp_port, 53));
              put16(out, length ? *length : static_cast<unsigned>(8 + payload.size()));
              put16(out, 0);
              put(out, payload);
              return out;
            }};
  }
};

struct ICMP {
  uint8_t type = 8;
  uint8_t code = 0;
  uint16_t id = 0xbeef;
  uint8_t protocol = 1;
  Layer layer() const {
    return {{.protocol = protocol}, [*this](const Bytes& payload, const Names&) {
              Bytes out{type, code, 0, 0};
              put16(out, id), put16(out, 1);
              put(out, payload);
              return out;
            }};
  }
};

inline ICMP ICMPv6(uint8_t type = 128, uint8_t code = 0) {
  return {.type = type, .code = code, .protocol = 58};
}

struct SCTP {
  uint16_t source = 2905;
  uint16_t destination = 2906;
  Layer layer() const {
    return {{.protocol = 132}, [*this](const Bytes& payload, const Names&) {
              Bytes out;
              put16(out, source), put16(out, destination), put32(out, 1), put32(out, 0);
              put(out, payload);
              return out;
            }};
  }
};

// --- tunnels ---

struct GRE {
  uint16_t flags = 0;  // 0x8000 checksum, 0x2000 key, 0x1000 sequence: their words follow
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{.protocol = 47}, [*this](const Bytes& payload, const Names& next) {
              Bytes out;
              put16(out, flags);
              put16(out, named(type, next.ether_type, 0x88b5));
              for (unsigned bit : {0x8000u, 0x2000u, 0x1000u})
                if (flags & bit) put32(out, 0xaabbccdd);
              put(out, payload);
              return out;
            }};
  }
};

struct VXLAN {
  uint8_t flags = 0x08;
  uint32_t vni = 42;
  Layer layer() const {
    return {{.udp_port = 4789}, [*this](const Bytes& payload, const Names&) {
              Bytes out{flags, 0, 0, 0};
              put32(out, vni << 8);
              put(out, payload);
              return out;
            }};
  }
};

struct Geneve {
  uint8_t option_words = 0;
  uint8_t version = 0;
  uint8_t flags = 0;
  std::optional<uint16_t> type = {};
  Layer layer() const {
    return {{.udp_port = 6081}, [*this](const Bytes& payload, const Names& next) {
              Bytes out{static_cast<uint8_t>(version << 6 | option_words), flags};
              put16(out, named(type, next.ether_type, 0x6558));
              put32(out, 42u << 8);
              out.resize(out.size() + option_words * 4u, 0x5a);
              put(out, payload);
              return out;
            }};
  }
};

/// Anything: `count` bytes that are no header.
struct Payload {
  size_t count = 0;
  uint8_t fill = 0xa5;
  Layer layer() const {
    return {{}, [*this](const Bytes& payload, const Names&) {
              Bytes out(count, fill);
              put(out, payload);
              return out;
            }};
  }
};

}  // namespace weir::tests
