// SPDX-License-Identifier: Apache-2.0
#include "app/flows_live.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/flow_sink.h"
#include "app/flows_screen.h"
#include "app/live_report.h"
#include "app/live_run.h"
#include "app/stop_signal.h"
#include "base/clock.h"
#include "sink/screen_terminfo.h"

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kSweepEvery = 500ms;
constexpr int kLostExitCode = 5;
constexpr auto kTopEvery = 2s;

int tell(const config::FlowsOptions& options, const base::Error& error) {
  std::fprintf(stderr, "weir %s: %s\n", options.top ? "top" : "flows", error.message.c_str());
  return base::exit_code(error.kind);
}

/// Without a screen and without an end `top` writes its sums again and again, as top -b does.
config::FlowsOptions with_interval(config::FlowsOptions options) {
  if (options.top && !options.interval && !options.duration && !options.count) options.interval = kTopEvery;
  return options;
}

}  // namespace

int flows_live(const config::FlowsOptions& asked) {
  if (wants_screen(asked)) return flows_screen(asked);
  const config::FlowsOptions options = with_interval(asked);
  const bool terminal = sink::terminal_is_screen();
  auto stop = StopSignal::create();
  if (!stop) return tell(options, stop.error());
  sink::OutputBuffer output(STDOUT_FILENO);
  auto sink = make_flow_sink(options, output, terminal);
  if (!sink) return tell(options, sink.error());
  uint64_t records = 0;
  const uint64_t most_records = options.count.value_or(UINT64_MAX);
  auto started = LiveRun::list(options, [&](const flow::FlowRecord& record) {
    if (records == most_records) return;
    ++records;
    (*sink)->write(record);
  });
  if (!started) return tell(options, started.error());
  LiveRun& run = **started;
  static_cast<void>((*sink)->flush());  // what is open already; a failure stays with `output`
  if (auto attached = run.attach(); !attached) return tell(options, attached.error());
  static_cast<void>((*sink)->flush());
  std::fputs(opening_text(run).c_str(), stderr);

  const int64_t begin = base::now_ns(CLOCK_MONOTONIC);
  const int64_t end = options.duration ? begin + options.duration->count() : INT64_MAX;
  base::Result<> swept;
  run.begin_intervals(begin);
  uint64_t intervals = 0;
  int64_t interval_begin = base::now_ns(CLOCK_REALTIME);
  while (!stop->requested() && !output.failed() && records < most_records) {
    const int64_t now = base::now_ns(CLOCK_MONOTONIC);
    if (now >= end) break;
    int64_t wait = std::min<int64_t>(end - now, std::chrono::nanoseconds(kSweepEvery).count());
    if (run.next_interval_ns() != 0) wait = std::clamp<int64_t>(run.next_interval_ns() - now, 0, wait);
    pollfd wishes[2] = {{stop->fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
    ppoll(wishes, 2, &timeout, nullptr);
    if (wishes[1].revents & POLLERR) break;  // nobody reads any more
    if (stop->take_report_request()) std::fputs(report_text(run, most_records).c_str(), stderr);
    if (stop->requested()) break;
    const int64_t interval_end = base::now_ns(CLOCK_REALTIME);  // if this sweep is the first after its end
    if (swept = run.sweep(); !swept) break;
    if (run.intervals() != intervals) {
      intervals = run.intervals();
      (*sink)->end_interval(interval_begin, interval_end);
      interval_begin = interval_end;
    }
    for (const flow::LossRecord& loss : run.new_losses()) (*sink)->write(loss);
    static_cast<void>((*sink)->flush());
  }
  if (swept) swept = run.finish();
  for (const flow::LossRecord& loss : run.new_losses()) (*sink)->write(loss);
  const auto written = (*sink)->finish();
  const bool failed = !written && written.error().system_errno != EPIPE;  // EPIPE: he has what he wanted
  if (failed) tell(options, written.error());
  const uint64_t told_records = written ? most_records : std::min(most_records, output.written_lines());
  std::fputs(report_text(run, told_records, failed).c_str(), stderr);
  if (failed) return base::exit_code(written.error().kind);
  if (!swept) return tell(options, swept.error());
  return options.fail_on_loss && run.lost() ? kLostExitCode : 0;
}

}  // namespace weir::app
