// SPDX-License-Identifier: Apache-2.0
// The lines of ScreenModel; what keys do to it is in screen_model.cpp.
#include <algorithm>
#include <iterator>

#include "sink/human_text.h"
#include "sink/screen_details.h"
#include "sink/screen_model.h"

namespace weir::sink {
namespace {

using flow::GroupOrder;

constexpr size_t kHeadLines = 2;
constexpr size_t kWideGapFrom = 100;  // columns of the screen

const char* order_name(GroupOrder order) {
  switch (order) {
    case GroupOrder::bytes:
      return "bytes";
    case GroupOrder::packets:
      return "packets";
    case GroupOrder::flows:
      return "flows";
    case GroupOrder::retransmits:
      return "retransmits";
    case GroupOrder::rtt:
      return "RTT";
    case GroupOrder::rate:
      return "rate";
    case GroupOrder::start:
      return "age";
  }
  return "";
}

size_t foot_height(size_t height) {
  return height < 6 ? 0 : height < 12 ? 1 : height < 40 ? 2 : 3;
}

}  // namespace

ScreenLine ScreenModel::status_line(size_t width) const {
  ScreenLine line;
  if (paused_) line.add("PAUSED ", Style::warning);
  if (in_groups())
    line.add("by " + group_name(groups_.fields(*choice_.grouping)) + ", ", Style::bold);
  else if (choice_.chosen) {
    std::string values;
    for (const auto& value : choice_.values)
      values += (values.empty() ? "" : ", ") + (value ? shown_text(*value) : "-");
    line.add("of " + group_name(groups_.fields(*choice_.chosen)) + ' ' + values + ", ", Style::bold);
  }
  line.add(std::string("ordered by ") + order_name(choice_.order) + (choice_.reversed ? " (reversed)" : ""),
           Style::bold);
  if (!in_groups() && flows_.hidden() != 0)
    line.add(", " + grouped_digits(flows_.hidden()) + " flows are beyond", Style::warning);
  if (!choice_.filter.empty()) line.add(", filter: " + shown_text(choice_.filter.text()), Style::warning);
  line.add("  " + totals_text(totals_));
  cut_line(line, width);
  return line;
}

ScreenLine ScreenModel::last_line(size_t width) const {
  ScreenLine line;
  if (choice_.filter.typing()) return choice_.filter.line(width);
  if (view_ != View::table) {
    line.add("Esc", Style::bold).add(" back  ").add("Up Down", Style::bold).add(" scroll");
  } else {
    static constexpr std::pair<const char*, const char*> kKeys[] = {
        {"q", "quit"},        {"?", "help"},    {"/", "filter"}, {"Space", "pause"},
        {"g", "group"},       {"r", "rate"},    {"b", "bytes"},  {"t", "RTT"},
        {"x", "retransmits"}, {"p", "packets"}, {"a", "age"},    {"Enter", "details"}};
    size_t used = 0;
    for (const auto& [key, meaning] : kKeys) {
      const std::string text = std::string(" ") + meaning + "  ";
      used += std::string_view(key).size() + text.size();
      if (used > width + 2) break;
      line.add(key, Style::bold).add(text);
    }
  }
  cut_line(line, width);
  return line;
}

std::vector<ScreenLine> ScreenModel::table_lines(size_t width, size_t height) {
  std::vector<ScreenLine> lines;
  const std::vector<ScreenColumn> columns =
      in_groups() ? group_screen_columns(groups_.fields(*choice_.grouping), choice_.order)
                  : flow_screen_columns(choice_.order);
  const size_t gap = width >= kWideGapFrom ? 2 : 1;
  if (widest_for_ != width || widest_.size() != columns.size()) widest_.assign(columns.size(), 0);
  widest_for_ = width;
  if (totals_.packets == 0 && height > 2) {
    lines.emplace_back().add(shown_text("no packet yet; listening: " + facts_.listening), Style::warning);
    cut_line(lines.back(), width);
  }
  page_ = std::max<size_t>(1, height - std::min(height, lines.size() + 1));

  if (selected_) {
    size_t at = 0;
    while (at < shown_.size() && id_at(at) != *selected_) ++at;
    if (at == shown_.size())
      selected_.reset();
    else
      first_ = std::clamp(first_, at + 1 > page_ ? at + 1 - page_ : 0, at);
  }
  first_ = std::min(first_, shown_.size() > page_ ? shown_.size() - page_ : 0);

  std::vector<std::vector<Cell>> cells;
  for (size_t i = first_; i < shown_.size() && cells.size() < page_; ++i)
    cells.push_back(in_groups() ? group_screen_cells(groups_.fields(*choice_.grouping),
                                                     groups_.rows()[shown_[i]], wall_ns_)
                                : flow_screen_cells(flows_.rows()[shown_[i]], wall_ns_));
  for (const std::vector<Cell>& row : cells)
    for (size_t i = 0; i < row.size(); ++i) widest_[i] = std::max(widest_[i], terminal_columns(row[i].text));
  const std::vector<size_t> widths = column_widths(columns, widest_, width, gap);
  lines.push_back(title_line(columns, widths, gap));
  for (size_t i = 0; i < cells.size(); ++i) {
    lines.push_back(column_line(columns, widths, cells[i], gap));
    lines.back().reversed = selected_ && id_at(first_ + i) == *selected_;
  }
  lines.resize(height);
  return lines;
}

std::vector<ScreenLine> ScreenModel::text_lines(const std::vector<ScreenLine>& text, size_t width,
                                                size_t height) {
  page_ = std::max<size_t>(1, height);
  text_first_ = std::min(text_first_, text.size() > height ? text.size() - height : 0);
  const auto begin = text.begin() + static_cast<ptrdiff_t>(text_first_);
  std::vector<ScreenLine> lines(begin,
                                begin + static_cast<ptrdiff_t>(std::min(height, text.size() - text_first_)));
  for (ScreenLine& line : lines) cut_line(line, width);
  lines.resize(height);
  return lines;
}

std::vector<ScreenLine> ScreenModel::details() const {
  for (const ScreenFlow& row : flows_.rows())
    if (row.id == selected_) return detail_lines(row);
  std::vector<ScreenLine> gone(1);
  gone[0].add("the flow has ended and left the table");
  return gone;
}

std::vector<ScreenLine> ScreenModel::lines(size_t width, size_t height) {
  std::vector<ScreenLine> lines;
  lines.push_back(head_line(options_.top ? "top" : "flows", facts_, width));
  lines.push_back(status_line(width));
  const size_t foot_most = foot_height(height);
  std::vector<ScreenLine> foot = foot_lines(facts_, width, foot_most);
  const size_t taken = kHeadLines + foot.size() + 1;
  const size_t body = height > taken ? height - taken : 0;
  std::vector<ScreenLine> middle = view_ == View::table     ? table_lines(width, body)
                                   : view_ == View::details ? text_lines(details(), width, body)
                                                            : text_lines(help_lines(), width, body);
  lines.insert(lines.end(), std::make_move_iterator(middle.begin()), std::make_move_iterator(middle.end()));
  lines.insert(lines.end(), std::make_move_iterator(foot.begin()), std::make_move_iterator(foot.end()));
  lines.push_back(last_line(width));
  lines.resize(height);
  return lines;
}

}  // namespace weir::sink
