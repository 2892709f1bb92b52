// SPDX-License-Identifier: Apache-2.0
#include "app/flows_screen.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>

#include "app/flow_sink.h"
#include "app/live_report.h"
#include "app/live_run.h"
#include "app/snapshot_taker.h"
#include "app/stop_signal.h"
#include "base/clock.h"
#include "sink/screen.h"
#include "sink/screen_model.h"
#include "sink/screen_terminfo.h"

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kRefreshEveryNs = std::chrono::nanoseconds(1s).count();
constexpr int kLostExitCode = 5;

int tell(const config::FlowsOptions& options, const base::Error& error) {
  std::fprintf(stderr, "weir %s: %s\n", options.top ? "top" : "flows", error.message.c_str());
  return base::exit_code(error.kind);
}

/// One screen: pictures until the end is wished, or the terminal or the run is gone.
class LiveScreen {
 public:
  LiveScreen(const config::FlowsOptions& options, StopSignal& stop, sink::ScreenModel& model,
             std::mutex& model_mutex, sink::Screen& screen, SnapshotTaker& taker)
      : stop_(stop),
        model_(model),
        model_mutex_(model_mutex),
        screen_(screen),
        taker_(taker),
        end_ns_(options.duration ? base::now_ns(CLOCK_MONOTONIC) + options.duration->count() : INT64_MAX) {}

  void show() {
    while (!stop_.requested() && !taker_.failed() && base::now_ns(CLOCK_MONOTONIC) < end_ns_) {
      draw();
      if (!wait() || !press_keys()) return;
      if (stop_.take_report_request()) taker_.ask_report();
    }
  }

 private:
  void draw() {
    std::unique_lock lock(model_mutex_);
    const std::vector<sink::ScreenLine> lines = model_.lines(screen_.width(), screen_.height());
    lock.unlock();
    screen_.draw(lines);
  }

  /// For a key, a snapshot, a signal or the end; false when the terminal is gone.
  bool wait() {
    const int64_t left = std::max<int64_t>(end_ns_ - base::now_ns(CLOCK_MONOTONIC), 0);
    pollfd wishes[] = {
        {stop_.fd(), POLLIN, 0}, {screen_.input_fd(), POLLIN, 0}, {taker_.news_fd(), POLLIN, 0}};
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    if (::ppoll(wishes, std::size(wishes), &timeout, nullptr) <= 0) return true;  // also for a resize
    if (wishes[2].revents != 0) taker_.take_news();
    return (wishes[1].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
  }

  /// False when it is the end.
  bool press_keys() {
    while (const auto key = screen_.read_key()) {
      std::unique_lock lock(model_mutex_);
      const sink::ScreenWish wish = model_.press(*key);
      lock.unlock();
      if (wish == sink::ScreenWish::quit) return false;
      if (wish == sink::ScreenWish::snapshot) taker_.ask_snapshot();
      if (wish == sink::ScreenWish::cost) taker_.ask_cost_toggle();
    }
    return true;
  }

  StopSignal& stop_;
  sink::ScreenModel& model_;
  std::mutex& model_mutex_;
  sink::Screen& screen_;
  SnapshotTaker& taker_;
  int64_t end_ns_;
};

base::Result<sink::ScreenOptions> screen_options(const config::FlowsOptions& options) {
  auto by = find_fields(group_words(options), "--by");
  if (!by) return tl::unexpected<base::Error>(std::move(by.error()));
  sink::ScreenOptions screen;
  screen.top = options.top;
  screen.by = std::move(*by);
  if (!options.sort.empty()) screen.sort = options.sort;
  if (options.top_rows) screen.rows = *options.top_rows;
  return screen;
}

}  // namespace

bool wants_screen(const config::FlowsOptions& options) {
  if (!options.captures.empty() || !options.fields.empty() || options.count) return false;
  const config::Output form = config::settled_output(options, true);
  return (form == config::Output::table || form == config::Output::wide) && sink::terminal_is_screen();
}

int flows_screen(const config::FlowsOptions& options) {
  auto stop = StopSignal::create();
  if (!stop) return tell(options, stop.error());
  auto screen_form = screen_options(options);
  if (!screen_form) return tell(options, screen_form.error());
  sink::ScreenModel model(*screen_form);

  // The picture shows totals; parts would only be summed again.
  config::FlowsOptions run_options = options;
  run_options.interval.reset();
  run_options.active.reset();
  auto run = LiveRun::list(run_options, [&model](const flow::FlowRecord& record) {
    model.take(record, base::now_ns(CLOCK_MONOTONIC));
  });
  if (!run) return tell(options, run.error());
  if (auto attached = (*run)->attach(); !attached) return tell(options, attached.error());

  base::Result<> shown;
  {
    auto screen = sink::Screen::open(options.colour);
    if (!screen) return tell(options, screen.error());
    std::mutex model_mutex;
    const int64_t refresh_every_ns = options.interval ? options.interval->count() : kRefreshEveryNs;
    auto taker = SnapshotTaker::start(**run, model, model_mutex, refresh_every_ns);
    if (taker) LiveScreen(options, *stop, model, model_mutex, **screen, **taker).show();
    screen->reset();
    shown = taker ? (*taker)->end() : base::Result<>(tl::unexpected<base::Error>(taker.error()));
  }
  if (shown) shown = (*run)->finish();
  const std::string told = opening_text(**run) + report_text(**run);
  std::fputs(told.c_str(), stderr);
  if (!shown) return tell(options, shown.error());
  return options.fail_on_loss && (*run)->lost() ? kLostExitCode : 0;
}

}  // namespace weir::app
