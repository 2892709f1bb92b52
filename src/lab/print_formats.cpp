// SPDX-License-Identifier: Apache-2.0
#include "lab/print_formats.h"

#include <algorithm>

#include "lab/map_entries.h"
#include "lab/object_reference.h"
#include "lab/program_details.h"

namespace weir::lab {
namespace {

using base::Result;

constexpr size_t kMostFormats = 65'536;
constexpr size_t kMostPieces = 64;

/// What of a conversion follows its '%' (kernel/trace/bpf_trace.c: flags, width, length, letters of %p).
size_t conversion_end(std::string_view format, size_t at) {
  at = std::min(format.find_first_not_of("-+ #0123456789.", at), format.size());
  at = std::min(format.find_first_not_of("hlzL", at), format.size());
  if (at == format.size()) return at;
  if (format[at] != 'p') return at + 1;
  ++at;
  constexpr std::string_view kPointers[] = {"i4", "i6", "I4", "I6", "ks", "us", "x", "K", "B", "s"};
  for (const std::string_view letters : kPointers)
    if (format.substr(at).starts_with(letters)) return at + letters.size();
  return at;
}

std::vector<std::string> pieces_of(std::string_view format) {
  while (format.ends_with('\n')) format.remove_suffix(1);
  std::vector<std::string> pieces(1);
  for (size_t at = 0; at < format.size() && pieces.size() < kMostPieces;) {
    if (format[at] != '%') {
      pieces.back() += format[at++];
    } else if (format.substr(at).starts_with("%%")) {
      pieces.back() += '%';
      at += 2;
    } else {
      at = conversion_end(format, at + 1);
      pieces.emplace_back();
    }
  }
  return pieces;
}

bool matches(const std::vector<std::string>& pieces, std::string_view message) {
  if (!message.starts_with(pieces.front())) return false;
  if (pieces.size() == 1) return message == pieces.front();
  message.remove_prefix(pieces.front().size());
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t found = message.find(pieces[i]);
    if (found == std::string_view::npos) return false;
    message.remove_prefix(found + pieces[i].size());
  }
  return message.ends_with(pieces.back());
}

}  // namespace

PrintFormats PrintFormats::in(std::span<const std::byte> data) {
  PrintFormats self;
  std::string_view rest(reinterpret_cast<const char*>(data.data()), data.size());
  while (!rest.empty() && self.formats_.size() < kMostFormats) {
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) break;
    if (end != 0) self.formats_.push_back(pieces_of(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  return self;
}

Result<PrintFormats> PrintFormats::of_program(int program_fd) {
  const auto details = program_details(program_fd);
  if (!details) return tl::unexpected<base::Error>(details.error());
  PrintFormats formats;
  for (const uint32_t id : details->maps) {
    auto map = open_id(ObjectKind::map, id);
    if (!map) continue;
    const auto entries = MapEntries::of(std::move(*map));
    if (!entries || entries->info().name.find(".rodata") == std::string::npos ||
        entries->info().key_bytes != 4)
      continue;
    const uint32_t first = 0;
    if (const auto value = entries->look_up(std::as_bytes(std::span(&first, 1)))) formats.add(in(*value));
  }
  if (formats.empty())
    return base::fail(base::ErrorKind::bad_input,
                      "program " + std::to_string(details->id) +
                          " has no texts in a map .rodata, so its lines cannot be told from others'");
  return formats;
}

bool PrintFormats::can_make(std::string_view message) const {
  return std::any_of(formats_.begin(), formats_.end(),
                     [message](const std::vector<std::string>& pieces) { return matches(pieces, message); });
}

}  // namespace weir::lab
