// SPDX-License-Identifier: Apache-2.0
#include "sink/screen.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/unique_fd.h"
#include "sink/screen_rescue.h"
#include "sink/screen_terminfo.h"

// The last one: its macros are off, its names are many.
#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace weir::sink {
namespace {

constexpr short kWarningPair = 1;
constexpr short kAlarmPair = 2;
constexpr int kEscapeWaitMs = 25;  // whether more follows an Esc: a key's sequence
constexpr wint_t kFormFeed = 12;   // Ctrl-L

std::string ascii(std::string text) {
  std::string plain;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80)
      plain += byte;
    else if (code >= 0xc0)
      plain += '?';
  }
  return plain;
}

}  // namespace

struct Screen::State {
  base::UniqueFd own_input;  // /dev/tty where stdin is no terminal
  FILE* input = nullptr;
  SCREEN* screen = nullptr;
  bool coloured = false;
  bool utf8 = false;
  std::unique_ptr<HeldStderr> held;
  std::unique_ptr<ScreenRescue> rescue;

  attr_t attributes(Style style) const {
    switch (style) {
      case Style::plain:
        return A_NORMAL;
      case Style::bold:
        return A_BOLD;
      case Style::dim:
        return A_DIM;
      case Style::warning:
        return coloured ? static_cast<attr_t>(COLOR_PAIR(kWarningPair)) : A_BOLD;
      case Style::alarm:
        return coloured ? static_cast<attr_t>(COLOR_PAIR(kAlarmPair)) | A_BOLD : A_BOLD | A_UNDERLINE;
    }
    return A_NORMAL;
  }
};

Screen::Screen(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Screen>> Screen::open(bool colour) {
  auto state = std::make_unique<State>();
  if (::isatty(STDIN_FILENO) == 1) {
    state->input = stdin;
  } else {
    state->own_input.reset(::open("/dev/tty", O_RDONLY | O_CLOEXEC));
    if (!state->own_input.valid()) return base::fail_errno(errno, "no terminal to read keys from: /dev/tty");
    state->input = ::fdopen(::fcntl(state->own_input.get(), F_DUPFD_CLOEXEC, 3), "r");
    if (state->input == nullptr) return base::fail_errno(errno, "cannot read keys from /dev/tty");
  }
  ::setlocale(LC_CTYPE, "");
  state->utf8 = std::string(::nl_langinfo(CODESET)) == "UTF-8";
  state->held = std::make_unique<HeldStderr>();
  state->screen = ::newterm(nullptr, stdout, state->input);
  if (state->screen == nullptr) {
    if (state->input != stdin) std::fclose(state->input);
    return base::fail(base::ErrorKind::unsupported, "this terminal cannot show a screen");
  }
  // Only now, when ncurses knows the terminal; its mode is still to be changed.
  ::reset_shell_mode();
  state->rescue =
      std::make_unique<ScreenRescue>(STDOUT_FILENO, terminal_restore_text(), state->held->terminal_fd());
  ::reset_prog_mode();
  ::set_escdelay(kEscapeWaitMs);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::intrflush(::stdscr, FALSE);
  ::keypad(::stdscr, TRUE);
  ::nodelay(::stdscr, TRUE);
  ::curs_set(0);
  if (colour && ::has_colors() && ::start_color() == OK) {
    const short background = ::use_default_colors() == OK ? -1 : COLOR_BLACK;
    state->coloured = ::init_pair(kWarningPair, COLOR_YELLOW, background) == OK &&
                      ::init_pair(kAlarmPair, COLOR_RED, background) == OK;
  }
  return std::unique_ptr<Screen>(new Screen(std::move(state)));
}

Screen::~Screen() {
  ::curs_set(1);
  ::endwin();
  state_->rescue.reset();
  ::delscreen(state_->screen);
  if (state_->input != stdin) std::fclose(state_->input);
  state_->held.reset();
}

size_t Screen::width() const {
  return static_cast<size_t>(::getmaxx(::stdscr));
}
size_t Screen::height() const {
  return static_cast<size_t>(::getmaxy(::stdscr));
}
int Screen::input_fd() const {
  return ::fileno(state_->input);
}

std::optional<ScreenKey> Screen::read_key() {
  using Kind = ScreenKey::Kind;
  for (;;) {
    wint_t character = 0;
    const int got = ::get_wch(&character);
    if (got == ERR) return std::nullopt;
    if (got == KEY_CODE_YES) {
      switch (character) {
        case KEY_UP:
          return ScreenKey{Kind::up};
        case KEY_DOWN:
          return ScreenKey{Kind::down};
        case KEY_PPAGE:
          return ScreenKey{Kind::page_up};
        case KEY_NPAGE:
          return ScreenKey{Kind::page_down};
        case KEY_HOME:
          return ScreenKey{Kind::home};
        case KEY_END:
          return ScreenKey{Kind::end};
        case KEY_ENTER:
          return ScreenKey{Kind::enter};
        case KEY_BACKSPACE:
          return ScreenKey{Kind::backspace};
        default:
          continue;  // KEY_RESIZE: stdscr has its new size already
      }
    }
    switch (character) {
      case '\n':
      case '\r':
        return ScreenKey{Kind::enter};
      case 27:
        return ScreenKey{Kind::escape};
      case 8:
      case 127:
        return ScreenKey{Kind::backspace};
      case kFormFeed:
        ::clearok(::curscr, TRUE);
        continue;
      default:
        return ScreenKey{Kind::character, static_cast<char32_t>(character)};
    }
  }
}

void Screen::draw(const std::vector<ScreenLine>& lines) {
  ::erase();
  const int width = ::getmaxx(::stdscr);
  for (size_t y = 0; y < lines.size() && y < height(); ++y) {
    const attr_t whole = lines[y].reversed ? A_REVERSE : A_NORMAL;
    ::move(static_cast<int>(y), 0);
    for (const ScreenSpan& span : lines[y].spans) {
      ::attrset(static_cast<int>(state_->attributes(span.style) | whole));
      ::addstr((state_->utf8 ? span.text : ascii(span.text)).c_str());
    }
    // Past the last column ncurses stands on the next line, or on the last one where there is none.
    if (lines[y].reversed && ::getcury(::stdscr) == static_cast<int>(y))
      for (int x = ::getcurx(::stdscr); x < width; ++x) ::addch(' ' | A_REVERSE);
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

}  // namespace weir::sink
