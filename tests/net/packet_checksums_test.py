#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weir packets -v` live: a checksum that the card is to fill in is told as such, one that is there is verified."""
import re
import socket
import struct
import sys

import stage
from packets_stage import PORT, PacketScene

FETCH = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 9000))
while connection.recv(65536): pass
"""
WRONG = 0x1234


def ones_complement_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total


class Checksums(PacketScene):
    def offload(self, switch):
        for namespace in (self.client, self.server):
            namespace.offload("veth0", switch)

    def lines(self, *arguments, namespace=None, act):
        """What `weir packets -vv` says while `act` runs, a packet a line."""
        capture = self.capture("-vv", *arguments, namespace=namespace)
        act()
        self.assertEqual(0, capture.stop(), capture.err())
        lines = capture.out().replace("\n    ", " ").splitlines()
        self.assertTrue(lines, capture.err())
        return lines

    def check(self, word, lines):
        """All say so but bare ACKs: for a connection in TIME_WAIT the kernel answers itself, and fills them in."""
        sent = [line for line in lines if not re.search(r"Flags \[\.\].* length 0\b", line)]
        self.assertTrue(sent, lines)
        self.assertEqual([], [line for line in sent if word not in line])
        self.assertEqual([], [line for line in lines if "incorrect" in line or "bad" in line])

    def send_some(self):
        self.receiver_made = getattr(self, "receiver_made", None) or self.receiver()
        self.send(5)

    def fetch(self):
        fetch = self.start(self.client, sys.executable, "-c", FETCH, self.link.right)
        self.assertEqual(0, fetch.wait(), fetch.err())

    def test_with_offload_checksums_are_left_to_the_card_on_both_sides(self):
        self.offload("on")
        self.serve_zeros()
        for hook in ("tc", "socket"):
            for namespace, way in ((self.client, "out"), (self.server, "in")):
                at = ("-i", "veth0", "--hook", hook, "-Q", way)
                self.check("[udp cksum partial]", self.lines(*at, f"udp port {PORT}", namespace=namespace,
                                                             act=self.send_some))
                self.check("(partial)", self.lines(*at, "tcp port 9000", namespace=namespace, act=self.fetch))
        hosts = f"host {self.link.left}"
        self.check("[udp cksum partial]", self.lines("--hook", "cgroup", f"udp port {PORT} and {hosts}", act=self.send_some))
        self.check("(partial)", self.lines("--hook", "cgroup", f"tcp port 9000 and {hosts}", act=self.fetch))

    def test_without_offload_checksums_are_verified(self):
        self.offload("off")
        self.serve_zeros()
        for hook in ("tc", "socket"):
            at = ("-i", "veth0", "--hook", hook, "-Q", "in")
            self.check("[udp sum ok]", self.lines(*at, f"udp port {PORT}", act=self.send_some))
            self.check("(correct)", self.lines(*at, "tcp port 9000", act=self.fetch))
        self.check("[udp sum ok]", self.lines("--hook", "cgroup", f"udp port {PORT} and host {self.link.left}",
                                              act=self.send_some))
        # What a packet socket sees going out is what goes out; tc is before the kernel fills TCP's in.
        at = ("-i", "veth0", "-Q", "out", "tcp port 9000")
        self.check("(correct)", self.lines("--hook", "socket", *at, namespace=self.client, act=self.fetch))
        self.check("(partial)", self.lines("--hook", "tc", *at, namespace=self.client, act=self.fetch))

    def frames_with_wrong_checksums(self):
        """A UDP datagram and a TCP segment as a program made them itself; and what their checksums should be."""
        addresses = socket.inet_aton(self.link.left) + socket.inet_aton(self.link.right)
        udp = struct.pack("!4H", 5000, PORT, 8 + 4, 0) + b"data"
        tcp = struct.pack("!2H2IBB3H", 5000, PORT, 1, 2, 5 << 4, 0x10, 512, 0, 0)
        for protocol, segment, place in ((17, udp, 6), (6, tcp, 16)):
            right = 0xffff - ones_complement_sum(addresses + struct.pack("!2H", protocol, len(segment)) + segment)
            segment = segment[:place] + struct.pack("!H", WRONG) + segment[place + 2:]
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, protocol, 0) + addresses
            ip = ip[:10] + struct.pack("!H", 0xffff - ones_complement_sum(ip)) + ip[12:]
            yield ip + segment, right

    def test_a_wrong_checksum_is_told_also_on_its_way_out(self):
        raw = self.client.socket(socket.SOCK_RAW, socket.AF_PACKET)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x0800))
        (udp, udp_right), (tcp, tcp_right) = self.frames_with_wrong_checksums()
        broadcast = bytes.fromhex("ffffffffffff020000000001") + struct.pack("!H", 0x0800)

        def act():
            for packet in (udp, tcp):
                raw.send(broadcast + packet)
        for hook in ("tc", "socket"):
            for namespace, way in ((self.client, "out"), (self.server, "in")):
                lines = self.lines("-i", "veth0", "--hook", hook, "-Q", way, f"port {PORT}", namespace=namespace, act=act)
                self.assertEqual(2, len(lines), lines)
                self.assertIn(f"[bad udp cksum 0x{WRONG:04x} -> 0x{udp_right:04x}!]", lines[0])
                self.assertIn(f"cksum 0x{WRONG:04x} (incorrect -> 0x{tcp_right:04x})", lines[1])


if __name__ == "__main__":
    stage.main()
