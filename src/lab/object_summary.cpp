// SPDX-License-Identifier: Apache-2.0
#include "lab/object_summary.h"

#include <bpf/libbpf.h>
#include <elf.h>

#include <span>

#include "lab/map_info.h"
#include "lab/program_details.h"
#include "lab/trial_object.h"
#include "lab/type_header.h"
#include "lab/type_set.h"
#include "lab/value_printer.h"

namespace weir::lab {
namespace {

using base::Result;

/// The variables of a section whose first values stand in the file.
void add_globals(const bpf_map* map, const TypeSet& types, std::vector<ObjectGlobal>& globals) {
  size_t size = 0;
  const void* first = bpf_map__initial_value(const_cast<bpf_map*>(map), &size);
  const auto section = types.resolve(bpf_map__btf_value_type_id(map));
  if (first == nullptr || !section || !btf_is_datasec(section->type)) return;
  const std::span bytes(static_cast<const std::byte*>(first), size);
  for (uint32_t i = 0; i < btf_vlen(section->type); ++i) {
    const Member variable = types.member(*section->type, i);
    const uint64_t offset = variable.bit_offset / 8;
    ObjectGlobal global;
    global.section = types.name(section->type->name_off);
    global.name = variable.name;
    global.type = types.type_name(variable.type_id);
    if (offset <= bytes.size()) {
      print_value(types, variable.type_id, bytes.subspan(offset), ValueForm::text, global.text);
      print_value(types, variable.type_id, bytes.subspan(offset), ValueForm::json, global.json);
    }
    globals.push_back(std::move(global));
  }
}

ObjectProgram summarize(const bpf_program* program) {
  ObjectProgram summary;
  summary.name = bpf_program__name(program);
  summary.section = bpf_program__section_name(program);
  if (bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC)
    summary.type = program_type_name(bpf_program__type(program));
  if (const auto attach = bpf_program__expected_attach_type(program); attach != 0)
    summary.attach_type = attach_type_name(attach);
  summary.instructions = static_cast<uint32_t>(bpf_program__insn_cnt(program));
  return summary;
}

ObjectMap summarize(const bpf_map* map, const TypeSet* types) {
  ObjectMap summary;
  summary.name = bpf_map__name(map);
  summary.type = map_type_name(bpf_map__type(map));
  summary.key_bytes = bpf_map__key_size(map);
  summary.value_bytes = bpf_map__value_size(map);
  summary.max_entries = bpf_map__max_entries(map);
  summary.flags = bpf_map__map_flags(map);
  if (types != nullptr) {
    if (const uint32_t key = bpf_map__btf_key_type_id(map)) summary.key_type = types->type_name(key);
    if (const uint32_t value = bpf_map__btf_value_type_id(map)) summary.value_type = types->type_name(value);
  }
  if (const char* pin = bpf_map__pin_path(map)) summary.pin = pin;
  return summary;
}

}  // namespace

Result<ObjectSummary> summarize_object(const std::string& path) {
  const auto bytes = read_object_file(path);
  if (!bytes) return tl::unexpected<base::Error>(bytes.error());
  if (auto checked = check_types_of_file(path); !checked) return tl::unexpected<base::Error>(checked.error());
  const auto contents = read_object(*bytes);
  if (!contents) return base::fail_within(contents.error(), path);
  const auto object = open_object(*bytes, "");
  if (!object) return base::fail_within(object.error(), path);
  ObjectSummary summary;
  summary.license = contents->license;
  summary.little_endian = std::to_integer<int>((*bytes)[EI_DATA]) != ELFDATA2MSB;
  // libbpf's copy, not the file's: there the places of variables are filled in.
  uint32_t btf_bytes = 0;
  const btf* own = bpf_object__btf(object->get());
  const auto* raw = own != nullptr ? static_cast<const std::byte*>(btf__raw_data(own, &btf_bytes)) : nullptr;
  const auto types = raw != nullptr ? TypeSet::of_bytes({raw, btf_bytes})
                                    : Result<TypeSet>(base::fail(base::ErrorKind::not_found, "no BTF"));
  summary.has_btf = types.has_value();
  if (types) summary.types = types->last_id();
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object->get(), program)) != nullptr)
    summary.programs.push_back(summarize(program));
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object->get(), map)) != nullptr) {
    summary.maps.push_back(summarize(map, types ? &*types : nullptr));
    if (types) add_globals(map, *types, summary.globals);
  }
  return summary;
}

}  // namespace weir::lab
