// SPDX-License-Identifier: Apache-2.0
// `weir lab list --watch`: which programs run how often, how long, and what share of a CPU they take.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "app/lab_commands.h"
#include "app/lab_pace.h"
#include "base/clock.h"
#include "lab/json_record.h"
#include "lab/object_reference.h"
#include "lab/program_details.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using lab::ObjectKind;

struct Activity {
  lab::ProgramDetails program;
  uint64_t runs = 0;  // since the last table
  uint64_t time_ns = 0;
  double runs_per_second = 0;
  double cpu_share = 0;  // of one CPU

  double ns_per_run() const {
    return runs == 0 ? 0 : static_cast<double>(time_ns) / static_cast<double>(runs);
  }
};

class Counters {
 public:
  /// What the programs did since the last call; programs that came meanwhile from their beginning.
  Result<std::vector<Activity>> read(double seconds) {
    const auto ids = lab::object_ids(ObjectKind::program);
    if (!ids) return tl::unexpected<base::Error>(ids.error());
    std::unordered_map<uint32_t, std::pair<uint64_t, uint64_t>> now;
    std::vector<Activity> activities;
    for (const uint32_t id : *ids) {
      const auto fd = lab::open_id(ObjectKind::program, id);
      if (!fd) continue;  // gone meanwhile
      auto details = lab::program_details(fd->get());
      if (!details) continue;
      now[id] = {details->runs, details->run_time_ns};
      const auto before = last_.find(id);
      Activity activity;
      activity.runs = details->runs - (before == last_.end() ? 0 : before->second.first);
      activity.time_ns = details->run_time_ns - (before == last_.end() ? 0 : before->second.second);
      activity.runs_per_second = static_cast<double>(activity.runs) / seconds;
      activity.cpu_share = static_cast<double>(activity.time_ns) / 1e9 / seconds;
      activity.program = std::move(*details);
      activities.push_back(std::move(activity));
    }
    last_ = std::move(now);
    return activities;
  }

 private:
  std::unordered_map<uint32_t, std::pair<uint64_t, uint64_t>> last_;  // id -> runs, time
};

void sort(std::vector<Activity>& activities, const std::string& key) {
  std::stable_sort(activities.begin(), activities.end(), [&](const Activity& a, const Activity& b) {
    if (key == "calls") return a.runs > b.runs;
    if (key == "time") return a.ns_per_run() > b.ns_per_run();
    if (key == "id") return a.program.id < b.program.id;
    if (key == "name") return a.program.name < b.program.name;
    return a.time_ns > b.time_ns;
  });
}

std::string formatted(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string json_lines(const std::vector<Activity>& activities, double seconds) {
  const int64_t now = base::now_ns(CLOCK_REALTIME);
  std::string lines;
  for (const Activity& one : activities) {
    lab::JsonRecord record;
    record.text("object", "program_runs").time("time", now).number("id", one.program.id);
    record.text("type", one.program.type_name).text("name", one.program.name).number("runs", one.runs);
    record.number("run_time_ns", one.time_ns).number("interval_ns", static_cast<uint64_t>(seconds * 1e9));
    record.raw("cpu_share", formatted("%.6f", one.cpu_share));
    lines += record.line();
  }
  return lines;
}

Result<> show_table(const std::vector<Activity>& activities, const LabOptions& options) {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  sink::TextTable table({{"ID", true},
                         {"TYPE"},
                         {"NAME"},
                         {"CALLS/S", true},
                         {"NS/CALL", true},
                         {"CPU %", true},
                         {"CALLS", true}});
  for (const Activity& one : activities) {
    const bool idle = one.runs == 0;
    table.add_row({{std::to_string(one.program.id)},
                   {one.program.type_name},
                   {sink::printable(one.program.name), idle ? sink::Style::dim : sink::Style::bold},
                   {idle ? "-" : formatted("%.0f", one.runs_per_second)},
                   {idle ? "-" : formatted("%.0f", one.ns_per_run())},
                   {idle ? "-" : formatted("%.2f", one.cpu_share * 100)},
                   {std::to_string(one.program.runs)}});
  }
  sink::OutputBuffer output(STDOUT_FILENO);
  if (terminal) output.append("\x1b[H\x1b[2J");
  table.write_to(output, options.colour && terminal);
  output.append("\n");
  return output.flush();
}

}  // namespace

Result<> lab_watch(const LabOptions& options) {
  const auto counting = lab::count_runs();
  if (!counting) return tl::unexpected<base::Error>(counting.error());
  auto pace = LabPace::create(options.interval, options.count);
  if (!pace) return tl::unexpected<base::Error>(std::move(pace.error()));
  Counters counters;
  if (const auto first = counters.read(1); !first) return tl::unexpected<base::Error>(first.error());
  while (pace->next()) {
    auto activities = counters.read(pace->elapsed_seconds());
    if (!activities) return tl::unexpected<base::Error>(std::move(activities.error()));
    sort(*activities, options.sort);
    Result<> shown;
    if (options.output == config::LabOutput::json) {
      sink::OutputBuffer output(STDOUT_FILENO);
      output.append(json_lines(*activities, pace->elapsed_seconds()));
      shown = output.flush();
    } else {
      shown = show_table(*activities, options);
    }
    if (!shown) return shown;
  }
  return {};
}

}  // namespace weir::app
