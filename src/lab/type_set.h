// SPDX-License-Identifier: Apache-2.0
// The types that BTF describes, each asked for with care: BTF may come from anyone, and libbpf checks only
// that its records fit into it. Knows nothing of values.
#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::lab {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using OwnedBtf = std::unique_ptr<btf, FreeBtf>;

/// Of an int's record (Documentation/bpf/btf.rst, BTF_KIND_INT).
enum class IntEncoding : uint8_t { plain, is_signed, character, boolean };

/// A member of a struct or union, or a variable of a data section.
struct Member {
  std::string_view name;  // empty: anonymous
  uint32_t type_id = 0;
  uint64_t bit_offset = 0;     // in the whole
  uint32_t bitfield_size = 0;  // bits; 0: no bitfield
};

class TypeSet {
 public:
  static constexpr uint32_t kDeepest = 32;  // typedefs of typedefs, structs in structs

  explicit TypeSet(OwnedBtf types, OwnedBtf base = {}) : base_(std::move(base)), types_(std::move(types)) {}

  /// Of the running kernel: /sys/kernel/btf/vmlinux. Memory of some 10 MB.
  static base::Result<TypeSet> of_kernel();
  /// As `bpf_map_info.btf_id` and the like name it. Needs CAP_SYS_ADMIN.
  static base::Result<TypeSet> of_id(uint32_t btf_id);
  /// An object file with a section .BTF, or such a section alone. bad_input where it is neither.
  static base::Result<TypeSet> of_file(const std::string& path);
  /// What would stand in a section .BTF.
  static base::Result<TypeSet> of_bytes(std::span<const std::byte> section);

  /// Ids are 1 to `last_id`; 0 is void.
  uint32_t last_id() const { return btf__type_cnt(types_.get()) - 1; }
  /// nullptr where there is none.
  const btf_type* at(uint32_t id) const { return btf__type_by_id(types_.get(), id); }
  /// Empty where there is none.
  std::string_view name(uint32_t offset) const;
  std::string_view name_of(uint32_t id) const;

  struct Resolved {
    uint32_t id = 0;
    const btf_type* type = nullptr;
  };
  /// Behind typedefs, qualifiers, tags and variables; nothing for void, for what is not there, and beyond
  /// kDeepest steps.
  std::optional<Resolved> resolve(uint32_t id) const;
  /// In bytes; nothing where it has none (void, functions, forward declarations).
  std::optional<uint32_t> size(uint32_t id) const;

  /// `index` below `btf_vlen(&type)`; of a struct, union or data section.
  Member member(const btf_type& type, uint32_t index) const;
  /// The name of an enum's or enum64's value; the value of a name.
  std::optional<std::string_view> enumerator(const btf_type& type, uint64_t value) const;
  std::optional<uint64_t> enumerator_value(const btf_type& type, std::string_view name) const;
  /// "struct flow_key", "u32", "char [16]", "const char *": as C writes it, roughly.
  std::string type_name(uint32_t id) const;

  const btf* raw() const { return types_.get(); }

 private:
  OwnedBtf base_;  // of split BTF; freed after it
  OwnedBtf types_;
};

IntEncoding int_encoding(const btf_type& type);
bool is_signed_enum(const btf_type& type);
/// A char or u8 whose arrays are text: named char, or encoded so.
bool is_character(const TypeSet& types, uint32_t type_id);

}  // namespace weir::lab
