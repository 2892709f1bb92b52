// SPDX-License-Identifier: Apache-2.0
// TCP's options (IANA's registry of TCP option kinds).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr NumberWord kNames[] = {
    {0, "eol"},       {1, "nop"},     {2, "mss"},    {3, "wscale"}, {4, "sackOK"}, {5, "sack"}, {6, "echo"},
    {7, "echoreply"}, {8, "TS"},      {11, "cc"},    {12, "ccnew"}, {13, ""},      {19, "md5"}, {20, "scps"},
    {28, "uto"},      {29, "tcp-ao"}, {30, "mptcp"}, {34, "tfo"},   {254, "exp"}};

/// One option's data, while it is printed.
struct OptionData {
  size_t at;
  uint32_t bytes;      // by the option's own length
  uint32_t remaining;  // to the end of the TCP header
};

enum class Outcome : uint8_t { printed, bad, cut };

Outcome print_fast_open(PacketPrint& print, size_t at, uint32_t bytes) {
  if (bytes == 0) {
    print.text.put(" cookiereq");
  } else if (bytes % 2 != 0 || bytes < 4 || bytes > 16) {
    print.invalid();
  } else {
    print.text.put(" cookie ");
    print.hex_bytes(at, bytes);
  }
  return Outcome::printed;
}

Outcome print_sack(PacketPrint& print, const OptionData& data, uint32_t base) {
  if (data.bytes % 8 != 0) {
    print.text.put(" invalid sack");
    return Outcome::printed;
  }
  print.text.put(' ');
  print.text.decimal(data.bytes / 8);
  print.text.put(' ');
  for (uint32_t i = 0; i < data.bytes; i += 8) {
    if (i + 8 > data.remaining) return Outcome::bad;
    if (!print.has(data.at + i, 8)) return Outcome::cut;
    print.text.put('{');
    print.text.decimal(static_cast<uint32_t>(print.u32(data.at + i) - base));
    print.text.put(':');
    print.text.decimal(static_cast<uint32_t>(print.u32(data.at + i + 4) - base));
    print.text.put('}');
  }
  return Outcome::printed;
}

Outcome print_authentication(PacketPrint& print, const OptionData& data) {
  if (data.bytes < 2) {
    print.invalid();
    return Outcome::printed;
  }
  print.text.put(" keyid ");
  print.text.decimal(print.u8(data.at));
  print.text.put(" rnextkeyid ");
  print.text.decimal(print.u8(data.at + 1));
  if (data.bytes > 2) {
    print.text.put(" mac 0x");
    print.hex_bytes(data.at + 2, data.bytes - 2);
  }
  return Outcome::printed;
}

/// `used` becomes the bytes that this kind has, whatever its length says.
Outcome print_data(PacketPrint& print, uint8_t kind, const OptionData& data, uint32_t base, uint32_t& used) {
  PacketWriter& text = print.text;
  const auto fixed = [&](uint32_t bytes) {
    used = bytes;
    return bytes > data.remaining      ? Outcome::bad
           : print.has(data.at, bytes) ? Outcome::printed
                                       : Outcome::cut;
  };
  Outcome outcome = Outcome::printed;
  used = data.bytes;
  switch (kind) {
    case 0:
    case 1:
    case 4:
      used = 0;
      return outcome;
    case 2:
      if ((outcome = fixed(2)) != Outcome::printed) return outcome;
      text.put(' ');
      text.decimal(print.u16(data.at));
      return outcome;
    case 3:
      if ((outcome = fixed(1)) != Outcome::printed) return outcome;
      text.put(' ');
      text.decimal(print.u8(data.at));
      return outcome;
    case 5:
      return print_sack(print, data, base);
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
      if ((outcome = fixed(4)) != Outcome::printed) return outcome;
      text.put(' ');
      text.decimal(print.u32(data.at));
      return outcome;
    case 8:
      if ((outcome = fixed(8)) != Outcome::printed) return outcome;
      text.put(" val ");
      text.decimal(print.u32(data.at));
      text.put(" ecr ");
      text.decimal(print.u32(data.at + 4));
      return outcome;
    case 19:
      if ((outcome = fixed(16)) != Outcome::printed) return outcome;
      text.put(" shared secret not supplied with -M, can't check - ");
      print.hex_bytes(data.at, 16);
      return outcome;
    case 20:
      if ((outcome = fixed(2)) != Outcome::printed) return outcome;
      text.put(" cap ");
      text.hex_byte(print.u8(data.at));
      text.put(" id ");
      text.decimal(print.u8(data.at + 1));
      return outcome;
    case 28: {
      if ((outcome = fixed(2)) != Outcome::printed) return outcome;
      const uint32_t timeout = print.u16(data.at);
      text.put(" 0x");
      text.hex(timeout);
      text.put(' ');
      text.decimal((timeout & 1) != 0 ? (timeout >> 1) * 60 : timeout >> 1);
      return outcome;
    }
    case 29:
      return print_authentication(print, data);
    default:
      break;
  }
  if (word_for(kNames, kind) == nullptr && data.bytes != 0) text.put(" 0x");
  if (data.bytes > data.remaining) return Outcome::bad;
  if (!print.has(data.at, data.bytes)) {
    if (word_for(kNames, kind) == nullptr) print.hex_bytes(data.at, print.available(data.at));
    return Outcome::cut;
  }
  if (kind == 34) {
    text.put(' ');
    return print_fast_open(print, data.at, data.bytes);
  }
  if (kind == 254) {
    if (data.bytes < 2) return Outcome::bad;
    text.put('-');
    if (print.u16(data.at) == 0xf989) {
      text.put("tfo");
      return print_fast_open(print, data.at + 2, data.bytes - 2);
    }
    text.hex(print.u16(data.at), 4);
    return outcome;
  }
  if (kind == 30 && data.bytes != 0) text.put(" 0x");
  print.hex_bytes(data.at, data.bytes);
  return outcome;
}

}  // namespace

bool print_tcp_options(PacketPrint& print, size_t at, uint32_t bytes, uint32_t acknowledged_base) {
  PacketWriter& text = print.text;
  text.put(", options [");
  bool first = true;
  Outcome outcome = Outcome::printed;
  while (bytes > 0 && outcome == Outcome::printed) {
    if (!first) text.put(',');
    const uint8_t kind = print.u8(at++);
    uint32_t length = 1;
    --bytes;
    if (kind > 1) {
      length = print.u8(at++);
      if (print.cut) return false;
      if (length < 2 || length > bytes + 1) {
        outcome = Outcome::bad;
        break;
      }
      --bytes;
    }
    if (print.cut) return false;
    if (const char* name = word_for(kNames, kind)) {
      text.put(std::string_view(name));
    } else {
      text.put("unknown-");
      text.decimal(kind);
    }
    uint32_t used = 0;
    outcome = print_data(print, kind, {at, kind > 1 ? length - 2 : 0, bytes}, acknowledged_base, used);
    if (outcome != Outcome::printed) break;
    at += used;
    bytes -= used;
    if (used + (kind > 1 ? 2 : 1) != length) {
      text.put("[len ");
      text.decimal(length);
      text.put(']');
    }
    first = false;
    if (kind == 0) break;
  }
  if (outcome == Outcome::bad) {
    text.put("[bad opt]");
    if (!first) text.put(']');
    return false;
  }
  if (outcome == Outcome::cut) {
    print.truncated();
    if (!first) text.put('>');
    return false;
  }
  text.put(']');
  return true;
}

}  // namespace weir::sink
