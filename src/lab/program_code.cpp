// SPDX-License-Identifier: Apache-2.0
#include "lab/program_code.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lab/map_info.h"
#include "lab/object_reference.h"
#include "lab/program_details.h"
#include "lab/trial_object.h"
#include "lab/type_header.h"
#include "lab/type_set.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr uint32_t kMostCodeBytes = 64u << 20;  // the verifier takes 1,000,000 instructions

/// What one call of the kernel fills in, sized by a call before.
struct Buffers {
  std::vector<bpf_insn> instructions;
  std::vector<uint8_t> machine;
  std::vector<uint64_t> addresses;
  std::vector<uint32_t> lengths;
  std::vector<bpf_func_info> functions;
  std::vector<bpf_line_info> lines;
  std::vector<uint64_t> machine_lines;
  std::vector<uint32_t> maps;

  void fit(const bpf_prog_info& raw) {
    instructions.resize(raw.xlated_prog_len / sizeof(bpf_insn));
    machine.resize(raw.jited_prog_len);
    addresses.resize(raw.nr_jited_ksyms);
    lengths.resize(raw.nr_jited_func_lens);
    functions.resize(raw.nr_func_info);
    lines.resize(raw.nr_line_info);
    machine_lines.resize(raw.nr_jited_line_info);
    maps.resize(raw.nr_map_ids);
  }
  bpf_prog_info request() {
    bpf_prog_info raw{};
    const auto at = [](auto& list) { return static_cast<__u64>(reinterpret_cast<uintptr_t>(list.data())); };
    raw.xlated_prog_len = static_cast<uint32_t>(instructions.size() * sizeof(bpf_insn));
    raw.xlated_prog_insns = at(instructions);
    raw.jited_prog_len = static_cast<uint32_t>(machine.size());
    raw.jited_prog_insns = at(machine);
    raw.nr_jited_ksyms = static_cast<uint32_t>(addresses.size());
    raw.jited_ksyms = at(addresses);
    raw.nr_jited_func_lens = static_cast<uint32_t>(lengths.size());
    raw.jited_func_lens = at(lengths);
    raw.nr_func_info = static_cast<uint32_t>(functions.size());
    raw.func_info_rec_size = sizeof(bpf_func_info);
    raw.func_info = at(functions);
    raw.nr_line_info = static_cast<uint32_t>(lines.size());
    raw.line_info_rec_size = sizeof(bpf_line_info);
    raw.line_info = at(lines);
    raw.nr_jited_line_info = static_cast<uint32_t>(machine_lines.size());
    raw.jited_line_info_rec_size = sizeof(uint64_t);
    raw.jited_line_info = at(machine_lines);
    raw.nr_map_ids = static_cast<uint32_t>(maps.size());
    raw.map_ids = at(maps);
    return raw;
  }
};

std::vector<SourceLine> source_lines(const Buffers& buffers, const TypeSet& types,
                                     const std::vector<CodeFunction>& functions) {
  std::vector<SourceLine> lines;
  size_t function = 0;
  for (const bpf_line_info& info : buffers.lines) {
    while (function + 1 < functions.size() && functions[function + 1].first <= info.insn_off) ++function;
    SourceLine line;
    line.instruction = info.insn_off;
    if (!functions.empty()) line.function = functions[function].name;
    line.file = types.name(info.file_name_off);
    line.line = BPF_LINE_INFO_LINE_NUM(info.line_col);
    line.column = BPF_LINE_INFO_LINE_COL(info.line_col);
    const std::string_view text = types.name(info.line_off);
    line.text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    lines.push_back(std::move(line));
  }
  return lines;
}

std::map<uint32_t, std::string> names_of_maps(const std::vector<uint32_t>& ids) {
  std::map<uint32_t, std::string> names;
  for (const uint32_t id : ids)
    if (const auto map = open_id(ObjectKind::map, id))
      if (auto info = map_info(map->get())) names[id] = std::move(info->name);
  return names;
}

}  // namespace

