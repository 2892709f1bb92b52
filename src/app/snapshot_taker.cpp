// SPDX-License-Identifier: Apache-2.0
#include "app/snapshot_taker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>

#include "app/live_report.h"
#include "base/clock.h"

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kSweepEveryNs = std::chrono::nanoseconds(500ms).count();
// With very many flows: of the time at most one part in so many goes into sweeps, and into snapshots.
constexpr int64_t kWorkShare = 10;

int64_t monotonic_ns() {
  return base::now_ns(CLOCK_MONOTONIC);
}

uint64_t resident_bytes() {
  unsigned long long pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  const int read = std::fscanf(file, "%*u %llu", &pages);
  std::fclose(file);
  return read == 1 ? pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

CostMeter::CostMeter()
    : begin_ns_(monotonic_ns()), time_ns_(begin_ns_), cpu_ns_(base::now_ns(CLOCK_PROCESS_CPUTIME_ID)) {}

sink::ScreenFacts CostMeter::facts(const LiveRun& run) {
  const int64_t now = monotonic_ns();
  const int64_t cpu = base::now_ns(CLOCK_PROCESS_CPUTIME_ID);
  const auto passed = static_cast<double>(std::max<int64_t>(now - time_ns_, 1));
  sink::ScreenFacts facts;
  facts.listening = run.description();
  facts.elapsed_ns = now - begin_ns_;
  facts.summary = run.summary();
  facts.map_entries = run.kernel_entries();
  facts.map_capacity = run.kernel_capacity();
  facts.memory_bytes = resident_bytes();
  facts.cpu_share = static_cast<double>(cpu - cpu_ns_) / passed;
  if (const auto cost = run.cost()) {
    const bool known = kernel_.runs != 0 && cost->run_ns >= kernel_.run_ns;
    const double share = known ? static_cast<double>(cost->run_ns - kernel_.run_ns) / passed : 0;
    facts.kernel_cost = sink::KernelCost{cost->ns_per_run(), share};
    kernel_ = *cost;
  } else {
    kernel_ = {};
  }
  time_ns_ = now;
  cpu_ns_ = cpu;
  return facts;
}

SnapshotTaker::SnapshotTaker(LiveRun& run, sink::ScreenModel& model, std::mutex& model_mutex,
                             int64_t refresh_every_ns, base::UniqueFd news)
    : run_(run),
      model_(model),
      model_mutex_(model_mutex),
      refresh_every_ns_(refresh_every_ns),
      news_(std::move(news)) {}

base::Result<std::unique_ptr<SnapshotTaker>> SnapshotTaker::start(LiveRun& run, sink::ScreenModel& model,
                                                                  std::mutex& model_mutex,
                                                                  int64_t refresh_every_ns) {
  base::UniqueFd news(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!news.valid()) return base::fail_errno(errno, "cannot make an eventfd");
  std::unique_ptr<SnapshotTaker> taker(
      new SnapshotTaker(run, model, model_mutex, refresh_every_ns, std::move(news)));
  // Signals interrupt the thread that owns the terminal, never this one.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  base::Result<> started;
  try {
    taker->thread_ = std::thread([self = taker.get()] { self->work(); });
  } catch (const std::system_error& error) {
    started = base::fail(base::ErrorKind::resource, std::string("cannot begin a thread: ") + error.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) return tl::unexpected<base::Error>(std::move(started.error()));
  return taker;
}

SnapshotTaker::~SnapshotTaker() {
  static_cast<void>(end());
}

void SnapshotTaker::take_news() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(news_.get(), &count, sizeof count);
}

void SnapshotTaker::tell_news() {
  const uint64_t one = 1;  // the eventfd is full only when nobody looks
  [[maybe_unused]] const ssize_t written = ::write(news_.get(), &one, sizeof one);
}

void SnapshotTaker::ask(bool& wish) {
  {
    const std::lock_guard lock(mutex_);
    wish = true;
  }
  wake_.notify_one();
}

base::Result<> SnapshotTaker::end() {
  if (!thread_.joinable()) return {};
  ask(end_asked_);
  thread_.join();
  return result_;
}

void SnapshotTaker::work() {
  try {
    result_ = work_until_asked_to_end();
  } catch (const std::bad_alloc&) {
    result_ = base::fail(base::ErrorKind::resource, "out of memory; --max-flows takes less");
  }
  failed_ = !result_;
  tell_news();
}

base::Result<> SnapshotTaker::work_until_asked_to_end() {
  for (;;) {
    bool snapshot = false;
    bool cost = false;
    bool report = false;
    {
      const std::chrono::steady_clock::time_point until{
          std::chrono::nanoseconds(std::min(next_sweep_ns_, next_refresh_ns_))};
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, until,
                       [this] { return end_asked_ || snapshot_asked_ || cost_asked_ || report_asked_; });
      if (end_asked_) return {};
      snapshot = std::exchange(snapshot_asked_, false);
      cost = std::exchange(cost_asked_, false);
      report = std::exchange(report_asked_, false);
    }
    if (cost)
      if (auto switched = run_.switch_cost(!run_.cost()); !switched) return switched;
    if (report) std::fputs(report_text(run_).c_str(), stderr);
    if (monotonic_ns() >= next_sweep_ns_)
      if (auto swept = sweep(); !swept) return swept;
    if (snapshot || cost || monotonic_ns() >= next_refresh_ns_) refresh();
  }
}

base::Result<> SnapshotTaker::sweep() {
  const int64_t began = monotonic_ns();
  if (auto swept = run_.sweep(); !swept) return swept;
  next_sweep_ns_ = began + std::max(kSweepEveryNs, kWorkShare * (monotonic_ns() - began));
  return {};
}

void SnapshotTaker::refresh() {
  const int64_t began = monotonic_ns();
  std::unique_lock lock(model_mutex_);
  const bool wanted = model_.wants_snapshot();
  if (wanted) model_.begin_snapshot(began, base::now_ns(CLOCK_REALTIME));
  lock.unlock();
  if (wanted) run_.for_each([this](const flow::FlowRecord& record) { model_.add(record); });
  sink::ScreenFacts facts = meter_.facts(run_);
  lock.lock();
  if (wanted) model_.end_snapshot();
  model_.set_facts(std::move(facts));
  lock.unlock();
  tell_news();
  next_refresh_ns_ = began + std::max(refresh_every_ns_, kWorkShare * (monotonic_ns() - began));
}

}  // namespace weir::app
