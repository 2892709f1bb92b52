// SPDX-License-Identifier: Apache-2.0
// The way out that packets from files and live ones share: lines or JSON on stdout, a capture file, or both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "app/address_names.h"
#include "app/owner_filter.h"
#include "base/result.h"
#include "config/packets_options.h"
#include "decode/packet_record.h"
#include "flow/flow_record.h"
#include "sink/capture_writer.h"
#include "sink/json_sink.h"
#include "sink/output_buffer.h"
#include "sink/packet_json.h"
#include "sink/packet_text.h"

namespace weir::app {

/// What the run knows and the options do not say.
struct PacketOutputFacts {
  bool live = false;             // records are cut to -s and --headers already, and -Q is settled
  bool show_interfaces = false;  // "eth0  In" in front of each line, from the first one on
};

/// What became of the records, for the summary.
struct PacketOutputCounts {
  uint64_t written = 0;          // on stdout, in the capture file, or both
  uint64_t other_direction = 0;  // not as -Q wants
  uint64_t no_direction = 0;     // -Q is given, and nothing tells theirs
  uint64_t other_owner = 0;      // not as --pid, --comm, ... want
  uint64_t file_lost = 0;        // packets that -w's file does not keep because writing it failed
  uint64_t cut = 0;              // of which something had no place in the capture file's format
  uint64_t forgotten = 0;        // TCP connections whose relative sequence numbers began anew
  uint64_t commands_failed = 0;  // -z
};

class PacketOutput {
 public:
  /// `options` must outlive the object. Creates -w's file. Fails with bad_input for options that do not go
  /// together, else with the kind of the errno.
  static base::Result<std::unique_ptr<PacketOutput>> open(const config::PacketsOptions& options,
                                                          const PacketOutputFacts& facts);

  /// Describes an interface from which packets may come. For files: each one that is found; live: at the
  /// start, and for those that appear later.
  void announce(uint32_t interface_index, const decode::PacketInterface& interface);

  enum class Step { go_on, stop };
  /// Takes the record where the owner filters and -Q want it. `stop`: -c is reached, -W's files are full, or
  /// nothing can be written any more; `finish` then.
  Step write(const decode::PacketRecord& record);
  /// A loss, for -o json's stream; nothing elsewhere.
  void write(const flow::LossRecord& loss);
  /// No record waits: what was written goes out to the reader. Live: at least once a second, and whenever the
  /// ring is empty. `stop`: as above, the reader has gone, or stdout or the file takes no more.
  Step idle();
  /// Closes the file. Fails where something could not be written; a reader who has gone is no failure. Once.
  base::Result<> finish(const sink::CaptureEnd& end);
  /// Known after `finish`.
  bool reader_has_gone() const { return reader_has_gone_; }

  PacketOutputCounts counts() const;
  const config::PacketsOptions& options() const { return options_; }

 private:
  PacketOutput(const config::PacketsOptions& options, const PacketOutputFacts& facts,
               std::unique_ptr<sink::CaptureWriter> writer);
  bool wants(const decode::PacketRecord& record);
  bool wants_owners(const decode::PacketRecord& record);
  const decode::PacketRecord& cut(const decode::PacketRecord& record);
  const decode::PacketRecord& for_file(const decode::PacketRecord& record);
  void put(const decode::PacketRecord& record);
  bool failed() const;

  const config::PacketsOptions& options_;
  PacketOutputFacts facts_;
  OwnerFilter owners_;
  std::unique_ptr<AddressNames> names_;  // null: no -N
  sink::OutputBuffer stdout_;
  std::optional<sink::PacketText> text_;
  std::optional<sink::PacketJson> json_;
  sink::JsonSink losses_;
  std::unique_ptr<sink::CaptureWriter> writer_;  // null: no -w
  decode::PacketRecord shortened_, filed_;
  flow::FlowRecord ends_;                // whose owners are looked at
  std::vector<std::string> interfaces_;  // names announced, each once, two at most
  PacketOutputCounts counts_;
  bool reader_has_gone_ = false;
};

}  // namespace weir::app
