// SPDX-License-Identifier: Apache-2.0
#include "lab/value_parser.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lab/value_printer.h"
#include "lab/value_words.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kLongestText = size_t{1} << 20;
constexpr size_t kMostNamesShown = 16;
constexpr std::string_view kHex = "hex:";

std::string shown_bits(uint32_t bits, bool is_signed) {
  return (is_signed ? "signed " : "") + std::to_string(bits) + " bits";
}

/// `digits` as bytes in their order.
bool read_hex(std::string_view digits, std::span<std::byte> bytes) {
  if (digits.size() != bytes.size() * 2) return false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    unsigned byte = 0;
    const char* begin = digits.data() + 2 * i;
    const auto [end, problem] = std::from_chars(begin, begin + 2, byte, 16);
    if (problem != std::errc{} || end != begin + 2) return false;
    bytes[i] = static_cast<std::byte>(byte);
  }
  return true;
}

class Parser {
 public:
  Parser(const TypeSet& types, std::string_view text, std::span<std::byte> bytes)
      : types_(types), words_(text), bytes_(bytes) {}

  Result<> parse_all(uint32_t type_id) {
    if (auto result = parse(type_id, 0, 0, 0); !result) return result;
    if (!words_.at_end()) return words_.wrong("too much");
    return {};
  }

 private:
  Result<> parse(uint32_t type_id, uint64_t offset, uint32_t bitfield_size, uint32_t depth) {
    if (++steps_ > kMostSteps) return words_.wrong("too many values");
    if (depth > TypeSet::kDeepest) return words_.wrong("the type goes too deep");
    const auto found = types_.resolve(type_id);
    if (!found) return words_.wrong("the type has no values");
    if (bitfield_size == 0) {
      const size_t place = words_.place();
      if (words_.word() == kHex.substr(0, kHex.size() - 1) && words_.take(':'))
        return parse_hex(type_id, offset);
      words_.go_back(place);
    }
    switch (btf_kind(found->type)) {
      case BTF_KIND_INT:
        return parse_int(type_id, *found->type, offset, bitfield_size);
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return parse_enum(*found->type, offset, bitfield_size);
      case BTF_KIND_PTR:
        return parse_number({offset, 64}, false);
      case BTF_KIND_FLOAT:
        return parse_float(*found->type, offset);
      case BTF_KIND_ARRAY:
        return parse_array(*found->type, offset, depth);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC:
        return parse_members(*found->type, offset, depth);
      default:
        return words_.wrong("a value of type " + types_.type_name(type_id) + " cannot be written");
    }
  }

  std::optional<std::span<std::byte>> whole_bytes(uint64_t offset, uint64_t size) {
    if (offset % 8 != 0 || offset / 8 > bytes_.size() || size > bytes_.size() - offset / 8)
      return std::nullopt;
    return bytes_.subspan(offset / 8, size);
  }

  Result<> beyond() { return words_.wrong("the type goes beyond the value's bytes"); }

  Result<> store(const BitRange& range, WideNumber number) {
    if (!write_bits(bytes_, range, number)) return beyond();
    return {};
  }

  Result<> parse_hex(uint32_t type_id, uint64_t offset) {
    const auto size = types_.size(type_id);
    const auto bytes = size ? whole_bytes(offset, *size) : std::nullopt;
    if (!bytes) return beyond();
    const size_t place = words_.place();
    if (read_hex(words_.word(), *bytes)) return {};
    words_.go_back(place);
    return words_.wrong(std::to_string(*size * 2) + " hexadecimal digits are needed");
  }

  /// A word, or what stands in quotes.
  Result<std::string> word_or_quoted(bool address = false) {
    if (words_.next_is('"') || words_.next_is('\'')) return words_.quoted();
    return std::string(words_.word(address));
  }

  Result<> parse_number(const BitRange& range, bool is_signed) {
    const size_t place = words_.place();
    auto word = word_or_quoted();
    if (!word) return tl::unexpected<base::Error>(std::move(word.error()));
    const auto number = written_number(*word);
    if (number && fits(*number, range.size, is_signed)) return store(range, as_bits(*number));
    words_.go_back(place);
    return words_.wrong(number ? "does not fit into " + shown_bits(range.size, is_signed)
                               : "a number is needed");
  }

  Result<> parse_int(uint32_t type_id, const btf_type& type, uint64_t offset, uint32_t bitfield_size) {
    BitRange range{offset, bitfield_size};
    if (bitfield_size == 0) range = {offset + btf_int_offset(&type), btf_int_bits(&type)};
    if (range.size == 0 || range.size > 128) return words_.wrong("the type is no int that there can be");
    const size_t place = words_.place();
    if (words_.next_is('\'') || (words_.next_is('"') && is_character(types_, type_id))) {
      auto text = words_.quoted();
      if (!text) return tl::unexpected<base::Error>(std::move(text.error()));
      if (text->size() == 1) return store(range, static_cast<unsigned char>((*text)[0]));
    } else if (range.size == 32) {
      in_addr address{};
      if (inet_pton(AF_INET, std::string(words_.word()).c_str(), &address) == 1)
        return store(range, address.s_addr);
    } else {
      const std::string_view word = words_.word();
      if (word == "true" || word == "false") return store(range, word == "true" ? 1 : 0);
    }
    words_.go_back(place);
    if (int_encoding(type) == IntEncoding::boolean) return parse_number({range.offset, range.size}, false);
    return parse_number(range, int_encoding(type) == IntEncoding::is_signed);
  }

