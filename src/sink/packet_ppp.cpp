// SPDX-License-Identifier: Apache-2.0
// PPP (RFC 1661, 1662), Cisco's HDLC framing, and PPP over Ethernet (RFC 2516).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kProtocols[] = {
    {0x0021, "IP"},    {0x0057, "IP6"},    {0x0281, "MPLS"},     {0x0283, "MPLS"}, {0x8021, "IPCP"},
    {0x8057, "IP6CP"}, {0x80fd, "CCP"},    {0xc021, "LCP"},      {0xc023, "PAP"},  {0xc223, "CHAP"},
    {0xc025, "LQM"},   {0x8281, "MPLSCP"}, {0x003d, "MLPPP"},    {0x0023, "OSI"},  {0x8023, "OSICP"},
    {0x00fd, "COMP"},  {0xc227, "EAP"},    {0xc02d, "BAP"},      {0xc02b, "BACP"}, {0x002d, "VJC"},
    {0x002f, "VJNC"},  {0x8053, "ECP"},    {0x0053, "ENCRYPTED"}};

void put_protocol(PacketPrint& print, uint16_t protocol, uint32_t length) {
  PacketWriter& text = print.text;
  if (const char* word = word_for(kProtocols, protocol))
    text.put(std::string_view(word));
  else
    text.put("unknown");
  text.put(" (0x");
  text.hex(protocol, 4);
  text.put("), length ");
  text.decimal(length);
  text.put(": ");
}

/// LCP and its relatives: the message, not its options.
void print_control(PacketPrint& print, uint16_t protocol, size_t at, uint32_t length) {
  constexpr NumberWord kCodes[] = {{0, "Vendor-Extension"}, {1, "Conf-Request"},   {2, "Conf-Ack"},
                                   {3, "Conf-Nack"},        {4, "Conf-Reject"},    {5, "Term-Request"},
                                   {6, "Term-Ack"},         {7, "Code-Reject"},    {8, "Prot-Reject"},
                                   {9, "Echo-Request"},     {10, "Echo-Reply"},    {11, "Discard-Request"},
                                   {12, "Identification"},  {13, "Time-Remaining"}};
  print.protocol = "ppp";
  PacketWriter& text = print.text;
  if (length < 4) return print.truncated();
  if (!print.check(at, 4)) return;
  const uint8_t code = print.u8(at);
  if (const char* word = word_for(kProtocols, protocol)) text.put(std::string_view(word));
  text.put(", ");
  const char* word = word_for(kCodes, code);
  text.put(std::string_view(word != nullptr ? word : "Unknown Opcode"));
  text.put(" (0x");
  text.hex(code, 2);
  text.put("), id ");
  text.decimal(print.u8(at + 1));
  text.put(", length ");
  text.decimal(length + 2);
}

}  // namespace

void print_ppp_payload(PacketPrint& print, uint16_t protocol, size_t at, uint32_t length) {
  switch (protocol) {
    case 0x0021:
    case 0x0800:
      return print_ip(print, at, length);
    case 0x0057:
    case 0x86dd:
      return print_ip6(print, at, length);
    case 0x0281:
    case 0x0283:
      return print_mpls(print, at, length);
    case 0xc021:
    case 0x8021:
    case 0x8057:
    case 0x80fd:
    case 0x8281:
    case 0x8023:
    case 0xc02b:
      return print_control(print, protocol, at, length);
    default:
      break;
  }
  if (const char* word = word_for(kProtocols, protocol)) {
    print.text.put(std::string_view(word));
    print.text.put(' ');
    return;
  }
  print.text.put("unknown PPP protocol (0x");
  print.text.hex(protocol, 4);
  print.text.put(')');
  dump_unknown(print, at, length, "\n\t");
}

