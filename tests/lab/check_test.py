#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir lab check: each program of refusals/ is refused for the reason that it names, at the line that it names.

In a refusal's source `// refused: KIND` names the kind, `// here` marks the line, `// says: TEXT` what the explanation has
to say, `// warned` the line of clang's warning, `// capabilities: LIST` what the process may have, `// since: 6.4` the first
kernel that refuses it so."""
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import tempfile
import unittest

import stage

REFUSALS = sorted((stage.HERE / "refusals").glob("*.bpf.c"))
RELEASE = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", platform.release()).groups())
CALLS = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
__u64 total;
static __noinline int leaf(int a) {
  return a * 3;
}
static long each(__u32 i, void *context) {
  total += leaf(i);
  return 0;
}
__noinline int global(int x) {
  return leaf(x) + 1;
}
static __noinline int middle(int a) {
  int b = global(a);
  return leaf(b);
}
SEC("xdp") int one(struct xdp_md *ctx) {
  bpf_loop(4, each, 0, 0);
  return middle(ctx->rx_queue_index) & 1;
}
SEC("xdp") int two(struct xdp_md *ctx) {
  int x = middle(ctx->rx_queue_index);
  bpf_loop(2, each, 0, 0);
  return global(x) & 1;
}
char LICENSE[] SEC("license") = "GPL";
"""
GOOD = """
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __array(values, int(void *));
} stages SEC(".maps") = {.values = {[1] = (void *)&second}};
const volatile __u32 limit = 7;
__u64 seen;
static __noinline int add(struct xdp_md *ctx) { return ctx->rx_queue_index + limit; }
SEC("xdp") int second(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp") int first(struct xdp_md *ctx) {
  if (add(ctx) == 3) bpf_tail_call(ctx, &stages, 1);
  __sync_fetch_and_add(&seen, 1);
  return XDP_PASS;
}
SEC("?tcx/ingress") int third(struct __sk_buff *skb) { return skb->mark; }
char LICENSE[] SEC("license") = "Dual BSD/GPL";
""".replace("struct {", "int second(struct xdp_md *ctx);\nstruct {", 1)


def header(source, word):
    return re.findall(rf"^\s*// {word}: (.*)$", source, flags=re.M)


def marked(source, word):
    return [number for number, line in enumerate(source.splitlines(), 1) if re.search(rf"// {word}\b", line)]


def check_json(*words, before=()):
    done = stage.run(*before, stage.WEIR, "lab", "check", "-o", "json", *words, check=False)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def text_of(name):
    """With one blank for each gap: where lines break depends on the path."""
    return " ".join(stage.lab("check", stage.HERE / "refusals" / f"{name}.bpf.c", check=False).stdout.split())


