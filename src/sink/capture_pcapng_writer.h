// SPDX-License-Identifier: Apache-2.0
// pcapng (draft-ietf-opsawg-pcapng) with all that a record tells: owner, direction, drops, id, verdict,
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sink/capture_format_writer.h"

namespace weir::sink {

struct PcapngOptions {
  std::string application{};  // "weir 0.1.0"; empty: not told
  std::string filter{};       // pcap-filter(7) expression of all interfaces; empty: none
  std::optional<uint32_t>
      snap;  // of all interfaces (libpcap refuses files in which they differ); absent: each its own
};

class CapturePcapngWriter : public CaptureFormatWriter {
 public:
  explicit CapturePcapngWriter(PcapngOptions options);

  bool begin(CaptureFileWriter& file) override;
  bool add_interface(CaptureFileWriter& file, uint32_t index,
                     const decode::PacketInterface& interface) override;
  bool write(CaptureFileWriter& file, const decode::PacketRecord& record) override;
  bool end(CaptureFileWriter& file, const CaptureEnd& end) override;

 private:
  static constexpr uint32_t kAbsent = UINT32_MAX;
  /// Of the file being written.
  struct Interface {
    uint32_t id = kAbsent;  // absent: not described yet
    uint64_t packets = 0;
    int64_t first_ns = 0;
    int64_t last_ns = 0;
  };
  struct OwnerOption {
    decode::ProcessPtr process;
    std::string option;  // whole, with its padding
  };

  Interface* described(CaptureFileWriter& file, const decode::PacketRecord& record);
  const std::string& owner_option(const decode::ProcessPtr& process);
  bool write_statistics(CaptureFileWriter& file, const Interface& interface, const InterfaceCounts& counts,
                        const CaptureEnd& end);
  bool write_names(CaptureFileWriter& file, std::span<const HostName> names);

  PcapngOptions options_;
  std::string hardware_;
  std::string system_;
  std::vector<Interface> interfaces_;  // by the run's index
  uint32_t described_ = 0;             // of them in this file
  std::vector<OwnerOption> owners_;    // by the process's address
};

}  // namespace weir::sink
