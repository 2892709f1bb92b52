// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_path.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "sink/human_text.h"
#include "sink/json_text.h"

namespace weir::sink {
namespace {

using decode::PacketDirection;
using decode::PacketHop;
using decode::PacketStep;

/// A field's value as text; empty: the packet has no such field.
class FieldText {
 public:
  static FieldText number(unsigned value) {
    FieldText made;
    made.is_number_ = true;
    made.size_ = static_cast<size_t>(std::to_chars(made.begin(), made.end(), value).ptr - made.begin());
    return made;
  }
  static FieldText address(const decode::IpAddress& address) {
    FieldText made;
    made.size_ = decode::write_address(address, made.begin());
    return made;
  }
  static FieldText mac(const std::array<uint8_t, 6>& bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    FieldText made;
    for (const uint8_t byte : bytes) {
      if (made.size_ != 0) made.text_[made.size_++] = ':';
      made.text_[made.size_++] = kDigits[byte >> 4];
      made.text_[made.size_++] = kDigits[byte & 15];
    }
    return made;
  }
  /// "7"; "3.7" where 3 is the outer one; empty without a tag.
  static FieldText vlans(const decode::EthernetFields& ethernet) {
    FieldText made;
    for (size_t i = 0; i < ethernet.tags && i < ethernet.vlans.size(); ++i) {
      if (i != 0) made.text_[made.size_++] = '.';
      char* const from = made.begin() + made.size_;
      made.size_ += static_cast<size_t>(std::to_chars(from, made.end(), ethernet.vlans[i]).ptr - from);
    }
    return made;
  }
  std::string_view view() const { return {text_.data(), size_}; }
  bool is_number() const { return is_number_; }

 private:
  char* begin() { return text_.data(); }
  char* end() { return text_.data() + text_.size(); }

  std::array<char, decode::kAddressTextBytes> text_{};
  size_t size_ = 0;
  bool is_number_ = false;
};

/// Calls `take(name, from, to)` for each field that is known at both ends of the hop and differs.
template <class Take>
void for_each_change(const PacketHop& hop, const Take& take) {
  const auto compare = [&take](const char* name, const auto& from, const auto& to, const auto& text_of) {
    if (from != to) take(name, text_of(from), text_of(to));
  };
  if (hop.before.ip && hop.now.ip) {
    const auto &from = *hop.before.ip, &to = *hop.now.ip;
    const bool v6 = to.source.version == 6;
    compare(v6 ? "hop_limit" : "ttl", from.ttl, to.ttl, FieldText::number);
    compare(v6 ? "traffic_class" : "tos", from.tos, to.tos, FieldText::number);
    compare("source.address", from.source, to.source, FieldText::address);
  }
  if (hop.before.ports && hop.now.ports)
    compare("source.port", hop.before.ports->source, hop.now.ports->source, FieldText::number);
  if (hop.before.ip && hop.now.ip)
    compare("destination.address", hop.before.ip->destination, hop.now.ip->destination, FieldText::address);
  if (hop.before.ports && hop.now.ports)
    compare("destination.port", hop.before.ports->destination, hop.now.ports->destination, FieldText::number);
  if (hop.before.ethernet && hop.now.ethernet) {
    const auto &from = *hop.before.ethernet, &to = *hop.now.ethernet;
    if (from.tags != to.tags || from.vlans != to.vlans)
      take("vlan", FieldText::vlans(from), FieldText::vlans(to));
    compare("source.mac", from.source, to.source, FieldText::mac);
    compare("destination.mac", from.destination, to.destination, FieldText::mac);
  }
}

/// "+12.3 us, ttl 64>63".
void put_change(PacketWriter& text, const PacketHop& hop) {
  text.put('+');
  text.put(std::string_view(human_duration(hop.after_ns)));
  for_each_change(hop, [&text](const char* name, const FieldText& from, const FieldText& to) {
    const auto value = [&text](const FieldText& field) {
      text.put(field.view().empty() ? std::string_view("none") : field.view());
    };
    text.put(", ");
    text.put(std::string_view(name));
    text.put(' ');
    value(from);
    text.put('>');
    value(to);
  });
}

void put_step(PacketWriter& text, const PacketStep& step) {
  text.put(std::string_view(decode::to_string(step.point)));
  if (!step.interface->name.empty()) {
    text.put(' ');
    text.safe(reinterpret_cast<const uint8_t*>(step.interface->name.data()), step.interface->name.size());
  }
  if (step.direction == PacketDirection::inbound) text.put(" In");
  if (step.direction == PacketDirection::outbound) text.put(" Out");
  if (!step.hop) return;
  text.put(' ');
  put_change(text, *step.hop);
}

}  // namespace

void put_hop(PacketWriter& text, const PacketHop& hop) {
  text.put(" (");
  put_change(text, hop);
  text.put(')');
}

void put_path(PacketWriter& text, std::span<const PacketStep> path) {
  for (const PacketStep& step : path) {
    text.put("\n\t");
    put_step(text, step);
  }
}

std::string path_comment(std::span<const PacketStep> path) {
  PacketWriter text;
  for (const PacketStep& step : path) {
    text.put(std::string_view(&step == path.data() ? "path: " : "; "));
    put_step(text, step);
  }
  return std::string(text.view());
}

size_t json_path_bound(std::span<const PacketStep> path) {
  constexpr size_t kPunctuationBytes = 96;
  size_t bytes = kPunctuationBytes;
  for (const PacketStep& step : path)
    bytes += kJsonHopBytes + kPunctuationBytes + json_string_bound(step.interface->name.size());
  return bytes;
}

char* write_json_hop(char* to, const PacketHop& hop) {
  to = write_raw(to, R"(,"after_ns":)");
  to = write_number(to, hop.after_ns);
  bool any = false;
  const auto value = [&to](const char* key, const FieldText& field) {
    if (field.view().empty()) return;
    to = write_raw(to, key);
    to = field.is_number() ? write_raw(to, field.view()) : write_json_string(to, field.view());
  };
  for_each_change(hop, [&](const char* name, const FieldText& from, const FieldText& now) {
    to = write_raw(to, any ? R"(,{"field":)" : R"(,"changed":[{"field":)");
    any = true;
    to = write_json_string(to, name);
    value(R"(,"from":)", from);
    value(R"(,"to":)", now);
    *to++ = '}';
  });
  if (any) *to++ = ']';
  return to;
}

char* write_json_path(char* to, std::span<const PacketStep> path) {
  if (path.empty()) return to;
  to = write_raw(to, R"(,"path":[)");
  for (const PacketStep& step : path) {
    to = write_raw(to, &step == path.data() ? R"({"point":)" : R"(,{"point":)");
    to = write_json_string(to, decode::to_string(step.point));
    if (!step.interface->name.empty()) {
      to = write_raw(to, R"(,"interface":)");
      to = write_json_string(to, step.interface->name);
    }
    if (step.direction != PacketDirection::unknown)
      to = write_raw(to, step.direction == PacketDirection::inbound ? R"(,"direction":"ingress")"
                                                                    : R"(,"direction":"egress")");
    if (step.hop) to = write_json_hop(to, *step.hop);
    *to++ = '}';
  }
  *to++ = ']';
  return to;
}

}  // namespace weir::sink
