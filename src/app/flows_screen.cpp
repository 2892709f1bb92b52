// SPDX-License-Identifier: Apache-2.0
#include "app/flows_screen.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/flow_sink.h"
#include "app/live_report.h"
#include "app/live_run.h"
#include "app/stop_signal.h"
#include "base/clock.h"
#include "sink/screen.h"
#include "sink/screen_model.h"
#include "sink/screen_terminfo.h"

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kSweepEveryNs = std::chrono::nanoseconds(500ms).count();
constexpr int64_t kRefreshEveryNs = std::chrono::nanoseconds(1s).count();
// With very many flows: of the time at most one part in so many goes into sweeps, and into snapshots.
constexpr int64_t kWorkShare = 5;
constexpr int kLostExitCode = 5;

int tell(const config::FlowsOptions& options, const base::Error& error) {
  std::fprintf(stderr, "weir %s: %s\n", options.top ? "top" : "flows", error.message.c_str());
  return base::exit_code(error.kind);
}

int64_t cpu_ns() {
  return base::now_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t resident_bytes() {
  unsigned long long pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  const int read = std::fscanf(file, "%*u %llu", &pages);
  std::fclose(file);
  return read == 1 ? pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// What the run costs, from one look to the next.
class CostMeter {
 public:
  explicit CostMeter(int64_t begin_ns) : begin_ns_(begin_ns), time_ns_(begin_ns), cpu_ns_(cpu_ns()) {}

  sink::ScreenFacts facts(const LiveRun& run, int64_t now_ns) {
    sink::ScreenFacts facts;
    facts.listening = run.description();
    facts.elapsed_ns = now_ns - begin_ns_;
    facts.summary = run.summary();
    facts.map_entries = run.kernel_entries();
    facts.map_capacity = run.kernel_capacity();
    facts.memory_bytes = resident_bytes();
    const auto passed = static_cast<double>(std::max<int64_t>(now_ns - time_ns_, 1));
    const int64_t cpu = cpu_ns();
    facts.cpu_share = static_cast<double>(cpu - cpu_ns_) / passed;
    if (const auto cost = run.cost()) {
      const bool known = kernel_.runs != 0 && cost->run_ns >= kernel_.run_ns;
      facts.kernel_cost.emplace();
      facts.kernel_cost->ns_per_run = cost->ns_per_run();
      facts.kernel_cost->cpu_share = known ? static_cast<double>(cost->run_ns - kernel_.run_ns) / passed : 0;
      kernel_ = *cost;
    } else {
      kernel_ = {};
    }
    time_ns_ = now_ns;
    cpu_ns_ = cpu;
    return facts;
  }

 private:
  int64_t begin_ns_;
  int64_t time_ns_;
  int64_t cpu_ns_;
  OwnCost kernel_;
};

/// One run on one screen, from its first picture to its end.
class LiveScreen {
 public:
  LiveScreen(const config::FlowsOptions& options, StopSignal& stop, LiveRun& run, sink::ScreenModel& model,
             sink::Screen& screen)
      : stop_(stop),
        run_(run),
        model_(model),
        screen_(screen),
        begin_ns_(base::now_ns(CLOCK_MONOTONIC)),
        end_ns_(options.duration ? begin_ns_ + options.duration->count() : INT64_MAX),
        refresh_every_ns_(options.interval ? options.interval->count() : kRefreshEveryNs),
        meter_(begin_ns_) {}

  base::Result<> until_end() {
    if (auto swept = sweep(); !swept) return swept;
    refresh();
    for (;;) {
      draw();
      const int64_t next = std::min({next_sweep_ns_, next_refresh_ns_, end_ns_});
      if (!wait(next)) return {};
      if (stop_.take_report_request()) std::fputs(report_text(run_).c_str(), stderr);
      if (stop_.requested() || base::now_ns(CLOCK_MONOTONIC) >= end_ns_) return {};
      if (auto pressed = press_keys(); !pressed || quit_) return pressed;
      if (base::now_ns(CLOCK_MONOTONIC) >= next_sweep_ns_)
        if (auto swept = sweep(); !swept) return swept;
      if (base::now_ns(CLOCK_MONOTONIC) >= next_refresh_ns_) refresh();
    }
  }

 private:
  /// False when the terminal is gone.
  bool wait(int64_t until_ns) {
    const int64_t left = std::max<int64_t>(until_ns - base::now_ns(CLOCK_MONOTONIC), 0);
    pollfd wishes[] = {{stop_.fd(), POLLIN, 0}, {screen_.input_fd(), POLLIN, 0}};
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    if (::ppoll(wishes, 2, &timeout, nullptr) <= 0) return true;  // the time is over, or a resize
    return (wishes[1].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
  }

  base::Result<> press_keys() {
    while (const auto key = screen_.read_key()) {
      switch (model_.press(*key)) {
        case sink::ScreenWish::nothing:
          break;
        case sink::ScreenWish::snapshot:
          next_refresh_ns_ = 0;
          break;
        case sink::ScreenWish::cost:
          if (auto switched = run_.switch_cost(!run_.cost()); !switched) return switched;
          next_refresh_ns_ = 0;
          break;
        case sink::ScreenWish::quit:
          quit_ = true;
          return {};
      }
    }
    return {};
  }

  base::Result<> sweep() {
    const int64_t began = base::now_ns(CLOCK_MONOTONIC);
    if (auto swept = run_.sweep(); !swept) return swept;
    const int64_t ended = base::now_ns(CLOCK_MONOTONIC);
    next_sweep_ns_ = began + std::max(kSweepEveryNs, kWorkShare * (ended - began));
    return {};
  }

  void refresh() {
    const int64_t began = base::now_ns(CLOCK_MONOTONIC);
    if (model_.wants_snapshot()) {
      model_.begin_snapshot(began, base::now_ns(CLOCK_REALTIME));
      run_.for_each([this](const flow::FlowRecord& record) { model_.add(record); });
      model_.end_snapshot();
    }
    model_.set_facts(meter_.facts(run_, began));
    const int64_t ended = base::now_ns(CLOCK_MONOTONIC);
    next_refresh_ns_ = began + std::max(refresh_every_ns_, kWorkShare * (ended - began));
  }

  void draw() { screen_.draw(model_.lines(screen_.width(), screen_.height())); }

  StopSignal& stop_;
  LiveRun& run_;
  sink::ScreenModel& model_;
  sink::Screen& screen_;
  int64_t begin_ns_;
  int64_t end_ns_;
  int64_t refresh_every_ns_;
  int64_t next_sweep_ns_ = 0;
  int64_t next_refresh_ns_ = 0;
  CostMeter meter_;
  bool quit_ = false;
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
  auto run = LiveRun::start(run_options, [&model](const flow::FlowRecord& record) {
    model.take(record, base::now_ns(CLOCK_MONOTONIC));
  });
  if (!run) return tell(options, run.error());

  base::Result<> shown;
  {
    auto screen = sink::Screen::open(options.colour);
    if (!screen) return tell(options, screen.error());
    shown = LiveScreen(options, *stop, **run, model, **screen).until_end();
  }
  if (shown) shown = (*run)->finish();
  const std::string told = opening_text(**run) + report_text(**run);
  std::fputs(told.c_str(), stderr);
  if (!shown) return tell(options, shown.error());
  return options.fail_on_loss && (*run)->lost() ? kLostExitCode : 0;
}

}  // namespace weir::app
