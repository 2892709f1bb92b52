# SPDX-License-Identifier: Apache-2.0
"""A terminal of our own: a tmux server, its one window, and what is to be seen in it."""
import os
import subprocess
import time

PATIENCE = 20  # seconds until something that must appear has failed to


class Terminal:
    def __init__(self, folder, width=160, height=30, term="screen-256color"):
        self.socket = os.path.join(folder, f"tmux-{id(self)}")
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        environment.pop("TMUX", None)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                   f"env TERM={term} PS1='ready> ' bash --norc --noprofile", environment=environment)
        self.wait_for("ready>")

    def _tmux(self, *words, environment=None):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True, text=True,
                              env=environment).stdout

    def type(self, *keys):
        """Names of keys as tmux knows them ("Enter", "Escape"), or text."""
        for key in keys:
            self._tmux("send-keys", key)

    def run(self, command):
        self._tmux("send-keys", "-l", command)
        self.type("Enter")

    def lines(self):
        return self._tmux("capture-pane", "-p").split("\n")[:-1]

    def text(self):
        return "\n".join(self.lines())

    def state(self, name):
        """A tmux format: "alternate_on", "cursor_flag", "pane_width"."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def resize(self, width, height):
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_until(self, true_of, what):
        """Looks until `true_of(lines)`; the lines."""
        end = time.monotonic() + PATIENCE
        while True:
            lines = self.lines()
            if true_of(lines):
                return lines
            if time.monotonic() > end:
                raise AssertionError(f"never seen: {what}\n" + "\n".join(lines))
            time.sleep(0.05)

    def wait_for(self, text):
        return self.wait_until(lambda lines: any(text in line for line in lines), text)

    def end(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)
