// SPDX-License-Identifier: Apache-2.0
#include "lab/type_listing.h"

#include <array>
#include <cstdio>

#include "lab/value_printer.h"

namespace weir::lab {
namespace {

/// Keys and values in their order, written either way.
class Writer {
 public:
  explicit Writer(bool json) : json_(json) {}
  void number(const char* key, uint64_t number) {
    if (json_)
      record_.number(key, number);
    else
      text_ += std::string(text_.empty() ? "" : " ") + key + '=' + std::to_string(number);
  }
  void signed_number(const char* key, int64_t number) {
    if (json_)
      record_.signed_number(key, number);
    else
      text_ += std::string(text_.empty() ? "" : " ") + key + '=' + std::to_string(number);
  }
  void word(const char* key, const char* word, const char* before = "") {
    if (json_)
      record_.text(key, word);
    else
      text_ += std::string(text_.empty() ? "" : before) + (text_.empty() ? "" : " ") + key + '=' + word;
  }
  /// Stand in the text alone.
  void remark(const std::string& words) { append(' ' + words); }
  void append(const std::string& words) {
    if (!json_) text_ += words;
  }
  /// Stands first, in quotes.
  void name(std::string_view name) {
    if (json_)
      record_.text("name", name);
    else
      text_ += '\'' + std::string(name) + '\'';
  }
  bool json() const { return json_; }
  const std::string& text() const { return text_; }
  JsonRecord& record() { return record_; }

