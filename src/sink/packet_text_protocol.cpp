// SPDX-License-Identifier: Apache-2.0
// Protocols of text lines: the first line, or with -v all of them. Only printable ASCII gets out.
#include <array>
#include <span>

#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr std::string_view kHttpWords[] = {"GET",
                                           "PUT",
                                           "COPY",
                                           "HEAD",
                                           "LOCK",
                                           "MOVE",
                                           "POLL",
                                           "POST",
                                           "BCOPY",
                                           "BMOVE",
                                           "MKCOL",
                                           "TRACE",
                                           "LABEL",
                                           "MERGE",
                                           "DELETE",
                                           "SEARCH",
                                           "UNLOCK",
                                           "REPORT",
                                           "UPDATE",
                                           "NOTIFY",
                                           "BDELETE",
                                           "CONNECT",
                                           "OPTIONS",
                                           "CHECKIN",
                                           "PROPFIND",
                                           "CHECKOUT",
                                           "CCM_POST",
                                           "SUBSCRIBE",
                                           "PROPPATCH",
                                           "BPROPFIND",
                                           "BPROPPATCH",
                                           "UNCHECKOUT",
                                           "MKACTIVITY",
                                           "MKWORKSPACE",
                                           "UNSUBSCRIBE",
                                           "RPC_CONNECT",
                                           "VERSION-CONTROL",
                                           "BASELINE-CONTROL"};
constexpr std::string_view kRtspWords[] = {"OPTIONS",       "DESCRIBE", "ANNOUNCE", "SETUP",
                                           "PLAY",          "PAUSE",    "TEARDOWN", "GET_PARAMETER",
                                           "SET_PARAMETER", "REDIRECT", "RECORD"};
constexpr std::string_view kSipWords[] = {"ACK",      "BYE",    "CANCEL",    "DO",     "INFO",   "INVITE",
                                          "MESSAGE",  "NOTIFY", "OPTIONS",   "PRACK",  "QAUTH",  "REFER",
                                          "REGISTER", "SPRACK", "SUBSCRIBE", "UPDATE", "PUBLISH"};

constexpr size_t kLongestToken = 128;

struct Token {
  std::string_view text;
  uint32_t next = 0;  // index of what follows it and the blanks behind it; 0: no token
};

Token next_token(PacketPrint& print, size_t at, uint32_t index, uint32_t length) {
  Token token;
  const uint32_t start = index;
  for (; index < length; ++index) {
    if (!print.has(at + index, 1)) return token;
    const uint8_t c = print.data[at + index];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') break;
    if (c < 0x20 || c >= 0x7f || index - start >= kLongestToken - 1) return token;
  }
  if (index == start) return token;
  token.text = {reinterpret_cast<const char*>(print.data + at + start), index - start};
  for (; index < length && print.has(at + index, 1); ++index)
    if (print.data[at + index] != ' ') break;
  token.next = index;
  return token;
}

bool same_word(std::string_view token, std::string_view word) {
  if (token.size() != word.size()) return false;
  for (size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if ((c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) != word[i]) return false;
  }
  return true;
}

bool is_status(std::string_view token) {
  return token.size() == 3 && token.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A request or a response, not the middle of a body.
bool starts_message(PacketPrint& print, size_t at, uint32_t length, std::span<const std::string_view> words) {
  const Token first = next_token(print, at, 0, length);
  if (first.next == 0) return false;
  for (const std::string_view word : words)
    if (same_word(first.text, word)) return true;
  return is_status(next_token(print, at, first.next, length).text);
}

/// Prints `prefix` and the line at `index`; returns the next line's index, 0 where there is none or it is no
/// text.
uint32_t print_line(PacketPrint& print, std::string_view prefix, size_t at, uint32_t index, uint32_t length) {
  const uint32_t start = index;
  uint32_t next = 0;
  for (; index < length; ++index) {
    const uint8_t c = print.u8(at + index);
    if (print.cut) return 0;
    if (c == '\n') {
      next = index + 1;
      break;
    }
    if (c == '\r') {
      if (index + 1 >= length || print.u8(at + index + 1) != '\n' || print.cut) return 0;
      next = index + 2;
      break;
    }
    if ((c < 0x20 && c != '\t') || c >= 0x7f) return 0;
  }
  print.text.put(prefix);
  print.text.put(std::string_view(reinterpret_cast<const char*>(print.data + at + start), index - start));
  if (next == 0) print.truncated();  // the line goes on in the next packet
  return next;
}

}  // namespace

void print_text_protocol(PacketPrint& print, size_t at, uint32_t length, TextProtocol protocol) {
  struct Words {
    const char* lower;
    std::string_view upper;
    std::span<const std::string_view> requests;
    std::string_view before;
  };
  static constexpr std::array<Words, 7> kProtocols = {{{"http", "HTTP", kHttpWords, ": "},
                                                       {"smtp", "SMTP", {}, ": "},
                                                       {"ftp", "FTP", {}, ": "},
                                                       {"rtsp", "RTSP", kRtspWords, ": "},
                                                       {"sip", "SIP", kSipWords, ""},
                                                       {"whois", "WHOIS", {}, ": "},
                                                       {"ssh", "SSH", {}, ": "}}};
  const Words& words = kProtocols[static_cast<size_t>(protocol)];
  PacketWriter& text = print.text;
  print.protocol = words.lower;
  text.put(words.before);
  const bool shown = words.requests.empty() || starts_message(print, at, length, words.requests);
  text.put(words.upper);
  if (!shown) return;
  if (print.options.verbosity == 0) {
    print_line(print, ": ", at, 0, length);
    return;
  }
  text.put(", length: ");
  text.decimal(length);
  uint32_t index = 0;
  while (index < length) {
    index = print_line(print, "\n\t", at, index, length);
    if (index == 0) return;
  }
}

}  // namespace weir::sink
