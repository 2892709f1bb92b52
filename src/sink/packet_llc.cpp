// SPDX-License-Identifier: Apache-2.0
// IEEE 802.2 logical link control and SNAP (RFC 1042).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint8_t kIpSap = 0x06, kStpSap = 0x42, kSnapSap = 0xaa, kGlobalSap = 0xff;
constexpr uint8_t kUnnumberedInformation = 0x03;

constexpr NumberWord kSaps[] = {{0x00, "Null"},  {0xff, "Global"},  {0x02, "802.1B I"},  {0x03, "802.1B G"},
                                {0x06, "IP"},    {0x04, "SNA"},     {0x0e, "ProWay NM"}, {0x42, "STP"},
                                {0x4e, "RS511"}, {0x7e, "ISO8208"}, {0x8e, "ProWay"},    {0xaa, "SNAP"},
                                {0xe0, "IPX"},   {0xf0, "NetBeui"}, {0xfe, "OSI"}};
constexpr NumberWord kCommands[] = {{0x03, "ui"},   {0xe3, "test"}, {0xaf, "xid"},   {0x63, "ua"},
                                    {0x43, "disc"}, {0x0f, "dm"},   {0x6f, "sabme"}, {0x87, "frmr"}};
constexpr NumberWord kOuis[] = {{0x000000, "Ethernet"},
                                {0x00000c, "Cisco"},
                                {0x000009, "IANA"},
                                {0x0000f8, "Cisco bridged"},
                                {0x000142, "Cisco bridged"},
                                {0x0080c2, "RFC2684"},
                                {0x00400b, "Vendor 0x00400b"},
                                {0x00120f, "IEEE 802.3 Private"},
                                {0x080007, "Appletalk"},
                                {0x0080c2, "802.1Q"}};
constexpr NumberWord kCiscoPids[] = {{0x2000, "CDP"},  {0x2003, "VTP"},  {0x2004, "DTP"},
                                     {0x0111, "UDLD"}, {0x010b, "PVST"}, {0x010c, "VLAN Bridge"}};

void put_word_or_hex(PacketWriter& text, const char* word, std::string_view unknown, uint32_t value) {
  if (word != nullptr) return text.put(std::string_view(word));
  text.put(unknown);
  text.hex(value, 2);
}

const char* flag_word(bool response, bool poll) {
  if (!poll) return response ? "Response" : "Command";
  return response ? "Final" : "Poll";
}

const char* pid_name(uint32_t oui, uint16_t pid) {
  if (oui == 0x000000 || oui == 0x0000f8 || oui == 0x080007) return ethertype_name(pid);
  return oui == 0x00000c ? word_for(kCiscoPids, pid) : nullptr;
}

void put_snap(PacketPrint& print, uint32_t oui, uint16_t pid, uint32_t length, bool with_oui) {
  PacketWriter& text = print.text;
  if (with_oui) {
    const char* name = word_for(kOuis, oui);
    text.put("oui ");
    text.put(std::string_view(name != nullptr ? name : "Unknown"));
    text.put(" (0x");
    text.hex(oui, 6);
    text.put("), ");
  }
  text.put(oui == 0 ? std::string_view("ethertype ") : std::string_view("pid "));
  const char* name = pid_name(oui, pid);
  text.put(std::string_view(name != nullptr ? name : "Unknown"));
  text.put(" (0x");
  text.hex(pid, 4);
  text.put("), length ");
  text.decimal(length);
  text.put(": ");
}

/// False where the payload is for the caller to dump.
bool print_snap(PacketPrint& print, size_t at, uint32_t length, const std::optional<MacPlace>& macs) {
  PacketWriter& text = print.text;
  print.protocol = "snap";
  if (length < 5) {
    print.truncated();
    return true;
  }
  if (!print.check(at, 5)) return true;
  const uint32_t oui = print.u24(at);
  const uint16_t pid = print.u16(at + 3);
  length -= 5;
  if (print.options.link_header) put_snap(print, oui, pid, length, true);
  if (oui == 0x000000 || oui == 0x0000f8) {
    if (print_ethertype(print, pid, at + 5, length)) return true;
  } else if (oui == 0x00000c && (pid == 0x010b || pid == 0x010c)) {
    print_stp(print, at + 5, length);
    return true;
  }
  if (!print.options.link_header) {
    if (macs) {
      print.mac(macs->source);
      text.put(" > ");
      print.mac(macs->destination);
      text.put(' ');
    }
    text.put("SNAP, ");
    put_snap(print, oui, pid, length, oui != 0);
  }
  return false;
}

