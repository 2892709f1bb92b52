// SPDX-License-Identifier: Apache-2.0
// What `weir packets` was asked to do, validated; tcpdump's letters as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/flows_options.h"

namespace weir::config {

enum class PacketsTime { clock, none, epoch, since_last, date, since_first };  // -t ... -ttttt
enum class PacketsDump { none, hex, hex_with_link, hex_ascii, hex_ascii_with_link, ascii, ascii_with_link };
enum class PacketsDirection { both, in, out };                        // -Q
enum class PacketsListing { none, classic, c_array, numbers, ebpf };  // -d, -dd, -ddd, --ebpf
enum class PacketsOutput { text, json, none };                        // none: -w without --print

inline constexpr uint32_t kLongestSnap = 262'144;

struct PacketsOptions : OwnerNames {
  // Where packets come from.
  std::vector<std::string> captures;  // -r; empty: live
  std::vector<std::string>
      interfaces;                    // -i; "any"; empty: any at tc, xdp and socket; none is needed at cgroup
  std::vector<Hook> hooks;           // --hook, a comma list; empty: tc
  std::string netns;                 // --netns NAME|PID
  std::vector<std::string> command;  // after --: run it, show its packets and its children's
  bool list_interfaces = false;      // -D

  // Which.
  std::string expression;  // pcap-filter(7), the trailing words
  std::string
      expression_file;       // -F FILE, "-": stdin; `main` reads it into `expression` before it runs a verb
  std::string classic_file;  // --classic FILE: hand-written classic BPF instead
  PacketsDirection direction = PacketsDirection::both;  // -Q
  bool vlan_transparent = false;                        // --vlan-transparent: tags stripped, as tcpdump live
  bool once = false;                                    // --once: one record a packet, with its path

  // How much of each, and how long.
  uint32_t snap_bytes = kLongestSnap;                // -s
  bool headers_only = false;                         // --headers: up to the payload
  uint64_t buffer_bytes = 0;                         // -B, given in KiB as tcpdump's; 0: the default
  std::optional<uint64_t> count;                     // -c
  std::optional<std::chrono::nanoseconds> duration;  // --for
  bool fail_on_loss = false;

  // Text.
  PacketsOutput output = PacketsOutput::text;
  PacketsListing listing = PacketsListing::none;
  PacketsTime time = PacketsTime::clock;
  PacketsDump dump = PacketsDump::none;
  bool nanoseconds = false;         // --nano
  bool microseconds = false;        // --micro: also in a plain pcap file, which else has nanoseconds
  bool number = false;              // -#
  bool link_header = false;         // -e
  bool quiet = false;               // -q
  bool verify_checksums = true;     // -K: false
  bool absolute_sequences = false;  // -S
  bool names = false;               // -N: reverse look-ups
  bool line_buffered = false;       // -l
  int verbosity = 0;                // -v, -vv, -vvv

  // Capture file.
  std::string write;                       // -w; "-": stdout
  bool pcap = false;                       // --pcap, or the name ends in .pcap
  bool packet_buffered = false;            // -U
  uint64_t rotate_bytes = 0;               // -C
  std::optional<uint32_t> rotate_seconds;  // -G
  uint32_t rotate_files = 0;               // -W
  std::string rotate_command;              // -z
};

/// Refuses what contradicts itself, with a line that says what to do instead. Kind bad_input.
base::Result<> check(const PacketsOptions& options);

}  // namespace weir::config
