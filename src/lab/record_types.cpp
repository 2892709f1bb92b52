// SPDX-License-Identifier: Apache-2.0
#include "lab/record_types.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace weir::lab {
namespace {

std::string_view bare_name(std::string_view name) {
  for (const std::string_view kind : {"struct ", "union "})
    if (name.starts_with(kind)) return name.substr(kind.size());
  return name;
}

/// What bpf_perf_event_output hands on: the record and up to 7 octets, so that it ends 4 beyond a multiple of
/// 8 (kernel/events/core.c perf_prepare_sample).
size_t padded_bytes(size_t bytes) {
  return ((bytes + 4 + 7) & ~size_t{7}) - 4;
}

/// How much a struct's name speaks for a map's records: "events" holds "event" (2), "event_t" or "exec_event"
/// (1).
size_t name_likeness(std::string_view type, std::string_view map) {
  const std::string_view stem = map.ends_with('s') ? map.substr(0, map.size() - 1) : map;
  if (type == stem || type == map) return 2;
  return type.find(stem) != type.npos || map.find(type) != map.npos ? 1 : 0;
}

bool is_text(std::span<const std::byte> record) {
  const auto* text = reinterpret_cast<const unsigned char*>(record.data());
  size_t length = 0;
  while (length < record.size() && text[length] != 0) ++length;
  return length >= 2 && std::all_of(text, text + length, [](unsigned char byte) {
           return std::isprint(byte) != 0 || std::isspace(byte) != 0;
         });
}

}  // namespace

RecordTypes::RecordTypes(TypeSet types, std::vector<std::string> names) : types_(std::move(types)) {
  for (std::string& name : names) name = bare_name(name);
  for (uint32_t id = 1; id <= types_->last_id(); ++id) {
    const btf_type* type = types_->at(id);
    const std::string name(types_->name_of(id));
    if (type == nullptr || name.empty() || !(btf_is_composite(type) || btf_is_typedef(type))) continue;
    const auto resolved = types_->resolve(id);
    const auto bytes = types_->size(id);
    const bool wanted = names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    if (wanted && resolved && btf_is_composite(resolved->type) && bytes && *bytes > 0)
      candidates_.push_back({id, *bytes, name});
  }
}

base::Result<> RecordTypes::choose(const std::string& map, const std::string& type) {
  const std::string_view name = bare_name(type);
  for (uint32_t id = 1; types_ && id <= types_->last_id(); ++id) {
    const btf_type* at = types_->at(id);
    if (at == nullptr || types_->name_of(id) != name || !types_->size(id) || btf_is_var(at)) continue;
    chosen_[map] = id;
    return {};
  }
  std::string known;
  for (const Candidate& candidate : candidates_) known += (known.empty() ? "" : ", ") + candidate.name;
  return base::fail(base::ErrorKind::bad_input,
                    "there is no type " + type + (known.empty() ? "" : "; there are " + known));
}

size_t RecordTypes::rank(const Candidate& candidate, const std::string& map) const {
  if (const size_t likeness = name_likeness(candidate.name, map)) return 2 + likeness;
  const bool anothers = std::any_of(maps_.begin(), maps_.end(), [&](const std::string& other) {
    return name_likeness(candidate.name, other) > 0;
  });
  return anothers ? 1 : 2;
}

std::optional<uint32_t> RecordTypes::type_of(const std::string& map, size_t bytes, bool padded) {
  if (const auto chosen = chosen_.find(map); chosen != chosen_.end()) return chosen->second;
  const Candidate* best = nullptr;
  size_t fitting = 0, best_rank = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.bytes != bytes && !(padded && padded_bytes(candidate.bytes) == bytes)) continue;
    const size_t rank = this->rank(candidate, map);
    if (rank > best_rank) {
      best = &candidate;
      best_rank = rank;
      fitting = 1;
    } else if (rank == best_rank) {
      const bool same = types_->resolve(candidate.id)->id == types_->resolve(best->id)->id;
      fitting += same ? 0 : 1;  // a typedef of the same struct is no other
    }
  }
  if (fitting > 1 && std::find(doubted_.begin(), doubted_.end(), map) == doubted_.end()) {
    doubted_.push_back(map);
    doubt_ = "records of " + map + " are shown as " + best->name + ", of which " + std::to_string(fitting) +
             " types have the size; --event " + map + "=TYPE says which it is";
  }
  return best ? std::optional(best->id) : std::nullopt;
}

void RecordTypes::print(const std::string& map, std::span<const std::byte> record, bool padded,
                        ValueForm form, std::string& to) {
  if (const auto type = type_of(map, record.size(), padded)) {
    const auto bytes = types_->size(*type);
    if (bytes && *bytes <= record.size()) {
      print_value(*types_, *type, record.first(*bytes), form, to);
      return;
    }
  }
  if (is_text(record)) {
    const auto* text = reinterpret_cast<const char*>(record.data());
    append_quoted(
        to,
        std::string_view(text, record.size()).substr(0, std::string_view(text, record.size()).find('\0')));
  } else if (record.size() == 4 || record.size() == 8 || (padded && record.size() == padded_bytes(8))) {
    const auto bytes = record.first(record.size() == 4 ? 4 : 8);
    uint64_t number = 0;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(&number));
    to += std::to_string(number);
  } else {
    print_bytes(record, form, to);
  }
}

std::string RecordTypes::take_doubt() {
  return std::exchange(doubt_, {});
}

}  // namespace weir::lab
