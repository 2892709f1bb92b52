// SPDX-License-Identifier: Apache-2.0
// Every capture under $WEIR_CAPTURES, against libpcap's own reader.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <span>

#include "source/capture_builder.h"

namespace weir::source {
namespace {

namespace fs = std::filesystem;

struct Packet {
  int64_t time_ns;
  uint32_t captured_bytes;
  uint32_t wire_bytes;
  uint32_t interface;
  Bytes data;
};

struct Packets {
  std::vector<Packet> packets;
  std::vector<CaptureInterface> interfaces;
  std::string error;

  void add(int64_t time_ns, const uint8_t* data, uint32_t captured, uint32_t wire, uint32_t interface) {
    packets.push_back({time_ns, captured, wire, interface, Bytes(data, data + captured)});
  }
};

/// The file's bytes, unpacked: libpcap does not read gzip.
Bytes unpacked(const std::string& path) {
  Bytes bytes;
  uint8_t piece[65536];
  gzFile file = gzopen(path.c_str(), "rb");
  for (int got = 0; (got = gzread(file, piece, sizeof piece)) > 0;)
    bytes.insert(bytes.end(), piece, piece + got);
  gzclose(file);
  return bytes;
}

enum class Format { pcapng, microseconds, nanoseconds };

Format format_of(const Bytes& bytes) {
  if (bytes[0] == 0x0a) return Format::pcapng;
  return bytes[0] == 0x4d || bytes[3] == 0x4d ? Format::nanoseconds : Format::microseconds;
}

Packets ours(const std::string& path) {
  Packets read;
  auto reader = open_captures({path});
  if (!reader) {
    read.error = reader.error().message;
    return read;
  }
  std::vector<CapturedPacket> packets(64);
  while (const size_t count = (*reader)->read(packets)) {
    for (const CapturedPacket& packet : std::span(packets).first(count))
      read.add(packet.time_ns, packet.data, packet.captured_bytes, packet.wire_bytes, packet.interface);
  }
  read.interfaces = (*reader)->interfaces();
  if ((*reader)->error()) read.error = (*reader)->error()->message;
  return read;
}

/// libpcap 1.10 takes the two numbers of a pcap file's time as signed, which ends in 2038; we do not.
int64_t time_ns(const timeval& time, Format format) {
  if (format == Format::pcapng) return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_usec;
  const int64_t unit = format == Format::nanoseconds ? 1 : 1000;
  return int64_t{static_cast<uint32_t>(time.tv_sec)} * 1'000'000'000 +
         static_cast<uint32_t>(time.tv_usec) * unit;
}

Packets libpcaps(Bytes& bytes, Format format) {
  Packets read;
  char reason[PCAP_ERRBUF_SIZE] = "";
  const u_int precision =
      format == Format::microseconds ? PCAP_TSTAMP_PRECISION_MICRO : PCAP_TSTAMP_PRECISION_NANO;
  FILE* file = fmemopen(bytes.data(), bytes.size(), "rb");
  pcap_t* pcap = pcap_fopen_offline_with_tstamp_precision(file, precision, reason);
  if (pcap == nullptr) {
    std::fclose(file);
    read.error = reason;
    return read;
  }
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int outcome = 0;
  while ((outcome = pcap_next_ex(pcap, &header, &data)) == 1) {
    read.add(time_ns(header->ts, format), data, header->caplen, header->len, 0);
  }
  if (outcome != PCAP_ERROR_BREAK) read.error = pcap_geterr(pcap);
  pcap_close(pcap);
  return read;
}

std::vector<fs::path> captures(const char* folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void expect_same(const Packets& we, const Packets& they, Format format) {
  EXPECT_EQ(we.error.empty(), they.error.empty()) << "we: " << we.error << "\nlibpcap: " << they.error;
  ASSERT_EQ(we.packets.size(), they.packets.size()) << "we: " << we.error << "\nlibpcap: " << they.error;
  for (size_t i = 0; i < we.packets.size(); ++i) {
    const Packet& ours = we.packets[i];
    const Packet& theirs = they.packets[i];
    // libpcap cuts what is longer than a pcap file's snapshot length; we give it whole, as Wireshark does.
    uint32_t snap = we.interfaces[ours.interface].snap_bytes;
    if (snap == 0 || snap > INT32_MAX || format == Format::pcapng) snap = UINT32_MAX;
    ASSERT_EQ(std::min(ours.captured_bytes, snap), theirs.captured_bytes) << i;
    ASSERT_TRUE(std::equal(theirs.data.begin(), theirs.data.end(), ours.data.begin())) << i;
    ASSERT_EQ(ours.wire_bytes, std::max(theirs.wire_bytes, ours.captured_bytes)) << i;
    ASSERT_EQ(ours.time_ns, theirs.time_ns) << i;
  }
}

TEST(CaptureCorpus, is_read_as_libpcap_reads_it) {
  const char* folder = std::getenv("WEIR_CAPTURES");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_CAPTURES names no folder of captures";
  size_t files = 0;
  for (const fs::path& path : captures(folder)) {
    SCOPED_TRACE(path.string());
    Bytes bytes = unpacked(path);
    ASSERT_GE(bytes.size(), 24u);
    const Format format = format_of(bytes);
    expect_same(ours(path), libpcaps(bytes, format), format);
    ++files;
  }
  EXPECT_GT(files, 0u) << folder << " holds no files";
}

}  // namespace
}  // namespace weir::source
