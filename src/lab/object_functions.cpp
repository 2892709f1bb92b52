// SPDX-License-Identifier: Apache-2.0
#include "lab/object_functions.h"

#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kMostFunctions = 65536;
constexpr uint32_t kInstructionBytes = sizeof(bpf_insn);

struct EndElf {
  void operator()(Elf* file) const { elf_end(file); }
};

struct Section {
  Elf_Scn* scn = nullptr;
  GElf_Shdr header{};
  std::string name;
};

class ObjectReader {
 public:
  explicit ObjectReader(Elf* file) : file_(file) {}

  Result<ObjectContents> read() {
    if (!read_sections()) return refused();
    for (const Section& section : sections_) {
      if (section.name == "license") read_license(section);
      if (section.name == ".BTF") contents_.has_types = true;
      if (section.header.sh_type == SHT_SYMTAB) symbols_ = &section;
    }
    if (!symbols_) return refused();
    read_functions();
    for (const Section& section : sections_) {
      if (is_code(section)) read_calls_inside(section);
      if (section.header.sh_type == SHT_REL) read_calls_outside(section);
    }
    return std::move(contents_);
  }

 private:
  static Result<ObjectContents> refused() {
    return base::fail(ErrorKind::bad_input, "not an object file for BPF");
  }

  static bool is_code(const Section& section) {
    return section.header.sh_type == SHT_PROGBITS && (section.header.sh_flags & SHF_EXECINSTR) != 0;
  }

  bool read_sections() {
    size_t names = 0;
    if (elf_getshdrstrndx(file_, &names) != 0) return false;
    sections_.emplace_back();  // number 0
    for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(file_, scn)) != nullptr;) {
      Section section{scn, {}, {}};
      if (!gelf_getshdr(scn, &section.header)) return false;
      const char* name = elf_strptr(file_, names, section.header.sh_name);
      section.name = name ? name : "";
      sections_.push_back(std::move(section));
    }
    return true;
  }

  /// What the file has for a section; a span of nothing where it has none.
  static std::span<const std::byte> bytes_of(const Section& section) {
    const Elf_Data* data = section.scn ? elf_rawdata(section.scn, nullptr) : nullptr;
    if (!data || !data->d_buf) return {};
    return {static_cast<const std::byte*>(data->d_buf), data->d_size};
  }

  void read_license(const Section& section) {
    const auto bytes = bytes_of(section);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    contents_.license = text.substr(0, std::min(text.find('\0'), size_t{128}));
  }

  std::optional<GElf_Sym> symbol(size_t index) const {
    Elf_Data* data = elf_getdata(symbols_->scn, nullptr);
    GElf_Sym found;
    if (!data || !gelf_getsym(data, static_cast<int>(index), &found)) return std::nullopt;
    return found;
  }

  void read_functions() {
    Elf_Data* data = elf_getdata(symbols_->scn, nullptr);
    const size_t count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
    for (size_t i = 0; i < count && contents_.functions.size() < kMostFunctions; ++i) {
      const auto found = symbol(i);
      if (!found || GELF_ST_TYPE(found->st_info) != STT_FUNC || found->st_shndx >= sections_.size()) continue;
      const Section& section = sections_[found->st_shndx];
      if (!is_code(section)) continue;
      const char* name = elf_strptr(file_, symbols_->header.sh_link, found->st_name);
      contents_.functions.push_back({name ? name : "", section.name,
                                     static_cast<uint32_t>(found->st_value / kInstructionBytes),
                                     static_cast<uint32_t>(found->st_size / kInstructionBytes)});
    }
  }

  static std::optional<bpf_insn> instruction(std::span<const std::byte> code, uint64_t index) {
    bpf_insn found;
    if (index >= code.size() / kInstructionBytes) return std::nullopt;
    std::memcpy(&found, code.data() + index * kInstructionBytes, kInstructionBytes);
    return found;
  }

  /// Calls within one section have no relocation.
  void read_calls_inside(const Section& section) {
    const auto code = bytes_of(section);
    for (uint32_t i = 0; const auto found = instruction(code, i); ++i)
      if (found->code == (BPF_JMP | BPF_CALL) && found->src_reg == BPF_PSEUDO_CALL && found->imm != -1)
        contents_.calls.push_back({section.name, i, section.name, i + 1 + static_cast<uint32_t>(found->imm)});
  }

  void read_calls_outside(const Section& relocations) {
    if (relocations.header.sh_info >= sections_.size()) return;
    const Section& from = sections_[relocations.header.sh_info];
    Elf_Data* data = elf_getdata(relocations.scn, nullptr);
    if (!is_code(from) || !data) return;
    const auto code = bytes_of(from);
    for (size_t i = 0; i < data->d_size / sizeof(Elf64_Rel); ++i) {
      GElf_Rel place;
      if (!gelf_getrel(data, static_cast<int>(i), &place)) return;
      const auto target = symbol(GELF_R_SYM(place.r_info));
      const auto found = instruction(code, place.r_offset / kInstructionBytes);
      if (!target || !found || target->st_shndx >= sections_.size()) continue;
      const Section& to = sections_[target->st_shndx];
      if (!is_code(to)) continue;
      const auto imm = static_cast<uint32_t>(found->imm);
      uint32_t first = 0;
      if (found->code == (BPF_JMP | BPF_CALL))
        first = static_cast<uint32_t>(target->st_value / kInstructionBytes) + imm + 1;
      else if (found->code == (BPF_LD | BPF_IMM | BPF_DW))
        first = static_cast<uint32_t>((target->st_value + imm) / kInstructionBytes);
      else
        continue;
      const auto at = static_cast<uint32_t>(place.r_offset / kInstructionBytes);
      std::erase_if(contents_.calls, [&](const ObjectContents::Call& call) {
        return call.section == from.name && call.instruction == at;
      });
      contents_.calls.push_back({from.name, at, to.name, first});
    }
  }

  Elf* file_;
  std::vector<Section> sections_;
  const Section* symbols_ = nullptr;
  ObjectContents contents_;
};

}  // namespace

