// SPDX-License-Identifier: Apache-2.0
#include "sink/json_text.h"

namespace weir::sink {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

char* write_escape(char* to, unsigned char character) {
  constexpr char kHex[] = "0123456789abcdef";
  *to++ = '\\';
  switch (character) {
    case '"':
      *to++ = '"';
      return to;
    case '\\':
      *to++ = '\\';
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    default:
      break;
  }
  to = write_raw(to, "u00");
  *to++ = kHex[character >> 4];
  *to++ = kHex[character & 15];
  return to;
}

}  // namespace

Utf8Sequence first_utf8_sequence(std::string_view whole) {
  const auto* text = reinterpret_cast<const unsigned char*>(whole.data());
  const unsigned char lead = text[0];
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {1, false};
  }
  for (size_t i = 1; i < length; ++i) {
    if (i >= whole.size() || text[i] < low || text[i] > high) return {i, false};
    low = 0x80;
    high = 0xbf;
  }
  return {length, true};
}

char* write_json_string(char* to, std::string_view text) {
  *to++ = '"';
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  for (size_t i = 0; i < text.size();) {
    const unsigned char character = from[i];
    if (character >= 0x20 && character < 0x7f && character != '"' && character != '\\') {
      *to++ = static_cast<char>(character);
      ++i;
    } else if (character < 0x80) {
      to = write_escape(to, character);
      ++i;
    } else {
      const Utf8Sequence sequence = first_utf8_sequence(text.substr(i));
      to = write_raw(to, sequence.valid ? text.substr(i, sequence.bytes) : kReplacement);
      i += sequence.bytes;
    }
  }
  *to++ = '"';
  return to;
}

}  // namespace weir::sink
