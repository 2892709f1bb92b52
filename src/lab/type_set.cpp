// SPDX-License-Identifier: Apache-2.0
#include "lab/type_set.h"

#include <cerrno>

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr const char* kKernelTypes = "/sys/kernel/btf/vmlinux";

tl::unexpected<base::Error> not_read(int error, const std::string& what) {
  switch (error) {
    case ENOENT:
      return base::fail_errno(ENOENT, what);
    case EACCES:
    case EPERM:
      return base::fail_errno(error, what);
    case ENODATA:
      return base::fail(ErrorKind::bad_input, what + ": has no section .BTF (clang needs -g)", error);
    default:
      return base::fail(ErrorKind::bad_input, what + ": is neither an object file with BTF nor BTF", error);
  }
}

}  // namespace

Result<TypeSet> TypeSet::of_kernel() {
  OwnedBtf types(btf__parse(kKernelTypes, nullptr));
  if (!types)
    return base::fail(ErrorKind::unsupported,
                      "this kernel does not describe its types: CONFIG_DEBUG_INFO_BTF is needed", errno);
  return TypeSet(std::move(types));
}

Result<TypeSet> TypeSet::of_id(uint32_t btf_id) {
  OwnedBtf types(btf__load_from_kernel_by_id(btf_id));
  if (types) return TypeSet(std::move(types));
  const std::string what = "BTF " + std::to_string(btf_id);
  if (errno == EPERM) return base::fail(ErrorKind::permission, what + ": needs CAP_SYS_ADMIN", EPERM);
  if (errno == EINVAL) {  // a module's: beside the kernel's
    OwnedBtf kernel(btf__parse(kKernelTypes, nullptr));
    if (kernel) {
      types.reset(btf__load_from_kernel_by_id_split(btf_id, kernel.get()));
      if (types) return TypeSet(std::move(types), std::move(kernel));
    }
  }
  return base::fail_errno(errno, what);
}

Result<TypeSet> TypeSet::of_file(const std::string& path) {
  constexpr std::string_view kModules = "/sys/kernel/btf/";
  if (path.starts_with(kModules) && path != kKernelTypes) {
    OwnedBtf kernel(btf__parse(kKernelTypes, nullptr));
    if (!kernel) return not_read(errno, kKernelTypes);
    OwnedBtf types(btf__parse_split(path.c_str(), kernel.get()));
    if (!types) return not_read(errno, path);
    return TypeSet(std::move(types), std::move(kernel));
  }
  OwnedBtf types(btf__parse(path.c_str(), nullptr));
  if (!types) return not_read(errno, path);
  return TypeSet(std::move(types));
}

Result<TypeSet> TypeSet::of_bytes(std::span<const std::byte> section) {
  if (section.size() > UINT32_MAX) return base::fail(ErrorKind::bad_input, "BTF of more than 4 GB");
  OwnedBtf types(btf__new(section.data(), static_cast<uint32_t>(section.size())));
  if (!types) return not_read(errno, "these bytes");
  return TypeSet(std::move(types));
}

std::string_view TypeSet::name(uint32_t offset) const {
  const char* name = btf__name_by_offset(types_.get(), offset);
  return name != nullptr ? name : "";
}

std::string_view TypeSet::name_of(uint32_t id) const {
  const btf_type* type = at(id);
  return type != nullptr ? name(type->name_off) : "";
}

std::optional<TypeSet::Resolved> TypeSet::resolve(uint32_t id) const {
  for (uint32_t step = 0; step < kDeepest; ++step) {
    const btf_type* type = at(id);
    if (type == nullptr || id == 0) return std::nullopt;
    if (!btf_is_mod(type) && !btf_is_typedef(type) && !btf_is_var(type)) return Resolved{id, type};
    id = type->type;
  }
  return std::nullopt;
}

std::optional<uint32_t> TypeSet::size(uint32_t id) const {
  uint64_t elements = 1;
  for (uint32_t step = 0; step < kDeepest; ++step) {
    const auto found = resolve(id);
    if (!found) return std::nullopt;
    uint64_t bytes = 0;
    switch (btf_kind(found->type)) {
      case BTF_KIND_INT:
      case BTF_KIND_FLOAT:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC:
        bytes = found->type->size;
        break;
      case BTF_KIND_PTR:
        bytes = btf__pointer_size(types_.get());
        break;
      case BTF_KIND_ARRAY:
        elements *= btf_array(found->type)->nelems;
        if (elements > UINT32_MAX) return std::nullopt;
        id = btf_array(found->type)->type;
        continue;
      default:
        return std::nullopt;
    }
    bytes *= elements;  // below 2^64: both are below 2^32
    if (bytes > UINT32_MAX) return std::nullopt;
    return static_cast<uint32_t>(bytes);
  }
  return std::nullopt;
}

