// SPDX-License-Identifier: Apache-2.0
#include "lab/value_leaves.h"

#include <algorithm>
#include <cstring>

namespace weir::lab {
namespace {

class Walk {
 public:
  explicit Walk(const TypeSet& types) : types_(types) {}

  bool add(uint32_t type_id, uint64_t offset, uint32_t bitfield_size, const std::string& path,
           uint32_t depth) {
    if (++steps_ > kMostLeaves * 4 || leaves_.size() >= kMostLeaves || depth > TypeSet::kDeepest)
      return false;
    const auto found = types_.resolve(type_id);
    if (!found) return false;
    const btf_type& type = *found->type;
    switch (btf_kind(&type)) {
      case BTF_KIND_INT:
        return add_int(type, offset, bitfield_size, path);
      case BTF_KIND_FLOAT:
        if (type.size != 4 && type.size != 8) return add_other(offset, type.size, path);
        leaves_.push_back({path, LeafKind::floating, {offset, type.size * 8}, 0});
        return true;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        if (bitfield_size == 0) return add_other(offset, type.size, path);
        leaves_.push_back({path, LeafKind::other, {offset, bitfield_size}, 0});
        return true;
      case BTF_KIND_PTR:
        return add_other(offset, 8, path);
      case BTF_KIND_ARRAY:
        return add_array(*btf_array(&type), offset, path, depth);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC:
        return add_members(type, offset, path, depth);
      default:
        return false;
    }
  }

  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  bool add_int(const btf_type& type, uint64_t offset, uint32_t bitfield_size, const std::string& path) {
    BitRange range{offset, bitfield_size};
    if (bitfield_size == 0) range = {offset + btf_int_offset(&type), btf_int_bits(&type)};
    if (range.size == 0 || range.size > 128) return false;
    const IntEncoding encoding = int_encoding(type);
    if (encoding == IntEncoding::boolean || range.size > 64)
      leaves_.push_back({path, LeafKind::other, range, 0});
    else
      leaves_.push_back(
          {path, encoding == IntEncoding::is_signed ? LeafKind::signed_number : LeafKind::unsigned_number,
           range, 0});
    return true;
  }

  bool add_other(uint64_t offset, uint64_t bytes, const std::string& path) {
    leaves_.push_back({path, LeafKind::other, {offset, 0}, bytes});
    return true;
  }

  bool add_array(const struct btf_array& array, uint64_t offset, const std::string& path, uint32_t depth) {
    const auto bytes = types_.size(array.type);
    if (!bytes) return false;
    if (is_character(types_, array.type)) return add_other(offset, array.nelems, path);
    for (uint32_t i = 0; i < array.nelems; ++i)
      if (!add(array.type, offset + uint64_t{i} * *bytes * 8, 0, path + '[' + std::to_string(i) + ']',
               depth + 1))
        return false;
    return true;
  }

  bool add_members(const btf_type& type, uint64_t offset, const std::string& path, uint32_t depth) {
    // A union's first member stands for it: others would be summed twice.
    const uint32_t count = btf_is_union(&type) ? std::min<uint32_t>(btf_vlen(&type), 1) : btf_vlen(&type);
    for (uint32_t i = 0; i < count; ++i) {
      const Member member = types_.member(type, i);
      std::string name = path;
      if (!member.name.empty()) name.append(path.empty() ? "" : ".").append(member.name);
      if (!add(member.type_id, offset + member.bit_offset, member.bitfield_size, name, depth + 1))
        return false;
    }
    return true;
  }

  const TypeSet& types_;
  std::vector<Leaf> leaves_;
  uint64_t steps_ = 0;
};

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

std::optional<std::vector<Leaf>> leaves_of(const TypeSet& types, uint32_t type_id) {
  Walk walk(types);
  if (!walk.add(type_id, 0, 0, "", 0)) return std::nullopt;
  return walk.take();
}

double leaf_number(const Leaf& leaf, std::span<const std::byte> bytes) {
  const auto bits = leaf.kind != LeafKind::other ? read_bits(bytes, leaf.range) : std::nullopt;
  if (!bits) return 0;
  const auto plain = static_cast<uint64_t>(*bits);
  switch (leaf.kind) {
    case LeafKind::signed_number:
      return static_cast<double>(sign_extended(plain, leaf.range.size));
    case LeafKind::floating:
      return leaf.range.size == 4 * 8 ? std::bit_cast<float>(static_cast<uint32_t>(plain))
                                      : std::bit_cast<double>(plain);
    default:
      return static_cast<double>(plain);
  }
}

std::vector<std::byte> sum_of_cpus(std::span<const Leaf> leaves, std::span<const std::byte> values,
                                   size_t stride, uint32_t count, size_t value_bytes) {
  std::vector<std::byte> sum(value_bytes);
  const auto value_of = [&](uint32_t cpu) {
    const size_t begin = std::min(values.size(), cpu * stride);
    return values.subspan(begin, std::min(value_bytes, values.size() - begin));
  };
  for (const Leaf& leaf : leaves) {
    if (leaf.kind == LeafKind::other && leaf.range.size == 0) {
      const size_t begin = leaf.range.offset / 8;
      for (uint32_t cpu = 0; cpu < count; ++cpu) {
        const auto value = value_of(cpu);
        if (begin > value.size() || leaf.other_bytes > value.size() - begin) break;
        const auto part = value.subspan(begin, leaf.other_bytes);
        if (is_zero(part)) continue;
        std::copy(part.begin(), part.end(), sum.begin() + static_cast<ptrdiff_t>(begin));
        break;
      }
      continue;
    }
    WideNumber total = 0;
    double floating = 0;
    for (uint32_t cpu = 0; cpu < count; ++cpu) {
      const auto number = read_bits(value_of(cpu), leaf.range);
      if (!number) break;
      if (leaf.kind == LeafKind::floating)
        floating += leaf_number(leaf, value_of(cpu));
      else if (leaf.kind != LeafKind::other)
        total += *number;
      else if (total == 0)
        total = *number;
    }
    if (leaf.kind == LeafKind::floating)
      total = leaf.range.size == 32 ? std::bit_cast<uint32_t>(static_cast<float>(floating))
                                    : std::bit_cast<uint64_t>(floating);
    write_bits(sum, leaf.range, total);
  }
  return sum;
}

}  // namespace weir::lab
