# SPDX-License-Identifier: Apache-2.0
"""What the lab's tests look at: programs and maps of inspected.bpf.c, loaded and pinned by bpftool, which is the second
opinion too. All pins lie in a folder of this process and are gone after it."""
import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WEIR = os.environ.get("WEIR_PROGRAM", str(ROOT / "build" / "weir"))
PINS = pathlib.Path(f"/sys/fs/bpf/weir-lab-{os.getpid()}")
os.environ["PATH"] += ":/usr/sbin:/sbin"


def run(*words, check=True, **more):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done


def lab(*words, **more):
    return run(WEIR, "lab", *words, **more)


def lab_json(*words):
    """The records of `weir lab ... -o json`."""
    return [json.loads(line) for line in lab(*words, "-o", "json").stdout.splitlines()]


def bpftool(*words):
    return json.loads(run("bpftool", "-j", *words).stdout)


def plain(value):
    """bpftool's JSON of a value as Weir writes it: hex strings are numbers, members without a name stand beside the
    others, the variables of a section are one object."""
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    if isinstance(value, list):
        return [plain(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)).startswith("."):
        variables = next(iter(value.values()))
        return {name: plain(one) for variable in variables for name, one in variable.items()}
    flat = {}
    for name, member in value.items():
        if name == "":
            flat.update(plain(member))
        else:
            flat[name] = plain(member)
    return flat


class Scene(unittest.TestCase):
    """A test class whose objects are loaded once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-lab-"))
        cls.object = cls.folder / "inspected.bpf.o"
        atexit.register(cls.take_away)
        run("clang", "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Werror",
            "-I/usr/include/" + run("gcc", "-print-multiarch").stdout.strip(), "-c", HERE / "inspected.bpf.c", "-o",
            cls.object)
        PINS.mkdir()
        run("bpftool", "prog", "loadall", cls.object, PINS, "pinmaps", PINS)

    @classmethod
    def tearDownClass(cls):
        cls.take_away()

    @classmethod
    def take_away(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        if PINS.is_dir():
            for pin in PINS.iterdir():
                pin.unlink()
            PINS.rmdir()

    def map_id(self, name):
        return bpftool("map", "show", "pinned", PINS / name)["id"]

    def program_id(self, name):
        return bpftool("prog", "show", "pinned", PINS / name)["id"]

    def refused(self, code, words, *command):
        """Fails with this exit code, one line, and these words in it."""
        done = lab(*command, check=False)
        self.assertEqual(code, done.returncode, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)
        return done.stderr


def main():
    """Runs the file's tests; the last line is what scripts/check counts."""
    result = unittest.main(module="__main__", exit=False, verbosity=0).result
    failed = len(result.failures) + len(result.errors)
    for test, _ in result.failures + result.errors:
        print(f"not ok {test}")
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
    raise SystemExit(1 if failed else 0)
