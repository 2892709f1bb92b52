// SPDX-License-Identifier: Apache-2.0
// Names, questions and records of DNS.
#include "sink/packet_dns.h"
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kLongestName = 255;
constexpr uint16_t kOpt = 41;

constexpr NumberWord kTypes[] = {
    {1, "A"},       {28, "AAAA"},    {5, "CNAME"},       {12, "PTR"},      {16, "TXT"},    {6, "SOA"},
    {2, "NS"},      {15, "MX"},      {33, "SRV"},        {65, "HTTPS"},    {64, "SVCB"},   {255, "ANY"},
    {3, "MD"},      {4, "MF"},       {7, "MB"},          {8, "MG"},        {9, "MR"},      {10, "NULL"},
    {11, "WKS"},    {13, "HINFO"},   {14, "MINFO"},      {17, "RP"},       {18, "AFSDB"},  {19, "X25"},
    {20, "ISDN"},   {21, "RT"},      {22, "NSAP"},       {23, "NSAP_PTR"}, {24, "SIG"},    {25, "KEY"},
    {26, "PX"},     {27, "GPOS"},    {29, "LOC"},        {30, "NXT"},      {31, "EID"},    {32, "NIMLOC"},
    {34, "ATMA"},   {35, "NAPTR"},   {36, "KX"},         {37, "CERT"},     {38, "A6"},     {39, "DNAME"},
    {40, "SINK"},   {41, "OPT"},     {42, "APL"},        {43, "DS"},       {44, "SSHFP"},  {45, "IPSECKEY"},
    {46, "RRSIG"},  {47, "NSEC"},    {48, "DNSKEY"},     {49, "DHCID"},    {50, "NSEC3"},  {51, "NSEC3PARAM"},
    {52, "TLSA"},   {53, "SMIMEA"},  {55, "HIP"},        {56, "NINFO"},    {57, "RKEY"},   {58, "TALINK"},
    {59, "CDS"},    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},    {63, "ZONEMD"}, {99, "SPF"},
    {100, "UINFO"}, {101, "UID"},    {102, "GID"},       {103, "UNSPEC"},  {104, "NID"},   {105, "L32"},
    {106, "L64"},   {107, "LP"},     {108, "EUI48"},     {109, "EUI64"},   {249, "TKEY"},  {250, "TSIG"},
    {251, "IXFR"},  {252, "AXFR"},   {253, "MAILB"},     {254, "MAILA"},   {256, "URI"},   {257, "CAA"},
    {258, "AVC"},   {259, "DOA"},    {260, "AMTRELAY"},  {32768, "TA"},    {32769, "DLV"}};
constexpr NumberWord kClasses[] = {{1, "IN"}, {3, "CHAOS"}, {4, "HS"}, {255, "ANY"}};

void put_type(PacketWriter& text, uint16_t type) {
  text.put(' ');
  if (const char* word = word_for(kTypes, type)) return text.put(std::string_view(word));
  text.put("Type");
  text.decimal(type);
}

void put_class(PacketWriter& text, uint16_t name_class) {
  text.put(' ');
  if (const char* word = word_for(kClasses, name_class)) return text.put(std::string_view(word));
  text.put("(Class ");
  text.decimal(name_class);
  text.put(')');
}

/// False where it is cut.
bool print_strings(PacketPrint& print, size_t at, size_t stop) {
  while (at < stop) {
    if (!print.has(at, 1)) return false;
    const uint8_t bytes = print.data[at];
    print.text.put(" \"");
    if (!print.safe(at + 1, bytes)) return false;
    print.text.put('"');
    at += 1u + bytes;
  }
  return true;
}

bool print_authority(PacketPrint& print, size_t at, size_t message) {
  if (print.options.verbosity == 0) return true;
  print.text.put(' ');
  at = print_domain_name(print, at, message);
  if (at == 0) return false;
  print.text.put(' ');
  at = print_domain_name(print, at, message);
  if (at == 0 || !print.has(at, 20)) return false;
  for (int i = 0; i < 5; ++i) {
    print.text.put(' ');
    print.text.decimal(print.u32(at + static_cast<size_t>(i) * 4));
  }
  return true;
}

