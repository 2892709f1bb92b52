// SPDX-License-Identifier: Apache-2.0
#include "app/flow_sink.h"

#include <string_view>
#include <vector>

#include "config/nearest_word.h"
#include "flow/field.h"
#include "sink/aggregate_sink.h"
#include "sink/field_sink.h"
#include "sink/flow_table_sink.h"
#include "sink/json_sink.h"
#include "sink/line_sink.h"

namespace weir::app {
namespace {

using config::Output;
using Sink = std::unique_ptr<sink::RecordSink>;

sink::AggregateForm aggregate_form(const config::FlowsOptions& options, Output form, bool colour) {
  sink::AggregateForm aggregate;
  aggregate.json = form == Output::json;
  aggregate.colour = colour;
  if (const auto order = flow::group_order(options.sort)) aggregate.order = *order;
  if (aggregate.json) aggregate.rows = SIZE_MAX;
  if (options.top_rows) aggregate.rows = *options.top_rows;
  return aggregate;
}

sink::FlowTableForm table_form(const config::FlowsOptions& options, Output form, bool colour) {
  sink::FlowTableForm table;
  table.wide = form == Output::wide;
  table.colour = colour;
  if (!options.sort.empty()) table.sort = options.sort;
  if (options.top_rows) table.rows = *options.top_rows;
  return table;
}

sink::FieldForm field_form(const config::FlowsOptions& options, Output form) {
  if (form == Output::json) return sink::FieldForm::json;
  return options.header ? sink::FieldForm::lines_with_header : sink::FieldForm::lines;
}

}  // namespace

base::Result<std::vector<const flow::Field*>> find_fields(const std::vector<std::string>& words,
                                                          std::string_view option) {
  std::vector<const flow::Field*> found;
  for (const std::string& word : words) {
    const flow::Field* field = flow::find_field(word);
    if (field == nullptr) {
      std::vector<std::string_view> known;
      for (const flow::Field& each : flow::fields()) {
        known.push_back(each.name);
        if (!each.alias.empty()) known.push_back(each.alias);
      }
      return base::fail(base::ErrorKind::bad_input, std::string(option) + ": no field '" + word + "'" +
                                                        config::did_you_mean(word, known) +
                                                        " (man weir lists them)");
    }
    found.push_back(field);
  }
  return found;
}

std::vector<std::string> group_words(const config::FlowsOptions& options) {
  if (!options.by.empty() || !options.top) return options.by;
  // A capture knows no processes.
  return {options.captures.empty() ? "process" : "destination"};
}

base::Result<Sink> make_flow_sink(const config::FlowsOptions& options, sink::OutputBuffer& output,
                                  bool terminal) {
  const Output form = config::settled_output(options, terminal);
  const bool colour = terminal && options.colour;
  auto by = find_fields(group_words(options), "--by");
  if (!by) return tl::unexpected<base::Error>(std::move(by.error()));
  auto fields = find_fields(options.fields, "--fields");
  if (!fields) return tl::unexpected<base::Error>(std::move(fields.error()));

  if (!by->empty())
    return Sink(
        std::make_unique<sink::AggregateSink>(output, std::move(*by), aggregate_form(options, form, colour)));
  if (!fields->empty())
    return Sink(std::make_unique<sink::FieldSink>(output, std::move(*fields), field_form(options, form)));
  switch (form) {
    case Output::json:
      return Sink(std::make_unique<sink::JsonSink>(output));
    case Output::automatic:
    case Output::lines:
      return Sink(std::make_unique<sink::LineSink>(output, colour));
    case Output::table:
    case Output::wide:
      break;
  }
  return Sink(std::make_unique<sink::FlowTableSink>(output, table_form(options, form, colour)));
}

}  // namespace weir::app
