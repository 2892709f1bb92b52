// SPDX-License-Identifier: Apache-2.0
// Writes captures byte by byte, right and wrong ones, for tests; of either byte order.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "source/capture_bytes.h"
#include "source/capture_file.h"
#include "source/capture_reader.h"

namespace weir::source {

using Bytes = std::vector<uint8_t>;

class BytesWriter {
 public:
  explicit BytesWriter(bool big_endian) : big_endian_(big_endian) {}

  BytesWriter& number(uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i)
      bytes_.push_back(static_cast<uint8_t>(value >> 8 * (big_endian_ ? bytes - 1 - i : i)));
    return *this;
  }
  BytesWriter& u8(uint8_t value) { return number(value, 1); }
  BytesWriter& u16(uint16_t value) { return number(value, 2); }
  BytesWriter& u32(uint32_t value) { return number(value, 4); }
  BytesWriter& u64(uint64_t value) { return number(value, 8); }
  BytesWriter& text(const std::string& text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  BytesWriter& pad() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool big_endian() const { return big_endian_; }

 private:
  bool big_endian_;
  Bytes bytes_;
};

class PcapWriter : public BytesWriter {
 public:
  explicit PcapWriter(bool big_endian, uint32_t magic = 0xa1b2c3d4, uint32_t link_type = 1,
                      uint16_t minor = 4, uint16_t major = 2)
      : BytesWriter(big_endian), modified_(magic == 0xa1b2cd34) {
    u32(magic).u16(major).u16(minor).u32(0).u32(0).u32(65535).u32(link_type);
  }
  PcapWriter& packet(uint32_t seconds, uint32_t fraction, const std::string& data, uint32_t wire_bytes) {
    u32(seconds).u32(fraction).u32(static_cast<uint32_t>(data.size())).u32(wire_bytes);
    if (modified_) u64(0xeeeeeeeeeeeeeeee);
    text(data);
    return *this;
  }

 private:
  bool modified_;
};

class PcapngWriter : public BytesWriter {
 public:
  explicit PcapngWriter(bool big_endian) : BytesWriter(big_endian) { section(); }

  PcapngWriter& block(uint32_t type, const Bytes& body) {
    const auto total = static_cast<uint32_t>(12 + (body.size() + 3) / 4 * 4);
    u32(type).u32(total);
    text(std::string(body.begin(), body.end())).pad();
    u32(total);
    return *this;
  }
  PcapngWriter& section(uint64_t section_bytes = UINT64_MAX, uint16_t major = 1) {
    return block(0x0a0d0d0a, body().u32(0x1a2b3c4d).u16(major).u16(0).u64(section_bytes).bytes());
  }
  static void option(BytesWriter& to, uint16_t code, const std::string& value) {
    to.u16(code).u16(static_cast<uint16_t>(value.size())).text(value).pad();
  }
  /// `resolution` -1 and `offset_seconds` 0: without the option.
  PcapngWriter& interface(const std::string& name, uint16_t link_type = 1, int resolution = -1,
                          int64_t offset_seconds = 0, uint32_t snap_bytes = 0) {
    BytesWriter to = body();
    to.u16(link_type).u16(0).u32(snap_bytes);
    if (!name.empty()) option(to, 2, name);
    if (resolution >= 0) option(to, 9, std::string(1, static_cast<char>(resolution)));
    if (offset_seconds != 0) to.u16(14).u16(8).u64(static_cast<uint64_t>(offset_seconds));
    option(to, 0, "");
    return block(1, to.bytes());
  }
  PcapngWriter& packet(uint32_t interface_id, uint64_t ticks, const std::string& data, uint32_t wire_bytes,
                       const std::string& comment = "") {
    BytesWriter to = body();
    to.u32(interface_id).u32(static_cast<uint32_t>(ticks >> 32)).u32(static_cast<uint32_t>(ticks));
    to.u32(static_cast<uint32_t>(data.size())).u32(wire_bytes).text(data).pad();
    if (!comment.empty()) {
      option(to, 1, comment);
      option(to, 0, "");
    }
    return block(6, to.bytes());
  }
  PcapngWriter& simple_packet(const std::string& data, uint32_t wire_bytes) {
    return block(3, body().u32(wire_bytes).text(data).bytes());
  }
  PcapngWriter& obsolete_packet(uint16_t interface_id, uint64_t ticks, const std::string& data,
                                uint32_t wire_bytes) {
    BytesWriter to = body();
    to.u16(interface_id).u16(7).u32(static_cast<uint32_t>(ticks >> 32)).u32(static_cast<uint32_t>(ticks));
    return block(2, to.u32(static_cast<uint32_t>(data.size())).u32(wire_bytes).text(data).bytes());
  }
  BytesWriter body() const { return BytesWriter(big_endian()); }
};

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// One gzip member; with `flush_only` its end is left out, as a writer that still writes does.
inline Bytes gzip(const Bytes& bytes, bool flush_only = false) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(bytes.size() * 2 + 128);
  stream.next_in = const_cast<uint8_t*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, flush_only ? Z_SYNC_FLUSH : Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

/// A packet with its bytes copied.
struct KeptPacket {
  std::string data;
  uint32_t wire_bytes;
  int64_t time_ns;
  uint32_t interface;
  bool operator==(const KeptPacket&) const = default;
};

struct Everything {
  std::vector<KeptPacket> packets;
  std::vector<CaptureInterface> interfaces;
  std::string opening_error;  // empty: opened
  std::string error;          // empty: none
};

inline void read_all(CaptureReader& reader, size_t batch, Everything& all) {
  std::vector<CapturedPacket> packets(batch);
  while (const size_t count = reader.read(packets)) {
    for (size_t i = 0; i < count; ++i) {
      all.packets.push_back(
          {std::string(reinterpret_cast<const char*>(packets[i].data), packets[i].captured_bytes),
           packets[i].wire_bytes, packets[i].time_ns, packets[i].interface});
    }
  }
  all.interfaces = reader.interfaces();
  if (reader.error()) all.error = reader.error()->message;
}

inline Everything read_everything(const Bytes& bytes, size_t piece_bytes = SIZE_MAX, size_t batch = 64,
                                  size_t chunk_bytes = 4096) {
  Everything all;
  auto reader = read_capture(std::make_unique<MemoryBytes>(bytes, piece_bytes), "FILE", chunk_bytes);
  if (reader) {
    read_all(**reader, batch, all);
  } else {
    all.opening_error = reader.error().message;
  }
  return all;
}

}  // namespace weir::source