bool print_signature(PacketPrint& print, size_t at, size_t message) {
  if (print.options.verbosity == 0) return true;
  PacketWriter& text = print.text;
  text.put(' ');
  at = print_domain_name(print, at, message);
  if (at == 0 || !print.has(at, 10)) return false;
  const uint32_t mac_bytes = print.u16(at + 8);
  text.put(" fudge=");
  text.decimal(print.u16(at + 6));
  text.put(" maclen=");
  text.decimal(mac_bytes);
  at += 10 + mac_bytes;
  constexpr std::string_view kFields[] = {" origid=", " error=", " otherlen="};
  for (const std::string_view field : kFields) {
    if (!print.has(at, 2)) return false;
    text.put(field);
    text.decimal(print.u16(at));
    at += 2;
  }
  return true;
}

/// An IPv6 address whose first bits are those of the name behind it (RFC 2874).
bool print_a6(PacketPrint& print, size_t at, size_t message) {
  if (!print.has(at, 1)) return false;
  const uint32_t bits = print.u8(at);
  if (bits > 128) {
    print.text.put(' ');
    print.text.decimal(bits);
    print.text.put("(bad plen)");
    return true;
  }
  const uint32_t first = bits / 8;
  if (bits < 128) {
    uint8_t address[16] = {};
    for (uint32_t i = first; i < 16; ++i) address[i] = print.u8(at + 1 + i - first);
    print.text.put(' ');
    print.text.decimal(bits);
    print.text.put(' ');
    print.text.ipv6(address);
  }
  if (bits == 0) return true;
  print.text.put(' ');
  return print_domain_name(print, at + 1 + 16 - first, message) != 0;
}

struct RecordHead {
  uint16_t type;
  uint16_t name_class;
  uint16_t opt_flags;
};

/// False where the data is cut.
bool print_data(PacketPrint& print, const RecordHead& head, size_t at, size_t stop, size_t message) {
  PacketWriter& text = print.text;
  switch (head.type) {
    case 1:
      if (!print.has(at, 4)) return false;
      text.put(' ');
      text.ipv4(print.data + at);
      return true;
    case 28:
      if (!print.has(at, 16)) return false;
      text.put(' ');
      text.ipv6(print.data + at);
      return true;
    case 2:
    case 5:
    case 12:
    case 39:
      text.put(' ');
      return print_domain_name(print, at, message) != 0;
    case 6:
      return print_authority(print, at, message);
    case 15:
      text.put(' ');
      if (!print.has(at, 2) || print_domain_name(print, at + 2, message) == 0) return false;
      text.put(' ');
      text.decimal(print.u16(at));
      return true;
    case 16:
      return print_strings(print, at, stop);
    case 33:
      text.put(' ');
      if (!print.has(at, 6) || print_domain_name(print, at + 6, message) == 0) return false;
      text.put(':');
      text.decimal(print.u16(at + 4));
      text.put(' ');
      text.decimal(print.u16(at));
      text.put(' ');
      text.decimal(print.u16(at + 2));
      return true;
    case 38:
      return print_a6(print, at, message);
    case 256:
      if (stop - at < 4) return false;
      text.put(' ');
      text.decimal(print.u16(at));
      text.put(' ');
      text.decimal(print.u16(at + 2));
      text.put(' ');
      return print.safe(at + 4, stop - at - 4);
    case kOpt:
      text.put(" UDPsize=");
      text.decimal(head.name_class);
      if ((head.opt_flags & 0x8000) != 0) text.put(" DO");
      if (at >= stop) return true;
      text.put(" [");
      if (!print_edns_options(print, at, stop)) return false;
      text.put(']');
      return true;
    case 250:
      return print_signature(print, at, message);
    default:
      return true;
  }
}

}  // namespace

