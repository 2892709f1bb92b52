// SPDX-License-Identifier: Apache-2.0
// `weir lab map`: entries read, written and deleted.
#include <unistd.h>

#include <cstdio>

#include "app/lab_commands.h"
#include "app/lab_map_lines.h"
#include "lab/object_reference.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabMapAction;
using config::LabOptions;

Result<> show_all(const OpenedMap& map, const LabOptions& options) {
  sink::OutputBuffer output(STDOUT_FILENO);
  const bool keys = map.entries.has_keys();
  const auto walked = map.entries.walk([&](std::span<const std::byte> key, std::span<const std::byte> value) {
    output.append(entry_line(map, keys ? key : std::span<const std::byte>{}, value, options));
    return !output.failed();
  });
  if (auto written = output.flush(); !written) return written;
  if (!walked) return tl::unexpected<base::Error>(walked.error());
  if (walked->restarted)
    std::fprintf(
        stderr,
        "weir lab map: the map changed under the reading; entries may be missing or stand here twice\n");
  if (options.output == config::LabOutput::table)
    std::fprintf(stderr, "%llu of at most %u entries%s\n", static_cast<unsigned long long>(walked->entries),
                 map.entries.info().max_entries,
                 map.types.typed() ? "" : (", as bytes: " + map.types.why_untyped()).c_str());
  return {};
}

Result<> show_one(const OpenedMap& map, const LabOptions& options) {
  const auto key = map.types.parse_key(options.key);
  if (!key) return tl::unexpected<base::Error>(key.error());
  const auto value = map.entries.look_up(*key);
  if (!value) return tl::unexpected<base::Error>(value.error());
  sink::OutputBuffer output(STDOUT_FILENO);
  output.append(entry_line(map, *key, *value, options));
  return output.flush();
}

Result<> store(const OpenedMap& map, const LabOptions& options) {
  std::vector<std::byte> key;
  if (map.entries.has_keys()) {
    auto parsed = map.types.parse_key(options.key);
    if (!parsed) return tl::unexpected<base::Error>(parsed.error());
    key = std::move(*parsed);
  } else if (!options.key.empty()) {
    return base::fail(base::ErrorKind::bad_input,
                      "a " + map.entries.info().type_name + " has no keys: set VALUE");
  }
  // What the value's text does not name stays as it is.
  std::vector<std::byte> value(map.entries.entry_value_bytes());
  if (map.entries.has_keys())
    if (auto before = map.entries.look_up(key)) value = std::move(*before);
  if (auto parsed = map.types.parse_value(options.value, value); !parsed) return parsed;
  return map.entries.store(key, value);
}

Result<> erase(const OpenedMap& map, const LabOptions& options) {
  const auto key = map.types.parse_key(options.key);
  if (!key) return tl::unexpected<base::Error>(key.error());
  return map.entries.erase(*key);
}

}  // namespace

Result<> lab_map(const LabOptions& options) {
  auto map = open_map(options);
  if (!map) return tl::unexpected<base::Error>(std::move(map.error()));
  if (options.action == LabMapAction::set && map->entries.has_keys() && options.key.empty())
    return base::fail(base::ErrorKind::bad_input, "set needs a key and a value, as in: set 17 '{count: 0}'");
  switch (options.action) {
    case LabMapAction::get:
      return show_one(*map, options);
    case LabMapAction::set:
      return store(*map, options);
    case LabMapAction::erase:
      return erase(*map, options);
    default:
      return show_all(*map, options);
  }
}

}  // namespace weir::app
