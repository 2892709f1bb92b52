#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weir packets` live: each packet once, in order, with its owner, at every hook; and what was lost is counted."""
import json
import os
import pathlib
import re
import signal
import socket
import struct
import sys
import time

import stage
from traces_test import left_of, objects_of

OWN = os.getpid()
PORT = 7777
COUNTED = re.compile(r"^(\d+) packets? captured\n(\d+) packets? received by filter\n(\d+) packets? dropped by kernel$",
                     re.M)
# Sends numbered datagrams; its arguments: address, port, how many, size.
NUMBERED = """
import socket, struct, sys
address, port, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    out.sendto(struct.pack("!I", number).ljust(size, b"x"), (address, port))
"""


class Capture(stage.Process):
    """A running `weir packets`, attached."""

    def __init__(self, folder, arguments, namespace=None):
        command = [stage.WEIR, "packets", *arguments]
        super().__init__(namespace.inside(command) if namespace else command, folder, "packets")
        stage.until(lambda: stage.ATTACHED.search(self.err()) or self.child.poll() is not None, "Weir is attached")
        if self.child.poll() is not None and not stage.ATTACHED.search(self.err()):
            raise AssertionError(f"weir ended with {self.child.returncode}: {self.err()}")

    def stop(self, number=signal.SIGINT):
        if self.child.poll() is None:
            self.send(number)
        return self.wait()

    def counted(self):
        """tcpdump's three numbers: captured, received by filter, dropped by kernel."""
        return [int(number) for number in COUNTED.findall(self.err())[-1]]

    def records(self):
        return [json.loads(line) for line in self.out().splitlines()]


def pcap_packets(path):
    """(link type, [(captured bytes, length on the wire)]) of a plain capture."""
    data = path.read_bytes()
    link = struct.unpack_from("=I", data, 20)[0]
    packets, at = [], 24
    while at < len(data):
        _, _, captured, length = struct.unpack_from("=IIII", data, at)
        packets.append((data[at + 16:at + 16 + captured], length))
        at += 16 + captured
    return link, packets


def numbers(link, packets):
    """Of NUMBERED's datagrams, in the order of the capture."""
    skip = (14 if link == 1 else 0) + 20 + 8
    return [struct.unpack_from("!I", packet, skip)[0] for packet, _ in packets]


def hooks_of(namespace):
    """What stands at the hooks of the namespace's device."""
    filters = [namespace.run("tc", "filter", "show", "dev", "veth0", way).stdout for way in ("ingress", "egress")]
    device = json.loads(namespace.ip("-j", "link", "show", "dev", "veth0").stdout)[0]
    qdiscs = [qdisc["kind"] for qdisc in json.loads(namespace.run("tc", "-j", "qdisc", "show", "dev", "veth0").stdout)]
    return filters, device.get("xdp"), qdiscs


def is_gone(held):
    try:
        return not left_of(held)
    except AssertionError:  # bpftool met a link that somebody was just making
        return False


def owner(record):
    for end in ("source", "destination"):
        pid = stage.parts_of(record, end, "process", "pid")
        if pid is not None:
            return pid
    return stage.parts_of(record, "process", "pid")


