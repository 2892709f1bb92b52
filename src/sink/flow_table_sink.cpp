// SPDX-License-Identifier: Apache-2.0
#include "sink/flow_table_sink.h"

#include <algorithm>

#include "sink/flow_columns.h"
#include "sink/human_text.h"

namespace weir::sink {

void FlowTableSink::write(const flow::FlowRecord& record) {
  const double value = flow_sort_value(record, form_.sort);
  const auto hide = [this](const flow::FlowRecord& hidden) {
    ++hidden_flows_;
    hidden_packets_ += hidden.source.packets + hidden.destination.packets;
    hidden_bytes_ += hidden.source.bytes + hidden.destination.bytes;
  };
  ++written_;
  if (rows_.size() >= form_.rows) {
    if (rows_.empty() || value <= rows_.front().value) return hide(record);
    std::pop_heap(rows_.begin(), rows_.end(), before);
    hide(rows_.back().record);
    rows_.pop_back();
  }
  rows_.push_back({value, written_, record});
  std::push_heap(rows_.begin(), rows_.end(), before);
}

base::Result<> FlowTableSink::finish() {
  std::sort(rows_.begin(), rows_.end(), before);
  const std::vector<FlowColumn> columns = flow_columns(form_.wide, form_.sort);
  std::vector<std::vector<Cell>> cells;
  std::vector<bool> filled(columns.size(), false);
  for (const Row& row : rows_) {
    std::vector<Cell>& line = cells.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      line.push_back(columns[i].cell(row.record));
      if (!line.back().text.empty()) filled[i] = true;
    }
  }
  // Columns without a word in any row are left out: a capture has no owners, most flows no NAT.
  std::vector<Column> titles;
  for (size_t i = 0; i < columns.size(); ++i)
    if (filled[i] || cells.empty()) titles.push_back(columns[i].column);
  TextTable table(std::move(titles));
  for (std::vector<Cell>& line : cells) {
    std::vector<Cell> kept;
    for (size_t i = 0; i < columns.size(); ++i)
      if (filled[i]) kept.push_back(std::move(line[i]));
    table.add_row(std::move(kept));
  }
  table.write_to(output_, form_.colour);
  if (hidden_flows_ != 0)
    output_.append("and " + grouped_digits(hidden_flows_) + " more: " + human_count(hidden_packets_) +
                   " packets, " + human_bytes(hidden_bytes_) + " (--top N shows more rows, -o lines all)\n");
  return output_.flush();
}

}  // namespace weir::sink
