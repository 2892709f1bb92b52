// SPDX-License-Identifier: Apache-2.0
#include "sink/human_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "flow/flow_text.h"
#include "sink/json_text.h"

namespace weir::sink {
namespace {

/// Three significant digits below 1000 of a unit: "1.23", "12.3", "123".
std::string three_digits(double value) {
  std::array<char, 32> text{};
  const int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  const int length = std::snprintf(text.data(), text.size(), "%.*f", places, value);
  return {text.data(), static_cast<size_t>(length)};
}

std::string scaled(uint64_t number, std::string_view unit) {
  constexpr std::array<std::string_view, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  std::string text;
  size_t prefix = 0;
  if (number < 1000) {
    text = std::to_string(number);
  } else {
    double value = static_cast<double>(number);
    while (value >= 999.5 && prefix + 1 < kPrefixes.size()) {
      value /= 1000;
      ++prefix;
    }
    text = three_digits(value);
  }
  if (prefix == 0 && unit.empty()) return text;
  text += ' ';
  text += kPrefixes[prefix];
  text += unit;
  return text;
}

std::string two_units(uint64_t high, char high_unit, uint64_t low, char low_unit) {
  std::array<char, 48> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%llu%c%02llu%c", static_cast<unsigned long long>(high),
                    high_unit, static_cast<unsigned long long>(low), low_unit);
  return {text.data(), static_cast<size_t>(length)};
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  return scaled(bytes, "B");
}
std::string human_count(uint64_t count) {
  return scaled(count, "");
}

std::string human_duration(uint64_t nanoseconds) {
  const double value = static_cast<double>(nanoseconds);
  if (nanoseconds < 1000) return std::to_string(nanoseconds) + " ns";
  if (value < 999.5e3) return three_digits(value / 1e3) + " us";
  if (value < 999.5e6) return three_digits(value / 1e6) + " ms";
  if (value < 59.95e9) return three_digits(value / 1e9) + " s";
  const uint64_t seconds = (nanoseconds + 500'000'000) / 1'000'000'000;
  if (seconds < 3600) return two_units(seconds / 60, 'm', seconds % 60, 's');
  if (seconds < 86400) return two_units(seconds / 3600, 'h', seconds / 60 % 60, 'm');
  return two_units(seconds / 86400, 'd', seconds / 3600 % 24, 'h');
}

std::string grouped_digits(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    const auto character = static_cast<unsigned char>(text[i]);
    if (character < 0x80) {
      clean += character >= 0x20 && character < 0x7f ? text[i] : '?';
      ++i;
      continue;
    }
    const Utf8Sequence sequence = first_utf8_sequence(text.substr(i));
    // U+0080 to U+009F are control characters as well.
    const bool control =
        sequence.bytes == 2 && character == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (sequence.valid && !control)
      clean += text.substr(i, sequence.bytes);
    else
      clean += '?';
    i += sequence.bytes;
  }
  return clean;
}

std::string endpoint_text(const flow::FlowEnd& end, bool has_ports) {
  std::array<char, decode::kAddressTextBytes> address{};
  const std::string_view text(address.data(), decode::write_address(end.address, address.data()));
  if (!has_ports) return std::string(text);
  std::string endpoint;
  if (end.address.version == 6) {
    endpoint.append("[").append(text).append("]");
  } else {
    endpoint = text;
  }
  endpoint += ':';
  endpoint += std::to_string(end.port);
  return endpoint;
}

std::string owner_text(const flow::FlowEnd& end) {
  if (!end.process || end.process->pid == 0) return {};
  const std::string& name = end.process->executable.empty() ? end.process->comm : end.process->executable;
  return printable(name) + "/" + std::to_string(end.process->pid);
}

std::string protocol_text(uint8_t protocol) {
  if (protocol == 58) return "icmp6";
  const std::string_view name = flow::transport_name(protocol);
  return name.empty() ? "proto-" + std::to_string(protocol) : std::string(name);
}

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace weir::sink
