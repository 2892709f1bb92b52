#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run of `weir packets` live: its ends, its interfaces, its command, and its neighbours at the hooks."""
import os
import pathlib
import re
import signal
import socket
import sys

import stage
from packets_stage import COUNTED, Capture, PORT, PacketScene, hooks_of, is_gone
from traces_test import objects_of


class PacketsRun(PacketScene):
    def test_count_and_duration_end_the_run(self):
        self.receiver()
        capture = self.capture("-i", "veth0", "-c", "3", f"udp port {PORT}")
        self.send(10)
        self.assertEqual(0, capture.wait())
        self.assertEqual(3, len(capture.out().splitlines()))
        captured, received, dropped = capture.counted()
        self.assertEqual((3, 0), (captured, dropped))
        self.assertGreaterEqual(received, 3)
        brief = self.capture("-i", "veth0", "--for", "10ms")
        self.assertEqual(0, brief.wait())

    def test_sigusr1_tells_the_three_numbers_and_the_run_goes_on(self):
        self.receiver()
        capture = self.capture("-i", "veth0", f"udp port {PORT}")
        self.send(7)
        stage.until(lambda: len(capture.out().splitlines()) == 7, "seven lines")
        capture.send(signal.SIGUSR1)
        stage.until(lambda: COUNTED.search(capture.err()), "a report")
        self.assertEqual([7, 7, 0], capture.counted())
        self.send(3)
        capture.stop()
        self.assertEqual([10, 10, 0], capture.counted())

    def test_with_any_interfaces_come_and_go(self):
        capture = self.capture("-i", "any", "-w", self.folder / "any.pcapng", f"udp port {PORT}")
        self.receiver()
        self.send(20)
        third = stage.Namespace()
        link = stage.Link(self.server, third, 3, names=("late0", "veth0"))
        late = self.server.socket(socket.SOCK_DGRAM)
        self.addCleanup(late.close)
        late.sendto(b"meets the neighbour first", (link.right, PORT))
        third.run("busybox", "ping", "-c", "1", link.left)
        for _ in range(30):
            late.sendto(b"late", (link.right, PORT))
        self.server.ip("link", "delete", "late0")
        self.send(20)
        self.assertEqual(0, capture.stop(), capture.err())
        text = stage.run(stage.WEIR, "packets", "-e", "-r", self.folder / "any.pcapng", "udp").stdout
        self.assertEqual(40, len(re.findall(r"\bveth0 ", text)), text[-500:])
        self.assertIn(len(re.findall(r"\blate0 ", text)), (30, 31), text[-500:])

    def test_a_named_interface_that_goes_is_told_and_watched_again_when_it_comes_back(self):
        self.server.ip("link", "add", "late0", "type", "veth", "peer", "name", "late1")
        capture = self.capture("-i", "late0", "-q", "ip6 or arp")
        self.assertIn("weir: late0 is down", capture.err())
        self.server.ip("link", "delete", "late0")
        stage.until(lambda: "weir: late0 has gone" in capture.err(), "word of it")
        self.server.ip("link", "add", "late0", "type", "veth", "peer", "name", "late1")
        stage.until(lambda: "weir: late0 is back" in capture.err(), "word of it")
        for name in ("late0", "late1"):
            self.server.ip("link", "set", name, "up")
        stage.until(lambda: " IP6 " in capture.out(), "what IPv6 says on a new link")
        self.assertEqual(0, capture.stop(), capture.err())

    def test_tc_behind_generic_xdp_works_or_is_refused(self):
        """From 6.9 on the kernel takes the link header away from tc there."""
        old = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 9)
        command = self.server.inside([stage.WEIR, "packets", "--hook", "tc,xdp", "-i", "veth0", "--for", "10ms"])
        done = stage.run(*command, check=False)
        self.assertEqual(0 if old else 4, done.returncode, done.stderr)
        if not old:
            self.assertIn("generic XDP", done.stderr)

    def test_a_command_and_its_children_are_shown_and_nobody_else(self):
        self.serve_zeros()
        fetch = (f"{sys.executable} -c \"import socket\ns = socket.create_connection(('{self.link.right}', 9000))\n"
                 "while s.recv(65536): pass\"")
        path = self.folder / "command.pcapng"
        other = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(other.close)
        capture = self.capture("-i", "veth0", "-w", path, "--", "bash", "-c", f"{fetch}\n({fetch}) &\nwait\nexit 7",
                               namespace=self.client)
        other.sendto(b"not the command's", (self.link.right, PORT))
        self.assertEqual(7, capture.wait(), capture.err())
        lines = stage.run(stage.WEIR, "packets", "-r", path).stdout.splitlines()
        self.assertEqual(2, len([line for line in lines if "Flags [S]" in line]), lines)
        self.assertEqual([], [line for line in lines if ".9000" not in line])
        self.assertEqual(capture.counted()[0], len(lines))
        self.assertEqual([], list(pathlib.Path("/sys/fs/cgroup").rglob(f"weir-{capture.pid}")))

    def test_a_command_that_is_not_there_is_a_wrong_wish(self):
        done = self.client.run(stage.WEIR, "packets", "-i", "veth0", "--", "/nothing/here", check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("/nothing/here: No such file", done.stderr)

    def test_a_run_in_another_namespace_is_asked_for_by_name_or_process(self):
        self.receiver()
        inside = self.start(self.server, "sleep", "60")
        for name in (self.server.name, inside.pid):
            capture = Capture(self.folder, ("--netns", name, "-i", "veth0", f"udp port {PORT}"))
            self.send(5)
            self.assertEqual(0, capture.stop(), capture.err())
            self.assertEqual([5, 5, 0], capture.counted())

    def test_nothing_stays_behind_however_it_ends(self):
        for hook in (("-i", "veth0"), ("-i", "veth0", "--hook", "xdp"), ("--hook", "cgroup"),
                     ("-i", "veth0", "--hook", "socket")):
            for end in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                with self.subTest(hook=hook, end=end):
                    before = hooks_of(self.server)
                    capture = self.capture(*hook, f"udp port {PORT}")
                    held = objects_of(capture)
                    self.assertTrue(held["prog"] and held["map"])
                    self.assertEqual(-end if end == signal.SIGKILL else 0, capture.stop(end), capture.err())
                    self.assertEqual(before, hooks_of(self.server))
                    stage.until(lambda: is_gone(held), "its programs, maps and links are gone")

    def neighbour(self):
        """Somebody else's programs, compiled: each drops datagrams to port 666."""
        made = self.folder / "neighbour.bpf.o"
        stage.run("clang", "-O2", "-g", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-c",
                  pathlib.Path(__file__).with_name("neighbour.bpf.c"), "-o", made)
        return made

    def check_beside_neighbour(self, seen, *hook):
        good, bad = self.receiver(), self.receiver(666)
        good.settimeout(3)
        bad.settimeout(0.2)
        capture = self.capture(*hook, f"udp and (port 666 or port {PORT})")
        self.send(5, port=666)
        self.send(5)
        for _ in range(5):
            good.recv(1000)
        self.assertRaises(TimeoutError, bad.recv, 1000)
        self.assertEqual(0, capture.stop(), capture.err())
        self.assertEqual([seen, seen, 0], capture.counted())
        self.send(1, port=666)
        self.assertRaises(TimeoutError, bad.recv, 1000)
        bad.close()
        good.close()

    def test_a_tc_program_goes_on_dropping_what_weir_has_seen(self):
        self.server.run("tc", "qdisc", "add", "dev", "veth0", "clsact")
        self.server.run("tc", "filter", "add", "dev", "veth0", "ingress", "bpf", "direct-action", "object-file",
                        self.neighbour(), "section", "tc")
        self.check_beside_neighbour(10, "-i", "veth0")

    def test_an_xdp_program_stays_and_drops_before_a_packet_socket_sees(self):
        self.server.ip("link", "set", "dev", "veth0", "xdpgeneric", "obj", self.neighbour(), "sec", "xdp")
        refused = self.server.run(stage.WEIR, "packets", "-i", "veth0", "--hook", "xdp", "--for", "10ms", check=False)
        self.assertEqual(1, refused.returncode, refused.stderr)
        self.assertIn("neighbour_xdp", refused.stderr)
        self.check_beside_neighbour(5, "-i", "veth0", "--hook", "socket")

    def test_wrong_wishes_end_with_2_and_one_line(self):
        for arguments, word in ((("-i", "nothere0"), "nothere0"), (("-i", "veth0", "porrt 80"), "porrt"),
                                (("--hook", "cgroup", "ether host 02:00:00:00:00:01"), "ether")):
            done = self.server.run(stage.WEIR, "packets", *arguments, check=False)
            self.assertEqual((2, True), (done.returncode, word in done.stderr), done.stderr)
            self.assertLessEqual(len(done.stderr.splitlines()), 2)

if __name__ == "__main__":
    stage.main()
