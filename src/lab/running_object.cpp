// SPDX-License-Identifier: Apache-2.0
#include "lab/running_object.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "lab/libbpf_messages.h"
#include "lab/map_entries.h"
#include "lab/map_types.h"
#include "lab/value_parser.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

struct Assignment {
  std::string name, key, value;
};

/// "NAME=VALUE", or with `keyed` "NAME[KEY]=VALUE".
Result<Assignment> read_assignment(const std::string& text, bool keyed) {
  const size_t name_end = text.find_first_of(keyed ? "[" : "=");
  const size_t equals = keyed ? text.find("]=", name_end) : name_end;
  if (name_end == std::string::npos || equals == std::string::npos || name_end == 0)
    return base::fail(ErrorKind::bad_input, text + ": expected " + (keyed ? "MAP[KEY]=VALUE" : "NAME=VALUE"));
  if (!keyed) return Assignment{text.substr(0, name_end), {}, text.substr(equals + 1)};
  return Assignment{text.substr(0, name_end), text.substr(name_end + 1, equals - name_end - 1),
                    text.substr(equals + 2)};
}

/// A variable in the object's data sections.
struct Global {
  bpf_map* section = nullptr;
  uint32_t type_id = 0;
  size_t offset = 0;
};

bool is_data_section(const bpf_map* map) {
  const std::string_view name = bpf_map__name(map);
  return bpf_map__is_internal(map) && (name.find(".data") != name.npos || name.find(".rodata") != name.npos ||
                                       name.find(".bss") != name.npos);
}

/// Whose name ends with the section's: "object.bss", ".data.mine".
bpf_map* map_of_section(const bpf_object* object, std::string_view section) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (is_data_section(map) && std::string_view(bpf_map__name(map)).ends_with(section)) return map;
  }
  return nullptr;
}

std::optional<Global> find_global(const bpf_object* object, const TypeSet& types, std::string_view name,
                                  std::string& known) {
  for (uint32_t id = 1; id <= types.last_id(); ++id) {
    const btf_type* section = types.at(id);
    if (!btf_is_datasec(section)) continue;
    bpf_map* map = map_of_section(object, types.name_of(id));
    for (uint32_t i = 0; map && i < btf_vlen(section); ++i) {
      const Member variable = types.member(*section, i);
      if (variable.name == name) return Global{map, variable.type_id, variable.bit_offset / 8};
      // Not what clang made of a text within a function ("said.____fmt").
      if (known.size() < 500 && variable.name.find('.') == variable.name.npos)
        known += (known.empty() ? "" : ", ") + std::string(variable.name);
    }
  }
  return std::nullopt;
}

Result<base::UniqueFd> duplicate(int fd) {
  base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) return base::fail_errno(errno, "cannot duplicate a map's descriptor");
  return copy;
}

bool calls_printk(const bpf_program* program) {
  constexpr int32_t kTracePrintk = 6, kTraceVprintk = 177;
  const bpf_insn* instructions = bpf_program__insns(program);
  for (size_t i = 0; i < bpf_program__insn_cnt(program); ++i) {
    const bpf_insn& at = instructions[i];
    if (at.code == (BPF_JMP | BPF_CALL) && at.src_reg == 0 &&
        (at.imm == kTracePrintk || at.imm == kTraceVprintk))
      return true;
  }
  return false;
}

/// Their ids.
std::vector<uint32_t> programs_in(int map_fd, uint32_t entries) {
  std::vector<uint32_t> ids;
  for (uint32_t key = 0, id = 0; key < entries; ++key)
    if (bpf_map_lookup_elem(map_fd, &key, &id) == 0) ids.push_back(id);
  return ids;
}

}  // namespace

Result<RunningObject> RunningObject::open(std::span<const std::byte> bytes, const std::string& btf) {
  auto object = open_object(bytes, btf);
  if (!object) return tl::unexpected(object.error());
  return RunningObject(std::move(*object));
}

Result<TypeSet> RunningObject::types() const {
  const btf* types = bpf_object__btf(object_.get());
  uint32_t bytes = 0;
  const void* raw = types ? btf__raw_data(types, &bytes) : nullptr;
  if (!raw) return base::fail(ErrorKind::bad_input, "the object has no BTF: compile it with -g");
  return TypeSet::of_bytes({static_cast<const std::byte*>(raw), bytes});
}

Result<> RunningObject::set_global(const std::string& text) {
  const auto assignment = read_assignment(text, false);
  if (!assignment) return tl::unexpected<base::Error>(assignment.error());
  const auto all = types();
  if (!all) return tl::unexpected<base::Error>(all.error());
  std::string known;
  const auto global = find_global(object_.get(), *all, assignment->name, known);
  if (!global)
    return base::fail(ErrorKind::bad_input,
                      "no global variable " + assignment->name +
                          (known.empty() ? ": the object has none" : "; there are " + known));
  size_t section_bytes = 0;
  auto* section =
      static_cast<std::byte*>(const_cast<void*>(bpf_map__initial_value(global->section, &section_bytes)));
  const auto bytes = all->size(global->type_id);
  if (!section || !bytes || global->offset + *bytes > section_bytes)
    return base::fail(ErrorKind::bad_input, assignment->name + " cannot be set");
  auto parsed = parse_value(*all, global->type_id, assignment->value, {section + global->offset, *bytes});
  return parsed ? Result<>() : Result<>(base::fail_within(std::move(parsed.error()), assignment->name));
}

