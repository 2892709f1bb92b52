// SPDX-License-Identifier: Apache-2.0
#include "lab/value_printer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "lab/value_bits.h"
#include "sink/json_text.h"

namespace weir::lab {
namespace {

constexpr size_t kMostOutputBytes = size_t{64} << 20;
constexpr uint64_t kLeastSteps = 16'384;

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 40> text;
  to.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

void append_hex(std::string& to, WideNumber number) {
  std::array<char, 32> digits;
  size_t begin = digits.size();
  do {
    digits[--begin] = "0123456789abcdef"[static_cast<unsigned>(number & 15)];
    number >>= 4;
  } while (number != 0);
  to += "0x";
  to.append(digits.data() + begin, digits.size() - begin);
}

/// As bpftool has it: printable up to a NUL, which there must be.
std::optional<std::string_view> as_text(std::span<const std::byte> bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (text[i] == 0) return std::string_view(text, i);
    if (text[i] <= 0x1f || text[i] == 0x7f) return std::nullopt;
  }
  return std::nullopt;
}

class Printer {
 public:
  Printer(const TypeSet& types, std::span<const std::byte> bytes, ValueForm form, std::string& to)
      : types_(types), bytes_(bytes), json_(form == ValueForm::json), to_(to), begin_(to.size()) {}

  PrintProblem problem() const { return problem_; }

  void print(uint32_t type_id, uint64_t bit_offset, uint32_t bitfield_size, uint32_t depth) {
    if (!step()) return missing(PrintProblem::too_long);
    if (depth > TypeSet::kDeepest) return missing(PrintProblem::too_deep);
    const auto found = types_.resolve(type_id);
    if (!found) return missing(PrintProblem::no_type);
    switch (btf_kind(found->type)) {
      case BTF_KIND_INT:
        return print_int(*found->type, bit_offset, bitfield_size);
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return print_enum(*found->type, bit_offset, bitfield_size);
      case BTF_KIND_PTR:
        return print_pointer(bit_offset);
      case BTF_KIND_FLOAT:
        return print_float(*found->type, bit_offset);
      case BTF_KIND_ARRAY:
        return print_array(*found->type, bit_offset, depth);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC: {
        to_ += '{';
        bool first = true;
        print_members(*found->type, bit_offset, depth, first);
        to_ += '}';
        return;
      }
      default:
        return missing(PrintProblem::no_type);
    }
  }

 private:
  /// Honest types have no more values than bits; only those that lie go on without any.
  bool step() { return ++steps_ <= kLeastSteps + 64 * bytes_.size() && within_limits(); }
  bool look_up(uint32_t names) {
    names_ += names;
    return names_ <= kMostSteps;
  }
  bool within_limits() const { return steps_ <= kMostSteps && to_.size() - begin_ <= kMostOutputBytes; }

  void missing(PrintProblem problem) {
    to_ += json_ ? "null" : "?";
    if (problem_ == PrintProblem::none) problem_ = problem;
  }

  std::optional<WideNumber> bits(uint64_t offset, uint32_t size) {
    const auto number = read_bits(bytes_, {offset, size});
    if (!number) missing(PrintProblem::short_bytes);
    return number;
  }

  void print_int(const btf_type& type, uint64_t offset, uint32_t bitfield_size) {
    uint32_t size = bitfield_size;
    if (size == 0) {  // a bitfield of older compilers is an int of so many bits from such a bit on
      size = btf_int_bits(&type);
      offset += btf_int_offset(&type);
    }
    if (size == 0 || size > 128) return missing(PrintProblem::no_type);
    const auto number = bits(offset, size);
    if (!number) return;
    if (size > 64) return print_wide(*number);
    const auto plain = static_cast<uint64_t>(*number);
    switch (int_encoding(type)) {
      case IntEncoding::boolean:
        to_ += plain != 0 ? "true" : "false";
        return;
      case IntEncoding::is_signed:
        return append_number(to_, sign_extended(plain, size));
      case IntEncoding::character:
      case IntEncoding::plain:
        return append_number(to_, plain);
    }
  }

  void print_wide(WideNumber number) {
    if (json_) to_ += '"';
    append_hex(to_, number);
    if (json_) to_ += '"';
  }

