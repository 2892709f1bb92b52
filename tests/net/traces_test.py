#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weir leaves no trace, however it ends, and neither disturbs its neighbours at a hook nor another Weir."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import stage

HOOKS = {"cgroup": [], "tc": ["-i", "veth0"], "xdp": ["-i", "veth0", "--hook", "xdp"],
         "socket": ["-i", "veth0", "--hook", "socket"]}


def objects_of(process):
    """BPF objects that a process holds: {"prog": ids, "map": ids, "link": ids}."""
    found = {"prog": set(), "map": set(), "link": set()}
    for entry in pathlib.Path(f"/proc/{process.pid}/fdinfo").iterdir():
        for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)$", entry.read_text(), re.M):
            found[kind].add(int(number))
    return found


def objects_there():
    return {kind: {entry["id"] for entry in json.loads(stage.run("bpftool", "-j", kind, "show").stdout)}
            for kind in ("prog", "map", "link")}


# A tracepoint's program goes when the kernel has waited for all that may still run it: over 10 s were seen.
FREED_WITHIN = 60


def left_of(held):
    there = objects_there()
    return {kind: held[kind] & there[kind] for kind in held if held[kind] & there[kind]}


class Traces(stage.Scene):
    @classmethod
    def setUpClass(cls):
        cls.object = stage.pathlib.Path(stage.tempfile.mkdtemp(prefix="weir-net-")) / "neighbour.bpf.o"
        cls.addClassCleanup(stage.shutil.rmtree, cls.object.parent)
        machine = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True).stdout.strip()
        stage.run("clang", "-O2", "-g", "-target", "bpf", f"-I/usr/include/{machine or 'x86_64-linux-gnu'}", "-c",
                  pathlib.Path(__file__).with_name("neighbour.bpf.c"), "-o", cls.object)

    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()

    def receiver(self, port):
        made = self.server.socket(socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.bind((self.link.right, port))
        made.settimeout(3)
        return made

    def send(self, port, times=1, source_port=0):
        sender = self.client.socket(socket.SOCK_DGRAM)
        sender.bind((self.link.left, source_port))
        for _ in range(times):
            try:
                sender.sendto(b"hello", (self.link.right, port))
            except PermissionError:
                pass  # a program at a cgroup hook drops, and the sender learns of it
        own = sender.getsockname()[1]
        sender.close()
        return own

    def attached(self):
        """What stands at the hooks of the server's device."""
        filters = [json.loads(self.server.run("tc", "-j", "filter", "show", "dev", "veth0", way).stdout or "[]")
                   for way in ("ingress", "egress")]
        device = json.loads(self.server.ip("-j", "link", "show", "dev", "veth0").stdout)[0]
        qdiscs = json.loads(self.server.run("tc", "-j", "qdisc", "show", "dev", "veth0").stdout)
        return filters, device.get("xdp"), [qdisc["kind"] for qdisc in qdiscs]

    def check_no_trace(self, hook, end):
        before = self.attached()
        watch = self.watch(*HOOKS[hook], namespace=self.server)
        held = objects_of(watch)
        self.assertGreater(len(held["prog"]), 1)
        self.assertGreater(len(held["map"]), 1)
        self.assertGreater(len(held["link"]), 0)
        if end is None:
            self.assertEqual(0, watch.wait())
        else:
            watch.send(end)
            self.assertEqual(-signal.SIGKILL if end == signal.SIGKILL else 0, watch.wait())
        # The kernel takes objects away in the background.
        stage.until(lambda: not left_of(held), lambda: f"nothing is left of {held} (left: {left_of(held)})",
                    FREED_WITHIN)
        self.assertEqual(before, self.attached())

    def test_ctrl_c_leaves_no_trace_at_any_hook(self):
        for hook in HOOKS:
            with self.subTest(hook=hook):
                self.check_no_trace(hook, signal.SIGINT)

    def test_sigkill_leaves_no_trace_at_any_hook(self):
        for hook in HOOKS:
            with self.subTest(hook=hook):
                self.check_no_trace(hook, signal.SIGKILL)

    def test_sigterm_leaves_no_trace(self):
        self.check_no_trace("cgroup", signal.SIGTERM)

    def test_a_run_that_ends_by_itself_leaves_no_trace(self):
        HOOKS["for"] = ["--for", "300ms"]
        self.addCleanup(HOOKS.pop, "for")
        self.check_no_trace("for", None)

    def test_two_weirs_at_the_default_hook_both_count_all(self):
        receiver = self.receiver(7)
        first, second = self.watch(), self.watch()
        port = self.send(7, 10)
        for _ in range(10):
            receiver.recv(10)
        for watch in (second, first):
            flow = self.the_flow(watch.stop(), source_port=port, address=self.link.right)
            self.assertEqual((10, os.getpid(), os.getpid()), (flow.source["packets"], flow.source["pid"],
                                                              flow.destination["pid"]), flow)
            port_after = self.send(7, 1)  # the one that is left counts on
        self.assertNotEqual(port, port_after)

    def test_two_weirs_at_one_device_both_count_all(self):
        receiver = self.receiver(7)
        watches = [self.watch("-i", "veth0", namespace=self.server) for _ in range(2)]
        watches.append(self.watch("-i", "veth0", "--hook", "socket", namespace=self.server))
        port = self.send(7, 10)
        for _ in range(10):
            receiver.recv(10)
        for watch in watches:
            flow = self.the_flow(watch.stop(), source_port=port, transport="udp")
            self.assertEqual(10, flow.source["packets"], flow)

    def check_neighbour_drops(self, watched, counted):
        """`watched`: Weir's options. The neighbour drops port 666 before, during and after; Weir counts `counted`."""
        good, bad = self.receiver(7), self.receiver(666)
        bad.settimeout(0.2)

        def works(source_port=0):
            port = self.send(666, 5, source_port)
            self.send(7, 1)
            self.assertEqual(b"hello", good.recv(10))
            self.assertRaises(TimeoutError, bad.recv, 10)
            return port
        works()
        watch = self.watch(*watched, namespace=self.server)
        port = works()
        flows = watch.stop().having(source_port=port, address=self.link.right)
        self.assertEqual(counted, sum(flow.source["packets"] for flow in flows), flows)
        works()

    def test_a_clsact_filter_that_drops_goes_on_dropping_what_weir_has_counted(self):
        self.server.run("tc", "qdisc", "add", "dev", "veth0", "clsact")
        self.server.run("tc", "filter", "add", "dev", "veth0", "ingress", "bpf", "direct-action", "object-file",
                        self.object, "section", "tc")
        self.check_neighbour_drops(["-i", "veth0"], 5)
        self.assertIn("clsact", self.attached()[2])

    def test_a_cgroup_program_goes_on_dropping(self):
        root = next(line.split()[1] for line in open("/proc/mounts") if line.split()[2] == "cgroup2")
        cgroup = pathlib.Path(root) / f"weir-net-{os.getpid()}"
        cgroup.mkdir()
        stage._undo[str(cgroup)] = cgroup.rmdir
        pin = pathlib.Path(f"/sys/fs/bpf/weir-net-{os.getpid()}")
        stage.run("bpftool", "prog", "loadall", self.object, pin)
        stage._undo[str(pin)] = lambda: stage.shutil.rmtree(pin)
        stage.run("bpftool", "cgroup", "attach", cgroup, "egress", "pinned", pin / "neighbour_cg", "multi")
        own = next(line.split("::")[1].strip() for line in open("/proc/self/cgroup") if line.startswith("0::"))
        (cgroup / "cgroup.procs").write_text(str(os.getpid()))
        try:
            # All programs of the hook run for each packet: Weir counts also what another one drops there.
            self.check_neighbour_drops([], 5)
        finally:
            pathlib.Path(root + own, "cgroup.procs").write_text(str(os.getpid()))

    def test_an_xdp_program_stays_and_weir_names_it(self):
        self.server.ip("link", "set", "dev", "veth0", "xdpgeneric", "obj", self.object, "sec", "xdp")
        refused = self.server.run(stage.WEIR, "flows", "-i", "veth0", "--hook", "xdp", "--for", "100ms", check=False)
        self.assertEqual(1, refused.returncode, refused.stderr)
        self.assertIn("neighbour_xdp", refused.stderr)
        # XDP drops before AF_PACKET and tc see a packet.
        self.check_neighbour_drops(["-i", "veth0", "--hook", "socket"], 0)
        self.assertEqual("neighbour_xdp", self.attached()[1]["prog"]["name"])

    def test_a_killed_weir_does_not_hinder_the_next(self):
        for hook in ("xdp", "tc"):
            with self.subTest(hook=hook):
                killed = self.watch(*HOOKS[hook], namespace=self.server)
                killed.send(signal.SIGKILL)
                killed.wait()
                receiver = self.receiver(7)
                watch = self.watch(*HOOKS[hook], namespace=self.server)
                port = self.send(7, 4)
                for _ in range(4):
                    receiver.recv(10)
                receiver.close()
                flow = self.the_flow(watch.stop(), source_port=port, transport="udp")
                self.assertEqual(4, flow.source["packets"])


if __name__ == "__main__":
    stage.main()
