#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The default hook's packets and octets are what the sockets sent and received, to the last one."""
import json
import os
import socket
import struct
import subprocess
import sys
import time

import stage

HEADERS4, HEADERS6 = 20, 40
UDP_HEADER = 8
UDP_SEGMENT = 103  # setsockopt level SOL_UDP, linux/udp.h

# Sends datagrams of 64 octets by GSO: sendmsg cuts each buffer into 512. Prints how many it sent.
FLOOD = """
import socket, sys
address, port, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(17, 103, 64)
sender.bind(("", int(sys.argv[4])))
sender.connect((address, port))
full, buffer, sent = 64, bytes(64 * 64), 0
while sent < total:
    batch = min(full, total - sent)
    sender.send(buffer[:batch * 64])
    sent += batch
print(sent)
"""


class Totals(stage.Scene):
    def iperf3(self, *options, six=False):
        """(client, server, link, iperf3's own report, counters before and after of both, what Weir saw)."""
        client, server, link = self.pair()
        program = self.serve(server, 5201, "iperf3", "--server", "--one-off")
        watch = self.watch()
        before = client.counters(), server.counters()
        caller = self.start(client, "iperf3", "--client", link.right6 if six else link.right, "--json", *options)
        self.assertEqual(0, caller.wait(30), caller.out())
        program.wait()
        after = client.counters(), server.counters()
        seen = watch.stop()
        changes = [{name: now[name] - then[name] for name in now} for then, now in zip(before, after)]
        flows = seen.having(port=5201, address=link.right6 if six else link.right)
        for flow in flows:
            self.assertEqual((caller.pid, program.pid), (flow.source["pid"], flow.destination["pid"]), flow)
        return json.loads(caller.out()), changes, flows

    def check_tcp(self, six):
        """One flow for the control connection, one for the data; nothing else talks in these namespaces."""
        report, (client, server), flows = self.iperf3("--time", 1, six=six)
        self.assertEqual(2, len(flows), flows)
        data = max(flows, key=lambda flow: flow.bytes)
        self.assertGreaterEqual(data.source["bytes"], report["end"]["sum_sent"]["bytes"])
        # OutSegs leaves retransmissions out. Those happen here too: a veth drops when its reader is slow.
        for end, counted in (("source", client), ("destination", server)):
            again = counted["Tcp.RetransSegs"]
            # A RST that answers a segment for a socket gone by is of no socket: this hook does not see it.
            resets = [stage.parts_of(flow.last, "tcp", "resets", end) or 0 for flow in flows]
            self.assertGreaterEqual(counted["Tcp.OutRsts"], sum(resets))
            of_no_socket = counted["Tcp.OutRsts"] - sum(resets)
            self.assertEqual(counted["Tcp.OutSegs"] + again - of_no_socket,
                             sum(getattr(flow, end)["packets"] for flow in flows), (end, again, of_no_socket, flows))
            # iperf3's own messages are single octets: sent again they look like keep-alives (RFC 9293 3.8.4).
            self.assertIn(sum(getattr(flow, end)["retransmits"] for flow in flows),
                          range(max(again - 2, 0), again + 1), (end, flows))
        # Octets: every segment's headers, and each octet of the stream once.
        overhead = (HEADERS6 if six else HEADERS4) + 20
        for flow in flows:
            for end in (flow.source, flow.destination):
                self.assertGreaterEqual(end["bytes"], end["packets"] * overhead)
                self.assertLessEqual(end["bytes"], end["packets"] * 1500)

    def test_iperf3_tcp_over_ipv4_counts_every_segment_of_both_sockets(self):
        self.check_tcp(six=False)

    def test_iperf3_tcp_over_ipv6_counts_every_segment_of_both_sockets(self):
        self.check_tcp(six=True)

    def check_udp(self, six):
        report, (client, server), flows = self.iperf3("--time", 1, "--udp", "--bitrate", "50M", "--length", 1000, six=six)
        udp = [flow for flow in flows if flow.transport == "udp"]
        self.assertEqual(1, len(udp), udp)
        flow = udp[0]
        room = "Udp6" if six else "Udp"
        self.assertEqual(client[f"{room}.OutDatagrams"], flow.source["packets"], flow)
        self.assertEqual(server[f"{room}.OutDatagrams"], flow.destination["packets"], flow)
        sent = report["end"]["sum"]["packets"]
        self.assertGreaterEqual(flow.source["packets"], sent)
        extra = flow.source["packets"] - sent  # iperf3's own first datagram, of 4 octets
        self.assertEqual(1, extra, flow)
        overhead = (HEADERS6 if six else HEADERS4) + UDP_HEADER
        self.assertEqual(sent * (1000 + overhead) + extra * (4 + overhead), flow.source["bytes"], flow)

    def test_iperf3_udp_over_ipv4_is_one_flow_of_every_datagram(self):
        self.check_udp(six=False)

    def test_iperf3_udp_over_ipv6_is_one_flow_of_every_datagram(self):
        self.check_udp(six=True)

    def test_segments_lost_on_the_way_are_counted_as_retransmits(self):
        """Loss by nftables at the receiver, since this test wants no kernel with netem."""
        client, server, link = self.pair()
        client.offload("veth0", "off")
        server.offload("veth0", "off")
        server.nft("add table ip loss", "add chain ip loss input { type filter hook prerouting priority -300; }",
                   "add rule ip loss input tcp dport 5201 ip length > 1000 numgen inc mod 97 == 5 drop")
        program = self.serve(server, 5201, "iperf3", "--server", "--one-off")
        watch = self.watch()
        before = client.counters(), server.counters()
        caller = self.start(client, "iperf3", "--client", link.right, "--bytes", "20M", "--json")
        self.assertEqual(0, caller.wait(30), caller.out())
        program.wait()
        after = client.counters(), server.counters()
        flows = watch.stop().having(port=5201, address=link.right)
        self.assertEqual(2, len(flows))
        again = after[0]["Tcp.RetransSegs"] - before[0]["Tcp.RetransSegs"]
        self.assertGreater(again, 50)
        self.assertEqual(again, sum(flow.source["retransmits"] for flow in flows), flows)
        self.assertEqual(after[0]["Tcp.OutSegs"] - before[0]["Tcp.OutSegs"] + again,
                         sum(flow.source["packets"] for flow in flows), flows)

    def flood(self, total, *options):
        """Sends `total` datagrams between two namespaces; (Weir's run, the flow, what the sockets counted)."""
        sender, receiver, link = self.pair()
        sink = receiver.socket(socket.SOCK_DGRAM)
        sink.bind((link.right, 9))
        watch = self.watch(*options)
        before = sender.counters()["Udp.OutDatagrams"], receiver.counters()
        program = self.start(sender, sys.executable, "-c", FLOOD, link.right, 9, total, 40000)
        self.assertEqual(0, program.wait(60), program.err())
        after = sender.counters()["Udp.OutDatagrams"], receiver.counters()
        self.assertEqual(total, int(program.out()))
        seen = watch.stop()
        self.assertEqual([], seen.losses)
        sink.close()
        return self.the_flow(seen, source_port=40000, address=link.right, transport="udp")

    def test_ten_million_datagrams_at_full_rate_are_ten_million(self):
        flow = self.flood(10_000_000)
        self.assertEqual(10_000_000, flow.source["packets"])
        self.assertEqual(10_000_000 * (HEADERS4 + UDP_HEADER + 64), flow.source["bytes"])
        self.assertEqual(0, flow.destination["packets"])

    def test_parts_of_a_flood_add_up_to_all_of_it(self):
        flow = self.flood(2_000_000, "--interval", "200ms")
        self.assertEqual(2_000_000, flow.source["packets"])
        self.assertEqual(list(range(1, len(flow.records) + 1)), [record["part"] for record in flow.records])


if __name__ == "__main__":
    stage.main()
