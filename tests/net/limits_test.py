#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More flows than there is room for: what the kernel's map does not hold comes through the ring, or is counted as lost."""
import re
import socket
import subprocess
import sys

import stage

# Sends N datagrams of 100 octets from each of so many ports.
SPRAY = """
import socket, sys
address, ports, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for port in range(10000, 10000 + ports):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind(("", port))
    for _ in range(each):
        sender.sendto(bytes(72), (address, 9))
    sender.close()
"""


class Limits(stage.Scene):
    def spray(self, ports, each, *options):
        """Sends; (the run, the sum over the flows that carried it, what Weir said was lost)."""
        client, server, link = self.pair()
        sink = server.socket(socket.SOCK_DGRAM)
        self.addCleanup(sink.close)
        sink.bind((link.right, 9))
        for namespace in (client, server):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 1)
        # In a namespace, at its device: the map is this test's alone.
        watch = self.watch("-i", "veth0", *options, namespace=client)
        program = self.start(client, sys.executable, "-c", SPRAY, link.right, ports, each)
        self.assertEqual(0, program.wait(60), program.err())
        seen = watch.stop()
        flows = seen.having(address=link.right, transport="udp")
        lost = {}
        for loss in seen.losses:
            lost[loss["unit"]] = lost.get(loss["unit"], 0) + loss["count"]
        return seen, flows, lost

    def test_flows_beyond_the_maps_room_come_through_the_ring(self):
        seen, flows, lost = self.spray(1000, 3, "--max-flows", "100")
        self.assertEqual({}, lost)
        self.assertEqual((3000, 300_000), (sum(flow.source["packets"] for flow in flows),
                                           sum(flow.source["bytes"] for flow in flows)))
        self.assertEqual(1000, len({flow.source["port"] for flow in flows}))
        self.assertRegex(seen.err, r"map full")
        self.assertEqual(0, seen.code)

    def test_what_neither_map_nor_ring_holds_is_counted_as_lost(self):
        seen, flows, lost = self.spray(20000, 3, "--max-flows", "10", "--fail-on-loss")
        self.assertGreater(lost["packets"], 0)
        self.assertEqual(60000, sum(flow.source["packets"] for flow in flows) + lost["packets"], lost)
        self.assertEqual(6_000_000, sum(flow.source["bytes"] for flow in flows) + lost["bytes"], lost)
        self.assertEqual(5, seen.code)
        self.assertRegex(seen.err, r"lost.*ring full")
        totals = [loss["total"] for loss in seen.losses if loss["unit"] == "packets"]
        self.assertEqual(lost["packets"], totals[-1])

    def test_loss_without_the_option_is_told_and_no_failure(self):
        seen, _, lost = self.spray(20000, 1, "--max-flows", "10")
        self.assertGreater(lost["packets"], 0)
        self.assertEqual(0, seen.code)

    def test_where_there_is_room_nothing_goes_by_the_ring(self):
        seen, flows, lost = self.spray(2000, 2, "--max-flows", "2100")
        self.assertEqual(({}, 2000, 4000), (lost, len(flows), sum(flow.packets for flow in flows)))
        self.assertNotRegex(seen.err, r"map full")

    def test_tables_that_would_take_most_of_the_memory_are_refused(self):
        with open("/proc/meminfo") as meminfo:
            free = int(re.search(r"MemAvailable: +(\d+)", meminfo.read()).group(1)) * 1024
        flows = min(64_000_000, free // 500)  # 440 octets each
        if flows * 440 < free * 0.6:
            self.skipTest("more than 40 GB are free: no number that --max-flows takes is too large")
        ended = subprocess.run([stage.WEIR, "flows", "--for", "1s", "--max-flows", str(flows)], capture_output=True,
                               text=True, timeout=30)
        self.assertEqual(2, ended.returncode, ended.stderr)
        self.assertRegex(ended.stderr, r"more than half of the \d+ MB that are free; at most \d+ flows")


if __name__ == "__main__":
    stage.main()
