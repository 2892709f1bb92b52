// SPDX-License-Identifier: Apache-2.0
// ARP and its relatives (RFC 826, 903, 2390).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kOperations[] = {{1, "Request"},       {2, "Reply"},           {3, "Reverse Request"},
                                      {4, "Reverse Reply"}, {8, "Inverse Request"}, {9, "Inverse Reply"},
                                      {10, "NACK Reply"}};
constexpr NumberWord kHardware[] = {{1, "Ethernet"}, {6, "TokenRing"}, {7, "ArcNet"},     {15, "FrameRelay"},
                                    {19, "ATM"},     {23, "Strip"},    {24, "IEEE 1394"}, {32, "InfiniBand"}};
constexpr uint16_t kIp = 0x0800;
constexpr uint16_t kTrailers = 0x1000;

struct ArpPlaces {
  uint16_t protocol;
  uint32_t hardware_bytes;
  uint32_t protocol_bytes;
  size_t sender_hardware;
  size_t sender_protocol;
  size_t target_hardware;
  size_t target_protocol;
};

void put_protocol_address(PacketPrint& print, const ArpPlaces& places, size_t at) {
  if (places.protocol != kIp && places.protocol != kTrailers)
    print.text.put("<wrong proto type>");
  else if (places.protocol_bytes != 4)
    print.text.put("<wrong len>");
  else
    print.ipv4(at);
}

void put_hardware_address(PacketPrint& print, const ArpPlaces& places, size_t at) {
  if (places.hardware_bytes == 0) return print.text.put("<empty>");
  if (print.check(at, places.hardware_bytes)) print.text.colon_hex(print.data + at, places.hardware_bytes);
}

bool any_nonzero(PacketPrint& print, size_t at, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes && !print.cut; ++i)
    if (print.u8(at + i) != 0) return true;
  return false;
}

/// False where the operation is unknown and the packet is dumped instead.
bool print_operation(PacketPrint& print, uint16_t operation, const ArpPlaces& places) {
  PacketWriter& text = print.text;
  switch (operation) {
    case 1:
      text.put("who-has ");
      put_protocol_address(print, places, places.target_protocol);
      if (any_nonzero(print, places.target_hardware, places.hardware_bytes)) {
        text.put(" (");
        put_hardware_address(print, places, places.target_hardware);
        text.put(')');
      }
      text.put(" tell ");
      put_protocol_address(print, places, places.sender_protocol);
      return true;
    case 2:
      put_protocol_address(print, places, places.sender_protocol);
      text.put(" is-at ");
      put_hardware_address(print, places, places.sender_hardware);
      return true;
    case 3:
    case 8:
      text.put("who-is ");
      put_hardware_address(print, places, places.target_hardware);
      text.put(" tell ");
      put_hardware_address(print, places, places.sender_hardware);
      return true;
    case 4:
      put_hardware_address(print, places, places.target_hardware);
      text.put(" at ");
      put_protocol_address(print, places, places.target_protocol);
      return true;
    case 9:
      put_hardware_address(print, places, places.sender_hardware);
      text.put(" at ");
      put_protocol_address(print, places, places.sender_protocol);
      return true;
    default:
      return false;
  }
}

}  // namespace

void print_arp(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "arp";
  PacketWriter& text = print.text;
  if (!print.check(at, 8)) return;
  const uint16_t hardware = print.u16(at);
  const uint16_t operation = print.u16(at + 6);
  ArpPlaces places{};
  places.protocol = print.u16(at + 2);
  places.hardware_bytes = print.u8(at + 4);
  places.protocol_bytes = print.u8(at + 5);
  places.sender_hardware = at + 8;
  places.sender_protocol = places.sender_hardware + places.hardware_bytes;
  places.target_hardware = places.sender_protocol + places.protocol_bytes;
  places.target_protocol = places.target_hardware + places.hardware_bytes;
  if (!print.check(places.target_protocol, places.protocol_bytes)) return;
  if (!print.options.link_header) text.put("ARP, ");
  const bool verbose = print.options.verbosity > 0;
  const bool plain = (places.protocol == kIp || places.protocol == kTrailers) && places.protocol_bytes == 4 &&
                     places.hardware_bytes != 0;
  if (!plain || verbose) {
    if (const char* word = word_for(kHardware, hardware)) {
      text.put(std::string_view(word));
    } else {
      text.put("Unknown Hardware (");
      text.decimal(hardware);
      text.put(')');
    }
    text.put(" (len ");
    text.decimal(places.hardware_bytes);
    text.put("), ");
    if (const char* word = ethertype_name(places.protocol)) {
      text.put(std::string_view(word));
    } else {
      text.put("Unknown Protocol (0x");
      text.hex(places.protocol, 4);
      text.put(')');
    }
    text.put(" (len ");
    text.decimal(places.protocol_bytes);
    text.put(')');
  }
  if (plain || verbose) {
    if (verbose) text.put(", ");
    if (const char* word = word_for(kOperations, operation)) {
      text.put(std::string_view(word));
    } else {
      text.put("Unknown (");
      text.decimal(operation);
      text.put(')');
    }
    text.put(' ');
    if (!print_operation(print, operation, places)) return dump_always(print, at, length);
  }
  text.put(", length ");
  text.decimal(length);
}

}  // namespace weir::sink
