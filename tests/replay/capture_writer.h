// SPDX-License-Identifier: Apache-2.0
// Capture files written by tests, byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/packet_builder.h"

namespace weir::tests {

inline void put_little(Bytes& to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// A pcap file with nanoseconds, little-endian. Times are nanoseconds after 2025-11-21T09:27:19Z.
class PcapFile {
 public:
  static constexpr int64_t kStartSecond = 1'763'717'239;

  explicit PcapFile(uint32_t link_type = 1) {
    put_little(bytes_, 0xa1b23c4d, 4), put_little(bytes_, 2, 2), put_little(bytes_, 4, 2),
        put_little(bytes_, 0, 8);
    put_little(bytes_, 65535, 4), put_little(bytes_, link_type, 4);
  }

  PcapFile& add(int64_t time_ns, const Frame& frame) { return add(time_ns, frame.bytes()); }
  PcapFile& add(int64_t time_ns, const Bytes& frame) {
    put_little(bytes_, static_cast<uint64_t>(kStartSecond + time_ns / 1'000'000'000), 4);
    put_little(bytes_, static_cast<uint64_t>(time_ns % 1'000'000'000), 4);
    put_little(bytes_, frame.size(), 4), put_little(bytes_, frame.size(), 4);
    put(bytes_, frame);
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// A pcapng file, little-endian, with interfaces of nanosecond resolution; times as in PcapFile.
class PcapngFile {
 public:
  PcapngFile() {
    Bytes body;
    put_little(body, 0x1a2b3c4d, 4), put_little(body, 1, 2), put_little(body, 0, 2),
        put_little(body, UINT64_MAX, 8);
    block(0x0a0d0d0a, body);
  }

  PcapngFile& add_interface(uint16_t link_type, const std::string& name) {
    Bytes body;
    put_little(body, link_type, 2), put_little(body, 0, 2), put_little(body, 0, 4);
    option(body, 2, Bytes(name.begin(), name.end()));
    option(body, 9, {9});
    put_little(body, 0, 4);
    block(1, body);
    return *this;
  }
  /// `options`: of the block, as bytes.
  PcapngFile& add(uint32_t interface, int64_t time_ns, const Frame& frame, const Bytes& options = {}) {
    const Bytes data = frame.bytes();
    const uint64_t time = static_cast<uint64_t>(PcapFile::kStartSecond * 1'000'000'000 + time_ns);
    Bytes body;
    put_little(body, interface, 4), put_little(body, time >> 32, 4), put_little(body, time & 0xffffffff, 4);
    put_little(body, data.size(), 4), put_little(body, data.size(), 4);
    put(body, data);
    body.resize((body.size() + 3) / 4 * 4);
    put(body, options);
    block(6, body);
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }
  static void option(Bytes& to, uint16_t code, const Bytes& value) {
    put_little(to, code, 2), put_little(to, value.size(), 2);
    put(to, value);
    to.resize((to.size() + 3) / 4 * 4);
  }

 private:
  void block(uint32_t type, const Bytes& body) {
    put_little(bytes_, type, 4), put_little(bytes_, body.size() + 12, 4);
    put(bytes_, body);
    put_little(bytes_, body.size() + 12, 4);
  }
  Bytes bytes_;
};

}  // namespace weir::tests
