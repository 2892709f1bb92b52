// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_frame.h"

#include <algorithm>
#include <cstdio>

#include "sink/human_text.h"

namespace weir::sink {
namespace {

constexpr std::string_view kBetween = " | ";

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text,
                share < 0.0995  ? "%.2f %%"
                : share < 0.995 ? "%.1f %%"
                                : "%.0f %%",
                share * 100);
  return text;
}

/// "0:05", "12:34", "1:02:03"
std::string clock_text(int64_t nanoseconds) {
  const auto seconds = static_cast<unsigned long long>(std::max<int64_t>(nanoseconds, 0) / 1'000'000'000);
  char text[40];
  if (seconds < 3600)
    std::snprintf(text, sizeof text, "%llu:%02llu", seconds / 60, seconds % 60);
  else
    std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return text;
}

uint64_t sum(const std::vector<NamedCount>& counts) {
  uint64_t total = 0;
  for (const NamedCount& count : counts) total += count.count;
  return total;
}

/// "12 in no flow: 10 not IP, 2 truncated"
void add_counts(std::vector<ScreenSpan>& items, const std::string& head,
                const std::vector<NamedCount>& counts) {
  const uint64_t total = sum(counts);
  if (total == 0) return;
  std::string text = human_count(total) + " packets in " + head + ": ";
  bool first = true;
  for (const NamedCount& count : counts) {
    if (count.count == 0) continue;
    if (!first) text += ", ";
    first = false;
    text += human_count(count.count) + ' ' + count.what;
  }
  items.push_back({std::move(text), Style::plain});
}

std::vector<ScreenSpan> foot_items(const ScreenFacts& facts) {
  std::vector<ScreenSpan> items;
  for (const flow::LossRecord& loss : facts.summary.lost)
    if (loss.total != 0)
      items.push_back(
          {"LOST " + grouped_digits(loss.total) + ' ' + loss.unit + ": " + loss.stage, Style::alarm});
  if (items.empty()) items.push_back({"lost nothing"});
  for (const NamedCount& note : facts.summary.notes)
    if (note.count != 0) items.push_back({human_count(note.count) + ' ' + note.what, Style::warning});
  add_counts(items, "no flow", facts.summary.not_counted);
  add_counts(items, "flows without ports", facts.summary.without_ports);
  const double used = facts.map_capacity == 0
                          ? 0
                          : static_cast<double>(facts.map_entries) / static_cast<double>(facts.map_capacity);
  items.push_back(
      {"kernel map " + grouped_digits(facts.map_entries) + " of " + grouped_digits(facts.map_capacity),
       used > 0.9 ? Style::warning : Style::plain});
  std::string cost = "own cost " + percent(facts.cpu_share) + " of a CPU, " + human_bytes(facts.memory_bytes);
  if (facts.kernel_cost)
    cost += "; in the kernel " + grouped_digits(static_cast<uint64_t>(facts.kernel_cost->ns_per_run + 0.5)) +
            " ns a packet, " + percent(facts.kernel_cost->cpu_share) + " of a CPU";
  else
    cost += " (c: and the kernel's)";
  items.push_back({std::move(cost)});
  return items;
}

}  // namespace

ScreenLine head_line(std::string_view verb, const ScreenFacts& facts, size_t width) {
  const std::string elapsed = clock_text(facts.elapsed_ns);
  ScreenLine line;
  const size_t name = verb.size() + 7;
  if (width < name + elapsed.size()) {
    line.add(fitted_text("weir " + std::string(verb), width), Style::bold);
    return line;
  }
  line.add("weir " + std::string(verb) + "  ", Style::bold);
  const size_t room = width - name - elapsed.size();
  line.add(room < 4 ? std::string(room, ' ') : fitted_text(facts.listening, room - 2) + "  ", Style::dim);
  line.add(elapsed);
  return line;
}

std::string totals_text(const ScreenTotals& totals) {
  const auto whole = [](double rate) { return static_cast<uint64_t>(rate + 0.5); };
  return grouped_digits(totals.alive) + " of " + grouped_digits(totals.seen) + " flows open" +
         std::string(kBetween) + human_bytes(whole(totals.byte_rate)) + "/s, " +
         human_count(whole(totals.packet_rate)) + " packets/s" + std::string(kBetween) +
         human_bytes(totals.bytes) + ", " + human_count(totals.packets) + " packets";
}

std::vector<ScreenLine> foot_lines(const ScreenFacts& facts, size_t width, size_t lines) {
  std::vector<ScreenLine> foot;
  if (lines == 0) return foot;
  foot.emplace_back();
  size_t used = 0;
  for (ScreenSpan& item : foot_items(facts)) {
    const size_t columns = terminal_columns(item.text);
    if (used != 0 && used + kBetween.size() + columns > width) {
      if (foot.size() == lines) break;
      foot.emplace_back();
      used = 0;
    }
    if (used != 0) foot.back().add(std::string(kBetween), Style::dim);
    used += (used != 0 ? kBetween.size() : 0) + columns;
    foot.back().add(std::move(item.text), item.style);
  }
  for (ScreenLine& line : foot) cut_line(line, width);
  return foot;
}

}  // namespace weir::sink
