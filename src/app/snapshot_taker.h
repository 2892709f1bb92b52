// SPDX-License-Identifier: Apache-2.0
// The screen's other thread: sweeps the kernel's maps and takes snapshots, so that keys are answered however
// many flows there are. Knows nothing of terminals.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "app/live_run.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "sink/screen_model.h"

namespace weir::app {

/// What the run costs, from one look to the next.
class CostMeter {
 public:
  CostMeter();
  sink::ScreenFacts facts(const LiveRun& run);

 private:
  int64_t begin_ns_;
  int64_t time_ns_;
  int64_t cpu_ns_;
  OwnCost kernel_;
};

/// Until `end` the run belongs to this thread, and the model to whoever holds `model_mutex`.
class SnapshotTaker {
 public:
  /// Fails with `resource` where no thread is to be had. A snapshot every `refresh_every_ns`.
  static base::Result<std::unique_ptr<SnapshotTaker>> start(LiveRun& run, sink::ScreenModel& model,
                                                            std::mutex& model_mutex,
                                                            int64_t refresh_every_ns);
  ~SnapshotTaker();
  SnapshotTaker(const SnapshotTaker&) = delete;
  SnapshotTaker& operator=(const SnapshotTaker&) = delete;

  /// Readable after each snapshot, and when the thread has ended by itself; `take_news` makes it wait again.
  int news_fd() const { return news_.get(); }
  void take_news();
  /// The run failed; `end` says how.
  bool failed() const { return failed_; }

  void ask_snapshot() { ask(snapshot_asked_); }
  void ask_cost_toggle() { ask(cost_asked_); }
  void ask_report() { ask(report_asked_); }  // to stderr
  base::Result<> end();

 private:
  SnapshotTaker(LiveRun& run, sink::ScreenModel& model, std::mutex& model_mutex, int64_t refresh_every_ns,
                base::UniqueFd news);
  void ask(bool& wish);
  void tell_news();
  void work();
  base::Result<> work_until_asked_to_end();
  base::Result<> sweep();
  void refresh();

  LiveRun& run_;
  sink::ScreenModel& model_;
  std::mutex& model_mutex_;
  int64_t refresh_every_ns_;
  base::UniqueFd news_;
  CostMeter meter_;
  int64_t next_sweep_ns_ = 0;
  int64_t next_refresh_ns_ = 0;
  base::Result<> result_;  // read when the thread has ended
  std::atomic<bool> failed_{false};

  std::mutex mutex_;  // of what is asked
  std::condition_variable wake_;
  bool end_asked_ = false;
  bool snapshot_asked_ = false;
  bool cost_asked_ = false;
  bool report_asked_ = false;

  std::thread thread_;
};

}  // namespace weir::app