void put_saps(PacketPrint& print, uint8_t destination, uint8_t source, const std::optional<MacPlace>& macs) {
  PacketWriter& text = print.text;
  if (macs) {
    print.mac(macs->source);
    text.put(' ');
  }
  if (source != destination) {
    put_word_or_hex(text, word_for(kSaps, source), "Unknown SSAP 0x", source);
    text.put(' ');
  }
  if (macs) {
    text.put("> ");
    print.mac(macs->destination);
    text.put(' ');
  } else if (source != destination) {
    text.put("> ");
  }
  put_word_or_hex(text, word_for(kSaps, destination), "Unknown DSAP 0x", destination);
  text.put(' ');
}

void print_unnumbered(PacketPrint& print, uint16_t control, bool response, uint32_t length) {
  PacketWriter& text = print.text;
  text.put("Unnumbered, ");
  put_word_or_hex(text, word_for(kCommands, control & 0xefu), "", control & 0xefu);
  text.put(", Flags [");
  text.put(std::string_view(flag_word(response, (control & 0x10) != 0)));
  text.put("], length ");
  text.decimal(length);
}

void print_numbered(PacketPrint& print, uint16_t control, bool response, uint32_t length) {
  PacketWriter& text = print.text;
  if ((control & 1) != 0) {
    constexpr std::string_view kSupervisory[] = {"Receiver Ready", "Receiver not Ready", "Reject", "?"};
    text.put("Supervisory, ");
    text.put(kSupervisory[control >> 2 & 3]);
  } else {
    text.put("Information, send seq ");
    text.decimal(control >> 1 & 0x7f);
  }
  text.put(", rcv seq ");
  text.decimal(control >> 9);
  text.put(", Flags [");
  text.put(std::string_view(flag_word(response, (control & 0x100) != 0)));
  text.put("], length ");
  text.decimal(length);
}

}  // namespace

int print_llc(PacketPrint& print, size_t at, uint32_t length, const std::optional<MacPlace>& macs) {
  print.protocol = "llc";
  PacketWriter& text = print.text;
  const auto cut = [&] {
    print.truncated();
    dump_payload(print, at, length);
    return static_cast<int>(std::min<size_t>(length, print.available(at)));
  };
  if (length < 3 || !print.has(at, 3)) return cut();
  const uint8_t destination_field = print.u8(at);
  const uint8_t source_field = print.u8(at + 1);
  uint16_t control = print.u8(at + 2);
  const bool unnumbered = (control & 3) == 3;
  const int header_bytes = unnumbered ? 3 : 4;
  if (!unnumbered) {
    if (length < 4 || !print.has(at, 4)) return cut();
    control = static_cast<uint16_t>(control | print.u8(at + 3) << 8);
  }
  if (source_field == kGlobalSap && destination_field == kGlobalSap) {
    if (print.options.link_header) text.put("IPX 802.3: ");
    text.put("IPX, length ");
    text.decimal(length);
    return 0;
  }
  const uint8_t destination = destination_field & 0xfe;
  const uint8_t source = source_field & 0xfe;
  const bool response = (source_field & 1) != 0;
  if (print.options.link_header) {
    const char* destination_name = word_for(kSaps, destination);
    const char* source_name = word_for(kSaps, source);
    text.put("LLC, dsap ");
    text.put(std::string_view(destination_name != nullptr ? destination_name : "Unknown"));
    text.put(" (0x");
    text.hex(destination, 2);
    text.put((destination_field & 1) != 0 ? std::string_view(") Group, ssap ")
                                          : std::string_view(") Individual, ssap "));
    text.put(std::string_view(source_name != nullptr ? source_name : "Unknown"));
    text.put(" (0x");
    text.hex(source, 2);
    text.put(response ? std::string_view(") Response, ctrl 0x") : std::string_view(") Command, ctrl 0x"));
    text.hex(control, unnumbered ? 2 : 4);
    text.put(": ");
  }
  const size_t payload = at + static_cast<size_t>(header_bytes);
  const uint32_t payload_bytes = length - static_cast<uint32_t>(header_bytes);
  if (source == destination && control == kUnnumberedInformation) {
    if (source == kSnapSap)
      return print_snap(print, payload, payload_bytes, macs) ? header_bytes + 5 : -(header_bytes + 5);
    if (source == kStpSap) {
      print_stp(print, payload, payload_bytes);
      return header_bytes;
    }
    if (source == kIpSap) {
      print_ip(print, payload, payload_bytes);
      return header_bytes;
    }
  }
  if (!print.options.link_header) put_saps(print, destination, source, macs);
  if (unnumbered) {
    print_unnumbered(print, control, response, length);
    if ((control & 0xef) == 0xaf) {  // exchange of identification
      if (payload_bytes == 0) return header_bytes;
      if (print.u8(payload) == 0x81 && print.check(payload, 3)) {
        text.put(": ");
        text.hex_byte(print.u8(payload + 1));
        text.put(' ');
        text.hex_byte(print.u8(payload + 2));
        return header_bytes;
      }
    }
    return -header_bytes;
  }
  print_numbered(print, control, response, length);
  return (control & 1) != 0 ? header_bytes : -header_bytes;
}

}  // namespace weir::sink
