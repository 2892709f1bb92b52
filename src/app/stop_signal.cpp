// SPDX-License-Identifier: Apache-2.0
#include "app/stop_signal.h"

#include <sys/eventfd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace weir::app {
namespace {

// Signal handlers reach nothing but globals; lock-free atomics are safe in them.
std::atomic<bool> stop_requested{false};
std::atomic<bool> report_requested{false};
std::atomic<int> stop_fd{-1};
std::atomic<int64_t> stop_since_ns{0};  // CLOCK_MONOTONIC
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<int64_t>::is_always_lock_free);

constexpr int64_t kPatienceNs = 1'000'000'000;

/// timeout(1) sends its signal to the process and to its group: two within a moment are one wish.
void end_where_it_is_wished_again(int number) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t now_ns = now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
  int64_t since_ns = 0;
  if (stop_since_ns.compare_exchange_strong(since_ns, now_ns) || now_ns - since_ns < kPatienceNs) return;
  ::signal(number, SIG_DFL);
  ::raise(number);
}

extern "C" void on_stop(int number) {
  const int saved_errno = errno;
  end_where_it_is_wished_again(number);
  stop_requested = true;
  const uint64_t one = 1;
  // The eventfd can only be full when it was written before.
  [[maybe_unused]] const ssize_t written = ::write(stop_fd, &one, sizeof one);
  errno = saved_errno;
}

extern "C" void on_report(int) {
  report_requested = true;
}

}  // namespace

base::Result<StopSignal> StopSignal::create() {
  base::UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return base::fail_errno(errno, "cannot make an eventfd");
  stop_fd = fd.get();
  struct sigaction action = {};
  action.sa_handler = on_stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction before = {};
  ::sigaction(SIGHUP, nullptr, &before);  // nohup(1) has it ignored, and so it stays
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
  action.sa_handler = on_report;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  return StopSignal(std::move(fd));
}

bool StopSignal::requested() const {
  return stop_requested.load(std::memory_order_relaxed);
}

bool StopSignal::take_report_request() {
  return report_requested.load(std::memory_order_relaxed) && report_requested.exchange(false);
}

}  // namespace weir::app