size_t print_ppp(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "ppp";
  PacketWriter& text = print.text;
  const size_t start = at;
  const uint32_t all_bytes = length;
  if (length < 2) {
    print.truncated();
    return 0;
  }
  const uint16_t framing = print.u16(at);
  if (print.cut) return 0;
  const bool shown = print.options.link_header;
  if (framing == 0xff03 || framing == 0x0f00 || framing == 0x8f00) {  // PPP; Cisco's unicast, multicast
    if (shown && framing != 0xff03)
      text.put(framing == 0x0f00 ? std::string_view("unicast ") : std::string_view("multicast "));
    at += 2;
    length -= 2;
  }
  if (length < 2) {
    print.truncated();
    return at - start;
  }
  // An odd first byte is a whole protocol number: compressed (RFC 1661 6.5).
  uint16_t protocol = print.u8(at);
  uint32_t protocol_bytes = 1;
  if ((protocol & 1) == 0) {
    protocol = print.u16(at);
    protocol_bytes = 2;
  }
  if (print.cut) return at - start;
  if (shown) put_protocol(print, protocol, all_bytes);
  at += protocol_bytes;
  print_ppp_payload(print, protocol, at, length - protocol_bytes);
  return at - start;
}

size_t print_pppoe(PacketPrint& print, size_t at, uint32_t length) {
  constexpr NumberWord kCodes[] = {{0x00, ""},     {0x07, "PADO"}, {0x09, "PADI"},
                                   {0x19, "PADR"}, {0x65, "PADS"}, {0xa7, "PADT"}};
  constexpr NumberWord kTags[] = {{0x0000, "EOL"},
                                  {0x0101, "Service-Name"},
                                  {0x0102, "AC-Name"},
                                  {0x0103, "Host-Uniq"},
                                  {0x0104, "AC-Cookie"},
                                  {0x0105, "Vendor-Specific"},
                                  {0x0110, "Relay-Session-ID"},
                                  {0x0120, "PPP-Max-Payload"},
                                  {0x0201, "Service-Name-Error"},
                                  {0x0202, "AC-System-Error"},
                                  {0x0203, "Generic-Error"}};
  print.protocol = "pppoe";
  PacketWriter& text = print.text;
  if (length < 6) {
    print.truncated();
    return 6;
  }
  if (!print.check(at, 6)) return 6;
  const uint8_t version = print.u8(at) >> 4;
  const uint8_t type = print.u8(at) & 15;
  const uint8_t code = print.u8(at + 1);
  const uint16_t session = print.u16(at + 2);
  const uint32_t payload_bytes = print.u16(at + 4);
  text.put("PPPoE ");
  if (version != 1) {
    text.put(" [ver ");
    text.decimal(version);
    text.put(']');
  }
  if (type != 1) {
    text.put(" [type ");
    text.decimal(type);
    text.put(']');
  }
  if (const char* word = word_for(kCodes, code)) {
    text.put(std::string_view(word));
  } else {
    text.put("PAD-");
    text.hex(code, 1);
  }
  if (code == 0 || session != 0) {
    text.put(" [ses 0x");
    text.hex(session);
    text.put(']');
  }
  if (length < payload_bytes + 6) {
    text.put(" [len ");
    text.decimal(payload_bytes);
    text.put("!]");
  }
  length = std::min(payload_bytes, length - 6);
  at += 6;
  if (code == 0) {
    text.put(' ');
    return 6 + print_ppp(print, at, length);
  }
  const size_t stop = at + length;
  while (at + 4 <= stop && !print.cut) {
    const uint16_t tag = print.u16(at);
    const uint32_t bytes = print.u16(at + 2);
    at += 4;
    if (print.cut) break;
    text.put(" [");
    if (const char* word = word_for(kTags, tag)) {
      text.put(std::string_view(word));
    } else {
      text.put("TAG-0x");
      text.hex(tag);
    }
    if (bytes > 0 && at + bytes <= stop && print.check(at, bytes)) {
      bool ascii = true;
      for (uint32_t i = 0; i < bytes; ++i)
        ascii = ascii && print.u8(at + i) >= 0x20 && print.u8(at + i) < 0x7f;
      if (ascii) {
        text.put(" \"");
        print.safe(at, bytes);
        text.put('"');
      } else {
        text.put(" 0x");
        for (uint32_t i = 0; i < std::min(bytes, 20u); ++i) {
          const uint8_t byte = print.u8(at + i);
          text.put("0123456789ABCDEF"[byte >> 4]);
          text.put("0123456789ABCDEF"[byte & 15]);
        }
        if (bytes > 20) text.put("...");
      }
    }
    text.put(']');
    at += bytes;
  }
  return 6;
}

}  // namespace weir::sink