def check_refusal(path):
    capabilities = header(path.read_text(), "capabilities")
    before = []
    if capabilities:
        before = ["setpriv", "--bounding-set", ",".join(["-all"] + [f"+{name}" for name in capabilities[0].split()]), "--"]
    return check_json(path, before=before)


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            cls.checked = dict(zip(REFUSALS, pool.map(check_refusal, REFUSALS)))

    def test_each_is_refused_for_its_reason_at_its_line(self):
        for path, (done, records) in self.checked.items():
            source = path.read_text()
            with self.subTest(path.name):
                since = header(source, "since")
                if since and RELEASE < tuple(int(part) for part in since[0].split(".")):
                    print(f"not on this kernel, {platform.release()}: {path.name} needs {since[0]}")
                    continue
                [kind] = header(source, "refused")
                if kind == "not_opened":
                    self.assertEqual(2, done.returncode)
                    for words in header(source, "says"):
                        self.assertIn(words, done.stderr)
                    continue
                program = next(record for record in records if record["type"] == "lab.check.program")
                refusal = program["refusal"]
                self.assertFalse(program["accepted"])
                self.assertEqual(kind, refusal["kind"], refusal)
                self.assertEqual(3 if kind == "not_permitted" else 2, done.returncode)
                self.assertTrue(refusal["rule"])
                lines = marked(source, "here")
                if lines:
                    self.assertIn(refusal.get("place", {}).get("line"), lines, refusal)
                for words in header(source, "says"):
                    self.assertIn(words, json.dumps(refusal, ensure_ascii=False).replace('\\"', '"'))
                warned = marked(source, "warned")
                self.assertEqual(warned, [warning["line"] for warning in program.get("warnings", [])])
                self.assertEqual(marked(source, "deleted"),
                                 [check["line"] for check in refusal.get("deleted_checks", [])])

    def test_at_least_forty_kinds_are_told_apart(self):
        kinds = {record["refusal"]["kind"] for _, records in self.checked.values() for record in records
                 if "refusal" in record}
        self.assertNotIn("unknown", kinds)
        if RELEASE >= (6, 6):
            self.assertGreaterEqual(len(kinds), 40, sorted(kinds))

    def test_the_documentation_names_every_kind(self):
        words = (stage.ROOT / "src" / "lab" / "refusal_words.cpp").read_text()
        kinds = re.findall(r'\{Kind::\w+,\s+"(\w+)"', words)
        documented = (stage.ROOT / "docs" / "lab.md").read_text()
        self.assertGreater(len(kinds), 50)
        self.assertEqual([], [kind for kind in kinds if f"`{kind}`" not in documented])

    def test_the_text_says_clang_s_warning_before_the_rule(self):
        text = text_of("uninitialised_pointer")
        self.assertIn("variable 'count' is uninitialized when used here", text)
        self.assertLess(text.index("uninitialized when used"), text.index(" rule "))
        text = text_of("deleted_check")
        self.assertIn("clang took out the check", text)
        self.assertLess(text.index("clang took out"), text.index(" rule "))


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-lab-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text, name="good.bpf.c"):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_programs_that_are_accepted_are_counted(self):
        done, records = check_json(self.write(GOOD))
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual("Dual BSD/GPL", records[0]["license"])
        programs = {record["program"]: record for record in records[1:]}
        self.assertEqual({"first", "second", "third"}, set(programs))
        self.assertTrue(all(record["accepted"] for record in records[1:]))
        self.assertEqual(2, programs["second"]["instructions"])
        self.assertEqual(2, programs["second"]["verified_instructions"])
        self.assertEqual(2, len(programs["first"]["stack_bytes"]))
        self.assertEqual("sched_cls", programs["third"]["program_type"])

    def test_an_object_file_is_taken_as_it_is_and_nothing_stays(self):
        before = set(os.listdir("/sys/fs/bpf")) if os.path.isdir("/sys/fs/bpf") else set()
        source = self.write(GOOD.replace("max_entries, 2);", "max_entries, 2);\n  __uint(pinning, 1);"))
        stage.run(stage.WEIR, "lab", "check", source)
        header_folder = max(cache_folder().glob("vmlinux-*"), key=lambda path: path.stat().st_mtime)
        stage.run("clang", "-O2", "-g", "-target", "bpf", "-D__TARGET_ARCH_x86", "-I", header_folder, "-c", source,
                  "-o", self.folder / "good.o")
        done, records = check_json(self.folder / "good.o", "--prog", "second")
        self.assertEqual((0, ["second"]), (done.returncode, [record["program"] for record in records[1:]]))
        self.assertEqual(before, set(os.listdir("/sys/fs/bpf")) if os.path.isdir("/sys/fs/bpf") else set())

    def test_the_walk_tells_every_step_that_the_verifier_counted(self):
        done, records = check_json("--walk", self.write(GOOD), "--prog", "first")
        steps = [record for record in records if record["type"] == "lab.check.step" and record["action"] == "instruction"]
        pruned = [record for record in records if record.get("action") == "pruned"]
        self.assertEqual(records[-1]["verified_instructions"], len(steps) + len(pruned))
        self.assertTrue(all(step["file"].endswith("good.bpf.c") for step in steps if "file" in step))
        self.assertTrue(any(step.get("known") for step in steps))
        text = stage.lab("check", "--walk", self.folder / "good.bpf.c").stdout
        self.assertIn("the verifier's way through first", text)
        self.assertIn("R1      the context", text)

    def test_lines_from_the_object_are_those_that_the_kernel_tells(self):
        """Callees stand behind their callers in the order in which libbpf puts them there; Linux 6.9 names lines itself."""
        for source in (self.write(CALLS), stage.ROOT / "bpf" / "socket_list.bpf.c"):
            _, records = check_json("--walk", "--log", "-I", stage.ROOT, source)
            compared, line = 0, None
            lines = {(record["program"], record["instruction"]): record.get("line") for record in records
                     if record.get("action") == "instruction"}
            self.assertTrue(lines)
            for program in (record for record in records if record["type"] == "lab.check.program"):
                for text in program["log"].splitlines():
                    told = re.match(r";.* @ [^:]+:(\d+)$", text)
                    instruction = re.match(r"(\d+): \(", text)
                    if told:
                        line = int(told.group(1))
                    elif instruction and line:
                        self.assertEqual(line, lines[program["program"], int(instruction.group(1))], text)
                        compared, line = compared + 1, None
            if RELEASE >= (6, 9):
                self.assertGreater(compared, 10)

    def test_a_struct_of_operations_does_not_disturb_the_programs_beside_it(self):
        done, records = check_json(self.write("""
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
SEC("struct_ops/ssthresh") __u32 BPF_PROG(half, struct sock *sk) { return 4; }
SEC("struct_ops/avoid") void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked) {}
SEC("struct_ops/undo") __u32 BPF_PROG(undo, struct sock *sk) { return 4; }
SEC("struct_ops/lonely") __u32 BPF_PROG(lonely, struct sock *sk) { return 4; }
SEC(".struct_ops") struct tcp_congestion_ops mine = {
    .ssthresh = (void *)half, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo, .name = "weir_check"};
SEC("xdp") int beside(struct xdp_md *ctx) { return XDP_PASS; }
char LICENSE[] SEC("license") = "GPL";
"""))
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertEqual({"half": True, "avoid": True, "undo": True, "lonely": False, "beside": True},
                         {record["program"]: record["accepted"] for record in records[1:]})

    def test_the_header_of_the_kernel_s_types_is_made_once(self):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder))
        for _ in range(2):
            stage.run(stage.WEIR, "lab", "check", self.write(GOOD), env=environment)
        [made] = (self.folder / "weir").glob("vmlinux-*/*")
        self.assertEqual("vmlinux.h", made.name)
        inode = made.stat().st_ino
        stage.run(stage.WEIR, "lab", "check", self.write(GOOD), env=environment)
        self.assertEqual(inode, made.stat().st_ino)

    def test_a_source_that_does_not_compile_is_told_with_its_lines(self):
        path = self.write("#include <linux/bpf.h>\nint f(void) {\n  return nothing;\n}\n")
        done, records = check_json(path)
        self.assertEqual(2, done.returncode)
        self.assertFalse(records[0]["compiles"])
        errors = [message for message in records[0]["messages"] if message["severity"] == "error"]
        self.assertIn(3, [error.get("line") for error in errors])
        done = stage.lab("check", self.write("#include <bpf/bpf_helpers.h>\n", "c.bpf.c"), check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn('include <linux/bpf.h>, or "vmlinux.h", before', done.stdout)

    def test_a_helper_that_is_none_is_answered_with_the_one_that_was_meant(self):
        done = stage.lab("check", self.write(
            '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
            'SEC("xdp") int f(void *ctx) { return bpf_map_lookup_element(ctx, 0) != 0; }\n'), check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("did you mean bpf_map_lookup_elem?", " ".join(done.stdout.split()))

    def test_a_file_without_programs_says_what_makes_one(self):
        done = stage.lab("check", self.write("int f(void *ctx) { return 0; }\n"), check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn('SEC("…") in front of a function', done.stderr)

    def test_what_is_no_file_for_it_is_refused(self):
        for name, text in (("x.o", "no object"), ("y.o", "\x7fELF")):
            done = stage.lab("check", self.write(text, name), check=False)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn("not an object file for BPF", done.stderr)
        # libbpf 1.1 reads such a section of types from address 0.
        hostile = stage.ROOT / "fuzz" / "corpus" / "object_fuzz" / "types-without-bytes.o"
        self.assertEqual(2, stage.lab("check", hostile, check=False).returncode)
        self.assertEqual(2, stage.lab("check", "/nonexistent.c", check=False).returncode)
        self.assertEqual(2, stage.lab("check", self.folder, check=False).returncode)
        self.assertEqual(2, stage.lab("check", check=False).returncode)
        done = stage.lab("check", self.write(GOOD), "--prog", "nothing", check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("there is no program nothing", done.stderr)

    def test_a_missing_clang_names_the_package(self):
        done = stage.run(stage.WEIR, "lab", "check", self.write(GOOD), check=False, env={"PATH": "/nonexistent"})
        self.assertEqual(4, done.returncode)
        self.assertIn("apt-get install clang", done.stderr)

    def test_a_missing_capability_is_named(self):
        done = stage.run("setpriv", "--bounding-set=-all", "--", stage.WEIR, "lab", "check", self.write(GOOD), check=False)
        self.assertEqual(3, done.returncode)
        self.assertIn("CAP_BPF", done.stderr)

    def test_manual_and_completion_know_the_options_of_the_help(self):
        told = stage.lab("check", "--help").stdout
        options = {word for line in re.findall(r"^ {2,6}(-[-\w, ]+)", told, flags=re.M)
                   for word in re.findall(r"(?<!\w)--?[\w-]+", line)}
        self.assertIn("--walk", options)
        completed = stage.run("bash", "-c", f"source {stage.ROOT}/completions/weir.bash; _weir_options 'lab check'").stdout
        self.assertEqual(options, set(completed.split()))
        manual = (stage.ROOT / "docs" / "weir.1").read_text().replace("\\-", "-")
        section = manual[manual.index(".SH OPTIONS OF LAB CHECK"):manual.index(".SH SCREEN")]
        self.assertEqual([], [option for option in options - {"-h", "--help"} if option not in section])

    def test_a_target_that_the_kernel_has_not_is_noted(self):
        done, records = check_json(self.write(
            '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n'
            'SEC("tracepoint/syscalls/sys_enter_execvee") int one(void *ctx) { return 0; }\n'
            'SEC("kprobe/do_unlinkat") int two(void *ctx) { return 0; }\n'))
        programs = {record["program"]: record for record in records[1:]}
        self.assertIn('did you mean SEC("tracepoint/syscalls/sys_enter_execve")?', programs["one"]["attach_note"])
        if not os.path.exists("/sys/bus/event_source/devices/kprobe"):
            self.assertIn("no kprobes", programs["two"]["attach_note"])


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
    return pathlib.Path(base) / "weir"


if __name__ == "__main__":
    stage.main()
