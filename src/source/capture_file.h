// SPDX-License-Identifier: Apache-2.0
// Packets from pcap and pcapng files; knows nothing of what is inside a packet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::source {

/// One captured frame. `data` stays valid until the next call of `read` on the reader that gave it. A frame
/// check sequence that was captured is part of it.
struct CapturedPacket {
  const uint8_t* data = nullptr;
  uint32_t captured_bytes = 0;
  uint32_t wire_bytes = 0;  // as on the wire; never below captured_bytes: a file that says less is corrected
  int64_t time_ns = 0;      // since 1970; pcapng's simple packets have none and get the packet's before them
  uint32_t interface = 0;   // index into the reader's interfaces()
  /// Of the pcapng options, which follow the frame and its padding to 4 bytes; decode::CaptureOptions reads
  /// them.
  uint32_t options_bytes = 0;
  bool swapped = false;  // the options are of the other byte order than this machine's

  std::span<const uint8_t> options() const {
    if (options_bytes == 0) return {};
    return {data + ((size_t{captured_bytes} + 3) & ~size_t{3}), options_bytes};
  }
};

struct CaptureInterface {
  uint32_t link_type = 0;   // LINKTYPE_*
  uint32_t snap_bytes = 0;  // 0: unlimited
  std::string name;         // if_name option, at most 255 bytes of whatever the file holds; empty: none
  std::string description;  // if_description, the same
  std::string file;         // the file it is described in
};

/// Where packets come from. Reads one file, or several merged in the order of time.
class CaptureReader {
 public:
  virtual ~CaptureReader() = default;
  /// Fills `packets` from the front; returns how many, 0 at the end. Fewer than asked mean nothing: they are
  /// those that are there without waiting. After a tear or a hostile length it gives what came before, then
  /// 0, and `error` is set.
  virtual size_t read(std::span<CapturedPacket> packets) = 0;
  /// The tear, once `read` returned 0: file, byte offset, what was expected. Kind bad_input.
  virtual const std::optional<base::Error>& error() const = 0;
  /// Grows while pcapng files are read.
  virtual const std::vector<CaptureInterface>& interfaces() const = 0;
};

/// Opens pcap (micro- and nanoseconds, both byte orders) or pcapng, gzip too; "-" is stdin. Waits for the
/// headers of pipes. Several files are merged in the order of time; of those a torn one ends at its tear, and
/// `error` comes after the others' packets. Fails with bad_input for what is no capture, else with the kind
/// of the errno. `stop_fd` (borrowed; -1: none; an eventfd, a signalfd) becoming readable ends a read that
/// waits for a pipe: then `read` returns 0 without an error.
base::Result<std::unique_ptr<CaptureReader>> open_captures(const std::vector<std::string>& paths,
                                                           int stop_fd = -1);

}  // namespace weir::source