class Packets(stage.Scene):
    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()
        for namespace in (self.client, self.server):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 1)
        self.client.run("busybox", "ping", "-c", "1", self.link.right)

    def capture(self, *arguments, namespace=None):
        return Capture(self.folder, arguments, namespace=namespace or self.server)

    def receiver(self, port=PORT):
        made = self.server.socket(socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.bind((self.link.right, port))
        return made

    def send(self, count, size=100, port=PORT):
        sender = self.start(self.client, sys.executable, "-c", NUMBERED, self.link.right, port, count, size)
        self.assertEqual(0, sender.wait(30), sender.err())
        return sender.pid

    def check_stream(self, *hook, count=5000, size=100, link=1):
        self.receiver()
        path = self.folder / "stream.pcap"
        capture = self.capture(*hook, "-w", path, f"udp dst port {PORT}")
        self.send(count, size)
        self.assertEqual(0, capture.stop(), capture.err())
        link_type, packets = pcap_packets(path)
        self.assertEqual(link, link_type)
        self.assertEqual(list(range(count)), numbers(link_type, packets))
        header = (14 if link == 1 else 0) + 28
        self.assertEqual({(size + header, size + header)}, {(len(packet), length) for packet, length in packets})
        self.assertEqual([count, count, 0], capture.counted())

    def test_at_tc_each_packet_of_a_stream_arrives_once_in_order(self):
        self.check_stream("-i", "veth0")

    def test_at_tc_large_packets_arrive_whole(self):
        self.check_stream("-i", "veth0", count=2000, size=1400)

    def test_at_xdp_each_packet_of_a_stream_arrives_once_in_order(self):
        self.check_stream("-i", "veth0", "--hook", "xdp")

    def test_at_a_packet_socket_each_packet_of_a_stream_arrives_once_in_order(self):
        self.check_stream("-i", "veth0", "--hook", "socket")

    def test_at_the_cgroup_each_packet_is_seen_where_it_is_sent_and_where_it_arrives(self):
        self.receiver()
        path = self.folder / "stream.pcap"
        capture = self.capture("--hook", "cgroup", "-w", path, f"udp dst port {PORT}")
        self.send(3000)
        self.assertEqual(0, capture.stop(), capture.err())
        link, packets = pcap_packets(path)
        self.assertEqual(101, link)
        seen = numbers(link, packets)
        self.assertEqual(sorted(2 * list(range(3000))), sorted(seen))
        self.assertEqual(seen[::2], sorted(seen[::2]))

    def test_direction_in_takes_what_arrives_at_the_cgroup_only(self):
        self.receiver()
        capture = self.capture("--hook", "cgroup", "-Q", "in", "-w", self.folder / "in.pcap", f"udp port {PORT}")
        self.send(100)
        capture.stop()
        self.assertEqual([100, 100, 0], capture.counted())

    def test_two_captures_see_the_same_packets(self):
        self.receiver()
        first = self.capture("-i", "veth0", "-w", self.folder / "a.pcap", f"udp port {PORT}")
        second = self.capture("-i", "veth0", "-w", self.folder / "b.pcap", f"udp port {PORT}")
        self.send(1000)
        for capture in (first, second):
            self.assertEqual(0, capture.stop())
            self.assertEqual([1000, 1000, 0], capture.counted())
        self.assertEqual(pcap_packets(self.folder / "a.pcap"), pcap_packets(self.folder / "b.pcap"))

    def check_owners(self, hook, namespace):
        """A connection whose ends are two processes: each packet belongs to the end that is here."""
        sent = stage.until(lambda: self.serving, "a server")
        capture = self.capture(*hook, "-o", "json", "tcp port 9000", namespace=namespace)
        fetch = self.start(self.client, sys.executable, "-c",
                           "import socket, sys\ns = socket.create_connection((sys.argv[1], 9000))\n"
                           "while s.recv(65536): pass", self.link.right)
        self.assertEqual(0, fetch.wait(), fetch.err())
        stage.until(lambda: "[F" in capture.out().split("\n")[-3:][0] or capture.out().count('Flags [F') >= 2,
                    "the connection's end")
        self.assertEqual(0, capture.stop(), capture.err())
        return fetch.pid, sent.pid, capture.records()

    SERVE = ("import socket\nl = socket.create_server(('0.0.0.0', 9000))\nwhile True:\n    c, _ = l.accept()\n"
             "    c.sendall(bytes(200000)); c.close()\n")

    def serve_zeros(self):
        self.serving = self.script(self.server, 9000, self.SERVE)
        return self.serving

    def test_at_tc_each_packet_belongs_to_the_process_at_this_end(self):
        self.serve_zeros()
        for hook, at_server in ((("-i", "veth0"), True), (("-i", "veth0"), False)):
            client, server, records = self.check_owners(hook, self.server if at_server else self.client)
            owners = {owner(record) for record in records if "Flags [F" not in record["message"]}
            # What answers for a connection that is closed (TIME_WAIT) has no process.
            self.assertEqual({server if at_server else client}, owners - {None}, records[-4:])
            early = [record for record in records if "Flags [S" in record["message"]]
            self.assertEqual(2, len(early))
            self.assertEqual({server if at_server else client}, {owner(record) for record in early})

    def test_at_the_cgroup_both_ends_are_told(self):
        server = self.serve_zeros()
        client, _, records = self.check_owners(("--hook", "cgroup"), None)
        ends = [(record["network"]["direction"], owner(record), record["source"]["port"] == 9000) for record in records]
        for direction, pid, from_server in ends:
            sends = direction == "egress"
            self.assertEqual(server.pid if sends == from_server else client, pid, ends[:8])

    def test_owner_filters_leave_the_others_out(self):
        self.receiver()
        capture = self.capture("-i", "veth0", "-w", self.folder / "mine.pcap", "--pid", str(OWN), f"udp port {PORT}")
        self.send(10)
        self.send(10, port=PORT)
        other = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(other.close)
        other.sendto(b"to nobody", (self.link.right, PORT + 1))
        capture.stop()
        captured, received, dropped = capture.counted()
        self.assertEqual((20, 20, 0), (captured, received, dropped))

    def test_a_written_capture_is_read_by_others_and_keeps_its_owners(self):
        server = self.serve_zeros()
        path = self.folder / "owned.pcapng"
        capture = self.capture("-i", "veth0", "-w", path, "tcp port 9000")
        fetch = self.start(self.client, sys.executable, "-c",
                           "import socket, sys\ns = socket.create_connection((sys.argv[1], 9000))\n"
                           "while s.recv(65536): pass", self.link.right)
        fetch.wait()
        time.sleep(0.1)
        self.assertEqual(0, capture.stop(), capture.err())
        count = capture.counted()[0]
        self.assertGreater(count, 8)
        read = stage.run("tcpdump", "-nr", path)
        self.assertEqual(count, len(read.stdout.splitlines()))
        flows = stage.run(stage.WEIR, "flows", "-o", "json", "-r", path)
        [flow] = [json.loads(line) for line in flows.stdout.splitlines()]
        self.assertEqual(server.pid, flow["destination"]["process"]["pid"])
        again = stage.run(stage.WEIR, "packets", "-o", "json", "-r", path)
        self.assertEqual(count, len(again.stdout.splitlines()))

    def test_headers_and_snap_length_cut_in_the_kernel(self):
        self.receiver()
        cuts = {("--headers",): 64, ("-s", "50"): 50, ("-s", "100", "--headers"): 64}
        for options, length in cuts.items():
            path = self.folder / f"cut-{length}.pcap"
            capture = self.capture("-i", "veth0", *options, "-w", path, f"udp port {PORT}")
            self.send(10, size=1000)
            capture.stop()
            _, packets = pcap_packets(path)
            self.assertEqual([(length, 1042)] * 10, [(len(packet), wire) for packet, wire in packets], options)

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

    def test_what_finds_the_ring_full_is_counted(self):
        self.receiver()
        path = self.folder / "full.pcap"
        capture = self.capture("-i", "veth0", "-B", "64", "-w", path, f"udp port {PORT}")
        capture.send(signal.SIGSTOP)
        self.send(5000)
        capture.send(signal.SIGCONT)
        time.sleep(0.05)
        self.send(100)
        capture.stop()
        captured, received, dropped = capture.counted()
        self.assertEqual(5100, received)
        self.assertEqual(received, captured + dropped)
        self.assertGreater(dropped, 1000)
        self.assertEqual(captured, len(pcap_packets(path)[1]))
        failing = self.capture("-i", "veth0", "-B", "64", "--fail-on-loss", "-w", path, f"udp port {PORT}")
        failing.send(signal.SIGSTOP)
        self.send(5000)
        failing.send(signal.SIGCONT)
        self.assertEqual(5, failing.stop())

    def test_losses_are_told_at_the_next_packet(self):
        self.receiver()
        for hook in (("-i", "veth0"), ("--hook", "cgroup", "-Q", "in")):
            capture = self.capture(*hook, "-B", "64", "-o", "json", f"udp port {PORT}")
            capture.send(signal.SIGSTOP)
            self.send(2000)
            capture.send(signal.SIGCONT)
            stage.until(lambda: capture.out(), "what was in the ring")
            self.send(5)
            capture.stop()
            captured, received, dropped = capture.counted()
            self.assertEqual((2005, True), (received, dropped > 100))
            packets = [record for record in capture.records() if record["type"] == "packet"]
            self.assertEqual(captured, len(packets))
            self.assertEqual(dropped, sum(record["packet"].get("dropped_before", 0) for record in packets))
            losses = [record for record in capture.records() if record["type"] == "loss"]
            self.assertEqual(dropped, sum(record["count"] for record in losses), losses)

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

    def test_on_loopback_a_packet_is_told_once(self):
        namespace = stage.Namespace()
        for hook in ("tc", "socket"):
            capture = self.capture("-i", "lo", "--hook", hook, f"udp dst port {PORT}", namespace=namespace)
            sender = namespace.socket(socket.SOCK_DGRAM)
            for _ in range(5):
                sender.sendto(b"to myself", ("127.0.0.1", PORT))
            sender.close()
            capture.stop()
            self.assertEqual([5, 5, 0], capture.counted(), hook)

    def test_tagged_frames_are_told_as_they_were_on_the_wire(self):
        """The kernel takes the outer tag off before tc; it is put back."""
        with self.client:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x0800))
        addresses = bytes.fromhex("ffffffffffff020000000001")
        payload = bytes(range(200))
        frames = [addresses + struct.pack("!HHH", 0x8100, 0x6007, 0x88b5) + payload,
                  addresses + struct.pack("!HHHHH", 0x88a8, 3, 0x8100, 7, 0x88b5) + payload,
                  addresses + struct.pack("!H", 0x88b5) + payload]
        for hook in ("tc", "xdp", "socket"):
            path = self.folder / f"tags-{hook}.pcap"
            capture = self.capture("-i", "veth0", "--hook", hook, "-Q", "in", "-w", path, "not arp")
            for frame in frames:
                raw.send(frame)
            capture.stop()
            self.assertEqual([(frame, len(frame)) for frame in frames], pcap_packets(path)[1], hook)

    def check_numbers(self, records, ways):
        """Each packet has one number, and its sights are at `ways`."""
        sights = {}
        for record in records:
            sights.setdefault(record["packet"]["id"], []).append(
                (record["packet"]["point"], stage.parts_of(record, "network", "interface", "name"),
                 record["network"]["direction"]))
        self.assertEqual({tuple(ways)}, {tuple(way) for way in sights.values()})
        return len(sights)

    def test_a_forwarded_packet_has_one_number_at_each_interface(self):
        far = stage.Namespace()
        outer = stage.Link(self.server, far, 5, names=("veth1", "veth0"))
        self.server.set("ipv4.ip_forward", 1)
        self.client.ip("route", "add", "default", "via", self.link.right)
        far.ip("route", "add", "default", "via", outer.left)
        self.client.run("busybox", "ping", "-c", "1", outer.right)
        capture = self.capture("-i", "veth0", "-i", "veth1", "-o", "json", f"udp port {PORT}")
        sender = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        for _ in range(50):
            sender.sendto(b"across", (outer.right, PORT))
        capture.stop()
        self.assertEqual(50, self.check_numbers(capture.records(), [("tc", "veth0", "ingress"), ("tc", "veth1", "egress")]))

    def test_at_several_hooks_a_packet_has_one_number_in_the_order_of_the_belt(self):
        self.receiver()
        ways = {"tc": ("tc", "veth0", "ingress"), "xdp": ("xdp", "veth0", "ingress"), "cgroup": ("cgroup", None, "ingress")}
        for hooks in (("tc", "cgroup"), ("xdp", "cgroup")):
            capture = self.capture("--hook", ",".join(hooks), "-Q", "in", "-i", "veth0", "-o", "json",
                                   f"udp port {PORT} and src host {self.link.left}")
            self.send(50)
            capture.stop()
            records = capture.records()
            self.assertEqual(50, self.check_numbers(records, [ways[hook] for hook in hooks]))
            self.assertEqual({OWN}, {owner(record) for record in records if record["packet"]["point"] != "xdp"})

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

    def test_wrong_wishes_end_with_2_and_one_line(self):
        for arguments, word in ((("-i", "nothere0"), "nothere0"), (("-i", "veth0", "porrt 80"), "porrt"),
                                (("--hook", "cgroup", "ether host 02:00:00:00:00:01"), "ether")):
            done = self.server.run(stage.WEIR, "packets", *arguments, check=False)
            self.assertEqual((2, True), (done.returncode, word in done.stderr), done.stderr)
            self.assertLessEqual(len(done.stderr.splitlines()), 2)


if __name__ == "__main__":
    stage.main()
