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

using OwnedElf = std::unique_ptr<Elf, EndElf>;

/// Nothing where it is no object file for BPF.
OwnedElf open_elf(std::span<const std::byte> object) {
  elf_version(EV_CURRENT);
  // libelf takes memory that could be written, and writes none of it here.
  auto* bytes = reinterpret_cast<char*>(const_cast<std::byte*>(object.data()));
  OwnedElf file(elf_memory(bytes, object.size()));
  GElf_Ehdr header;
  if (!file || elf_kind(file.get()) != ELF_K_ELF || !gelf_getehdr(file.get(), &header) ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_BPF)
    return nullptr;
  return file;
}

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
    for (uint32_t number = 0; number < sections_.size(); ++number)
      if (is_code(sections_[number])) read_calls_inside(number);
    for (const Section& section : sections_)
      if (section.header.sh_type == SHT_REL) read_calls_outside(section);
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
      // libbpf 1.1 takes the bytes of such a section as given and reads them from address 0.
      if (section.header.sh_type == SHT_NOBITS && !section.name.starts_with(".bss")) return false;
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
      contents_.functions.push_back({name ? name : "", section.name, found->st_shndx,
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

  void add_call(ObjectContents::Place from, ObjectContents::Place to) {
    if (contents_.calls.size() < ObjectContents::kMostCalls) contents_.calls[from] = to;
  }

  /// Calls within one section have no relocation.
  void read_calls_inside(uint32_t number) {
    const auto code = bytes_of(sections_[number]);
    for (uint32_t i = 0; const auto found = instruction(code, i); ++i)
      if (found->code == (BPF_JMP | BPF_CALL) && found->src_reg == BPF_PSEUDO_CALL && found->imm != -1)
        add_call({number, i}, {number, i + 1 + static_cast<uint32_t>(found->imm)});
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
      add_call({relocations.header.sh_info, static_cast<uint32_t>(place.r_offset / kInstructionBytes)},
               {target->st_shndx, first});
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
  std::map<Place, const ObjectFunction*> by_place;
  const ObjectFunction* program = nullptr;
  for (const ObjectFunction& function : functions) {
    if (function.count > 0) by_place.try_emplace({function.section_number, function.first}, &function);
    if (!program && function.section == section && function.name == name) program = &function;
  }
  std::vector<PlacedFunction> all;
  if (!program) return all;
  // Functions whose calls are still to be followed, the innermost last, each with its next call.
  std::vector<std::pair<const ObjectFunction*, std::map<Place, Place>::const_iterator>> open;
  uint32_t end = 0;
  const auto append = [&](const ObjectFunction& function) {
    all.push_back({function, end});
    end += function.count;
    by_place.erase({function.section_number, function.first});
    open.emplace_back(&function, calls.lower_bound({function.section_number, function.first}));
  };
  append(*program);
  while (!open.empty()) {
    auto& [function, call] = open.back();
    if (call == calls.end() || call->first.first != function->section_number ||
        call->first.second >= function->first + function->count) {
      open.pop_back();
      continue;
    }
    const auto target = by_place.find((call++)->second);
    if (target != by_place.end()) append(*target->second);
  }
  return all;
}

Result<ObjectContents> read_object(std::span<const std::byte> object) {
  const OwnedElf file = open_elf(object);
  if (!file) return base::fail(ErrorKind::bad_input, "not an object file for BPF");
  return ObjectReader(file.get()).read();
}

std::span<const std::byte> object_section(std::span<const std::byte> object, std::string_view name) {
  const OwnedElf file = open_elf(object);
  size_t names = 0;
  if (!file || elf_getshdrstrndx(file.get(), &names) != 0) return {};
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(file.get(), scn)) != nullptr;) {
    GElf_Shdr header;
    if (!gelf_getshdr(scn, &header)) return {};
    const char* found = elf_strptr(file.get(), names, header.sh_name);
    if (!found || name != found || header.sh_type == SHT_NOBITS) continue;
    if (header.sh_offset > object.size() || header.sh_size > object.size() - header.sh_offset) return {};
    return object.subspan(header.sh_offset, header.sh_size);
  }
  return {};
}

}  // namespace weir::lab
