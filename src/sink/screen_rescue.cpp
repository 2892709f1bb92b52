// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_rescue.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace weir::sink {
namespace {

constexpr std::array kDeadly = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGHUP};

// What the signal handler needs; set before the handlers are, left alone while they are.
struct Rescue {
  int terminal = -1;
  int saved_stderr = -1;
  termios mode{};
  bool has_mode = false;
  std::string restore;
  std::array<struct sigaction, kDeadly.size()> before{};
};
Rescue rescue;
std::atomic<bool> armed{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void copy_held(int from, int to) {
  std::array<char, 4096> bytes;
  for (off_t at = 0; at < static_cast<off_t>(HeldStderr::kMostBytes);) {
    const ssize_t got = ::pread(from, bytes.data(), bytes.size(), at);
    if (got <= 0 || ::write(to, bytes.data(), static_cast<size_t>(got)) != got) return;
    at += got;
  }
}

// Only what POSIX calls async-signal-safe.
extern "C" void on_deadly(int signal) {
  if (armed.exchange(false)) {
    [[maybe_unused]] const ssize_t written =
        ::write(rescue.terminal, rescue.restore.data(), rescue.restore.size());
    if (rescue.has_mode) ::tcsetattr(rescue.terminal, TCSANOW, &rescue.mode);
    if (rescue.saved_stderr >= 0) {
      copy_held(STDERR_FILENO, rescue.saved_stderr);
      ::dup2(rescue.saved_stderr, STDERR_FILENO);
    }
  }
  for (size_t i = 0; i < kDeadly.size(); ++i)
    if (kDeadly[i] == signal) ::sigaction(signal, &rescue.before[i], nullptr);
  ::raise(signal);
}

}  // namespace

HeldStderr::HeldStderr() {
  if (::isatty(STDERR_FILENO) != 1) return;
  base::UniqueFd held(::memfd_create("weir-stderr", MFD_CLOEXEC));
  base::UniqueFd terminal(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!held.valid() || !terminal.valid() || ::dup2(held.get(), STDERR_FILENO) < 0) return;
  held_ = std::move(held);
  terminal_ = std::move(terminal);
}

HeldStderr::~HeldStderr() {
  if (!terminal_.valid()) return;
  ::dup2(terminal_.get(), STDERR_FILENO);
  copy_held(held_.get(), STDERR_FILENO);
}

ScreenRescue::ScreenRescue(int terminal_fd, std::string restore, int stderr_fd) {
  rescue.terminal = terminal_fd;
  rescue.saved_stderr = stderr_fd;
  rescue.restore = std::move(restore);
  rescue.has_mode = ::tcgetattr(terminal_fd, &rescue.mode) == 0;
  armed = true;
  for (size_t i = 0; i < kDeadly.size(); ++i) {
    ::sigaction(kDeadly[i], nullptr, &rescue.before[i]);
    if (rescue.before[i].sa_handler != SIG_DFL) continue;  // ignored, or somebody else's
    struct sigaction action = {};
    action.sa_handler = on_deadly;
    action.sa_flags = static_cast<int>(SA_NODEFER);
    ::sigaction(kDeadly[i], &action, nullptr);
  }
}

ScreenRescue::~ScreenRescue() {
  for (size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &rescue.before[i], nullptr);
  armed = false;
}

}  // namespace weir::sink
