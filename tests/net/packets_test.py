#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weir packets` live: each packet once, in order, with its owner, at every hook; and what was lost is counted."""
import json
import signal
import socket
import struct
import sys
import time

import stage
from packets_stage import OWN, PORT, PacketScene, numbers, owner, pcap_packets


class Packets(PacketScene):
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
        capture = self.capture("--hook", "cgroup", "-w", path, f"udp dst port {PORT} and src host {self.link.left}")
        self.send(3000)
        self.assertEqual(0, capture.stop(), capture.err())
        link, packets = pcap_packets(path)
        self.assertEqual(101, link)
        seen = numbers(link, packets)
        self.assertEqual(sorted(2 * list(range(3000))), sorted(seen))
        self.assertEqual(seen[::2], sorted(seen[::2]))

    def test_direction_in_takes_what_arrives_at_the_cgroup_only(self):
        self.receiver()
        capture = self.capture("--hook", "cgroup", "-Q", "in", "-w", self.folder / "in.pcap",
                               f"udp port {PORT} and src host {self.link.left}")
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
            capture = self.capture(*hook, "-B", "64", "-o", "json", f"udp port {PORT} and src host {self.link.left}")
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

if __name__ == "__main__":
    stage.main()
