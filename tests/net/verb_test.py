#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir flows, live, as its user sees it: filters by owner, groups, limits, parts, signals, refusals."""
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import stage

OWN = os.getpid()

# Connects as the user that it is told, sends as many octets, waits for the end. Prints its port.
CALLER = """
import os, socket, sys
address, port, octets, user = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
"".encode("idna")  # what the user may not read is loaded before
os.setuid(user)
connection = socket.create_connection((address, port))
connection.sendall(b"x" * octets)
connection.shutdown(socket.SHUT_WR)
while connection.recv(100): pass
print(connection.getsockname()[1])
"""


class Verb(stage.Scene):
    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()
        self.listener = self.server.socket()
        self.addCleanup(self.listener.close)
        self.listener.bind((self.link.right, 9000))
        self.listener.listen(64)
        self.listener.settimeout(stage.PATIENCE)

    def call(self, octets=100, user=0):
        """A connection by a process of its own: (its pid, its port)."""
        caller = self.start(self.client, sys.executable, "-c", CALLER, self.link.right, 9000, octets, user)
        accepted, _ = self.listener.accept()
        while accepted.recv(65536):
            pass
        accepted.close()
        self.assertEqual(0, caller.wait(), caller.err())
        return caller.pid, int(caller.out())

    def long_connection(self):
        connection = self.client.socket()
        self.addCleanup(connection.close)
        connection.connect((self.link.right, 9000))
        accepted, _ = self.listener.accept()
        self.addCleanup(accepted.close)
        return connection, accepted

    def own_flows(self, seen):
        return seen.having(address=self.link.right, port=9000)

    # Owner filters

    def test_pid_chooses_and_excludes_by_either_end(self):
        watches = [self.watch("--pid", str(OWN)), self.watch("--pid", f"!{OWN}")]
        pid, port = self.call()
        chosen, excluded = (watch.stop() for watch in watches)
        flow = self.the_flow(chosen, source_port=port, address=self.link.right)
        self.assertEqual((pid, OWN), (flow.source["pid"], flow.destination["pid"]))
        self.assertTrue(all(OWN in (flow.source["pid"], flow.destination["pid"]) for flow in chosen.flows))
        self.assertEqual([], self.own_flows(excluded))

    def test_uid_chooses_the_users_own_flows(self):
        watch = self.watch("--uid", "4321")
        self.call(user=0)
        pid, port = self.call(user=4321)
        flows = self.own_flows(watch.stop())
        self.assertEqual([(port, pid)], [(flow.source["port"], flow.source["pid"]) for flow in flows], flows)
        self.assertEqual(4321, flows[0].last["source"]["user"]["id"])

    def test_comm_chooses_by_the_programs_name(self):
        program = pathlib.Path(sys.executable).resolve().name
        watches = [self.watch("--comm", f"nosuchprogram,{program}"), self.watch("--comm", "nosuchprogram"),
                   self.watch("--comm", f"!{program}")]
        _, port = self.call()
        chosen, none, excluded = (watch.stop() for watch in watches)
        self.assertEqual(1, len(self.own_flows(chosen)), chosen.flows)
        self.assertEqual([], none.flows)
        self.assertEqual([], self.own_flows(excluded))

    # Limits and parts

    def test_c_stops_after_so_many_records(self):
        watch = self.watch("-c", "2", "--pid", str(OWN))
        while watch.child.poll() is None:
            self.call()
        self.assertEqual(0, watch.wait())
        self.assertEqual(2, len(watch.seen().records))

    def test_for_ends_by_itself_with_success(self):
        watch = self.watch("--for", "200ms")
        self.assertEqual(0, watch.wait())

    def check_parts(self, *options):
        watch = self.watch(*options)
        connection, accepted = self.long_connection()
        port = connection.getsockname()[1]
        before = 0
        sent = 0
        while len([record for record in watch.records() if record["source"].get("port") == port]) < 3:
            connection.sendall(b"x" * 1000)
            sent += len(accepted.recv(1000, socket.MSG_WAITALL))
            time.sleep(0.05)
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", accepted.recv(1))
        accepted.close()
        self.assertEqual(b"", connection.recv(1))
        flow = self.the_flow(watch.stop(), source_port=port, address=self.link.right)
        self.assertEqual(list(range(1, len(flow.records) + 1)), [record["part"] for record in flow.records])
        self.assertEqual(["established"] * (len(flow.records) - 1) + ["closed"],
                         [record["state"] for record in flow.records])
        self.assertEqual(52 * flow.source["packets"] + 8 + sent, flow.source["bytes"], flow)
        self.assertTrue(all(record["source"]["packets"] > 0 for record in flow.records[:-1]), flow.records)

    def test_parts_at_an_interval_sum_to_the_whole(self):
        self.check_parts("--interval", "500ms")

    def test_parts_of_a_long_active_flow_sum_to_the_whole(self):
        self.check_parts("--active", "600ms")

    def test_an_interval_without_packets_has_no_record(self):
        connection, accepted = self.long_connection()
        watch = self.watch("--interval", "500ms", "--pid", str(OWN))
        time.sleep(1.5)
        port = connection.getsockname()[1]
        records = [record for record in watch.records() if record["source"].get("port") == port]
        self.assertEqual(["open"], [record["state"] for record in records])
        watch.stop()

    # Groups

    def test_by_process_sums_what_each_program_sent(self):
        program = pathlib.Path(sys.executable).resolve().name
        watch = self.watch("--by", "process", "--uid", "4322")
        for octets in (1000, 2000, 3000):
            self.call(octets, user=4322)
        text = watch.stop().text
        rows = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(1, len(rows), text)
        self.assertIn(rows[0]["by"]["process"], (program, "python3"))  # of one that has gone the name it gave itself
        self.assertEqual((3, 52 * rows[0]["source"]["packets"] + 3 * 8 + 6000),
                         (rows[0]["flows"], rows[0]["source"]["bytes"]))

    # Signals, pipes, terminal-less output

    def test_sigusr1_prints_a_summary_and_goes_on(self):
        watch = self.watch()
        _, port = self.call()
        watch.send(signal.SIGUSR1)
        stage.until(lambda: "weir: seen" in watch.err(), "the summary")
        self.assertIsNone(watch.child.poll())
        _, second = self.call()
        seen = watch.stop()
        self.assertEqual(2, seen.err.count("weir: seen"))
        self.assertLessEqual({port, second}, {flow.source["port"] for flow in self.own_flows(seen)})

    def test_a_reader_that_goes_away_ends_weir_quietly(self):
        self.long_connection()  # listed at once: the line that head waits for
        command = f"{stage.WEIR} flows --for 60s | head -1; echo ${{PIPESTATUS[0]}}"
        process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        out, err = process.communicate(timeout=30)
        self.assertEqual("0", out.splitlines()[-1], (out, err))
        self.assertNotRegex(err, r"(?i)broken pipe|error")
        self.assertRegex(err, r"weir: seen [\d,]+ packets?, .* [\d,]+ records?\n(.*\n)*weir: lost")

    def test_an_output_that_takes_no_more_is_status_1_with_the_error_and_the_summary(self):
        self.long_connection()  # listed at once: the first line
        full = subprocess.run(["bash", "-c", f"exec {stage.WEIR} flows --for 30s >/dev/full"], text=True, timeout=20,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.assertEqual(1, full.returncode, full.stderr)
        self.assertRegex(full.stderr, r"weir flows: .*No space left on device\nweir: seen .*, 0 records\n")
        self.assertIn("lost the records that could not be written", full.stderr)
        self.assertNotIn("lost nothing", full.stderr)

    def test_lines_for_people_name_both_programs(self):
        program = pathlib.Path(sys.executable).resolve().name
        watch = self.watch(form=None)
        pid, port = self.call()
        text = watch.stop().text
        line = next(line for line in text.splitlines() if f":{port} " in line)
        self.assertRegex(line, rf"\(({re.escape(program)}|python3)/{pid}\)")
        self.assertIn(f"({program}/{OWN})", line)
        self.assertIn(f"{self.link.right}:9000", line)

    def test_the_summary_on_stderr_adds_up_what_the_records_say(self):
        watch = self.watch("-i", "veth0", namespace=self.client)
        self.call()
        seen = watch.stop()
        packets, flows, records = map(int, re.search(r"seen ([\d,]+) packets?, .* in (\d+) flows?, (\d+) records?",
                                                     seen.err).groups())
        self.assertEqual((packets, flows, records), (sum(flow.packets for flow in seen.flows), len(seen.flows),
                                                     len(seen.records)), seen.err)
        self.assertIn("lost nothing", seen.err)

    def test_cost_tells_nanoseconds_and_runs(self):
        watch = self.watch("--cost", "-i", "veth0", namespace=self.client)
        self.call()
        self.assertRegex(watch.stop().err, r"own cost in the kernel: \d+ ns a packet, \d+ runs")

    # Ends without an answer

    def test_a_datagram_to_a_closed_port_is_new_for_sockets_and_rejected_at_an_interface(self):
        sockets, interface = self.watch(), self.watch("-i", "lo", namespace=self.client)
        sender = self.client.socket(socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sender.settimeout(stage.PATIENCE)
        sender.connect(("127.0.0.1", 9999))
        port = sender.getsockname()[1]
        sender.send(b"anybody there?")
        self.assertRaises(ConnectionRefusedError, sender.recv, 10)
        for watch, state in ((sockets, "new"), (interface, "rejected")):
            self.assertEqual(state, self.the_flow(watch.stop(), source_port=port, port=9999, transport="udp").state)

    def test_connections_that_are_reset_when_closed_are_one_flow_each_with_its_ports(self):
        watch = self.watch()
        ports = set()
        for number in range(100):
            connection = self.client.socket()
            connection.connect((self.link.right, 9000))
            accepted, _ = self.listener.accept()
            ports.add(connection.getsockname()[1])
            connection.send(b"question")
            if number % 2:
                accepted.recv(10)
            first, second = (connection, accepted) if number % 4 < 2 else (accepted, connection)
            first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            first.close()
            second.close()
        flows = [flow for flow in watch.stop().having(address=self.link.right) if flow.transport == "tcp"]
        self.assertEqual((100, ports), (len(flows), {flow.source["port"] for flow in flows}))
        self.assertEqual({("reset", 9000)}, {(flow.state, flow.destination["port"]) for flow in flows})

    # Refusals

    def weir(self, *arguments, before=()):
        return self.client.run(*before, stage.WEIR, "flows", *arguments, check=False)

    def test_an_interface_that_is_not_there_is_refused_with_those_that_are(self):
        refused = self.weir("-i", "nosuch0")
        self.assertEqual(2, refused.returncode)
        self.assertRegex(refused.stderr, r"nosuch0.*lo.*veth0|nosuch0.*veth0.*lo")
        self.assertEqual("", refused.stdout)

    def test_a_hook_that_wants_an_interface_says_so(self):
        refused = self.weir("--hook", "xdp", "--for", "1s")
        self.assertEqual(2, refused.returncode)
        self.assertIn("-i", refused.stderr)

    def test_without_privileges_the_missing_capability_is_named(self):
        # Somebody else may not reach the build folder.
        program = self.folder / "weir"
        stage.shutil.copy2(stage.WEIR, program)
        self.folder.chmod(0o755)
        refused = self.client.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                                  program, "flows", "--for", "1s", check=False)
        self.assertEqual(3, refused.returncode, refused.stderr)
        self.assertRegex(refused.stderr, r"CAP_(BPF|SYS_ADMIN)")
        self.assertLessEqual(len(refused.stderr.splitlines()), 3, refused.stderr)


if __name__ == "__main__":
    stage.main()
