#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every program of examples/ by `weir lab run`, and its page in docs/learn."""
import json
import os
import re
import sys
import unittest

import stage
from stage import ROOT, WEIR, lab

EXAMPLES = ROOT / "examples"
NAMESPACE = f"weir-lab-{os.getpid()}"
SEND = ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for i in range(5): s.sendto(b'x' * 100, ('127.0.0.1', 9))")


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stage.run("ip", "netns", "add", NAMESPACE)
        cls.addClassCleanup(stage.run, "ip", "netns", "delete", NAMESPACE)
        stage.run("ip", "-n", NAMESPACE, "link", "set", "lo", "up")

    def run_inside(self, example, *words, script=SEND):
        return stage.run("nsenter", f"--net=/run/netns/{NAMESPACE}", WEIR, "lab", "run", EXAMPLES / example, *words, "--",
                         sys.executable, "-c", script).stdout

    def test_each_has_a_page_that_shows_its_lines(self):
        pages = (ROOT / "docs" / "learn" / "README.md").read_text()
        for example in sorted(EXAMPLES.glob("*.bpf.c")):
            name = example.name.removesuffix(".bpf.c")
            with self.subTest(name=name):
                page = (ROOT / "docs" / "learn" / f"{name}.md").read_text()
                self.assertIn(f"[{name}]({name}.md)", pages)
                self.assertIn(f"(../../examples/{example.name})", page)
                lines = {line.strip() for line in example.read_text().splitlines()}
                shown = re.split(r"\n    [#$] weir ", page)[0]
                for line in re.findall(r"^    (.+)$", shown, re.M):
                    if "…" not in line:
                        self.assertIn(line.strip(), lines)

    def test_each_is_accepted_without_a_warning(self):
        for example in sorted(EXAMPLES.glob("*.bpf.c")):
            with self.subTest(name=example.name):
                said = lab("check", example).stdout
                self.assertIn("accepted", said)
                self.assertNotRegex(said, "refused|warning")

    def test_01_says_hello(self):
        self.assertRegex(lab("run", EXAMPLES / "01_hello.bpf.c", "-c", "3").stdout, r"^(.*\[\d+\]: Hello, World!\n){3}")

    def test_02_counts_packets_and_errors_that_answer(self):
        self.assertIn(".bss = {packets: 10, octets: 1560}", self.run_inside("02_counter.bpf.c", "-i", "lo"))

    def test_03_counts_the_calls_of_this_process(self):
        out = lab("run", EXAMPLES / "03_syscalls.bpf.c", "-o", "json", "--top", "10000", "--", "true").stdout
        counts = {entry["key"]["name"]: entry["value"] for entry in map(json.loads, out.splitlines())}
        self.assertLess(0, counts["true"])

    def test_04_counts_programs_started_by_user(self):
        out = lab("run", EXAMPLES / "04_execve.bpf.c", "-o", "json", "--", "true").stdout
        counts = {entry["key"]: entry["value"] for entry in map(json.loads, out.splitlines()) if entry.get("map") == "started"}
        self.assertLess(0, counts[os.getuid()])

    def test_05_sends_each_event_both_ways(self):
        out = lab("run", EXAMPLES / "05_messages.bpf.c", "--map", 'messages[0]={text: "Hello, root"}', "--", "true").stdout
        for buffer in ("events", "perf_events"):
            self.assertRegex(out, rf'(?m)^{buffer}: {{pid: \d+, uid: 0, command: "true", message: "Hello, root"}}$')

    def test_06_leaves_the_address_out(self):
        self.assertIn("packets[[127, 0, 0, 1]] = 10", self.run_inside("06_ipv4.bpf.c", "-i", "lo"))
        self.assertNotIn("packets[", self.run_inside("06_ipv4.bpf.c", "-i", "lo", "--set", "left_out=127.0.0.1"))

    def test_07_traces_tcp(self):
        script = ("import socket\nserver = socket.create_server(('127.0.0.1', 8766))\n"
                  "client = socket.create_connection(('127.0.0.1', 8766))\nserver.accept()")
        out = self.run_inside("07_tracer.bpf.c", "-i", "lo", script=script)
        self.assertIn("source: [127, 0, 0, 1], destination: [127, 0, 0, 1]", out)
        self.assertRegex(out, r"source_port: \d+, destination_port: 8766, octets: 74")

    def test_09_sees_connections_of_both_versions(self):
        script = ("import socket\nfor family, host in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):\n"
                  "  socket.socket(family, socket.SOCK_DGRAM).connect((host, 4242))")
        out = self.run_inside("09_connect.bpf.c", script=script)
        self.assertRegex(out, r"version: 4, port: 4242, address: \[127, 0, 0, 1, ")
        self.assertRegex(out, r"version: 6, port: 4242, address: \[0, .*0, 1\]")

    def test_10_counts_both_ways(self):
        out = self.run_inside("10_tc.bpf.c", "-i", "lo")
        for line in ("arrived[17] = {packets: 5, octets: 710}", "left[17] = {packets: 5, octets: 710}"):
            self.assertIn(line, out)

    def test_11_drops_what_the_map_names_and_nothing_else(self):
        script = ("import socket\nserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                  "server.bind(('127.0.0.1', 7))\nserver.settimeout(0.3)\n"
                  "client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                  "client.sendto(b'x', ('127.0.0.1', 7))\n"
                  "try: print('GOT', server.recv(9))\nexcept TimeoutError: print('LOST')")
        self.assertIn("GOT", self.run_inside("11_drop.bpf.c", "-i", "lo", script=script))
        for rule in ("ports[7]=0", "addresses[127.0.0.1]=0", "cards[[0, 0, 0, 0, 0, 0]]=0"):
            with self.subTest(rule=rule):
                out = self.run_inside("11_drop.bpf.c", "-i", "lo", "--map", rule, script=script)
                self.assertIn("LOST", out)
                self.assertRegex(out, r"(ports|addresses|cards)\[.*\] = [1-9]")

    def test_15_answers_pings_by_itself(self):
        script = ("import socket, struct\ns = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\n"
                  "s.settimeout(2)\n"
                  "body = struct.pack('!BBHHH', 8, 0, 0, 77, 1) + b'ping'\n"
                  "total = sum(struct.unpack('!6H', body))\ntotal = (total & 0xffff) + (total >> 16)\n"
                  "s.sendto(body[:2] + struct.pack('!H', ~total & 0xffff) + body[4:], ('127.0.0.1', 0))\n"
                  "while s.recv(99)[20] != 0: pass\nprint('ANSWERED')")
        out = self.run_inside("15_verdicts.bpf.c", "-i", "lo", script=script)
        self.assertIn("ANSWERED", out)
        self.assertRegex(out, r"verdicts\[XDP_TX\] = [1-9]")

    def test_12_calls_what_the_table_has_and_attaches_it_not(self):
        done = lab("run", EXAMPLES / "12_tail_calls.bpf.c", "-o", "json", "--", "sh", "-c", "echo x > /dev/null")
        self.assertEqual(["weir: decide: raw_tracepoint/sys_enter"],
                         [line for line in done.stderr.splitlines() if "sys_enter" in line])
        counts = [json.loads(line)["value"] for line in done.stdout.splitlines()][-1]
        self.assertLess(0, min(counts["reads"], counts["writes"], counts["others"]), counts)


if __name__ == "__main__":
    stage.main()