Result<> RunningObject::load() {
  const LibbpfMessages messages;
  const int failed = bpf_object__load(object_.get());
  if (failed == 0) return {};
  std::string why = messages.lines().empty() ? std::strerror(-failed) : messages.lines().front();
  if (failed == -EPERM)
    return base::fail(ErrorKind::permission,
                      "loading needs CAP_BPF, and CAP_PERFMON or "
                      "CAP_NET_ADMIN for most programs; root has them",
                      EPERM);
  return base::fail(ErrorKind::bad_input, why, -failed);
}

Result<> RunningObject::fill_with_program(const std::string& map, int map_fd, const std::string& key,
                                          const std::string& name) {
  uint32_t index = 0;
  const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (problem != std::errc() || end != key.data() + key.size())
    return base::fail(ErrorKind::bad_input,
                      map + "[" + key + "]: the key of a table of tail calls is a number");
  const bpf_program* program = bpf_object__find_program_by_name(object_.get(), name.c_str());
  if (!program) return base::fail(ErrorKind::bad_input, map + "[" + key + "]: no program " + name);
  const int fd = bpf_program__fd(program);
  if (bpf_map_update_elem(map_fd, &index, &fd, BPF_ANY) != 0)
    return base::fail_errno(errno, map + "[" + key + "]=" + name);
  return {};
}

Result<> RunningObject::fill_map(const std::string& text) {
  const auto assignment = read_assignment(text, true);
  if (!assignment) return tl::unexpected<base::Error>(assignment.error());
  const bpf_map* map = bpf_object__find_map_by_name(object_.get(), assignment->name.c_str());
  if (!map) {
    std::string known;
    for (const bpf_map* each : maps())
      known += (known.empty() ? "" : ", ") + std::string(bpf_map__name(each));
    return base::fail(
        ErrorKind::bad_input,
        "no map " + assignment->name + (known.empty() ? ": the object has none" : "; there are " + known));
  }
  if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
    return fill_with_program(assignment->name, bpf_map__fd(map), assignment->key, assignment->value);
  auto fd = duplicate(bpf_map__fd(map));
  if (!fd) return tl::unexpected<base::Error>(fd.error());
  const auto entries = MapEntries::of(std::move(*fd));
  if (!entries) return tl::unexpected<base::Error>(entries.error());
  const MapTypes types = MapTypes::of(*entries);
  const auto key = types.parse_key(assignment->key);
  if (!key) return base::fail_within(key.error(), assignment->name + "[" + assignment->key + "]");
  std::vector<std::byte> value(entries->entry_value_bytes());
  if (const auto before = entries->look_up(*key)) value = *before;
  if (auto parsed = types.parse_value(assignment->value, value); !parsed)
    return base::fail_within(std::move(parsed.error()), assignment->name + "[" + assignment->key + "]");
  return entries->store(*key, value);
}

Result<> RunningObject::fill_tail_calls() {
  for (const bpf_map* map : maps()) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY) continue;
    const int fd = bpf_map__fd(map);
    if (programs_in(fd, bpf_map__max_entries(map)).empty())
      if (auto done = fill_in_order(map); !done) return done;
    for (const uint32_t id : programs_in(fd, bpf_map__max_entries(map))) called_.push_back(id);
  }
  return {};
}

/// The first program is who calls.
Result<> RunningObject::fill_in_order(const bpf_map* map) {
  const bpf_program* first = nullptr;
  uint32_t index = 0;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_.get()) {
    if (!first) {
      first = program;
      continue;
    }
    if (bpf_program__type(program) != bpf_program__type(first) || index >= bpf_map__max_entries(map))
      continue;
    const int fd = bpf_program__fd(program);
    const std::string entry = std::string(bpf_map__name(map)) + "[" + std::to_string(index) + "]";
    if (bpf_map_update_elem(bpf_map__fd(map), &index, &fd, BPF_ANY) != 0)
      return base::fail_errno(errno, "filling " + entry);
    notes_.push_back(entry + " = " + bpf_program__name(program));
    ++index;
  }
  return {};
}

bool RunningObject::is_called(const bpf_program* program) const {
  bpf_prog_info info{};
  uint32_t bytes = sizeof info;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes) == 0 &&
         std::find(called_.begin(), called_.end(), info.id) != called_.end();
}

/// Where each of a kind stands in a table, somebody has to begin: all are attached.
bool RunningObject::is_only_called(const bpf_program* program) const {
  if (!is_called(program)) return false;
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, object_.get()) {
    if (bpf_program__type(each) == bpf_program__type(program) && !is_called(each)) return true;
  }
  return false;
}

Result<> RunningObject::place(Places places) {
  placement_ = std::make_unique<Placement>(std::move(places));
  Result<> done;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_.get()) {
    if (done && !is_only_called(program)) done = placement_->put(program);
  }
  for (bpf_map* map : maps())
    if (done && bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS) done = placement_->put(map);
  if (!done) placement_.reset();
  return done;
}

std::vector<bpf_map*> RunningObject::maps() const {
  std::vector<bpf_map*> all;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_.get()) {
    if (!bpf_map__is_internal(map) || is_data_section(map)) all.push_back(map);
  }
  return all;
}

bool RunningObject::prints() const {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_.get()) {
    if (calls_printk(program)) return true;
  }
  return false;
}

}  // namespace weir::lab