  Result<> parse_enum(const btf_type& type, uint64_t offset, uint32_t bitfield_size) {
    const uint32_t size = bitfield_size != 0 ? bitfield_size : type.size > 8 ? 0 : type.size * 8;
    if (size == 0 || size > 64) return words_.wrong("the type is no enum that there can be");
    const size_t place = words_.place();
    auto word = word_or_quoted();
    if (!word) return tl::unexpected<base::Error>(std::move(word.error()));
    if ((steps_ += btf_vlen(&type)) > kMostSteps) return words_.wrong("too many values");
    if (const auto value = types_.enumerator_value(type, *word)) return store({offset, size}, *value);
    words_.go_back(place);
    if (written_number(*word)) return parse_number({offset, size}, is_signed_enum(type));
    return words_.wrong("is no name of enum " + std::string(types_.name(type.name_off)) +
                        names_of_enum(type));
  }

  Result<> parse_float(const btf_type& type, uint64_t offset) {
    const size_t place = words_.place();
    auto word = word_or_quoted();
    if (!word) return tl::unexpected<base::Error>(std::move(word.error()));
    double value = 0;
    const auto [end, problem] = std::from_chars(word->data(), word->data() + word->size(), value);
    if (problem == std::errc{} && end == word->data() + word->size()) {
      if (type.size == 4) return store({offset, 32}, std::bit_cast<uint32_t>(static_cast<float>(value)));
      if (type.size == 8) return store({offset, 64}, std::bit_cast<uint64_t>(value));
    }
    words_.go_back(place);
    return words_.wrong(type.size == 4 || type.size == 8 ? "a number is needed"
                                                         : "a float of this size is written as hex:");
  }

  Result<> parse_array(const btf_type& type, uint64_t offset, uint32_t depth) {
    const struct btf_array& array = *::btf_array(&type);
    const auto element_bytes = types_.size(array.type);
    if (!element_bytes) return words_.wrong("the array's elements have no size");
    if (!words_.next_is('[')) return parse_text_or_address(array, *element_bytes, offset);
    words_.take('[');
    uint32_t index = 0;
    while (!words_.next_is(']')) {
      if (index == array.nelems)
        return words_.wrong("the array has " + std::to_string(array.nelems) + " elements");
      if (auto result = parse(array.type, offset + uint64_t{index} * *element_bytes * 8, 0, depth + 1);
          !result)
        return result;
      ++index;
      if (!words_.take(',') && !words_.next_is(']')) return words_.wrong("a comma or ] is needed");
    }
    words_.take(']');
    return {};
  }

  Result<> parse_text_or_address(const struct btf_array& array, uint32_t element_bytes, uint64_t offset) {
    const auto bytes = whole_bytes(offset, uint64_t{element_bytes} * array.nelems);
    if (!bytes) return beyond();
    const size_t place = words_.place();
    const bool in_quotes = words_.next_is('"') || words_.next_is('\'');
    auto word = word_or_quoted(true);
    if (!word) return tl::unexpected<base::Error>(std::move(word.error()));
    for (const auto& [family, size] : {std::pair{AF_INET, 4u}, std::pair{AF_INET6, 16u}}) {
      std::array<std::byte, 16> address{};
      if (bytes->size() != size || inet_pton(family, word->c_str(), address.data()) != 1) continue;
      std::copy_n(address.begin(), size, bytes->begin());
      return {};
    }
    if (element_bytes == 1 && in_quotes) {
      if (word->size() <= bytes->size()) {
        std::fill(bytes->begin(), bytes->end(), std::byte{0});
        std::memcpy(bytes->data(), word->data(), word->size());
        return {};
      }
      words_.go_back(place);
      return words_.wrong("has " + std::to_string(word->size()) + " bytes, and " +
                          std::to_string(bytes->size()) + " are there");
    }
    words_.go_back(place);
    return words_.wrong(element_bytes == 1 ? "[ or a text in quotes is needed" : "[ is needed");
  }

