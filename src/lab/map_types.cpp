// SPDX-License-Identifier: Apache-2.0
#include "lab/map_types.h"

#include <linux/bpf.h>

#include <algorithm>

#include "lab/value_bits.h"
#include "lab/value_parser.h"

namespace weir::lab {
namespace {

using base::Result;

/// Maps whose key is a number from 0 on.
bool has_index(uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_XSKMAP:
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
    case BPF_MAP_TYPE_STRUCT_OPS:
    case BPF_MAP_TYPE_STACK_TRACE:
      return true;
    default:
      return false;
  }
}

/// What bpf(2) gives there is the id of the program or map.
bool holds_ids(uint32_t type) {
  return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
         type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

void print_plain(std::span<const std::byte> bytes, std::string& to) {
  to += std::to_string(
      static_cast<uint64_t>(read_bits(bytes, {0, static_cast<uint32_t>(bytes.size() * 8)}).value_or(0)));
}

}  // namespace

MapTypes MapTypes::of(const MapEntries& map) {
  const MapInfo& info = map.info();
  MapTypes self;
  self.key_bytes_ = info.key_bytes;
  self.value_bytes_ = info.value_bytes;
  self.stride_ = map.value_stride();
  self.values_ = map.values_per_entry();
  self.per_cpu_ = has_value_per_cpu(info.type);
  self.ids_ = holds_ids(info.type) && info.value_bytes == 4;
  self.plain_key_ = has_index(info.type) && info.key_bytes == 4;
  if (info.btf_id == 0 && info.kernel_value_type == 0) {
    self.why_untyped_ = "the map was made without BTF";
  } else {
    auto types = info.kernel_value_type != 0 ? TypeSet::of_kernel() : TypeSet::of_id(info.btf_id);
    if (types) {
      self.types_ = std::move(*types);
      self.value_type_ = info.kernel_value_type != 0 ? info.kernel_value_type : info.value_type;
      if (info.kernel_value_type == 0) self.key_type_ = info.key_type;
    } else {
      self.why_untyped_ = types.error().message;
    }
  }
  // Sizes that differ are BTF of something else.
  if (self.types_ && self.types_->size(self.key_type_) != info.key_bytes) self.key_type_ = 0;
  if (self.types_ && self.types_->size(self.value_type_) != info.value_bytes) self.value_type_ = 0;
  if (self.value_type_ != 0 && !self.ids_) {
    if (auto leaves = leaves_of(*self.types_, self.value_type_)) self.leaves_ = std::move(*leaves);
  } else if (info.value_bytes == 1 || info.value_bytes == 2 || info.value_bytes == 4 ||
             info.value_bytes == 8) {
    self.leaves_.push_back({"", LeafKind::unsigned_number, {0, info.value_bytes * 8}, 0});
  }
  return self;
}

void MapTypes::print(uint32_t type, std::span<const std::byte> bytes, ValueForm form, std::string& to) const {
  if (type != 0 && types_)
    lab::print_value(*types_, type, bytes, form, to);
  else
    print_bytes(bytes, form, to);
}

void MapTypes::print_key(std::span<const std::byte> key, ValueForm form, std::string& to) const {
  if (key_type_ == 0 && plain_key_) return print_plain(key, to);
  print(key_type_, key, form, to);
}

void MapTypes::print_value(std::span<const std::byte> value, ValueForm form, std::string& to) const {
  if (ids_) return print_plain(value, to);
  print(value_type_, value.first(std::min(value.size(), value_bytes_)), form, to);
}

std::vector<std::byte> MapTypes::summed(std::span<const std::byte> entry_value) const {
  if (!per_cpu_) return {entry_value.begin(), entry_value.end()};
  return sum_of_cpus(leaves_, entry_value, stride_, values_, value_bytes_);
}

Result<std::vector<std::byte>> MapTypes::parse_key(std::string_view text) const {
  std::vector<std::byte> key(key_bytes_);
  auto parsed = key_type_ != 0 ? lab::parse_value(*types_, key_type_, text, key) : parse_bytes(text, key);
  if (!parsed) return base::fail_within(std::move(parsed.error()), "the key");
  return key;
}

Result<> MapTypes::parse_value(std::string_view text, std::span<std::byte> entry_value) const {
  for (uint32_t cpu = 0; cpu < values_; ++cpu) {
    const auto value = entry_value.subspan(cpu * stride_, value_bytes_);
    auto parsed = value_type_ != 0 && !ids_ ? lab::parse_value(*types_, value_type_, text, value)
                                            : parse_bytes(text, value);
    if (!parsed) return base::fail_within(std::move(parsed.error()), "the value");
  }
  return {};
}

std::string MapTypes::key_type_name() const {
  if (key_type_ != 0) return types_->type_name(key_type_);
  return plain_key_ ? "index" : std::to_string(key_bytes_) + " bytes";
}

std::string MapTypes::value_type_name() const {
  if (ids_) return "id";
  return value_type_ != 0 ? types_->type_name(value_type_) : std::to_string(value_bytes_) + " bytes";
}

}  // namespace weir::lab