  void print_enum(const btf_type& type, uint64_t offset, uint32_t bitfield_size) {
    const uint32_t size = bitfield_size != 0             ? bitfield_size
                          : uint64_t{type.size} * 8 > 64 ? 0
                                                         : type.size * 8;
    if (size == 0 || size > 64) return missing(PrintProblem::no_type);
    const auto number = bits(offset, size);
    if (!number) return;
    const bool is_signed = is_signed_enum(type);
    auto value = static_cast<uint64_t>(*number);
    if (is_signed) value = static_cast<uint64_t>(sign_extended(value, size));
    if (!look_up(btf_vlen(&type))) return missing(PrintProblem::too_long);
    if (const auto name = types_.enumerator(type, value); name && !name->empty()) {
      if (json_)
        append_quoted(to_, *name);
      else
        to_ += *name;
    } else if (is_signed) {
      append_number(to_, static_cast<int64_t>(value));
    } else {
      append_number(to_, value);
    }
  }

  void print_pointer(uint64_t offset) {
    const auto number = bits(offset, 64);
    if (!number) return;
    if (json_)
      append_number(to_, static_cast<uint64_t>(*number));
    else
      append_hex(to_, *number);
  }

  void print_float(const btf_type& type, uint64_t offset) {
    if (type.size > 16) return missing(PrintProblem::no_type);
    const auto number = bits(offset, type.size * 8);
    if (!number) return;
    double value = 0;
    if (type.size == 4)
      value = std::bit_cast<float>(static_cast<uint32_t>(*number));
    else if (type.size == 8)
      value = std::bit_cast<double>(static_cast<uint64_t>(*number));
    else
      return print_wide(*number);
    if (json_ && !std::isfinite(value)) {
      to_ += "null";  // JSON has no other word for it
    } else if (type.size == 4) {
      append_number(to_, static_cast<float>(value));
    } else {
      append_number(to_, value);
    }
  }

  void print_array(const btf_type& type, uint64_t offset, uint32_t depth) {
    const struct btf_array& array = *::btf_array(&type);
    const auto element_bytes = types_.size(array.type);
    if (!element_bytes) return missing(PrintProblem::no_type);
    if (is_character(types_, array.type) && offset % 8 == 0 && within({offset, 0}, bytes_.size()) &&
        array.nelems <= bytes_.size() - offset / 8) {
      const auto text = as_text(bytes_.subspan(offset / 8, array.nelems));
      if (text) return append_quoted(to_, *text);
    }
    to_ += '[';
    for (uint32_t i = 0; i < array.nelems; ++i) {
      if (i != 0) to_ += json_ ? "," : ", ";
      const PrintProblem before = problem_;
      print(array.type, offset + uint64_t{i} * *element_bytes * 8, 0, depth + 1);
      if (problem_ != before) break;  // what lies beyond the bytes is told once
    }
    to_ += ']';
  }

  void print_members(const btf_type& type, uint64_t offset, uint32_t depth, bool& first) {
    for (uint32_t i = 0; i < btf_vlen(&type); ++i) {
      if (problem_ == PrintProblem::too_long) return;
      const Member member = types_.member(type, i);
      if (member.name.empty()) {
        const auto inner = types_.resolve(member.type_id);
        if (!step()) problem_ = PrintProblem::too_long;
        if (inner && btf_is_composite(inner->type) && depth < TypeSet::kDeepest)
          print_members(*inner->type, offset + member.bit_offset, depth + 1, first);
        continue;
      }
      if (!first) to_ += json_ ? "," : ", ";
      first = false;
      if (json_)
        append_quoted(to_, member.name);
      else
        to_ += member.name;
      to_ += json_ ? ":" : ": ";
      print(member.type_id, offset + member.bit_offset, member.bitfield_size, depth + 1);
    }
  }

  const TypeSet& types_;
  std::span<const std::byte> bytes_;
  bool json_;
  std::string& to_;
  size_t begin_;
  uint64_t steps_ = 0;
  uint64_t names_ = 0;  // of enums that were gone through
  PrintProblem problem_ = PrintProblem::none;
};

}  // namespace

PrintProblem print_value(const TypeSet& types, uint32_t type_id, std::span<const std::byte> bytes,
                         ValueForm form, std::string& to) {
  Printer printer(types, bytes, form, to);
  printer.print(type_id, 0, 0, 0);
  return printer.problem();
}

void print_bytes(std::span<const std::byte> bytes, ValueForm form, std::string& to) {
  if (form == ValueForm::json) to += '"';
  to += "hex:";
  for (const std::byte byte : bytes) {
    to += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    to += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  if (form == ValueForm::json) to += '"';
}

void append_quoted(std::string& to, std::string_view text) {
  const size_t begin = to.size();
  to.resize(begin + sink::json_string_bound(text.size()));
  to.resize(static_cast<size_t>(sink::write_json_string(to.data() + begin, text) - to.data()));
}

}  // namespace weir::lab