size_t skip_domain_name(const PacketPrint& print, size_t at) {
  for (;;) {
    if (!print.has(at, 1)) return 0;
    const uint8_t byte = print.data[at++];
    if (byte == 0) return at;
    switch (byte >> 6) {
      case 3:
        return at + 1;
      case 0:
        at += byte;
        break;
      case 1: {  // a bit label (RFC 2673)
        if ((byte & 0x3f) != 1 || !print.has(at, 1)) return 0;
        const uint32_t bits = print.data[at] != 0 ? print.data[at] : 256;
        at += 1 + (bits + 7) / 8;
        break;
      }
      default:
        return 0;
    }
  }
}

size_t print_domain_name(PacketPrint& print, size_t at, size_t message) {
  PacketWriter& text = print.text;
  size_t behind = 0;             // of the name in its record: behind the first pointer
  size_t lowest = at - message;  // pointers only lead backwards, so names end
  uint32_t characters = 0;
  if (!print.has(at, 1)) return 0;
  if (print.data[at] == 0) {
    text.put('.');
    return at + 1;
  }
  for (;;) {
    if (!print.has(at, 1)) return 0;
    const uint8_t byte = print.data[at++];
    if (byte == 0) break;
    if (byte >> 6 == 3) {
      if (!print.has(at, 1)) return 0;
      const size_t offset = (byte & 0x3fu) << 8 | print.data[at];
      if (behind == 0) behind = at + 1;
      if (offset >= lowest) {
        text.put("<BAD PTR>");
        return 0;
      }
      lowest = offset;
      at = message + offset;
      continue;
    }
    if (byte >> 6 != 0) {
      if (byte >> 6 == 1) {
        text.put("<ELT ");
        text.decimal(byte & 0x3f);
        text.put('>');
      } else {
        text.put("<BAD LABEL TYPE>");
      }
      return 0;
    }
    if (characters < kLongestName) {
      const uint32_t shown = std::min<uint32_t>(byte, kLongestName - characters);
      if (!print.safe(at, shown)) return 0;
    }
    characters += byte;
    at += byte;
    if (characters <= kLongestName) text.put('.');
    ++characters;
  }
  if (characters > kLongestName) text.put("<DOMAIN NAME TOO LONG>");
  return behind != 0 ? behind : at;
}

size_t print_dns_question(PacketPrint& print, size_t at, const DnsMessage& message) {
  PacketWriter& text = print.text;
  const size_t behind = skip_domain_name(print, at);
  if (behind == 0 || !print.has(behind, 4)) return 0;
  put_type(text, print.u16(behind));
  const uint16_t whole_class = print.u16(behind + 2);
  const uint16_t name_class = message.multicast ? whole_class & 0x7fff : whole_class;
  if (name_class != 1) put_class(text, name_class);
  if (message.multicast) {
    if ((whole_class & 0x8000) != 0)
      text.put(" (QU)");
    else
      text.put(" (QM)");
  }
  text.put("? ");
  const size_t name_end = print_domain_name(print, at, message.at);
  return name_end == 0 ? 0 : name_end + 4;
}

size_t print_dns_record(PacketPrint& print, size_t at, const DnsMessage& message) {
  PacketWriter& text = print.text;
  if (print.options.verbosity > 0) {
    text.put(' ');
    at = print_domain_name(print, at, message.at);
    if (at == 0) return 0;
  } else {
    at = skip_domain_name(print, at);
  }
  if (at == 0 || !print.has(at, 10)) return print.end;
  RecordHead head{print.u16(at), print.u16(at + 2), 0};
  const uint16_t whole_class = head.name_class;
  if (message.multicast) head.name_class &= 0x7fff;
  if (head.name_class != 1 && head.type != kOpt) put_class(text, head.name_class);
  if (message.multicast && (whole_class & 0x8000) != 0) text.put(" (Cache flush)");
  if (head.type == kOpt) {
    head.opt_flags = print.u16(at + 6);
  } else if (print.options.verbosity > 2) {
    text.put(" [");
    put_relative_time(text, print.u32(at + 4));
    text.put(']');
  }
  const size_t data = at + 10;
  const size_t stop = data + print.u16(at + 8);
  put_type(text, head.type);
  if (stop > print.end) return 0;
  return print_data(print, head, data, stop, message.at) ? stop : 0;
}

}  // namespace weir::sink
