#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How TCP flows begin and end: who is the source, which state, what each end's flags were."""
import os
import socket
import struct
import threading
import time

import stage

OWN = os.getpid()


class Ends(stage.Scene):
    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()
        self.listener = self.server.socket()
        self.addCleanup(self.listener.close)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.link.right, 9000))
        self.listener.listen(64)

    def connected(self, port=0):
        connection = self.client.socket()
        self.addCleanup(connection.close)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((self.link.left, port))
        connection.connect((self.link.right, 9000))
        accepted, _ = self.listener.accept()
        self.addCleanup(accepted.close)
        return connection, accepted

    @staticmethod
    def close_in_turn(first, second):
        first.shutdown(socket.SHUT_WR)
        while second.recv(4096):
            pass
        second.shutdown(socket.SHUT_WR)
        while first.recv(4096):
            pass
        first.close()
        second.close()

    def segments(self):
        return [namespace.counters()["Tcp.OutSegs"] for namespace in (self.client, self.server)]

    def flow_with(self, seen, connection_port):
        return self.the_flow(seen, port=connection_port, address=self.link.right, transport="tcp")

    def check_closed(self, client_first):
        watch = self.watch()
        before = self.segments()
        connection, accepted = self.connected()
        port = connection.getsockname()[1]
        connection.sendall(b"q" * 100)
        self.assertEqual(100, len(accepted.recv(100, socket.MSG_WAITALL)))
        accepted.sendall(b"a" * 5000)
        self.assertEqual(5000, len(connection.recv(5000, socket.MSG_WAITALL)))
        self.close_in_turn(*((connection, accepted) if client_first else (accepted, connection)))
        sent = [now - then for now, then in zip(self.segments(), before)]
        flow = self.flow_with(watch.stop(), port)
        self.assertEqual((self.link.left, port, self.link.right, 9000),
                         (flow.source["address"], flow.source["port"],
                          flow.destination["address"], flow.destination["port"]))
        self.assertEqual("closed", flow.state)
        self.assertEqual(("SPAF", "SPAF"), (flow.source["flags"], flow.destination["flags"]))
        self.assertEqual(sent, [flow.source["packets"], flow.destination["packets"]], flow)
        # SYN and SYN+ACK carry 20 octets of options, the others 12.
        self.assertEqual([52 * sent[0] + 8 + 100, 52 * sent[1] + 8 + 5000],
                         [flow.source["bytes"], flow.destination["bytes"]], flow)
        self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]))
        self.assertNotIn("partial", flow.last)

    def test_a_client_that_closes_first_is_the_source_of_a_closed_flow(self):
        self.check_closed(client_first=True)

    def test_a_server_that_closes_first_is_the_destination_of_a_closed_flow(self):
        self.check_closed(client_first=False)

    def test_a_closed_flow_is_told_while_weir_runs_on(self):
        watch = self.watch()
        connection, accepted = self.connected()
        port = connection.getsockname()[1]
        self.close_in_turn(connection, accepted)
        stage.until(lambda: [record for record in watch.records() if record["source"].get("port") == port],
                    "the closed flow's record")
        seen = watch.stop()
        flow = self.flow_with(seen, port)
        self.assertEqual((1, "closed"), (len(flow.records), flow.state))

    def test_a_connection_that_is_open_at_the_end_of_the_run_is_told_as_open(self):
        watch = self.watch()
        connection, _ = self.connected()
        port = connection.getsockname()[1]
        flow = self.flow_with(watch.stop(), port)
        self.assertEqual("open", flow.state)
        self.assertEqual(("SA", "SA"), (flow.source["flags"], flow.destination["flags"]))
        self.assertEqual((2, 1), (flow.source["packets"], flow.destination["packets"]), flow)

    def test_a_closed_port_rejects_and_the_client_is_the_source(self):
        watch = self.watch()
        ports = []
        for family, address in ((socket.AF_INET, self.link.right), (socket.AF_INET6, self.link.right6)):
            connection = self.client.socket(family=family)
            self.assertRaises(ConnectionRefusedError, connection.connect, (address, 81))
            connection.close()
        seen = watch.stop()
        for address in (self.link.right, self.link.right6):
            flow = self.the_flow(seen, port=81, address=address)
            self.assertEqual("rejected", flow.state, flow)
            self.assertEqual(81, flow.destination["port"])
            self.assertEqual(OWN, flow.source["pid"])
            self.assertIsNone(flow.destination["pid"])
            self.assertEqual((1, "S"), (flow.source["packets"], flow.source["flags"]), flow)
            self.assertEqual((1, "AR"), (flow.destination["packets"], flow.destination["flags"]), flow)

    def test_a_connect_that_nobody_answers_times_out(self):
        self.server.nft("add table ip silence", "add chain ip silence input { type filter hook input priority 0; }",
                        "add rule ip silence input tcp dport 9000 drop")
        watch = self.watch()
        connection = self.client.socket()
        connection.settimeout(1.5)
        before = self.client.counters()
        self.assertRaises(TimeoutError, connection.connect, (self.link.right, 9000))
        port = connection.getsockname()[1]
        connection.close()
        after = self.client.counters()
        flow = self.flow_with(watch.stop(), port)
        again = after["Tcp.RetransSegs"] - before["Tcp.RetransSegs"]
        self.assertGreaterEqual(again, 1)
        self.assertEqual("timeout", flow.state, flow)
        self.assertEqual((1 + again, again, 0),
                         (flow.source["packets"], flow.source["retransmits"], flow.destination["packets"]), flow)
        self.assertEqual((OWN, None), (flow.source["pid"], flow.destination["pid"]))

    def test_a_connect_under_way_at_the_end_of_the_run_is_new(self):
        self.server.nft("add table ip silence", "add chain ip silence input { type filter hook input priority 0; }",
                        "add rule ip silence input tcp dport 9000 drop")
        watch = self.watch()
        connection = self.client.socket()
        connection.setblocking(False)
        connection.connect_ex((self.link.right, 9000))
        port = connection.getsockname()[1]
        flow = self.flow_with(watch.stop(), port)
        connection.close()
        self.assertEqual(("new", 0), (flow.state, flow.destination["packets"]), flow)

    def check_reset(self, client_resets):
        watch = self.watch()
        before = self.segments()
        connection, accepted = self.connected()
        port = connection.getsockname()[1]
        connection.sendall(b"hello")
        self.assertEqual(b"hello", accepted.recv(5))
        resetter, other = (connection, accepted) if client_resets else (accepted, connection)
        resetter.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        resetter.close()
        self.assertRaises(ConnectionResetError, other.recv, 1)
        sent = [now - then for now, then in zip(self.segments(), before)]
        flow = self.flow_with(watch.stop(), port)
        self.assertEqual("reset", flow.state, flow)
        guilty = "source" if client_resets else "destination"
        self.assertIn("R", getattr(flow, guilty)["flags"])
        self.assertEqual({"source": int(client_resets), "destination": int(not client_resets)},
                         flow.last["tcp"]["resets"])
        self.assertEqual(sent, [flow.source["packets"], flow.destination["packets"]], flow)

    def test_a_reset_by_the_client_ends_in_state_reset(self):
        self.check_reset(client_resets=True)

    def test_a_reset_by_the_server_ends_in_state_reset(self):
        self.check_reset(client_resets=False)

    def test_a_tuple_that_is_used_again_is_another_flow_with_its_own_sums(self):
        watch = self.watch()
        expected = []
        for number, octets in enumerate((10, 2000, 300000)):
            before = self.segments()
            connection, accepted = self.connected(port=45678)
            sender = threading.Thread(target=connection.sendall, args=(b"z" * octets,))
            sender.start()
            self.assertEqual(octets, len(accepted.recv(octets, socket.MSG_WAITALL)))
            sender.join()
            self.close_in_turn(*((accepted, connection) if number % 2 else (connection, accepted)))
            expected.append([now - then for now, then in zip(self.segments(), before)])
            # TIME_WAIT forbids the tuple until a second has gone by (RFC 6191, net.ipv4.tcp_tw_reuse).
            time.sleep(1.1)
        flows = watch.stop().having(port=45678, address=self.link.right)
        flows.sort(key=lambda flow: flow.last["start"])
        self.assertEqual(expected, [[flow.source["packets"], flow.destination["packets"]] for flow in flows], flows)
        for flow, octets in zip(flows, (10, 2000, 300000)):
            self.assertEqual(("closed", 45678), (flow.state, flow.source["port"]), flow)
            self.assertEqual(52 * flow.source["packets"] + 8 + octets, flow.source["bytes"], flow)

    def test_a_tuple_used_again_between_two_sweeps_is_two_flows(self):
        self.client.set("ipv4.tcp_tw_reuse", 1)
        watch = self.watch()
        ports = []
        for _ in range(50):
            connection, accepted = self.connected(port=45679)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
            self.assertRaises(ConnectionResetError, connection.recv, 1)
            connection.close()
        seen = watch.stop()
        flows = seen.having(port=45679, address=self.link.right)
        self.assertEqual([], seen.losses)
        self.assertEqual(50, len(flows), flows)
        for flow in flows:
            self.assertEqual((2, 2, "reset"), (flow.source["packets"], flow.destination["packets"], flow.state), flow)
            self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]), flow)

    def test_the_handshake_and_the_round_trip_are_measured(self):
        watch = self.watch()
        connection, accepted = self.connected()
        port = connection.getsockname()[1]
        connection.sendall(b"ping")
        accepted.recv(4)
        accepted.sendall(b"pong")
        connection.recv(4)
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        rtt_us = struct.unpack_from("I", info, 68)[0]
        self.close_in_turn(connection, accepted)
        flow = self.flow_with(watch.stop(), port)
        self.assertGreater(rtt_us, 0)
        self.assertGreater(flow.last["tcp"]["srtt_ns"], 0)
        self.assertGreater(flow.last["tcp"]["handshake_ns"], 0)


if __name__ == "__main__":
    stage.main()
