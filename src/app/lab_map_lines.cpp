// SPDX-License-Identifier: Apache-2.0
#include "app/lab_map_lines.h"

#include "lab/json_record.h"
#include "lab/object_reference.h"

namespace weir::app {
namespace {

using lab::ValueForm;

std::string text_of_value(const OpenedMap& map, std::span<const std::byte> value, ValueForm form) {
  std::string text;
  map.types.print_value(value, form, text);
  return text;
}

}  // namespace

base::Result<OpenedMap> open_map(const config::LabOptions& options) {
  const auto read = lab::read_reference(options.object);
  if (!read) return tl::unexpected<base::Error>(read.error());
  auto fd = lab::open_object(lab::ObjectKind::map, read->reference);
  if (!fd) return tl::unexpected<base::Error>(std::move(fd.error()));
  auto entries = lab::MapEntries::of(std::move(*fd));
  if (!entries) return tl::unexpected<base::Error>(std::move(entries.error()));
  auto types = lab::MapTypes::of(*entries);
  return OpenedMap{std::move(*entries), std::move(types)};
}

std::string entry_line(const OpenedMap& map, std::span<const std::byte> key, std::span<const std::byte> value,
                       const config::LabOptions& options) {
  const bool json = options.output == config::LabOutput::json;
  const ValueForm form = json ? ValueForm::json : ValueForm::text;
  const uint32_t cpus = map.entries.values_per_entry();
  const bool split =
      lab::has_value_per_cpu(map.entries.info().type) && (options.per_cpu || !map.types.can_sum());
  const auto of_cpu = [&](uint32_t cpu) { return value.subspan(cpu * map.entries.value_stride()); };
  std::string key_text;
  if (!key.empty()) map.types.print_key(key, form, key_text);
  if (json) {
    lab::JsonRecord record;
    if (!key_text.empty()) record.raw("key", key_text);
    if (!split) return record.raw("value", text_of_value(map, map.types.summed(value), form)).line();
    std::string values;
    for (uint32_t cpu = 0; cpu < cpus; ++cpu)
      values +=
          (cpu != 0 ? "," : "") +
          lab::JsonRecord().number("cpu", cpu).raw("value", text_of_value(map, of_cpu(cpu), form)).object();
    return record.raw("values", '[' + values + ']').line();
  }
  if (!split)
    return key_text + (key_text.empty() ? "" : ": ") + text_of_value(map, map.types.summed(value), form) +
           '\n';
  std::string lines = key_text + ":\n";
  for (uint32_t cpu = 0; cpu < cpus; ++cpu)
    lines += "  cpu " + std::to_string(cpu) + ": " + text_of_value(map, of_cpu(cpu), form) + '\n';
  return lines;
}

}  // namespace weir::app
