#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir lab run: programs from source to what they say, as people write them; and nothing left, however it ends."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import stage
from stage import HERE, WEIR, lab

RUNNING = HERE / "running"
NAMESPACE = f"weir-lab-{os.getpid()}"


def records(text, kind):
    return [record for record in map(json.loads, text.splitlines()) if record["type"] == "lab.run." + kind]


def program_names():
    return {entry.get("name") for entry in stage.bpftool("prog", "show")}


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.05)


class Runs(unittest.TestCase):
    def written(self, text, name="written.bpf.c"):
        folder = tempfile.TemporaryDirectory(prefix="weir-lab-")
        self.addCleanup(folder.cleanup)
        path = stage.pathlib.Path(folder.name) / name
        path.write_text(text)
        return path

    def test_messages_records_maps_and_globals_are_shown_by_their_types(self):
        done = lab("run", RUNNING / "spoken.bpf.c", "-o", "json", "--set", "number=9", "--map", "limits[5]={rate: 3}",
                   "--", "true")
        sent = [(one["map"], one["value"]) for one in records(done.stdout, "record")]
        pid = next(value["pid"] for name, value in sent if name == "events" and value["comm"] == "true")
        # By the pid: of a task that is gone the kernel may know no name ("<...>").
        self.assertIn((pid, f"exec of {pid}: number 9"),
                      [(one["task"]["pid"], one["message"]) for one in records(done.stdout, "message")])
        self.assertIn(("sent", {"number": 9, "text": "perf"}), sent)
        entries = {(one["map"], one.get("key")): one["value"] for one in records(done.stdout, "entry")}
        self.assertEqual({"rate": 3, "burst": 0}, entries["limits", 5])
        self.assertEqual(entries[".bss", None]["calls"], entries["calls_of_user", 0])
        self.assertLessEqual(1, entries["calls_of_user", 0])

    def test_what_is_said_can_be_read(self):
        done = lab("run", RUNNING / "spoken.bpf.c", "--", "true")
        pid = re.search(r'^events: {pid: (\d+), comm: "true"}$', done.stdout, re.M)
        self.assertTrue(pid, done.stdout)
        self.assertRegex(done.stdout, rf"(?m)^(true|<\.\.\.>)\[{pid[1]}\]: exec of {pid[1]}: number 7$")
        self.assertIn('sent: {number: 7, text: "perf"}\n', done.stdout)
        self.assertRegex(done.stdout, r"(?m)^calls_of_user\[0\] = \d+$")
        self.assertIn("weir: said: tracepoint sched/sched_process_exec\n", done.stderr)

    def test_the_commands_exit_code_is_its_own(self):
        self.assertEqual(7, lab("run", RUNNING / "tail.bpf.c", "--", "sh", "-c", "exit 7", check=False).returncode)

    def test_a_table_of_tail_calls_is_filled_in_the_files_order_or_as_asked(self):
        done = lab("run", RUNNING / "tail.bpf.c", "--", "true")
        self.assertIn(".bss = {reached: 2}", done.stdout)
        self.assertIn("weir: next[0] = first\nweir: next[1] = second\nweir: begin: ", done.stderr)
        done = lab("run", RUNNING / "tail.bpf.c", "--map", "next[0]=second", "--map", "next[1]=first", "--", "true")
        self.assertIn(".bss = {reached: 1}", done.stdout)

    def test_every_hook_of_packets_is_found_by_the_section(self):
        stage.run("ip", "netns", "add", NAMESPACE)
        self.addCleanup(stage.run, "ip", "netns", "delete", NAMESPACE)
        stage.run("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
        inside = ["nsenter", f"--net=/run/netns/{NAMESPACE}"]
        send = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n" \
               "for i in range(5): s.sendto(b'x', ('127.0.0.1', 9))"
        done = stage.run(*inside, WEIR, "lab", "run", RUNNING / "belt.bpf.c", "-i", "lo", "-o", "json", "--", "python3",
                         "-c", send)
        counts = {one["key"]: one["value"] for one in records(done.stdout, "entry") if one["map"] == "packets"}
        # The ICMP errors that answer are counted too.
        for hook in range(5):
            self.assertLessEqual(5, counts.get(hook, 0), (hook, counts, done.stderr))
        refused = stage.run(*inside, WEIR, "lab", "run", RUNNING / "belt.bpf.c", check=False)
        self.assertEqual(2, refused.returncode)
        self.assertIn("at_xdp (xdp): needs an interface: -i NAME; there are lo\n", refused.stderr)
        refused = stage.run(*inside, WEIR, "lab", "run", RUNNING / "belt.bpf.c", "-i", "eth7", check=False)
        self.assertEqual((2, 1), (refused.returncode, refused.stderr.count("\n")))
        self.assertIn("lo", refused.stderr)

    def test_nothing_is_left_however_it_ends(self):
        for end in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end=end.name):
                child = subprocess.Popen([WEIR, "lab", "run", RUNNING / "tail.bpf.c"], stderr=subprocess.PIPE, text=True,
                                         stdout=subprocess.DEVNULL)
                try:
                    until(lambda: "weir: begin" in child.stderr.readline())
                    self.assertLessEqual({"begin", "first", "second"}, program_names())
                    child.send_signal(end)
                    self.assertEqual(-9 if end == signal.SIGKILL else 0, child.wait(20))
                finally:
                    child.kill()
                    child.stderr.close()
                until(lambda: not {"begin", "first", "second"} & program_names(), 60)

    def test_programs_of_tutorials_run_as_they_stand(self):
        plain = self.written('#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n'
                             'SEC("raw_tracepoint/sys_enter")\n'
                             'int hello(void *ctx) { bpf_printk("Hello World!"); return 0; }\n'
                             'char LICENSE[] SEC("license") = "Dual BSD/GPL";\n', "hello.c")
        done = lab("run", plain, "-c", "1")
        self.assertRegex(done.stdout, r"\]: Hello World!\n$")
        iterator = self.written('#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n'
                                'char LICENSE[] SEC("license") = "GPL";\n'
                                'SEC("iter/task")\nint tasks(struct bpf_iter__task *ctx) {\n'
                                '  struct task_struct *task = ctx->task;\n'
                                '  if (task) BPF_SEQ_PRINTF(ctx->meta->seq, "task %d\\n", task->pid);\n'
                                '  return 0;\n}\n')
        self.assertRegex(lab("run", iterator, "--for", "1ms").stdout, r"^(task \d+\n){3,}$")
        on_clock = self.written('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
                                'char LICENSE[] SEC("license") = "GPL";\nint ticks;\n'
                                'SEC("perf_event")\nint tick(void *ctx) { ticks++; return 0; }\n')
        self.assertRegex(lab("run", on_clock, "--for", "500ms").stdout, r"\.bss = \{ticks: [1-9]")

    def test_a_connections_program_sees_its_cgroup(self):
        source = self.written('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_endian.h>\n'
                              'char LICENSE[] SEC("license") = "GPL";\nint port;\n'
                              'SEC("cgroup/connect4")\nint connects(struct bpf_sock_addr *at) {\n'
                              '  if (at->user_ip4 == bpf_htonl(0x7f000001)) port = bpf_ntohs((__u16)at->user_port);\n'
                              '  return 1;\n}\n')
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            done = lab("run", source, "--", "python3", "-c",
                       f"import socket; socket.create_connection(('127.0.0.1', {port}))")
        self.assertIn(f".bss = {{port: {port}}}", done.stdout)

    def test_a_broken_object_is_refused_before_libbpf_sees_it(self):
        source = self.written((RUNNING / "spoken.bpf.c").read_text())
        whole = source.with_name("whole")  # known by its first octets
        stage.run("clang", "-O2", "-g", "-target", "bpf",
                  "-I/usr/include/" + stage.run("gcc", "-print-multiarch").stdout.strip(), "-c", source, "-o", whole)
        self.assertIn("weir: said: tracepoint", lab("run", whole, "--", "true").stderr)
        octets = whole.read_bytes()
        broken = source.with_name("broken.o")
        for number in range(40):
            hurt = bytearray(octets)
            begin = len(octets) * number // 40
            hurt[begin:begin + 16] = b"\xff" * len(hurt[begin:begin + 16])
            broken.write_bytes(hurt)
            done = lab("run", broken, "--for", "1ms", check=False, errors="replace")
            self.assertIn(done.returncode, (0, 2), (number, done.stderr))
            broken.write_bytes(octets[:begin])
            done = lab("run", broken, "--for", "1ms", check=False, errors="replace")
            self.assertEqual(2, done.returncode, (number, done.stderr))

    def test_a_map_that_is_too_large_to_be_compared_is_told_and_left_out(self):
        source = self.written('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
                              'char LICENSE[] SEC("license") = "GPL";\nint execs;\n'
                              'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 600000);'
                              ' __type(key, __u32); __type(value, __u64); } large SEC(".maps");\n'
                              'SEC("raw_tp/sched_process_exec")\nint count(void *ctx) { __u32 key = 7;\n'
                              '  __u64 *value = bpf_map_lookup_elem(&large, &key);\n'
                              '  if (value) *value += 1;\n  execs++;\n  return 0; }\n')
        done = lab("run", source, "--", "true")
        self.assertIn("weir: large is not shown any more: the map has more than 64 MB of entries", done.stderr)
        self.assertNotIn("large", done.stdout)
        self.assertRegex(done.stdout, r"\.bss = \{execs: [1-9]")

    def test_a_refusal_is_explained(self):
        text = (RUNNING / "spoken.bpf.c").read_text().replace("  if (count)\n", "  if (1)\n")
        done = lab("run", self.written(text), check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("said is refused: null_pointer", done.stderr)
        self.assertNotIn("said", program_names())

    def test_mistakes_get_the_words_that_help(self):
        spoken = RUNNING / "spoken.bpf.c"
        for words, code, part in (
                ([spoken, "--set", "numbr=3"], 2, "no global variable numbr; there are "),
                ([spoken, "--set", "number"], 2, "expected NAME=VALUE"),
                ([spoken, "--set", "number=many"], 2, "number: "),
                ([spoken, "--map", "limit[3]=4"], 2, "no map limit; there are events, sent, calls_of_user, limits"),
                ([spoken, "--map", "limits=4"], 2, "expected MAP[KEY]=VALUE"),
                ([spoken, "--map", "limits[x]=4"], 2, "limits[x]"),
                ([spoken, "--event", "sent=struct other"], 2, "no type struct other; there are "),
                ([RUNNING / "tail.bpf.c", "--map", "next[0]=third"], 2, "no program third"),
                ([RUNNING / "none.bpf.c"], 2, "none.bpf.c: No such file"),
                ([], 2, "which file?"),
                ([spoken, spoken], 2, "one file at a time"),
                ([spoken, "--"], 2, "no command"),
                ([spoken, "--cgroup", "/nowhere"], 2, "/nowhere")):
            with self.subTest(words=words):
                done = lab("run", *words, check=False)
                self.assertEqual(code, done.returncode, done.stderr)
                self.assertIn(part, done.stderr)
        broken = self.written("int x = ;\n")
        done = lab("run", broken, check=False)
        self.assertEqual(2, done.returncode)
        self.assertRegex(done.stderr, r"written\.bpf\.c:1:9: error: .*\n(.*\n)*weir lab run: .* does not compile")


if __name__ == "__main__":
    stage.main()
