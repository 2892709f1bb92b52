// SPDX-License-Identifier: Apache-2.0
#include "lab/register_words.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::lab {
namespace {

std::optional<uint64_t> parse_unsigned(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> parse_signed(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto size = parse_unsigned(negative ? text.substr(1) : text);
  if (!size) return std::nullopt;
  return static_cast<int64_t>(negative ? -*size : *size);
}

/// "scalar(id=3,umax=5)" -> "scalar", "id=3,umax=5".
std::string_view kind_of(std::string_view value) {
  return value.substr(0, value.find('('));
}

std::string_view inside(std::string_view value) {
  const size_t open = value.find('(');
  if (open == std::string_view::npos) return {};
  value.remove_prefix(open + 1);
  if (value.ends_with(')')) value.remove_suffix(1);
  return value;
}

std::string with_offset(std::string text, std::string_view value) {
  const std::string_view offset = attribute(value, "off");
  if (!offset.empty() && offset != "0") text += ", at byte " + std::string(offset);
  return text;
}

std::string in_bytes(std::string_view count) {
  return std::string(count) + (count == "1" ? " byte" : " bytes");
}

std::string describe_map_value(std::string_view value) {
  std::string text = "a value";
  const std::string_view map = attribute(value, "map");
  const std::string_view size = attribute(value, "vs");
  if (!map.empty())
    text += " of the map " + std::string(map);
  else
    text += " of a map";
  if (!size.empty()) text += " (" + in_bytes(size) + ")";
  return with_offset(text, value);
}

std::string describe_packet(std::string_view value) {
  std::string_view offset = attribute(value, "off");
  if (offset.empty()) offset = "0";
  std::string_view shown = attribute(value, "r");
  if (shown.empty()) shown = "0";
  const std::string_view id = attribute(value, "id");
  const bool is_exact = id.empty() || id == "0";  // else something that is no constant was added before
  return (is_exact ? "the packet at byte " + std::string(offset)
                   : "the packet, " + in_bytes(offset) + " behind a place that varies") +
         ", and the program has shown that " + in_bytes(shown) + (shown == "1" ? " is there" : " are there");
}

std::string describe_stack_pointer(std::string_view value) {
  std::string_view offset = value.substr(std::min<size_t>(2, value.size()));
  std::string text = "the stack";
  if (offset.starts_with('[')) {
    text = "a caller's stack";
    const size_t close = offset.find(']');
    offset = close == std::string_view::npos ? std::string_view() : offset.substr(close + 1);
  }
  if (offset.starts_with('(')) return with_offset(text, value) + ", and a number not known exactly";
  if (offset.empty() || offset == "0") return text + "'s top";
  return text + ", " + in_bytes(offset.starts_with('-') ? offset.substr(1) : offset) + " below its top";
}

std::string describe_number(const NumberRange& range) {
  if (range.is_exact) return "the number " + std::to_string(range.least);
  if (range.has_least && range.has_most)
    return "a number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
  if (range.has_least) return "a number of at least " + std::to_string(range.least) + ", with no upper bound";
  if (range.has_most) return "a number of at most " + std::to_string(range.most) + " that may be negative";
  return "a number of which nothing is known";
}

/// "trusted_ptr_task_struct" and its like.
std::string describe_struct(std::string_view kind, std::string_view value) {
  struct Trust {
    std::string_view prefix;
    std::string_view words;
  };
  constexpr std::array<Trust, 7> kTrust{{
      {"trusted_ptr_", "a struct "},
      {"rcu_ptr_", "under RCU, a struct "},
      {"untrusted_ptr_", "without guarantee, a struct "},
      {"percpu_ptr_", "a CPU's struct "},
      {"user_ptr_", "in user memory, a struct "},
      {"alloc_ptr_", "of its own, a struct "},
      {"ptr_", "a struct "},
  }};
  for (const auto& [prefix, words] : kTrust)
    if (kind.starts_with(prefix))
      return with_offset(std::string(words) + std::string(kind.substr(prefix.size())), value);
  return {};
}

struct Kind {
  std::string_view name;
  std::string_view words;
};
constexpr std::array<Kind, 19> kKinds{{
    {"ctx", "the context"},
    {"pkt_end", "the packet's end"},
    {"pkt_meta", "the packet's metadata"},
    {"sock", "a socket"},
    {"sock_common", "a socket"},
    {"tcp_sock", "a TCP socket"},
    {"xdp_sock", "an AF_XDP socket"},
    {"map_key", "a key of a map"},
    {"func", "the address of a function"},
    {"flow_keys", "flow keys"},
    {"tp_buffer", "the tracepoint's buffer"},
    {"dynptr_ptr", "a dynptr"},
    {"buf", "a buffer of the context"},
    {"rdonly_buf", "a buffer of the context, to be read only"},
    {"rdwr_buf", "a buffer of the context"},
    {"arena", "memory of an arena"},
    {"invalid", "nothing: never written, or lost"},
    {"?", "nothing: never written, or lost"},
    {"unknown", "nothing: never written, or lost"},
}};

}  // namespace

std::string_view attribute(std::string_view value, std::string_view key) {
  std::string_view rest = inside(value);
  while (!rest.empty()) {
    size_t end = 0;
    for (int depth = 0; end < rest.size() && (rest[end] != ',' || depth > 0); ++end) {
      if (rest[end] == '(') ++depth;
      if (rest[end] == ')' && depth > 0) --depth;
    }
    std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // "smin=umin=0": several names for one value.
    const size_t last = part.find('(') == std::string_view::npos ? part.rfind('=')
                                                                 : part.substr(0, part.find('(')).rfind('=');
    if (last == std::string_view::npos) continue;
    const std::string_view found = part.substr(last + 1);
    std::string_view names = part.substr(0, last);
    while (!names.empty()) {
      const size_t name_end = std::min(names.find('='), names.size());
      if (names.substr(0, name_end) == key) return found;
      names.remove_prefix(std::min(name_end + 1, names.size()));
    }
  }
  return {};
}

bool is_maybe_null(std::string_view value) {
  return kind_of(value).ends_with("_or_null");
}

std::optional<NumberRange> number_range(std::string_view value) {
  NumberRange range;
  std::string_view kind = kind_of(value);
  std::string_view exact = kind;
  if (exact.starts_with("inv")) exact.remove_prefix(3);  // before Linux 5.18
  if (exact.starts_with('P')) exact.remove_prefix(1);    // a number that it must know exactly
  if (const auto number = parse_signed(exact)) {
    range = {true, true, true, *number, static_cast<uint64_t>(*number)};
    return range;
  }
  if (kind != "scalar" && kind != "inv" && kind != "invP" && kind != "Pscalar") return std::nullopt;
  // Before Linux 5.18: umax_value and so on.
  const auto bound = [&](std::string_view name) {
    const std::string_view now = attribute(value, name);
    return now.empty() ? attribute(value, std::string(name) + "_value") : now;
  };
  const auto unsigned_most = parse_unsigned(bound("umax"));
  const auto signed_most = parse_signed(bound("smax"));
  const auto signed_least = parse_signed(bound("smin"));
  const auto unsigned_least = parse_unsigned(bound("umin"));
  if (unsigned_most) {
    range.has_most = true;
    range.most = *unsigned_most;
  } else if (signed_most && *signed_most >= 0) {
    range.has_most = true;
    range.most = static_cast<uint64_t>(*signed_most);
  }
  if (signed_least && *signed_least >= 0) {
    range.has_least = true;
    range.least = *signed_least;
  } else if (signed_least && !unsigned_most) {
    range.has_least = range.has_most;
    range.least = *signed_least;
  }
  if (unsigned_least && static_cast<int64_t>(*unsigned_least) >= range.least) {
    range.has_least = true;
    range.least = static_cast<int64_t>(*unsigned_least);
  } else if (!signed_least && unsigned_most && static_cast<int64_t>(*unsigned_most) >= 0) {
    range.has_least = true;  // an unsigned number that fits into the signed ones begins at 0
  }
  return range;
}

std::string describe_known(std::string_view value) {
  if (value.empty()) return "unknown";
  if (const auto range = number_range(value)) return describe_number(*range);
  std::string_view kind = kind_of(value);
  std::string text;
  const bool maybe_null = is_maybe_null(value);
  if (maybe_null) kind.remove_suffix(std::string_view("_or_null").size());
  if (kind == "map_value" || kind == "map_value_adj")
    text = describe_map_value(value);
  else if (kind == "map_ptr") {
    const std::string_view map = attribute(value, "map");
    text = map.empty() ? "a map" : "the map " + std::string(map);
  } else if (kind == "pkt") {
    text = describe_packet(value);
  } else if (kind.starts_with("fp")) {
    text = describe_stack_pointer(value);
  } else if (kind == "mem" || kind == "ringbuf_mem" || kind == "alloc_mem" || kind == "dynptr_mem" ||
             kind == "rdonly_mem") {
    std::string_view size = attribute(value, "sz");
    if (size.empty()) size = attribute(value, "mem_size");
    text = kind == "ringbuf_mem" || kind == "alloc_mem" ? "a record of the ring buffer" : "memory";
    if (!size.empty()) text += " (" + in_bytes(size) + ")";
    text = with_offset(text, value);
  } else {
    for (const auto& [name, words] : kKinds)
      if (kind == name) text = with_offset(std::string(words), value);
    if (text.empty()) text = describe_struct(kind, value);
  }
  if (text.empty()) return std::string(value);
  return maybe_null ? text + ", or NULL" : text;
}

std::string describe_stack(std::string_view value) {
  // "00000000", "mmmm????", and since Linux 5.18 a value in parentheses or a number.
  const bool letters = !value.empty() && value.size() <= 8 &&
                       value.find_first_not_of("m0?rid") == std::string_view::npos && value.size() == 8;
  if (!letters) return describe_known(value);
  const auto count = [&](char letter) {
    return static_cast<size_t>(std::count(value.begin(), value.end(), letter));
  };
  if (count('?') == 8) return "never written";
  if (count('0') == 8) return "zeros";
  if (count('m') == 8) return "written, its content is not known";
  if (count('d') == 8) return "a dynptr";
  if (count('i') == 8) return "an iterator";
  std::string text;
  const auto add = [&](char letter, std::string_view words) {
    if (count(letter) == 0) return;
    if (!text.empty()) text += ", ";
    text += std::to_string(count(letter)) + " of 8 bytes " + std::string(words);
  };
  add('m', "written");
  add('0', "zero");
  add('r', "of a saved register");
  add('?', "never written");
  return text;
}

}  // namespace weir::lab