  /// The member of that name, also one of an anonymous struct inside.
  std::optional<Member> find_member(const btf_type& type, std::string_view name, uint32_t depth) {
    if (depth > TypeSet::kDeepest) return std::nullopt;
    for (uint32_t i = 0; i < btf_vlen(&type); ++i) {
      if (++steps_ > kMostSteps) return std::nullopt;
      Member member = types_.member(type, i);
      if (member.name == name) return member;
      if (!member.name.empty()) continue;
      const auto inner = types_.resolve(member.type_id);
      if (!inner || !btf_is_composite(inner->type)) continue;
      if (auto found = find_member(*inner->type, name, depth + 1)) {
        found->bit_offset += member.bit_offset;
        return found;
      }
    }
    return std::nullopt;
  }

  Result<> parse_members(const btf_type& type, uint64_t offset, uint32_t depth) {
    if (!words_.next_is('{')) {
      if (type.size == 16 && in6_addr_at(offset)) return {};
      return words_.wrong("{ is needed: " + whole_name(type) + " has " + names_of_members(type));
    }
    words_.take('{');
    while (!words_.next_is('}')) {
      const size_t place = words_.place();
      auto name = word_or_quoted();
      if (!name) return tl::unexpected<base::Error>(std::move(name.error()));
      std::string_view plain = *name;
      if (plain.starts_with('.') && !find_member(type, plain, 0)) plain.remove_prefix(1);
      const auto member = plain.empty() ? std::nullopt : find_member(type, plain, 0);
      if (!member) {
        words_.go_back(place);
        return words_.wrong(whole_name(type) + " has no such member; it has " + names_of_members(type));
      }
      if (!words_.take(':') && !words_.take('=')) return words_.wrong("a colon is needed");
      if (auto result = parse(member->type_id, offset + member->bit_offset, member->bitfield_size, depth + 1);
          !result)
        return result;
      if (!words_.take(',') && !words_.next_is('}')) return words_.wrong("a comma or } is needed");
    }
    words_.take('}');
    return {};
  }

  /// struct in6_addr: an address instead of its members.
  bool in6_addr_at(uint64_t offset) {
    const auto bytes = whole_bytes(offset, 16);
    const size_t place = words_.place();
    const auto word = word_or_quoted(true);
    if (bytes && word && inet_pton(AF_INET6, word->c_str(), bytes->data()) == 1) return true;
    words_.go_back(place);
    return false;
  }

  std::string whole_name(const btf_type& type) {
    const std::string name(types_.name(type.name_off));
    if (btf_is_datasec(&type)) return name;
    return (btf_is_union(&type) ? "union " : "struct ") + (name.empty() ? "without a name" : name);
  }

  std::string names_of_members(const btf_type& type) {
    std::string names;
    for (uint32_t i = 0; i < btf_vlen(&type) && i < kMostNamesShown; ++i) {
      const Member member = types_.member(type, i);
      names.append(names.empty() ? "" : ", ").append(member.name.empty() ? "{...}" : member.name);
    }
    if (btf_vlen(&type) > kMostNamesShown) names += ", ...";
    return names;
  }

  std::string names_of_enum(const btf_type& type) {
    std::string names;
    for (uint32_t i = 0; i < btf_vlen(&type) && i < kMostNamesShown; ++i)
      names.append(names.empty() ? " (" : ", ")
          .append(types_.name(btf_is_enum64(&type) ? btf_enum64(&type)[i].name_off
                                                   : btf_enum(&type)[i].name_off));
    if (btf_vlen(&type) > kMostNamesShown) names += ", ...";
    return names.empty() ? names : names + ')';
  }

  const TypeSet& types_;
  ValueWords words_;
  std::span<std::byte> bytes_;
  uint64_t steps_ = 0;
};

Result<> too_long() {
  return base::fail(ErrorKind::bad_input,
                    "a value's text has at most " + std::to_string(kLongestText) + " bytes");
}

}  // namespace

Result<> parse_value(const TypeSet& types, uint32_t type_id, std::string_view text,
                     std::span<std::byte> bytes) {
  if (text.size() > kLongestText) return too_long();
  return Parser(types, text, bytes).parse_all(type_id);
}

Result<> parse_bytes(std::string_view text, std::span<std::byte> bytes) {
  if (text.size() > kLongestText) return too_long();
  if (text.starts_with(kHex)) {
    if (read_hex(text.substr(kHex.size()), bytes)) return {};
    return base::fail(ErrorKind::bad_input,
                      "hex: is followed by " + std::to_string(bytes.size() * 2) + " hexadecimal digits here");
  }
  const auto number = written_number(text);
  const size_t size = bytes.size();
  if (number && (size == 1 || size == 2 || size == 4 || size == 8)) {
    const auto bits = static_cast<uint32_t>(size * 8);
    if (!fits(*number, bits, number->negative))
      return base::fail(ErrorKind::bad_input, "does not fit into " + shown_bits(bits, number->negative));
    write_bits(bytes, {0, bits}, as_bits(*number));
    return {};
  }
  return base::fail(ErrorKind::bad_input,
                    "has no BTF: write its " + std::to_string(size) +
                        " bytes as hex:0a00..., in the order in which they lie in memory");
}

}  // namespace weir::lab
