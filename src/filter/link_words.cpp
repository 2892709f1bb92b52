// SPDX-License-Identifier: Apache-2.0
#include "filter/link_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace weir::filter {
namespace {

// libpcap's scanner.l; it takes these for keywords wherever they stand, unless a backslash is before them.
constexpr std::array<std::string_view, 46> kLinkWords = {
    "ether", "link",  "arp",   "rarp",  "vlan",   "mpls", "pppoed",  "pppoes", "llc",   "fddi",
    "tr",    "wlan",  "ppp",   "slip",  "decnet", "lat",  "sca",     "moprc",  "mopdl", "atalk",
    "aarp",  "iso",   "clnp",  "esis",  "es-is",  "isis", "is-is",   "l1",     "l2",    "iih",
    "lsp",   "snp",   "csnp",  "psnp",  "stp",    "ipx",  "netbeui", "dir",    "type",  "subtype",
    "addr1", "addr2", "addr3", "addr4", "ra",     "ta"};

bool stands_in_a_word(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '-' || byte == '_' || byte == '.' || byte == '\\';
}

/// A name with a dot or a backslash is one word with them, and so is no keyword. 1:2:3:4:5:6 falls apart: no
/// part of it is one either.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && stands_in_a_word(text[end])) ++end;
    if (end > at) words.push_back(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return words;
}

std::string first_of(std::string_view expression, std::initializer_list<std::string_view> wanted) {
  for (const std::string_view word : words_of(expression)) {
    if (std::find(wanted.begin(), wanted.end(), word) != wanted.end()) return std::string(word);
  }
  return "";
}

}  // namespace

std::string link_header_word(std::string_view expression) {
  const auto words = words_of(expression);
  for (size_t i = 0; i < words.size(); ++i) {
    if (std::find(kLinkWords.begin(), kLinkWords.end(), words[i]) != kLinkWords.end())
      return std::string(words[i]);
    const bool of_any_layer = words[i] == "broadcast" || words[i] == "multicast";
    const bool of_ip = i > 0 && (words[i - 1] == "ip" || words[i - 1] == "ip6");
    if (of_any_layer && !of_ip) return std::string(words[i]);
  }
  return "";
}

std::string direction_word(std::string_view expression) {
  return first_of(expression, {"inbound", "outbound"});
}

std::string loop_word(std::string_view expression) {
  return first_of(expression, {"protochain"});
}

}  // namespace weir::filter