Result<ProgramCode> code_of_program(int program_fd) {
  const auto details = program_details(program_fd);
  if (!details) return tl::unexpected<base::Error>(details.error());
  bpf_prog_info sizes{};
  uint32_t size = sizeof sizes;
  if (const int error = bpf_obj_get_info_by_fd(program_fd, &sizes, &size); error != 0)
    return base::fail_errno(-error, "asking about a program");
  if (sizes.xlated_prog_len == 0)
    return base::fail(ErrorKind::permission,
                      "the kernel shows no instructions: CAP_BPF (or CAP_SYS_ADMIN) is needed");
  if (sizes.xlated_prog_len > kMostCodeBytes || sizes.jited_prog_len > kMostCodeBytes)
    return base::fail(ErrorKind::resource, "the program is larger than any that there can be");
  Buffers buffers;
  buffers.fit(sizes);
  bpf_prog_info raw = buffers.request();
  size = sizeof raw;
  if (const int error = bpf_obj_get_info_by_fd(program_fd, &raw, &size); error != 0)
    return base::fail_errno(-error, "reading a program's code");

  ProgramCode code;
  code.from_kernel = true;
  code.name = details->name;
  code.type = details->type_name;
  code.instructions = std::move(buffers.instructions);
  // Zeros where raw addresses may not be seen (kernel.kptr_restrict): then no machine code either.
  if (raw.jited_prog_insns != 0) code.machine = std::move(buffers.machine);
  const auto types = details->btf_id != 0 ? TypeSet::of_id(details->btf_id)
                                          : Result<TypeSet>(base::fail(ErrorKind::not_found, "no BTF"));
  const size_t count = std::max({buffers.functions.size(), buffers.lengths.size(), size_t{1}});
  code.functions.resize(count);
  for (size_t i = 0; i < count; ++i) {
    CodeFunction& function = code.functions[i];
    if (i < buffers.functions.size()) {
      function.first = buffers.functions[i].insn_off;
      if (types) function.name = types->name_of(buffers.functions[i].type_id);
    }
    if (i < buffers.lengths.size()) function.machine_bytes = buffers.lengths[i];
    if (i < buffers.addresses.size()) function.address = buffers.addresses[i];
  }
  if (code.functions[0].name.empty()) code.functions[0].name = details->name;
  if (types) code.lines = LineTable(source_lines(buffers, *types, code.functions));
  for (uint32_t i = 0; i < buffers.machine_lines.size() && i < buffers.lines.size(); ++i)
    code.machine_lines.push_back({buffers.machine_lines[i], i});
  code.map_names = names_of_maps(buffers.maps);
  return code;
}

Result<std::vector<ProgramCode>> code_of_object(const std::string& path) {
  auto bytes = read_object_file(path);
  if (!bytes) return tl::unexpected<base::Error>(std::move(bytes.error()));
  if (auto checked = check_types_of_file(path); !checked) return tl::unexpected<base::Error>(checked.error());
  const auto contents = read_object(*bytes);
  if (!contents) return tl::unexpected<base::Error>(contents.error());
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string stem = name.substr(0, name.find('.'));
  options.object_name = stem.c_str();
  const OwnedObject object(bpf_object__open_mem(bytes->data(), bytes->size(), &options));
  if (!object) return base::fail(ErrorKind::bad_input, path + ": libbpf cannot open it", errno);
  // "Loading" into a loader's program relocates calls and maps and asks nothing of the kernel.
  gen_loader_opts loader{};
  loader.sz = sizeof loader;
  const bool placed =
      bpf_object__gen_loader(object.get(), &loader) == 0 && bpf_object__load(object.get()) == 0;
  std::vector<ProgramCode> all;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object.get(), program)) != nullptr) {
    ProgramCode code;
    code.name = bpf_program__name(program);
    code.type = bpf_program__section_name(program);
    const bpf_insn* first = bpf_program__insns(program);
    if (first == nullptr) continue;
    code.instructions.assign(first, first + bpf_program__insn_cnt(program));
    const auto functions = contents->placed(code.type, code.name);
    for (const PlacedFunction& function : functions)
      if (function.at < code.instructions.size())
        code.functions.push_back({function.function.name, function.at, 0, 0});
    if (code.functions.empty()) code.functions.push_back({code.name, 0, 0, 0});
    if (placed) code.lines = LineTable::of(*bytes, functions);
    uint32_t index = 0;
    bpf_map* map = nullptr;
    while (placed && (map = bpf_object__next_map(object.get(), map)) != nullptr)
      code.map_names[index++] = bpf_map__name(map);
    all.push_back(std::move(code));
  }
  return all;
}

}  // namespace weir::lab