std::vector<PlacedFunction> ObjectContents::placed(const std::string& section,
                                                   const std::string& name) const {
  std::vector<PlacedFunction> all;
  uint32_t end = 0;
  const auto append = [&](const ObjectFunction& function) {
    all.push_back({function, end});
    end += function.count;
  };
  const auto is_there = [&](const ObjectFunction& function) {
    return std::any_of(all.begin(), all.end(), [&](const PlacedFunction& known) {
      return known.function.section == function.section && known.function.first == function.first;
    });
  };
  const auto begins_at = [&](const std::string& in, uint32_t first) {
    return std::find_if(functions.begin(), functions.end(), [&](const ObjectFunction& function) {
      return function.section == in && function.first == first && function.count > 0;
    });
  };
  // Functions whose calls are still to be followed, the innermost last.
  std::vector<std::pair<const ObjectFunction*, size_t>> open;
  for (const ObjectFunction& function : functions)
    if (function.section == section && function.name == name) {
      append(function);
      open.emplace_back(&function, 0);
      break;
    }
  std::vector<const Call*> ordered;
  for (const Call& call : calls) ordered.push_back(&call);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Call* a, const Call* b) { return a->instruction < b->instruction; });
  while (!open.empty()) {
    auto& [function, next] = open.back();
    const Call* call = nullptr;
    while (next < ordered.size() && !call) {
      const Call* candidate = ordered[next++];
      if (candidate->section == function->section && candidate->instruction >= function->first &&
          candidate->instruction < function->first + function->count)
        call = candidate;
    }
    if (!call) {
      open.pop_back();
      continue;
    }
    const auto target = begins_at(call->target_section, call->target);
    if (target == functions.end() || is_there(*target)) continue;
    append(*target);
    open.emplace_back(&*target, 0);
  }
  return all;
}

Result<ObjectContents> read_object(std::span<const std::byte> object) {
  elf_version(EV_CURRENT);
  // libelf takes memory that could be written, and writes none of it here.
  auto* bytes = reinterpret_cast<char*>(const_cast<std::byte*>(object.data()));
  const std::unique_ptr<Elf, EndElf> file(elf_memory(bytes, object.size()));
  GElf_Ehdr header;
  if (!file || elf_kind(file.get()) != ELF_K_ELF || !gelf_getehdr(file.get(), &header) ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_BPF)
    return base::fail(ErrorKind::bad_input, "not an object file for BPF");
  return ObjectReader(file.get()).read();
}

}  // namespace weir::lab
