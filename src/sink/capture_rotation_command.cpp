// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_rotation_command.h"

#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>

extern char** environ;

namespace weir::sink {
namespace {

constexpr int kLowestPriority = 19;

struct SpawnAttributes {
  posix_spawnattr_t attributes;
  SpawnAttributes() { posix_spawnattr_init(&attributes); }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
};

}  // namespace

void CaptureRotationCommand::run(const std::string& file) {
  if (program_.empty()) return;
  reap();
  if (running_.size() >= kMostRunning) {
    ++failed_;
    return;
  }
  // Ctrl-C ends the capture, not what compresses its files: a process group of its own, and no signal
  // blocked.
  SpawnAttributes spawn;
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGCHLD})
    sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &usual);
  posix_spawnattr_setpgroup(&spawn.attributes, 0);
  posix_spawnattr_setflags(&spawn.attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::string program = program_;
  // A name that begins with "-" would be read as an option.
  std::string argument = file.starts_with('-') ? "./" + file : file;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t pid = 0;
  if (::posix_spawnp(&pid, program.c_str(), nullptr, &spawn.attributes, arguments, environ) != 0) {
    ++failed_;
    return;
  }
  ++started_;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kLowestPriority);
  running_.push_back(pid);
}

void CaptureRotationCommand::reap() {
  for (size_t i = 0; i < running_.size();) {
    int status = 0;
    const pid_t ended = ::waitpid(running_[i], &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) {
      ++i;
      continue;
    }
    if (ended > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) ++failed_;
    running_[i] = running_.back();
    running_.pop_back();
  }
}

}  // namespace weir::sink
