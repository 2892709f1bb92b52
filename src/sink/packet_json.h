// SPDX-License-Identifier: Apache-2.0
// Packets as JSON lines; the schema is docs/json.md.
#pragma once

#include "decode/packet_record.h"
#include "flow/flow_record.h"
#include "sink/output_buffer.h"
#include "sink/packet_text.h"

namespace weir::sink {

/// One for each stream of packets, as PacketText.
class PacketJson {
 public:
  /// `options` are those of the line that stands in `message`; with a dump the captured bytes are written
  /// too. `output` must outlive the object.
  PacketJson(OutputBuffer& output, PacketTextOptions options);

  void write(const decode::PacketRecord& packet);
  uint64_t forgotten_connections() const { return text_.forgotten_connections(); }

 private:
  OutputBuffer& output_;
  bool with_data_;
  PacketText text_;
  flow::FlowRecord tuple_;  // what the Community ID is made of
};

}  // namespace weir::sink
