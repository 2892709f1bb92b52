// SPDX-License-Identifier: Apache-2.0
// DNS messages (RFC 1035, 6762): the header, questions, and records one after the other.
#include "sink/packet_dns.h"

#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kHeaderBytes = 12;
constexpr uint16_t kOpt = 41;

constexpr std::string_view kOperations[16] = {
    "",     " inv_q",   " stat",    " op3",      " notify",  " update",   " op6",      " op7",
    " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef"};
constexpr NumberWord kResponses[] = {
    {0, ""},          {1, " FormErr"},   {2, " ServFail"}, {3, " NXDomain"},  {4, " NotImp"},
    {5, " Refused"},  {6, " YXDomain"},  {7, " YXRRSet"},  {8, " NXRRSet"},   {9, " NotAuth"},
    {10, " NotZone"}, {15, " NoChange"}, {16, " BadVers"}, {17, " BadKey"},   {18, " BadTime"},
    {19, " BadMode"}, {20, " BadName"},  {21, " BadAlg"},  {22, " BadTrunc"}, {23, " BadCookie"}};

/// The response code with the upper bits of an OPT record, where one can be found (RFC 6891 6.1.3).
uint32_t response_code(const PacketPrint& print, const DnsMessage& message) {
  uint32_t code = message.flags & 15;
  size_t at = message.at + kHeaderBytes;
  for (uint32_t i = 0; i < message.questions; ++i) {
    at = skip_domain_name(print, at);
    if (at == 0) return code;
    at += 4;
    if (at >= print.end) return code;
  }
  const uint32_t records = message.answers + message.authorities + message.additionals;
  for (uint32_t i = 0; i < records; ++i) {
    at = skip_domain_name(print, at);
    if (at == 0 || !print.has(at, 10)) return code;
    const uint8_t* record = print.data + at;
    const bool additional = i >= message.answers + message.authorities;
    if (additional && (record[0] << 8 | record[1]) == kOpt)
      return code | static_cast<uint32_t>(record[4]) << 4;
    at += 10u + static_cast<uint32_t>(record[8] << 8 | record[9]);
    if (at >= print.end) return code;
  }
  return code;
}

/// Prints `count` records, commas between them. Returns the offset behind; 0 where they are cut or malformed.
size_t print_section(PacketPrint& print, size_t at, const DnsMessage& message, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0) {
      if (at >= print.end) return 0;
      print.text.put(',');
    }
    at = print_dns_record(print, at, message);
    if (at == 0 || print.cut) return 0;
  }
  return at;
}

/// Authorities and additionals, with -vv. False where they are cut.
bool print_rest(PacketPrint& print, size_t at, const DnsMessage& message) {
  const struct {
    uint32_t count;
    std::string_view title;
  } sections[] = {{message.authorities, " ns:"}, {message.additionals, " ar:"}};
  for (const auto& section : sections) {
    if (section.count == 0) continue;
    if (at >= print.end) return false;
    print.text.put(section.title);
    at = print_section(print, at, message, section.count);
    if (at == 0) return false;
  }
  return true;
}

bool print_response(PacketPrint& print, const DnsMessage& message) {
  PacketWriter& text = print.text;
  text.put(kOperations[message.flags >> 11 & 15]);
  const uint32_t code = response_code(print, message);
  if (const char* word = word_for(kResponses, code)) {
    text.put(std::string_view(word));
  } else {
    text.put(" Resp");
    text.decimal(code);
  }
  if ((message.flags & 0x0400) != 0) text.put('*');
  if ((message.flags & 0x0080) == 0) text.put('-');
  if ((message.flags & 0x0200) != 0) text.put('|');
  if ((message.flags & 0x0020) != 0) text.put('$');
  if (message.questions != 1) {
    text.put(" [");
    text.decimal(message.questions);
    text.put("q]");
  }
  size_t at = message.at + kHeaderBytes;
  for (uint32_t i = 0; i < message.questions; ++i) {
    if (i != 0) text.put(',');
    if (print.options.verbosity > 1) {
      text.put(" q:");
      at = print_dns_question(print, at, message);
    } else {
      at = skip_domain_name(print, at);
      if (at != 0) at += 4;
    }
    if (at == 0 || print.cut) return false;
  }
  text.put(' ');
  text.decimal(message.answers);
  text.put('/');
  text.decimal(message.authorities);
  text.put('/');
  text.decimal(message.additionals);
  if (message.answers > 0) {
    at = print_section(print, at, message, message.answers);
    if (at == 0) return false;
  }
  return print.options.verbosity <= 1 || print_rest(print, at, message);
}

void put_count(PacketWriter& text, uint32_t count, std::string_view unit) {
  text.put(" [");
  text.decimal(count);
  text.put(unit);
  text.put(']');
}

bool print_request(PacketPrint& print, const DnsMessage& message) {
  PacketWriter& text = print.text;
  const uint32_t operation = message.flags >> 11 & 15;
  text.put(kOperations[operation]);
  if ((message.flags & 0x0100) != 0) text.put('+');
  if ((message.flags & 0x0010) != 0) text.put('%');
  if ((message.flags & 0x06cf) != 0) {
    text.put(" [b2&3=0x");
    text.hex(message.flags);
    text.put(']');
  }
  if (operation == 1) {  // inverse query
    if (message.questions != 0) put_count(text, message.questions, "q");
    if (message.answers != 1) put_count(text, message.answers, "a");
  } else {
    if (message.answers != 0) put_count(text, message.answers, "a");
    if (message.questions != 1) put_count(text, message.questions, "q");
  }
  if (message.authorities != 0) put_count(text, message.authorities, "n");
  if (message.additionals != 0) put_count(text, message.additionals, "au");
  size_t at = message.at + kHeaderBytes;
  for (uint32_t i = 0; i < message.questions; ++i) {
    if (i > 0 && at >= print.end) return false;
    at = print_dns_question(print, at, message);
    if (at == 0 || print.cut) return false;
  }
  if (print.options.verbosity <= 1) return true;
  if (message.answers > 0) {
    at = print_section(print, at, message, message.answers);
    if (at == 0) return false;
  }
  return print_rest(print, at, message);
}

}  // namespace

void print_dns(PacketPrint& print, size_t at, uint32_t length, bool over_tcp, bool multicast) {
  print.protocol = "domain";
  PacketWriter& text = print.text;
  if (over_tcp) {
    if (length < 2) {
      text.put(" [DNS over TCP: length ");
      text.decimal(length);
      text.put(" < 2]");
      return print.invalid();
    }
    length -= 2;
    const uint32_t prefix = print.u16(at);
    if (print.cut) return;
    if (prefix != length) {
      text.put(" [prefix length(");
      text.decimal(prefix);
      text.put(") != length(");
      text.decimal(length);
      text.put(")]");
      return print.invalid();
    }
    at += 2;
    text.put(' ');
  }
  if (length < kHeaderBytes) {
    text.put("domain [length ");
    text.decimal(length);
    text.put(" < 12]");
    return print.invalid();
  }
  if (!print.check(at, kHeaderBytes)) return;
  DnsMessage message;
  message.at = at;
  message.flags = print.u16(at + 2);
  message.questions = print.u16(at + 4);
  message.answers = print.u16(at + 6);
  message.authorities = print.u16(at + 8);
  message.additionals = print.u16(at + 10);
  message.multicast = multicast;
  text.decimal(print.u16(at));
  const bool whole =
      (message.flags & 0x8000) != 0 ? print_response(print, message) : print_request(print, message);
  if (!whole) return print.truncated();
  text.put(" (");
  text.decimal(length);
  text.put(')');
}

}  // namespace weir::sink
