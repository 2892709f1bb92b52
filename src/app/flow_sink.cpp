// SPDX-License-Identifier: Apache-2.0
#include "app/flow_sink.h"

#include "sink/flow_table_sink.h"
#include "sink/json_sink.h"
#include "sink/line_sink.h"

namespace weir::app {

base::Result<std::unique_ptr<sink::RecordSink>> make_flow_sink(const config::FlowsOptions& options,
                                                               sink::OutputBuffer& output, bool terminal) {
  const config::Output form = config::settled_output(options, terminal);
  const bool colour = terminal && options.colour;
  switch (form) {
    case config::Output::json:
      return std::make_unique<sink::JsonSink>(output);
    case config::Output::automatic:
    case config::Output::lines:
      return std::make_unique<sink::LineSink>(output, colour);
    case config::Output::table:
    case config::Output::wide:
      break;
  }
  sink::FlowTableForm table;
  table.wide = form == config::Output::wide;
  table.colour = colour;
  if (!options.sort.empty()) table.sort = options.sort;
  if (options.top_rows) table.rows = *options.top_rows;
  return std::make_unique<sink::FlowTableSink>(output, table);
}

}  // namespace weir::app
