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

/// One captured frame. `data` stays valid until the next call of `read` on the reader that gave it.
struct CapturedPacket {
  const uint8_t* data = nullptr;
  uint32_t captured_bytes = 0;
  uint32_t wire_bytes = 0;   // as on the wire; >= captured_bytes unless the file lies
  int64_t time_ns = 0;       // since 1970
  uint32_t interface = 0;    // index into the reader's interfaces()
};

struct CaptureInterface {
  uint32_t link_type = 0;  // LINKTYPE_*
  uint32_t snap_bytes = 0;
  std::string name;  // if_name option; empty: none
  std::string file;  // the file it is described in
};

/// Where packets come from. Reads one file, or several merged in the order of time.
class CaptureReader {
 public:
  virtual ~CaptureReader() = default;
  /// Fills `packets` from the front; returns how many, 0 at the end. After a tear or a hostile length it
  /// gives what came before, then 0, and `error` is set.
  virtual size_t read(std::span<CapturedPacket> packets) = 0;
  /// The tear, once `read` returned 0: file, byte offset, what was expected. Kind bad_input.
  virtual const std::optional<base::Error>& error() const = 0;
  /// Grows while pcapng files are read.
  virtual const std::vector<CaptureInterface>& interfaces() const = 0;
};

/// Opens pcap (micro- and nanoseconds, both byte orders) or pcapng, gzip too; "-" is stdin.
/// Several files are merged in the order of time. Fails with bad_input for what is no capture.
base::Result<std::unique_ptr<CaptureReader>> open_captures(const std::vector<std::string>& paths);

}  // namespace weir::source
