// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_model.h"

#include <algorithm>

namespace weir::sink {
namespace {

using flow::GroupOrder;

std::vector<GroupFields> groupings(const GroupFields& first) {
  std::vector<GroupFields> all;
  if (!first.empty()) all.push_back(first);
  for (const char* word : {"process", "container", "destination", "port", "source"}) {
    const flow::Field* field = flow::find_field(word);
    if (field == nullptr || (first.size() == 1 && first[0] == field)) continue;
    all.push_back({field});
  }
  return all;
}

}  // namespace

ScreenModel::ScreenModel(const ScreenOptions& options) : options_(options), groups_(groupings(options.by)) {
  if (options.top || !options.by.empty()) choice_.grouping = 0;
  if (const auto order = flow::group_order(options.sort)) choice_.order = *order;
}

void ScreenModel::take(const flow::FlowRecord& record, int64_t monotonic_ns) {
  // The list of open sockets at the start: no packet yet, and no end.
  if (!is_over(record) && record.source.packets + record.destination.packets == 0) return;
  if (is_over(record)) ended_.seen++;
  ended_.packets += record.source.packets + record.destination.packets;
  ended_.bytes += record.source.bytes + record.destination.bytes;
  flow::FlowRecord counted = record;
  counted.part = is_over(record) ? 1 : 2;  // a flow counts once, when it ends; before that, as one that lives
  groups_.ended(counted);
  flows_.ended(record, monotonic_ns);
}

void ScreenModel::begin_snapshot(int64_t monotonic_ns, int64_t wall_ns) {
  asked_ = choice_;
  gathered_wall_ns_ = wall_ns;
  gathered_ = ended_;
  total_rate_.begin_snapshot(monotonic_ns);
  flows_.begin_snapshot(monotonic_ns);
  if (asked_.grouping) groups_.begin_snapshot(*asked_.grouping, monotonic_ns);
}

void ScreenModel::add(const flow::FlowRecord& record) {
  gathered_.seen++;
  gathered_.packets += record.source.packets + record.destination.packets;
  gathered_.bytes += record.source.bytes + record.destination.bytes;
  flows_.add(record, asked_.order, asked_.reversed,
             [this](const flow::FlowRecord& each) { return wants(asked_, each); });
  if (asked_.grouping) groups_.add(record);
}

void ScreenModel::end_snapshot() {
  const flow::Rate rate = total_rate_.add(0, gathered_.packets, gathered_.bytes);
  wall_ns_ = gathered_wall_ns_;
  totals_ = gathered_;
  totals_.packet_rate = rate.packets;
  totals_.byte_rate = rate.bytes;
  flows_.end_snapshot(choice_.order, choice_.reversed);
  totals_.alive = flows_.alive();
  if (asked_.grouping) groups_.end_snapshot(choice_.order, choice_.reversed);
  choose_rows();
}

bool ScreenModel::wants(const Choice& choice, const flow::FlowRecord& record) const {
  if (choice.grouping) return true;
  if (choice.chosen && !belongs_to(record, groups_.fields(*choice.chosen), choice.values)) return false;
  return choice.filter.empty() || choice.filter.matches(search_text(record));
}

void ScreenModel::choose_rows() {
  shown_.clear();
  if (in_groups()) {
    if (groups_.shown() != *choice_.grouping) return;  // its snapshot is still to come
    const std::vector<ScreenGroup>& rows = groups_.rows();
    for (size_t i = 0; i < rows.size(); ++i) {
      std::string text;
      for (size_t field = 0; field < rows[i].group.values.size(); ++field)
        text += group_value(rows[i].group, field) + ' ';
      if (choice_.filter.matches(small_letters(text))) shown_.push_back(i);
    }
  } else {
    const std::vector<ScreenFlow>& rows = flows_.rows();
    for (size_t i = 0; i < rows.size(); ++i)
      if (wants(choice_, rows[i].record)) shown_.push_back(i);
  }
  if (shown_.size() > options_.rows) shown_.resize(options_.rows);
}

uint64_t ScreenModel::id_at(size_t row) const {
  return in_groups() ? groups_.rows()[shown_[row]].id : flows_.rows()[shown_[row]].id;
}

void ScreenModel::select(size_t row) {
  if (shown_.empty()) return;
  selected_ = id_at(std::min(row, shown_.size() - 1));
}

/// Moves the selection, which follows its flow from one snapshot to the next.
void ScreenModel::move(ptrdiff_t rows) {
  size_t at = 0;
  while (at < shown_.size() && (!selected_ || id_at(at) != *selected_)) ++at;
  if (at == shown_.size()) return select(first_);
  if (rows < 0)
    select(at - std::min(at, static_cast<size_t>(-rows)));
  else
    select(at + static_cast<size_t>(rows));
}

void ScreenModel::order_by(GroupOrder order) {
  choice_.reversed = order == choice_.order && !choice_.reversed;
  choice_.order = order;
  flows_.sort(choice_.order, choice_.reversed);
  if (in_groups()) groups_.sort(choice_.order, choice_.reversed);
  widest_.clear();
  choose_rows();
}

ScreenWish ScreenModel::press(const ScreenKey& key) {
  if (choice_.filter.typing()) {
    choice_.filter.press(key);
    first_ = 0;
    choose_rows();
    return ScreenWish::nothing;
  }
  return view_ == View::table ? press_in_table(key) : press_in_text(key);
}

ScreenWish ScreenModel::press_in_text(const ScreenKey& key) {
  switch (key.kind) {
    case ScreenKey::Kind::up:
      text_first_ -= std::min<size_t>(text_first_, 1);
      break;
    case ScreenKey::Kind::down:
      text_first_ += 1;
      break;
    case ScreenKey::Kind::page_up:
      text_first_ -= std::min(text_first_, page_);
      break;
    case ScreenKey::Kind::page_down:
      text_first_ += page_;
      break;
    case ScreenKey::Kind::home:
      text_first_ = 0;
      break;
    case ScreenKey::Kind::character:
      if (key.character == ' ') {
        paused_ = !paused_;
        break;
      }
      [[fallthrough]];
    case ScreenKey::Kind::enter:
    case ScreenKey::Kind::escape:
      view_ = View::table;
      break;
    default:
      break;
  }
  return ScreenWish::nothing;
}

ScreenWish ScreenModel::press_in_table(const ScreenKey& key) {
  switch (key.kind) {
    case ScreenKey::Kind::up:
      move(-1);
      break;
    case ScreenKey::Kind::down:
      move(1);
      break;
    case ScreenKey::Kind::page_up:
      move(-static_cast<ptrdiff_t>(page_));
      break;
    case ScreenKey::Kind::page_down:
      move(static_cast<ptrdiff_t>(page_));
      break;
    case ScreenKey::Kind::home:
      select(0);
      break;
    case ScreenKey::Kind::end:
      select(SIZE_MAX);
      break;
    case ScreenKey::Kind::enter:
      return press_enter();
    case ScreenKey::Kind::escape:
      return press_escape();
    case ScreenKey::Kind::character:
      return press_letter(key.character);
    case ScreenKey::Kind::backspace:
      break;
  }
  return ScreenWish::nothing;
}

ScreenWish ScreenModel::press_letter(char32_t letter) {
  switch (letter) {
    case 'r':
      order_by(GroupOrder::rate);
      break;
    case 'b':
      order_by(GroupOrder::bytes);
      break;
    case 'p':
      order_by(GroupOrder::packets);
      break;
    case 't':
      order_by(GroupOrder::rtt);
      break;
    case 'x':
      order_by(GroupOrder::retransmits);
      break;
    case 'a':
      order_by(GroupOrder::start);
      break;
    case 'f':
      if (in_groups()) order_by(GroupOrder::flows);
      break;
    case 'k':
      move(-1);
      break;
    case 'j':
      move(1);
      break;
    case '/':
      choice_.filter.begin();
      break;
    case ' ':
      paused_ = !paused_;
      return paused_ ? ScreenWish::nothing : ScreenWish::snapshot;
    case 'g':
      return next_grouping();
    case 'c':
      return ScreenWish::cost;
    case 'h':
    case '?':
      view_ = View::help;
      text_first_ = 0;
      break;
    case 'q':
    case 'Q':
      return ScreenWish::quit;
    default:
      break;
  }
  return ScreenWish::nothing;
}

ScreenWish ScreenModel::next_grouping() {
  if (!choice_.grouping)
    choice_.grouping = 0;
  else if (*choice_.grouping + 1 < groups_.groupings())
    choice_.grouping = *choice_.grouping + 1;
  else
    choice_.grouping.reset();
  choice_.chosen.reset();
  selected_.reset();
  first_ = 0;
  widest_.clear();
  paused_ = false;  // the other table was not gathered
  shown_.clear();
  return ScreenWish::snapshot;
}

ScreenWish ScreenModel::press_enter() {
  if (!selected_) move(0);
  if (!selected_) return ScreenWish::nothing;
  if (!in_groups()) {
    view_ = View::details;
    text_first_ = 0;
    return ScreenWish::nothing;
  }
  for (const ScreenGroup& row : groups_.rows()) {
    if (row.id != *selected_ || row.group.other) continue;
    choice_.chosen = choice_.grouping;
    choice_.values = row.group.values;
    choice_.grouping.reset();
    selected_.reset();
    choice_.filter.clear();
    first_ = 0;
    widest_.clear();
    choose_rows();
    break;
  }
  return ScreenWish::nothing;
}

ScreenWish ScreenModel::press_escape() {
  if (!choice_.filter.empty()) {
    choice_.filter.clear();
    choose_rows();
  } else if (choice_.chosen) {
    choice_.grouping = choice_.chosen;
    choice_.chosen.reset();
    selected_.reset();
    widest_.clear();
    paused_ = false;
    shown_.clear();
    return ScreenWish::snapshot;
  } else {
    selected_.reset();
    first_ = 0;
  }
  return ScreenWish::nothing;
}

}  // namespace weir::sink
