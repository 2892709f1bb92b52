// SPDX-License-Identifier: Apache-2.0
#include "app/lab_run_maps.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "lab/json_record.h"

namespace weir::app {
namespace {

using lab::ValueForm;

constexpr size_t kMostReadingBytes = size_t{64} << 20;  // of each of two
constexpr size_t kMostRates = 4;                        // of one value

bool is_zero(const std::string& value) {
  return std::all_of(value.begin(), value.end(), [](char byte) { return byte == 0; });
}

bool has_entries(bpf_map_type type) {
  switch (type) {
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_STRUCT_OPS:
    case BPF_MAP_TYPE_STACK_TRACE:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return false;
    default:
      return true;
  }
}

std::string rate_text(double rate) {
  char text[48];
  std::snprintf(text, sizeof text,
                rate < 10 && rate > -10 && rate != static_cast<int>(rate) ? "%+.1f/s" : "%+.0f/s", rate);
  return text;
}

/// ".bss" of "hello.bss": libbpf puts the object's name in front.
std::string section_name(std::string_view name) {
  for (const std::string_view section : {".bss", ".data", ".rodata"})
    if (const size_t at = name.find(section); at != name.npos) return std::string(name.substr(at));
  return std::string(name);
}

}  // namespace

base::Result<> LabRunMaps::add(const bpf_map* map) {
  if (!has_entries(bpf_map__type(map))) return {};
  const std::string name = bpf_map__name(map);
  const bool globals = bpf_map__is_internal(map);
  if (globals && name.find(".rodata") != name.npos) return {};  // does not change
  base::UniqueFd fd(::fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3));
  if (!fd.valid()) return base::fail_errno(errno, "cannot duplicate a map's descriptor");
  auto entries = lab::MapEntries::of(std::move(fd));
  if (!entries) return {};  // a kind that cannot be read
  auto types = lab::MapTypes::of(*entries);
  // Texts of the program's, which no variable names, are no globals.
  if (globals && !types.typed()) return {};
  maps_.push_back(
      {globals ? section_name(name) : name, globals, {std::move(*entries), std::move(types)}, {}});
  return {};
}

std::string LabRunMaps::line_of(const Watched& map, const std::string& key, const std::string& value,
                                const std::string* before, double seconds) const {
  const bool json = options_.output == config::LabRunOutput::json;
  const ValueForm form = json ? ValueForm::json : ValueForm::text;
  const lab::MapTypes& types = map.opened.types;
  std::string key_text, value_text, rates;
  if (!key.empty() && !map.globals) types.print_key(as_bytes(key), form, key_text);
  if (types.can_sum() || map.opened.entries.values_per_entry() == 1)
    types.print_value(as_bytes(value), form, value_text);
  else
    lab::print_bytes(as_bytes(value), form, value_text);
  size_t shown = 0;
  for (const lab::Leaf& leaf : types.leaves()) {
    if (!before || leaf.kind == lab::LeafKind::other || shown == kMostRates) continue;
    const double step = lab::leaf_number(leaf, as_bytes(value)) - lab::leaf_number(leaf, as_bytes(*before));
    if (step == 0) continue;
    ++shown;
    if (json) {
      std::string name;
      lab::append_quoted(name, leaf.path);
      char number[48];
      std::snprintf(number, sizeof number, "%.3f", step / seconds);
      rates += (rates.empty() ? "" : ",") + name + ':' + number;
    } else {
      rates += (rates.empty() ? "" : ", ") + (leaf.path.empty() ? "" : leaf.path + ' ') +
               rate_text(step / seconds);
    }
  }
  if (json) {
    lab::JsonRecord record;
    record.text("type", "lab.run.entry").text("map", map.name);
    if (!key_text.empty()) record.raw("key", key_text);
    record.raw("value", value_text);
    if (!rates.empty()) record.raw("per_second", '{' + rates + '}');
    return record.line();
  }
  return map.name + (key_text.empty() ? "" : '[' + key_text + ']') + " = " + value_text +
         (rates.empty() ? "" : "  (" + rates + ')') + '\n';
}

std::string LabRunMaps::gone_line(const Watched& map, const std::string& key) const {
  const bool json = options_.output == config::LabRunOutput::json;
  std::string key_text;
  map.opened.types.print_key(as_bytes(key), json ? ValueForm::json : ValueForm::text, key_text);
  if (json)
    return lab::JsonRecord()
        .text("type", "lab.run.entry")
        .text("map", map.name)
        .raw("key", key_text)
        .raw("value", "null")
        .line();
  return map.name + '[' + key_text + "] deleted\n";
}

base::Result<std::string> LabRunMaps::changes_of(Watched& map, double seconds) {
  auto now = read_map(map.opened, kMostReadingBytes);
  if (!now) return tl::unexpected<base::Error>(std::move(now.error()));
  const auto& types = map.opened.types;
  std::vector<std::pair<const std::string*, const std::string*>> changed;  // key, value
  for (const auto& [key, value] : *now) {
    const auto last = map.before.find(key);
    if (last == map.before.end() ? !is_zero(value) || !map.opened.entries.has_keys() : last->second != value)
      changed.emplace_back(&key, &value);
  }
  const auto leaf = std::find_if(types.leaves().begin(), types.leaves().end(),
                                 [](const lab::Leaf& one) { return one.kind != lab::LeafKind::other; });
  const auto number = [&](const std::string& value) {
    return leaf == types.leaves().end() ? 0 : lab::leaf_number(*leaf, as_bytes(value));
  };
  std::sort(changed.begin(), changed.end(), [&](const auto& one, const auto& other) {
    const double a = number(*one.second), b = number(*other.second);
    return a != b ? a > b : *one.first < *other.first;
  });
  std::string lines;
  for (size_t i = 0; i < std::min<size_t>(changed.size(), options_.rows); ++i) {
    const auto last = map.before.find(*changed[i].first);
    lines += line_of(map, *changed[i].first, *changed[i].second,
                     last == map.before.end() ? nullptr : &last->second, seconds);
  }
  size_t gone = 0;
  for (const auto& [key, value] : map.before)
    if (!now->contains(key) && gone++ < options_.rows) lines += gone_line(map, key);
  const size_t untold = changed.size() - std::min<size_t>(changed.size(), options_.rows) +
                        (gone - std::min<size_t>(gone, options_.rows));
  if (untold > 0 && options_.output == config::LabRunOutput::text)
    lines += map.name + ": " + std::to_string(untold) + " more entries changed\n";
  map.before = std::move(*now);
  return lines;
}

std::string LabRunMaps::look(double seconds) {
  std::string lines;
  std::erase_if(maps_, [&](Watched& map) {
    const auto changes = changes_of(map, seconds);
    if (changes)
      lines += *changes;
    else
      std::fprintf(stderr, "weir: %s is not shown any more: %s\n", map.name.c_str(),
                   changes.error().message.c_str());
    return !changes;
  });
  return lines;
}

}  // namespace weir::app