 private:
  bool json_;
  std::string text_;
  JsonRecord record_;
};

const char* kind_name(uint32_t kind) {
  constexpr const char* kNames[] = {"UNKNOWN", "INT",      "PTR",      "ARRAY",      "STRUCT",
                                    "UNION",   "ENUM",     "FWD",      "TYPEDEF",    "VOLATILE",
                                    "CONST",   "RESTRICT", "FUNC",     "FUNC_PROTO", "VAR",
                                    "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG",   "ENUM64"};
  return kind < std::size(kNames) ? kNames[kind] : "UNKNOWN";
}

const char* encoding_name(const btf_type& type) {
  switch (btf_int_encoding(&type)) {
    case 0:
      return "(none)";
    case BTF_INT_SIGNED:
      return "SIGNED";
    case BTF_INT_CHAR:
      return "CHAR";
    case BTF_INT_BOOL:
      return "BOOL";
    default:
      return "UNKN";
  }
}

const char* linkage_name(uint32_t linkage) {
  constexpr const char* kNames[] = {"static", "global", "extern"};
  return linkage < std::size(kNames) ? kNames[linkage] : "(unknown)";
}

std::string_view or_anonymous(std::string_view name) {
  return name.empty() ? "(anon)" : name;
}

/// What stands on the type's own line.
void write_head(const btf_type& type, Writer& to) {
  switch (btf_kind(&type)) {
    case BTF_KIND_INT:
      to.number("size", type.size);
      to.number("bits_offset", btf_int_offset(&type));
      to.number("nr_bits", btf_int_bits(&type));
      to.word("encoding", encoding_name(type));
      break;
    case BTF_KIND_PTR:
    case BTF_KIND_CONST:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_TYPE_TAG:
      to.number("type_id", type.type);
      break;
    case BTF_KIND_ARRAY:
      to.number("type_id", btf_array(&type)->type);
      to.number("index_type_id", btf_array(&type)->index_type);
      to.number("nr_elems", btf_array(&type)->nelems);
      break;
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
      to.number("size", type.size);
      to.number("vlen", btf_vlen(&type));
      break;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      to.word("encoding", btf_kflag(&type) ? "SIGNED" : "UNSIGNED");
      to.number("size", type.size);
      to.number("vlen", btf_vlen(&type));
      break;
    case BTF_KIND_FWD:
      to.word("fwd_kind", btf_kflag(&type) ? "union" : "struct");
      break;
    case BTF_KIND_FUNC:
      to.number("type_id", type.type);
      to.word("linkage", linkage_name(btf_vlen(&type)));
      break;
    case BTF_KIND_FUNC_PROTO:
      to.number("ret_type_id", type.type);
      to.number("vlen", btf_vlen(&type));
      break;
    case BTF_KIND_VAR:
      to.number("type_id", type.type);
      to.word("linkage", linkage_name(btf_var(&type)->linkage), ",");
      break;
    case BTF_KIND_FLOAT:
      to.number("size", type.size);
      break;
    case BTF_KIND_DECL_TAG:
      to.number("type_id", type.type);
      to.signed_number("component_idx", btf_decl_tag(&type)->component_idx);
      break;
    default:
      break;
  }
}

/// One of what the type has `vlen` of; false where it has none.
bool write_part(const TypeSet& types, const btf_type& type, uint32_t index, Writer& to) {
  switch (btf_kind(&type)) {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: {
      const Member member = types.member(type, index);
      to.name(or_anonymous(member.name));
      to.number("type_id", member.type_id);
      to.number("bits_offset", member.bit_offset);
      if (member.bitfield_size != 0) to.number("bitfield_size", member.bitfield_size);
      return true;
    }
    case BTF_KIND_ENUM: {
      const struct btf_enum& value = ::btf_enum(&type)[index];
      to.name(or_anonymous(types.name(value.name_off)));
      if (btf_kflag(&type))
        to.signed_number("val", value.val);
      else
        to.number("val", static_cast<uint32_t>(value.val));
      return true;
    }
    case BTF_KIND_ENUM64: {
      const struct btf_enum64& value = ::btf_enum64(&type)[index];
      to.name(or_anonymous(types.name(value.name_off)));
      if (btf_kflag(&type))
        to.signed_number("val", static_cast<int64_t>(btf_enum64_value(&value)));
      else
        to.number("val", btf_enum64_value(&value));
      to.append(btf_kflag(&type) ? "LL" : "ULL");
      return true;
    }
    case BTF_KIND_FUNC_PROTO:
      to.name(or_anonymous(types.name(btf_params(&type)[index].name_off)));
      to.number("type_id", btf_params(&type)[index].type);
      return true;
    case BTF_KIND_DATASEC: {
      const btf_var_secinfo& variable = btf_var_secinfos(&type)[index];
      to.number("type_id", variable.type);
      to.number("offset", variable.offset);
      to.number("size", variable.size);
      const btf_type* known = types.at(variable.type);
      to.remark(std::string("(") + kind_name(known != nullptr ? btf_kind(known) : 0) + " '" +
                std::string(or_anonymous(types.name_of(variable.type))) + "')");
      return true;
    }
    default:
      return false;
  }
}

const char* key_of_parts(const btf_type& type) {
  switch (btf_kind(&type)) {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return "members";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return "values";
    case BTF_KIND_FUNC_PROTO:
      return "params";
    case BTF_KIND_DATASEC:
      return "vars";
    default:
      return nullptr;  // FUNC keeps its linkage where others keep their number of parts
  }
}

struct PlacedMember {
  std::string name;
  std::string type;
  uint64_t bit_offset = 0;
  uint32_t bits = 0;   // of a bitfield
  uint64_t bytes = 0;  // else
};

void add_members(const TypeSet& types, const btf_type& type, uint64_t offset, uint32_t depth,
                 std::vector<PlacedMember>& to) {
  constexpr size_t kMostMembers = 65'536;
  for (uint32_t i = 0; i < btf_vlen(&type) && to.size() < kMostMembers; ++i) {
    const Member member = types.member(type, i);
    const auto inner = types.resolve(member.type_id);
    PlacedMember placed{std::string(member.name), types.type_name(member.type_id), offset + member.bit_offset,
                        member.bitfield_size, types.size(member.type_id).value_or(0)};
    const bool opened = member.name.empty() && inner && btf_is_composite(inner->type) && depth < 8;
    to.push_back(std::move(placed));
    if (opened) add_members(types, *inner->type, offset + member.bit_offset, depth + 1, to);
  }
}

std::vector<PlacedMember> members_of(const TypeSet& types, uint32_t id) {
  std::vector<PlacedMember> members;
  const auto found = types.resolve(id);
  if (found && (btf_is_composite(found->type) || btf_is_datasec(found->type)))
    add_members(types, *found->type, 0, 0, members);
  return members;
}

}  // namespace

std::string type_text(const TypeSet& types, uint32_t id) {
  const btf_type* type = types.at(id);
  if (type == nullptr) return {};
  Writer head(false);
  write_head(*type, head);
  std::string text = '[' + std::to_string(id) + "] " + kind_name(btf_kind(type)) + " '" +
                     std::string(or_anonymous(types.name(type->name_off))) + '\'';
  if (!head.text().empty()) text += ' ' + head.text();
  for (uint32_t i = 0; key_of_parts(*type) != nullptr && i < btf_vlen(type); ++i) {
    Writer part(false);
    if (write_part(types, *type, i, part)) text += "\n\t" + part.text();
  }
  return text;
}

JsonRecord type_record(const TypeSet& types, uint32_t id) {
  Writer writer(true);
  const btf_type* type = types.at(id);
  writer.record().number("id", id);
  if (type == nullptr) return writer.record();
  writer.record()
      .text("kind", kind_name(btf_kind(type)))
      .text("name", or_anonymous(types.name(type->name_off)));
  write_head(*type, writer);
  if (const char* key = key_of_parts(*type)) {
    std::string parts;
    for (uint32_t i = 0; i < btf_vlen(type); ++i) {
      Writer part(true);
      write_part(types, *type, i, part);
      parts += (i != 0 ? "," : "") + part.record().object();
    }
    writer.record().raw(key, '[' + parts + ']');
  }
  return writer.record();
}

uint32_t find_type(const TypeSet& types, std::string_view name) {
  uint32_t other = 0;
  for (uint32_t id = 1; id <= types.last_id(); ++id) {
    const btf_type* type = types.at(id);
    if (type == nullptr || types.name(type->name_off) != name) continue;
    if (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type)) return id;
    if (other == 0) other = id;
  }
  return other;
}