Member TypeSet::member(const btf_type& type, uint32_t index) const {
  if (btf_is_datasec(&type)) {
    const btf_var_secinfo& variable = btf_var_secinfos(&type)[index];
    return {name_of(variable.type), variable.type, uint64_t{variable.offset} * 8, 0};
  }
  const btf_member& member = btf_members(&type)[index];
  return {name(member.name_off), member.type, btf_member_bit_offset(&type, index),
          btf_member_bitfield_size(&type, index)};
}

std::optional<std::string_view> TypeSet::enumerator(const btf_type& type, uint64_t value) const {
  if (btf_is_enum64(&type)) {
    for (uint32_t i = 0; i < btf_vlen(&type); ++i)
      if (btf_enum64_value(&btf_enum64(&type)[i]) == value) return name(btf_enum64(&type)[i].name_off);
    return std::nullopt;
  }
  for (uint32_t i = 0; i < btf_vlen(&type); ++i)
    if (static_cast<uint32_t>(btf_enum(&type)[i].val) == static_cast<uint32_t>(value))
      return name(btf_enum(&type)[i].name_off);
  return std::nullopt;
}

std::optional<uint64_t> TypeSet::enumerator_value(const btf_type& type, std::string_view word) const {
  if (btf_is_enum64(&type)) {
    for (uint32_t i = 0; i < btf_vlen(&type); ++i)
      if (name(btf_enum64(&type)[i].name_off) == word) return btf_enum64_value(&btf_enum64(&type)[i]);
    return std::nullopt;
  }
  for (uint32_t i = 0; i < btf_vlen(&type); ++i)
    if (name(btf_enum(&type)[i].name_off) == word)
      return static_cast<uint64_t>(int64_t{btf_enum(&type)[i].val});
  return std::nullopt;
}

std::string TypeSet::type_name(uint32_t id) const {
  std::string before, after;
  for (uint32_t step = 0; step < kDeepest; ++step) {
    const btf_type* type = at(id);
    if (id == 0 || type == nullptr) return before + (id == 0 ? "void" : "?") + after;
    const std::string own(name(type->name_off));
    switch (btf_kind(type)) {
      case BTF_KIND_PTR:
        after = (after.starts_with('*') ? "*" : " *") + (after.starts_with(' ') ? after.substr(1) : after);
        break;
      case BTF_KIND_ARRAY:
        after += (after.empty() ? " [" : "[") + std::to_string(btf_array(type)->nelems) + ']';
        id = btf_array(type)->type;
        continue;
      case BTF_KIND_CONST:
        before += "const ";
        break;
      case BTF_KIND_VOLATILE:
        before += "volatile ";
        break;
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
      case BTF_KIND_VAR:
        break;
      case BTF_KIND_STRUCT:
        return before + "struct " + (own.empty() ? "{...}" : own) + after;
      case BTF_KIND_UNION:
        return before + "union " + (own.empty() ? "{...}" : own) + after;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return before + "enum " + (own.empty() ? "{...}" : own) + after;
      case BTF_KIND_FWD:
        return before + (btf_kflag(type) ? "union " : "struct ") + own + after;
      case BTF_KIND_FUNC_PROTO:
        return before + "function" + after;
      default:
        return before + own + after;
    }
    id = type->type;
  }
  return before + "?" + after;
}

IntEncoding int_encoding(const btf_type& type) {
  switch (btf_int_encoding(&type)) {
    case BTF_INT_SIGNED:
      return IntEncoding::is_signed;
    case BTF_INT_CHAR:
      return IntEncoding::character;
    case BTF_INT_BOOL:
      return IntEncoding::boolean;
    default:
      return IntEncoding::plain;
  }
}

bool is_signed_enum(const btf_type& type) {
  if (btf_kflag(&type)) return true;
  // Before clang 15 no flag says so: a negative name does.
  if (btf_is_enum64(&type)) return false;
  for (uint32_t i = 0; i < btf_vlen(&type); ++i)
    if (btf_enum(&type)[i].val < 0) return true;
  return false;
}

bool is_character(const TypeSet& types, uint32_t type_id) {
  // A typedef of char (u8 is one of unsigned char) is a number.
  for (uint32_t step = 0; step < TypeSet::kDeepest; ++step) {
    const btf_type* type = types.at(type_id);
    if (type == nullptr) return false;
    if (btf_is_mod(type)) {
      type_id = type->type;
      continue;
    }
    if (!btf_is_int(type) || type->size != 1) return false;
    return int_encoding(*type) == IntEncoding::character || types.name(type->name_off) == "char";
  }
  return false;
}

}  // namespace weir::lab
