#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir lab log and features: what programs write, and what they may use."""
import json
import subprocess
import unittest

import stage
from stage import PINS, bpftool, lab, lab_json


class LogAndFeatures(stage.Scene):
    def written(self, *words):
        """The first record of weir lab log, while lab_xdp writes; a record goes to one reader of the trace pipe, so it
        is written until ours has one."""
        packet = self.folder / "packet"
        packet.write_bytes(bytes(77))
        log = subprocess.Popen([stage.WEIR, "lab", "log", "-c", "1", *words], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        for _ in range(100):
            stage.run("bpftool", "prog", "run", "pinned", PINS / "lab_xdp", "data_in", packet)
            try:
                out, err = log.communicate(timeout=0.1)
                self.assertEqual(0, log.returncode, err)
                return out
            except subprocess.TimeoutExpired:
                continue
        log.kill()
        self.fail("nothing was read from the trace pipe")

    def test_a_programs_lines_are_records(self):
        record = json.loads(self.written("--prog", str(PINS / "lab_xdp"), "-o", "json"))
        self.assertEqual(("trace", "lab saw 77 bytes", "bpftool"), (record["object"], record["message"], record["comm"]))
        self.assertIn("lab saw 77 bytes\n", self.written("--prog", str(PINS / "lab_xdp")))

    def test_a_program_that_writes_nothing_has_no_lines(self):
        plain = self.folder / "plain.bpf.c"
        plain.write_text('int f(void *c) __attribute__((section("socket"), used)); int f(void *c) { return 0; }\n'
                         'char l[] __attribute__((section("license"), used)) = "GPL";\n')
        stage.run("clang", "-target", "bpf", "-O2", "-c", plain, "-o", self.folder / "plain.o")
        stage.run("bpftool", "prog", "load", self.folder / "plain.o", PINS / "plain")
        self.refused(2, "has no texts in a map .rodata", "log", "--prog", PINS / "plain")

    def test_features_agree_with_bpftool(self):
        other = bpftool("feature", "probe", "kernel")
        own = lab_json("features")
        for kind, key in (("program_type", "program_types"), ("map_type", "map_types")):
            mine = {one["name"]: one.get("available") for one in own if one["object"] == kind}
            suffix = "_prog_type" if kind == "program_type" else "_map_type"
            theirs = {name[len("have_"):-len(suffix)]: there for name, there in other[key].items()}
            self.assertEqual(theirs, {name: mine.get(name) for name in theirs})
        # From Linux 6.14 on this bpftool takes every helper for there: ours are among its.
        for key, theirs in other["helpers"].items():
            name = key[:-len("_available_helpers")]
            mine = next(one.get("helpers", []) for one in own if one["object"] == "program_type" and one["name"] == name)
            self.assertLessEqual(set(mine) - {"bpf_trace_printk", "bpf_trace_vprintk", "bpf_probe_write_user"}, set(theirs))
        xdp = next(one for one in own if one["object"] == "program_type" and one["name"] == "xdp")
        self.assertIn("bpf_xdp_adjust_head", xdp["helpers"])
        self.assertNotIn("bpf_skb_load_bytes", xdp["helpers"])
        self.assertEqual("4.8", xdp["since"])
        self.assertIn("bpf_xdp_adjust_head", lab("features", "--prog", "xdp").stdout)
        self.refused(2, "there is no program type 'nothing'", "features", "--prog", "nothing")


if __name__ == "__main__":
    stage.main()
