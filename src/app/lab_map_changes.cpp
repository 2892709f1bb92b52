// SPDX-License-Identifier: Apache-2.0
// `weir lab map MAP top` and `watch`: the largest entries, and what comes, changes and goes.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "app/lab_commands.h"
#include "app/lab_map_lines.h"
#include "app/lab_map_reading.h"
#include "app/lab_pace.h"
#include "lab/json_record.h"
#include "sink/output_buffer.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using base::ErrorKind;
using base::Result;
using config::LabOptions;
using config::LabOutput;
using lab::ValueForm;

constexpr size_t kMostReadingBytes = size_t{256} << 20;  // of each of two

Result<const lab::Leaf*> sort_leaf(const OpenedMap& map, const std::string& name) {
  const auto& leaves = map.types.leaves();
  std::string names;
  for (const lab::Leaf& leaf : leaves) {
    if (leaf.kind == lab::LeafKind::other) continue;
    if (name.empty() || leaf.path == name) return &leaf;
    if (names.size() < 400) names += (names.empty() ? "" : ", ") + leaf.path;
  }
  if (names.empty())
    return base::fail(ErrorKind::bad_input,
                      "the values have no number to sort by (" + map.types.value_type_name() + ")");
  return base::fail(ErrorKind::bad_input,
                    "--by " + name + ": the values have no such number; they have " + names);
}

std::string shown_number(double number) {
  char text[48];
  std::snprintf(text, sizeof text,
                number == static_cast<double>(static_cast<int64_t>(number)) ? "%.0f" : "%.3g", number);
  return text;
}

std::string shown(const OpenedMap& map, const std::string& bytes, bool key, ValueForm form) {
  std::string text;
  if (key)
    map.types.print_key(as_bytes(bytes), form, text);
  else
    map.types.print_value(as_bytes(bytes), form, text);
  return text;
}

struct Ranked {
  const std::string* key;
  const std::string* value;
  double number;
  double rate;
};

std::vector<Ranked> largest(const MapReading& now, const MapReading& before, const lab::Leaf& leaf,
                            double seconds, size_t rows) {
  std::vector<Ranked> ranked;
  ranked.reserve(now.size());
  for (const auto& [key, value] : now) {
    const double number = lab::leaf_number(leaf, as_bytes(value));
    const auto last = before.find(key);
    const double was = last == before.end() ? 0 : lab::leaf_number(leaf, as_bytes(last->second));
    ranked.push_back({&key, &value, number, (number - was) / seconds});
  }
  const size_t shown = std::min(rows, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<ptrdiff_t>(shown), ranked.end(),
                    [](const Ranked& a, const Ranked& b) {
                      return a.number != b.number ? a.number > b.number : *a.key < *b.key;
                    });
  ranked.resize(shown);
  return ranked;
}

Result<> show_largest(const OpenedMap& map, const std::vector<Ranked>& ranked, const lab::Leaf& leaf,
                      bool rates, const LabOptions& options) {
  sink::OutputBuffer output(STDOUT_FILENO);
  if (options.output == LabOutput::json) {
    for (const Ranked& one : ranked) {
      lab::JsonRecord record;
      if (!one.key->empty()) record.raw("key", shown(map, *one.key, true, ValueForm::json));
      record.raw("value", shown(map, *one.value, false, ValueForm::json));
      if (rates) record.raw("per_second", shown_number(one.rate));
      output.append(record.line());
    }
    return output.flush();
  }
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  std::vector<sink::Column> columns{{"KEY"}, {leaf.path.empty() ? "VALUE" : leaf.path, true}};
  if (rates) columns.push_back({"PER SECOND", true});
  if (!leaf.path.empty()) columns.push_back({"VALUE"});
  sink::TextTable table(std::move(columns));
  for (const Ranked& one : ranked) {
    std::vector<sink::Cell> row{{shown(map, *one.key, true, ValueForm::text), sink::Style::bold},
                                {shown_number(one.number)}};
    if (rates) row.push_back({shown_number(one.rate)});
    if (!leaf.path.empty()) row.push_back({shown(map, *one.value, false, ValueForm::text)});
    table.add_row(std::move(row));
  }
  if (terminal && rates) output.append("\x1b[H\x1b[2J");
  table.write_to(output, options.colour && terminal);
  if (rates) output.append("\n");
  return output.flush();
}

Result<> top(const OpenedMap& map, const LabOptions& options) {
  const auto leaf = sort_leaf(map, options.by);
  if (!leaf) return tl::unexpected<base::Error>(leaf.error());
  auto before = read_map(map, kMostReadingBytes);
  if (!before) return tl::unexpected<base::Error>(std::move(before.error()));
  // Once, unless there is somebody who watches or a number of readings was asked for.
  if (options.count == 0 && isatty(STDOUT_FILENO) != 1)
    return show_largest(map, largest(*before, *before, **leaf, 1, options.rows), **leaf, false, options);
  auto pace = LabPace::create(options.interval, options.count);
  if (!pace) return tl::unexpected<base::Error>(std::move(pace.error()));
  while (pace->next()) {
    auto now = read_map(map, kMostReadingBytes);
    if (!now) return tl::unexpected<base::Error>(std::move(now.error()));
    if (auto result = show_largest(map, largest(*now, *before, **leaf, pace->elapsed_seconds(), options.rows),
                                   **leaf, true, options);
        !result)
      return result;
    before = std::move(now);
  }
  return {};
}

/// "+ key: value", "~ key: value", "- key"; in JSON with "change".
void add_change(const OpenedMap& map, char sign, const std::string& key, const std::string* value,
                const LabOptions& options, sink::OutputBuffer& output) {
  if (options.output == LabOutput::json) {
    lab::JsonRecord record;
    record.text("change", sign == '+' ? "new" : sign == '-' ? "deleted" : "changed");
    record.raw("key", shown(map, key, true, ValueForm::json));
    if (value != nullptr) record.raw("value", shown(map, *value, false, ValueForm::json));
    output.append(record.line());
    return;
  }
  std::string line{sign, ' '};
  line += shown(map, key, true, ValueForm::text);
  if (value != nullptr) line += ": " + shown(map, *value, false, ValueForm::text);
  output.append(line + '\n');
}

Result<> watch(const OpenedMap& map, const LabOptions& options) {
  auto before = read_map(map, kMostReadingBytes);
  if (!before) return tl::unexpected<base::Error>(std::move(before.error()));
  auto pace = LabPace::create(options.interval, options.count);
  if (!pace) return tl::unexpected<base::Error>(std::move(pace.error()));
  while (pace->next()) {
    auto now = read_map(map, kMostReadingBytes);
    if (!now) return tl::unexpected<base::Error>(std::move(now.error()));
    sink::OutputBuffer output(STDOUT_FILENO);
    for (const auto& [key, value] : *now) {
      const auto last = before->find(key);
      if (last == before->end())
        add_change(map, '+', key, &value, options, output);
      else if (last->second != value)
        add_change(map, '~', key, &value, options, output);
    }
    for (const auto& [key, value] : *before)
      if (!now->contains(key)) add_change(map, '-', key, nullptr, options, output);
    if (auto written = output.flush(); !written) return written;
    before = std::move(now);
  }
  return {};
}

}  // namespace

Result<> lab_map_changes(const LabOptions& options) {
  auto map = open_map(options);
  if (!map) return tl::unexpected<base::Error>(std::move(map.error()));
  return options.action == config::LabMapAction::top ? top(*map, options) : watch(*map, options);
}

}  // namespace weir::app
