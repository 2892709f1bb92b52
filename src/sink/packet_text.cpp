// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_text.h"

#include <algorithm>
#include <utility>

#include "sink/packet_dump.h"
#include "sink/packet_path.h"
#include "sink/packet_print.h"
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr size_t kShortContainerId = 12;

void put_safe(PacketWriter& text, std::string_view name) {
  text.safe(reinterpret_cast<const uint8_t*>(name.data()), name.size());
}

/// "eth0  In  ", as tcpdump -i any.
void put_interface(PacketWriter& text, const decode::PacketRecord& packet) {
  const size_t start = text.used();
  if (packet.interface == nullptr || packet.interface->name.empty())
    text.put('?');
  else
    put_safe(text, packet.interface->name);
  text.pad_to(start, 5);
  switch (packet.direction) {
    case decode::PacketDirection::inbound:
      text.put(" In  ");
      break;
    case decode::PacketDirection::outbound:
      text.put(" Out ");
      break;
    case decode::PacketDirection::unknown:
      text.put(" ?   ");
      break;
  }
}

/// " curl[4121] in 0123456789ab".
void put_owner(PacketWriter& text, const decode::Process& process) {
  if (process.pid == 0) return;
  text.put(' ');
  put_safe(text, process.executable.empty() ? process.comm : process.executable);
  text.put('[');
  text.decimal(process.pid);
  text.put(']');
  if (process.container_id.empty()) return;
  text.put(" in ");
  put_safe(text, std::string_view(process.container_id).substr(0, kShortContainerId));
}

/// Sender and receiver, where both are known: " curl[4121] > nginx[812]".
void put_owners(PacketWriter& text, const decode::PacketRecord& packet) {
  const decode::Process* first = packet.process.get();
  const decode::Process* second = packet.other_end.get();
  if (packet.direction == decode::PacketDirection::inbound) std::swap(first, second);
  if (first != nullptr) put_owner(text, *first);
  if (first != nullptr && second != nullptr) text.put(" >");
  if (second != nullptr) put_owner(text, *second);
}

void put_dump(PacketWriter& text, PacketDump dump, std::span<const uint8_t> bytes, size_t link_bytes) {
  const std::span<const uint8_t> network = bytes.subspan(std::min(link_bytes, bytes.size()));
  switch (dump) {
    case PacketDump::none:
      return;
    case PacketDump::hex:
      return put_hex_lines(text, network, "\n\t", false);
    case PacketDump::hex_with_link:
      return put_hex_lines(text, bytes, "\n\t", false);
    case PacketDump::hex_ascii:
      return put_hex_lines(text, network, "\n\t", true);
    case PacketDump::hex_ascii_with_link:
      return put_hex_lines(text, bytes, "\n\t", true);
    case PacketDump::ascii:
      if (!network.empty()) put_ascii(text, network);
      return;
    case PacketDump::ascii_with_link:
      return put_ascii(text, bytes);
  }
}

}  // namespace

PacketText::PacketText(PacketTextOptions options)
    : options_(std::move(options)), time_(options_.time, options_.nanoseconds) {}

std::string_view PacketText::line(const decode::PacketRecord& packet) {
  text_.clear();
  ++count_;
  if (options_.number) {
    uint64_t limit = 10;
    for (int digits = 1; digits < 5; ++digits, limit *= 10)
      if (count_ < limit) text_.put(' ');
    text_.decimal(count_);
    text_.put("  ");
  }
  if (packet.data.empty()) {
    text_.put("[Invalid header: caplen==0");
    if (packet.wire_bytes == 0) text_.put(", len==0");
    text_.put(']');
    text_.end_line();
    return text_.view();
  }
  time_.put(text_, packet.time_ns);
  if (options_.interfaces) put_interface(text_, packet);
  size_t link_bytes = 0;
  {
    PacketPrint print{options_, text_, sequences_};
    print.data = packet.data.data();
    print.end = packet.data.size();
    print.live = packet.point != decode::CapturePoint::file;
    print.checksum_state = packet.checksum;
    print.outbound = packet.direction == decode::PacketDirection::outbound;
    const uint32_t link_type = packet.interface != nullptr ? packet.interface->link_type : 1;
    link_bytes = print_link(print, link_type, packet.wire_bytes);
    text_.thaw();
  }
  if (options_.owner) put_owners(text_, packet);
  if (options_.path && !options_.quiet) {
    if (packet.hop) put_hop(text_, *packet.hop);
    if (packet.path.size() > 1) put_path(text_, packet.path);
  }
  put_dump(text_, options_.dump, packet.data, link_bytes);
  text_.end_line();
  return text_.view();
}

}  // namespace weir::sink
