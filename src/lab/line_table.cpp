// SPDX-License-Identifier: Apache-2.0
#include "lab/line_table.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "lab/libbpf_messages.h"

namespace weir::lab {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
/// include/uapi/linux/btf.h has no such struct; Documentation/bpf/btf.rst, 4.2.
struct ExtHeader {
  uint16_t magic;
  uint8_t version, flags;
  uint32_t header_bytes, function_offset, function_bytes, line_offset, line_bytes;
};

template <class T>
bool take(std::span<const std::byte>& from, T& to) {
  if (from.size() < sizeof(T)) return false;
  std::memcpy(&to, from.data(), sizeof(T));
  from = from.subspan(sizeof(T));
  return true;
}

std::string text_at(const btf* types, uint32_t offset) {
  const char* text = btf__name_by_offset(types, offset);
  return text ? text : "";
}

using SectionLines = std::map<std::string, std::vector<bpf_line_info>, std::less<>>;

/// By section, in the order of the instructions.
SectionLines section_lines(const btf* types, std::span<const std::byte> raw) {
  SectionLines lines;
  ExtHeader header;
  auto rest = raw;
  if (!take(rest, header) || header.magic != BTF_MAGIC || header.header_bytes > raw.size()) return lines;
  rest = raw.subspan(header.header_bytes);
  if (header.line_offset > rest.size() || header.line_bytes > rest.size() - header.line_offset) return lines;
  rest = rest.subspan(header.line_offset, header.line_bytes);
  uint32_t record_bytes = 0;
  if (!take(rest, record_bytes) || record_bytes < sizeof(bpf_line_info)) return lines;
  uint32_t section = 0, count = 0;
  size_t kept = 0;
  while (take(rest, section) && take(rest, count)) {
    auto& of_section = lines[text_at(types, section)];
    for (uint32_t i = 0; i < count && rest.size() >= record_bytes; ++i) {
      bpf_line_info line;
      std::memcpy(&line, rest.data(), sizeof(line));
      rest = rest.subspan(record_bytes);
      if (kept++ < ObjectLines::kMostLines) of_section.push_back(line);
    }
  }
  for (auto& [name, of_section] : lines)
    std::stable_sort(of_section.begin(), of_section.end(),
                     [](const bpf_line_info& a, const bpf_line_info& b) { return a.insn_off < b.insn_off; });
  return lines;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

}  // namespace

struct ObjectLines::State {
  std::unique_ptr<btf, FreeBtf> types;
  SectionLines lines;
};

ObjectLines::ObjectLines(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectLines::ObjectLines(ObjectLines&&) noexcept = default;
ObjectLines::~ObjectLines() = default;

ObjectLines ObjectLines::of(std::span<const std::byte> object) {
  auto state = std::make_unique<State>();
  const LibbpfMessages quiet;
  const auto types = object_section(object, ".BTF");
  const auto lines = object_section(object, ".BTF.ext");
  if (!types.empty() && types.size() <= UINT32_MAX)
    state->types.reset(btf__new(types.data(), static_cast<uint32_t>(types.size())));
  if (state->types) state->lines = section_lines(state->types.get(), lines);
  return ObjectLines(std::move(state));
}

LineTable ObjectLines::of_program(const std::vector<PlacedFunction>& placed) const {
  std::vector<SourceLine> table;
  const btf* types = state_->types.get();
  for (const auto& [function, at] : placed) {
    const auto section = state_->lines.find(function.section);
    if (section == state_->lines.end()) continue;
    const auto first = static_cast<uint64_t>(function.first) * sizeof(bpf_insn);
    const uint64_t end = first + static_cast<uint64_t>(function.count) * sizeof(bpf_insn);
    auto line =
        std::lower_bound(section->second.begin(), section->second.end(), first,
                         [](const bpf_line_info& known, uint64_t offset) { return known.insn_off < offset; });
    for (; line != section->second.end() && line->insn_off < end && table.size() < kMostLines; ++line)
      table.push_back({static_cast<uint32_t>(line->insn_off / sizeof(bpf_insn)) - function.first + at,
                       function.name, text_at(types, line->file_name_off),
                       BPF_LINE_INFO_LINE_NUM(line->line_col), BPF_LINE_INFO_LINE_COL(line->line_col),
                       trimmed(text_at(types, line->line_off))});
  }
  std::stable_sort(table.begin(), table.end(),
                   [](const SourceLine& a, const SourceLine& b) { return a.instruction < b.instruction; });
  return LineTable(std::move(table));
}

LineTable LineTable::of(std::span<const std::byte> object, const std::vector<PlacedFunction>& placed) {
  return ObjectLines::of(object).of_program(placed);
}

const SourceLine* LineTable::at(uint32_t instruction) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), instruction,
                       [](uint32_t number, const SourceLine& line) { return number < line.instruction; });
  return after == lines_.begin() ? nullptr : &*std::prev(after);
}

}  // namespace weir::lab
