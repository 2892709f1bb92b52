#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A packet's way through a node: `weir packets --once` tells it once, with all points and what changed there."""
import json
import re
import signal
import socket
import sys
import time

import stage
from packets_stage import OWN, PORT, PacketScene, owner, pcap_packets

BROKEN = re.compile(r"^(\d+) packets? with a new number on the way", re.M)


def points(steps):
    return [(step["point"], step.get("interface"), step["direction"]) for step in steps]


def changes(step):
    """{"ttl": (64, 63), ...}"""
    return {change["field"]: (change.get("from"), change.get("to")) for change in step.get("changed", [])}


def is_broken(capture):
    found = BROKEN.search(capture.err())
    return int(found.group(1)) if found else 0


class PacketsPath(PacketScene):
    """The client, a node in the middle, and a far end behind it."""

    def routed(self):
        """The middle routes; its devices are veth0 and far0."""
        self.far = stage.Namespace()
        self.outer = stage.Link(self.server, self.far, 5, names=("far0", "veth0"))
        for namespace, device in ((self.server, "far0"), (self.far, "veth0")):
            namespace.set(f"ipv6.conf.{device}.disable_ipv6", 1)
        self.server.set("ipv4.ip_forward", 1)
        self.client.ip("route", "add", "default", "via", self.link.right)
        self.far.ip("route", "add", "default", "via", self.outer.left)
        self.client.run("busybox", "ping", "-c", "1", self.outer.right)
        return [("tc", "veth0", "ingress"), ("tc", "far0", "egress")]

    def datagrams(self, count, address, payload=b"across", port=PORT):
        sender = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        for _ in range(count):
            sender.sendto(payload, (address, port))

    def mac(self, namespace, device):
        return json.loads(namespace.ip("-j", "link", "show", "dev", device).stdout)[0]["address"]

    def test_a_routed_packet_is_told_once_with_its_way_and_what_changed(self):
        way = self.routed()
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp port {PORT}")
        self.datagrams(20, self.outer.right)
        self.assertEqual(0, capture.stop(), capture.err())
        records = capture.records()
        self.assertEqual([20, 40, 0], capture.counted())
        self.assertEqual(20, len({record["packet"]["id"] for record in records}))
        self.assertEqual(sorted(record["time"] for record in records), [record["time"] for record in records])
        for record in records:
            path = record["packet"]["path"]
            self.assertEqual(way, points(path))
            self.assertNotIn("after_ns", path[0])
            self.assertGreater(path[1]["after_ns"], 0)
            self.assertEqual({"ttl": (64, 63),
                              "source.mac": (self.mac(self.client, "veth0"), self.mac(self.server, "far0")),
                              "destination.mac": (self.mac(self.server, "veth0"), self.mac(self.far, "veth0"))},
                             changes(path[1]))
            self.assertEqual("veth0", record["network"]["interface"]["name"])
        self.assertEqual(0, is_broken(capture))

    def test_the_way_stands_behind_the_line_and_not_with_q(self):
        self.routed()
        line = rf"IP {re.escape(self.link.left)}\.\d+ > {re.escape(self.outer.right)}\.{PORT}: UDP, length 6\n"
        for letters, behind in (((), r"\ttc veth0 In\n\ttc far0 Out \+[0-9.]+ [num]+s, ttl 64>63, source\.mac [0-9a-f:>]+, "
                                     r"destination\.mac [0-9a-f:>]+\n"), (("-q",), "")):
            capture = self.capture("-i", "veth0", "-i", "far0", "--once", "-t", *letters, f"udp port {PORT}")
            self.datagrams(3, self.outer.right)
            capture.stop()
            self.assertRegex(capture.out(), rf"^(veth0 In  {line}{behind}){{3}}$")

    def test_a_bridged_packet_is_told_once(self):
        far = stage.Namespace()
        self.server.ip("address", "flush", "dev", "veth0")
        self.server.ip("link", "add", "far0", "type", "veth", "peer", "name", "veth0", "netns", far.name)
        self.server.ip("link", "add", "bridge0", "type", "bridge", "mcast_snooping", "0")
        for device in ("bridge0", "far0"):
            self.server.set(f"ipv6.conf.{device}.disable_ipv6", 1)
        far.set("ipv6.conf.veth0.disable_ipv6", 1)
        for device in ("veth0", "far0"):
            self.server.ip("link", "set", device, "master", "bridge0", "up")
        self.server.ip("link", "set", "bridge0", "up")
        far.ip("address", "add", f"{self.link.right}/24", "dev", "veth0")
        far.ip("link", "set", "veth0", "up")
        self.client.ip("neighbour", "flush", "dev", "veth0")
        stage.until(lambda: self.client.run("busybox", "ping", "-c", "1", "-W", "1", self.link.right, check=False)
                    .returncode == 0, "the bridge forwards")
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp dst port {PORT} or arp")
        self.datagrams(20, self.link.right)
        self.client.ip("neighbour", "flush", "dev", "veth0")
        self.datagrams(1, self.link.right)
        stage.until(lambda: "ARP, Reply" in capture.out(), "the neighbour's answer")
        capture.stop()
        records = capture.records()
        datagrams = [record for record in records if "UDP" in record["message"]]
        self.assertEqual(21, len(datagrams))
        for record in datagrams:
            path = record["packet"]["path"]
            self.assertEqual([("tc", "veth0", "ingress"), ("tc", "far0", "egress")], points(path))
            self.assertEqual({}, changes(path[1]))
        asked = [record for record in records if "Request who-has " + self.link.right in record["message"]]
        self.assertEqual([1], [len(record["packet"]["path"]) > 1 for record in asked], asked)

    def test_addresses_that_nat_changed_are_told(self):
        way = self.routed()
        self.server.nft("add table ip nat", "add chain ip nat in { type nat hook prerouting priority -100; }",
                        "add chain ip nat out { type nat hook postrouting priority 100; }",
                        f"add rule ip nat in ip daddr 10.99.0.1 udp dport {PORT} dnat to {self.outer.right}:7999",
                        "add rule ip nat out oifname far0 masquerade")
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp and (dst port {PORT} or dst port 7999)")
        self.datagrams(5, "10.99.0.1")
        capture.stop()
        records = capture.records()
        self.assertEqual(5, len(records))
        for record in records:
            path = record["packet"]["path"]
            self.assertEqual(way, points(path))
            changed = changes(path[1])
            self.assertEqual(("10.99.0.1", self.outer.right), changed["destination.address"])
            self.assertEqual((PORT, 7999), changed["destination.port"])
            self.assertEqual((self.link.left, self.outer.left), changed["source.address"])
            self.assertEqual("10.99.0.1", record["destination"]["address"])

    def test_each_point_tells_the_time_and_the_changes_since_the_one_before(self):
        self.routed()
        arguments = ("-i", "veth0", "-i", "far0", f"udp port {PORT}")
        capture = self.capture(*arguments, "-o", "json")
        lines = self.capture(*arguments)
        self.datagrams(1, self.outer.right)
        for run in (capture, lines):
            run.stop()
        first, second = (record["packet"] for record in capture.records())
        self.assertFalse({"after_ns", "changed", "path"} & set(first))
        self.assertEqual(first["id"], second["id"])
        self.assertGreater(second["after_ns"], 0)
        self.assertEqual((64, 63), changes(second)["ttl"])
        self.assertRegex(lines.out().splitlines()[0], r"length 6$")
        self.assertRegex(lines.out().splitlines()[1], r"length 6 \(\+[0-9.]+ [num]+s, ttl 64>63, source\.mac ")

    def test_at_one_point_lines_have_no_time_behind(self):
        self.receiver()
        capture = self.capture("-i", "veth0", f"udp port {PORT}")
        self.send(2)
        capture.stop()
        self.assertNotRegex(capture.out(), r"\(\+|\t")

    def test_at_several_hooks_the_path_is_the_belts_and_the_owner_the_best_known(self):
        self.receiver()
        ways = {"tc": ("tc", "veth0", "ingress"), "xdp": ("xdp", "veth0", "ingress"), "cgroup": ("cgroup", None, "ingress")}
        for hooks in (("tc", "cgroup"), ("xdp", "cgroup")):
            capture = self.capture("--hook", ",".join(hooks), "-Q", "in", "-i", "veth0", "--once", "-o", "json",
                                   f"udp port {PORT} and src host {self.link.left}")
            self.send(50)
            capture.stop()
            records = capture.records()
            self.assertEqual({tuple(ways[hook] for hook in hooks)},
                             {tuple(points(record["packet"]["path"])) for record in records})
            self.assertEqual((50, {OWN}), (len(records), {owner(record) for record in records}))

    def test_with_the_cgroup_the_way_leads_from_process_to_process(self):
        self.routed()
        receiver = self.far.socket(socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind((self.outer.right, PORT))
        capture = self.capture("-i", "any", "--hook", "tc,cgroup", "--once", "-o", "json",
                               f"udp port {PORT} and host {self.outer.right}")
        sender = self.start(self.client, sys.executable, "-c", "import socket\nout = socket.socket(type=socket.SOCK_DGRAM)\n"
                            f"for _ in range(4): out.sendto(b'far', ('{self.outer.right}', {PORT}))")
        self.assertEqual(0, sender.wait(), sender.err())
        capture.stop()
        records = capture.records()
        self.assertEqual(4, len(records))
        for record in records:
            path = record["packet"]["path"]
            self.assertEqual([("cgroup", None, "egress"), ("tc", "veth0", "ingress"), ("tc", "far0", "egress"),
                              ("cgroup", None, "ingress")], points(path))
            self.assertEqual((64, 63), changes(path[2])["ttl"])
            self.assertEqual([sender.pid, OWN], [stage.parts_of(record, end, "process", "pid") for end in ("source", "destination")])

    def test_on_loopback_both_ends_are_one_packet_with_both_owners(self):
        namespace = stage.Namespace()
        receiver = namespace.socket(socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(("127.0.0.1", PORT))
        arguments = ("-i", "lo", "--once", f"udp dst port {PORT}")
        capture = self.capture(*arguments, "-o", "json", namespace=namespace)
        lines = self.capture(*arguments, namespace=namespace)
        filtered = [self.capture(*arguments, "--pid", wish, namespace=namespace) for wish in (str(OWN), f"!{OWN}")]
        sender = self.start(namespace, sys.executable, "-c", "import socket\nout = socket.socket(type=socket.SOCK_DGRAM)\n"
                            f"for _ in range(4): out.sendto(b'to the other', ('127.0.0.1', {PORT}))")
        self.assertEqual(0, sender.wait(), sender.err())
        for run in (capture, lines, *filtered):
            run.stop()
        records = capture.records()
        self.assertEqual(4, len(records))
        for record in records:
            self.assertEqual([("tc", "lo", "egress"), ("tc", "lo", "ingress")], points(record["packet"]["path"]))
            self.assertEqual([sender.pid, OWN], [stage.parts_of(record, end, "process", "pid") for end in ("source", "destination")])
        self.assertEqual(4, len(re.findall(rf"python3\S*\[{sender.pid}\] > python3\S*\[{OWN}\]\n\ttc lo Out\n\ttc lo In \+", lines.out())),
                         lines.out())
        self.assertEqual([4, 0], [run.counted()[0] for run in filtered])

    def test_equal_packets_are_as_many_as_were_sent(self):
        self.routed()
        sender = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sender.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO: no IP id
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp port {PORT}")
        for _ in range(30):
            sender.sendto(b"the same again", (self.outer.right, PORT))
        capture.stop()
        self.assertEqual([2] * 30, [len(record["packet"]["path"]) for record in capture.records()])
        self.assertEqual(0, is_broken(capture), capture.err())

    def test_count_counts_packets_and_waits_for_their_way(self):
        way = self.routed()
        capture = self.capture("-i", "any", "--once", "-c", "3", "-o", "json", f"udp port {PORT}")
        self.datagrams(10, self.outer.right)
        self.assertEqual(0, capture.wait(), capture.err())
        self.assertEqual([way] * 3, [points(record["packet"]["path"]) for record in capture.records()])
        self.assertEqual(3, capture.counted()[0])

    def test_what_is_held_is_told_at_the_end(self):
        way = self.routed()
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp port {PORT}")
        self.datagrams(100, self.outer.right)
        capture.send(signal.SIGINT)
        self.assertEqual(0, capture.wait())
        self.assertEqual([way] * 100, [points(record["packet"]["path"]) for record in capture.records()])
        brief = self.capture("-i", "any", "--once", "-w", self.folder / "brief.pcap", "--for", "20ms", f"udp port {PORT}")
        self.assertEqual(0, brief.wait())

    def test_a_file_has_each_packet_once_with_its_path_as_a_comment(self):
        self.routed()
        for name in ("once.pcapng", "once.pcap"):
            path = self.folder / name
            capture = self.capture("-i", "any", "--once", "-w", path, f"udp port {PORT}")
            self.datagrams(10, self.outer.right)
            self.assertEqual(0, capture.stop(), capture.err())
            self.assertEqual([10, 20, 0], capture.counted())
        self.assertEqual(10, len(pcap_packets(path)[1]))
        read = stage.run(stage.WEIR, "packets", "-r", self.folder / "once.pcapng", "-o", "json").stdout
        records = [json.loads(line) for line in read.splitlines()]
        self.assertEqual(10, len(records))
        for record in records:
            self.assertRegex("\n".join(record["comments"]),
                             r"^path: tc veth0 In; tc far0 Out \+[0-9.]+ [num]+s, ttl 64>63, source\.mac ")

    def test_packets_that_are_copied_on_the_way_are_counted(self):
        """Routing copies what a packet socket holds too."""
        self.routed()
        with self.server:
            holder = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self.addCleanup(holder.close)
        holder.bind(("veth0", 0x0800))
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp port {PORT}")
        self.datagrams(10, self.outer.right)
        capture.stop()
        self.assertEqual([1] * 20, [len(record["packet"]["path"]) for record in capture.records()])
        self.assertEqual(10, is_broken(capture), capture.err())

    def test_a_sleeping_reader_loses_no_way(self):
        """Packets that wait in the ring are held by their own time."""
        way = self.routed()
        capture = self.capture("-i", "any", "--once", "-o", "json", f"udp port {PORT}")
        capture.send(signal.SIGSTOP)
        for _ in range(5):
            self.datagrams(200, self.outer.right)
            time.sleep(0.03)
        capture.send(signal.SIGCONT)
        capture.stop()
        self.assertEqual([way] * 1000, [points(record["packet"]["path"]) for record in capture.records()])

    def test_packet_sockets_are_refused(self):
        done = self.server.run(stage.WEIR, "packets", "--once", "--hook", "socket", "-i", "veth0", check=False)
        self.assertEqual((2, True), (done.returncode, "--hook socket" in done.stderr), done.stderr)


if __name__ == "__main__":
    stage.main()
