// SPDX-License-Identifier: Apache-2.0
#include "lab/line_table.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"
#include "lab/libbpf_messages.h"

namespace weir::lab {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
struct FreeBtfExt {
  void operator()(btf_ext* lines) const { btf_ext__free(lines); }
};

/// include/uapi/linux/btf.h has no such struct; Documentation/bpf/btf.rst, 4.2.
struct ExtHeader {
  uint16_t magic;
  uint8_t version, flags;
  uint32_t header_bytes, function_offset, function_bytes, line_offset, line_bytes;
};

struct SectionLine {
  std::string section;
  bpf_line_info info;
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

std::vector<SectionLine> section_lines(const btf* types, std::span<const std::byte> raw) {
  std::vector<SectionLine> lines;
  ExtHeader header;
  auto rest = raw;
  if (!take(rest, header) || header.header_bytes > raw.size()) return lines;
  rest = raw.subspan(header.header_bytes);
  if (header.line_offset > rest.size() || header.line_bytes > rest.size() - header.line_offset) return lines;
  rest = rest.subspan(header.line_offset, header.line_bytes);
  uint32_t record_bytes = 0;
  if (!take(rest, record_bytes) || record_bytes < sizeof(bpf_line_info)) return lines;
  uint32_t section = 0, count = 0;
  while (take(rest, section) && take(rest, count)) {
    for (uint32_t i = 0; i < count && rest.size() >= record_bytes; ++i) {
      SectionLine line{text_at(types, section), {}};
      std::memcpy(&line.info, rest.data(), sizeof(line.info));
      lines.push_back(std::move(line));
      rest = rest.subspan(record_bytes);
    }
  }
  return lines;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

}  // namespace

LineTable LineTable::of(std::span<const std::byte> object, const std::vector<PlacedFunction>& placed) {
  LineTable table;
  const LibbpfMessages quiet;
  // btf__parse_elf reads files only.
  const base::UniqueFd file(memfd_create("object", MFD_CLOEXEC));
  if (!file.valid() || write(file.get(), object.data(), object.size()) != static_cast<ssize_t>(object.size()))
    return table;
  btf_ext* parsed = nullptr;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const std::unique_ptr<btf, FreeBtf> types(btf__parse_elf(path.c_str(), &parsed));
  const std::unique_ptr<btf_ext, FreeBtfExt> ext(parsed);
  if (!types || !ext) return table;
  uint32_t bytes = 0;
  const void* raw = btf_ext__get_raw_data(ext.get(), &bytes);
  const auto lines = section_lines(types.get(), {static_cast<const std::byte*>(raw), bytes});
  for (const auto& [function, at] : placed) {
    for (const SectionLine& line : lines) {
      const uint32_t instruction = line.info.insn_off / sizeof(bpf_insn);
      if (line.section != function.section || instruction < function.first ||
          instruction >= function.first + function.count)
        continue;
      table.lines_.push_back(
          {instruction - function.first + at, function.name, text_at(types.get(), line.info.file_name_off),
           BPF_LINE_INFO_LINE_NUM(line.info.line_col), BPF_LINE_INFO_LINE_COL(line.info.line_col),
           trimmed(text_at(types.get(), line.info.line_off))});
    }
  }
  std::stable_sort(table.lines_.begin(), table.lines_.end(),
                   [](const SourceLine& a, const SourceLine& b) { return a.instruction < b.instruction; });
  return table;
}

const SourceLine* LineTable::at(uint32_t instruction) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), instruction,
                       [](uint32_t number, const SourceLine& line) { return number < line.instruction; });
  return after == lines_.begin() ? nullptr : &*std::prev(after);
}

}  // namespace weir::lab
