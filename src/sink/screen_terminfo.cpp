// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_terminfo.h"

#include <fcntl.h>
#include <unistd.h>

// Names every capability as a macro, among them "lines" and "columns": no other file includes it.
#include <curses.h>
#include <term.h>

#include "base/unique_fd.h"

namespace weir::sink {
namespace {

const char* capability(const char* name) {
  const char* text = ::tigetstr(name);
  return text == nullptr || text == reinterpret_cast<const char*>(-1) ? nullptr : text;
}

}  // namespace

bool terminal_is_screen() {
  if (::isatty(STDOUT_FILENO) != 1) return false;
  // Keys come from stdin or from the controlling terminal; a program without either has no screen.
  if (::isatty(STDIN_FILENO) != 1 && !base::UniqueFd(::open("/dev/tty", O_RDWR | O_CLOEXEC)).valid())
    return false;
  int problem = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &problem) != OK) return false;
  const bool is_screen = capability("cup") != nullptr && capability("clear") != nullptr;
  ::del_curterm(cur_term);
  return is_screen;
}

std::string terminal_restore_text() {
  std::string text;
  if (cur_term == nullptr) return text;
  for (const char* name : {"sgr0", "op", "cnorm", "rmkx", "rmcup"}) {
    const char* sequence = capability(name);
    if (sequence == nullptr) continue;
    for (const char* at = sequence; *at != '\0'; ++at) {
      if (at[0] == '$' && at[1] == '<')  // padding of old terminals: "$<5>"
        while (*at != '>' && at[1] != '\0') ++at;
      else
        text += *at;
    }
  }
  return text + "\r\n";
}

}  // namespace weir::sink