std::string layout_text(const TypeSet& types, uint32_t id) {
  std::string text = types.type_name(id);
  if (const auto size = types.size(id)) text += ", " + std::to_string(*size) + " bytes";
  text += '\n';
  for (const PlacedMember& member : members_of(types, id)) {
    char place[64];
    if (member.bits != 0)
      std::snprintf(place, sizeof place, "%8llu.%llu %5u bits  ",
                    static_cast<unsigned long long>(member.bit_offset / 8),
                    static_cast<unsigned long long>(member.bit_offset % 8), member.bits);
    else
      std::snprintf(place, sizeof place, "%8llu %12llu  ",
                    static_cast<unsigned long long>(member.bit_offset / 8),
                    static_cast<unsigned long long>(member.bytes));
    text += place + member.type + (member.name.empty() ? "" : "  " + member.name) + '\n';
  }
  const auto found = types.resolve(id);
  if (!found || !btf_is_any_enum(found->type)) return text;
  for (uint32_t i = 0; i < btf_vlen(found->type); ++i) {
    Writer part(false);
    write_part(types, *found->type, i, part);
    text += "  " + part.text() + '\n';
  }
  return text;
}

JsonRecord layout_record(const TypeSet& types, uint32_t id) {
  JsonRecord record = type_record(types, id);
  record.text("declaration", types.type_name(id));
  record.list("layout", members_of(types, id), [](const PlacedMember& member, std::string& to) {
    JsonRecord inner;
    inner.text("name", member.name).text("type", member.type).number("bit_offset", member.bit_offset);
    if (member.bits != 0)
      inner.number("bits", member.bits);
    else
      inner.number("bytes", member.bytes);
    to += inner.object();
  });
  return record;
}

}  // namespace weir::lab
