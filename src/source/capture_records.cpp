// SPDX-License-Identifier: Apache-2.0
#include "source/capture_records.h"

namespace weir::source {

const std::deque<decode::PacketInterface>& CaptureRecords::interfaces(
    const std::vector<CaptureInterface>& interfaces) {
  while (interfaces_.size() < interfaces.size()) {
    const CaptureInterface& found = interfaces[interfaces_.size()];
    decode::PacketInterface interface;
    interface.name = found.name;
    interface.description = found.description;
    interface.link_type = found.link_type;
    interface.snap_bytes = found.snap_bytes;
    interfaces_.push_back(std::move(interface));
  }
  return interfaces_;
}

void CaptureRecords::fill(const CapturedPacket& packet, const std::vector<CaptureInterface>& interfaces,
                          decode::PacketRecord& record) {
  record.interface = &this->interfaces(interfaces)[packet.interface];
  record.interface_index = packet.interface;
  record.time_ns = packet.time_ns;
  record.data = {packet.data, packet.captured_bytes};
  record.wire_bytes = packet.wire_bytes;
  record.point = decode::CapturePoint::file;
  options_.read(packet.options(), packet.swapped, record);
}

}  // namespace weir::source
