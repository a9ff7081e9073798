"""Runs a program on a pseudo-terminal, types, and shows what an emulated screen shows.

Takes one JSON object as its argument: `program` (argv), `environment`, `columns`, `lines`, `stdin` (a file that is the
program's standard input instead of the terminal), and `steps`, each one of
    {"wait": TEXT}          until the screen has the text
    {"gone": TEXT}          until the screen no longer has it
    {"type": TEXT}          keys
    {"signal": NUMBER}      to the program's process group leader
    {"resize": [C, L]}      another size
    {"rename": [A, B]}      gives a file another name
    {"settle": true}        until nothing was written for a moment; for people who try things, not for tests
    {"screen": NAME}        keep the screen under this name
    {"end": true}           until the program has ended
Writes one JSON object: `screens`, `code`, `before` and `after` (the terminal's modes), `last` (the screen at the end),
`bytes` (all that was written), `attributes` (of each kept screen, the cells that are not plain), `alternate` and `cursor`.
"""

import fcntl
import json
import os
import select
import struct
import sys
import termios
import time

import pyte

PATIENCE = 30
MOMENT = 0.15


class Modes(pyte.Screen):
    """A screen that knows whether it is the shell's or the other one."""

    def __init__(self, columns, lines):
        super().__init__(columns, lines)
        self.alternate = False
        # Between the marks of an update in one go, there is nothing to see yet.
        self.updating = False

    def set_mode(self, *modes, **kwargs):
        if 1049 in modes and kwargs.get("private"):
            self.alternate = True
            self.reset()
        if 2026 in modes and kwargs.get("private"):
            self.updating = True
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes, **kwargs):
        if 1049 in modes and kwargs.get("private"):
            self.alternate = False
            self.reset()
        if 2026 in modes and kwargs.get("private"):
            self.updating = False
        super().reset_mode(*modes, **kwargs)


class Run:
    def __init__(self, plan):
        self.written = b""
        self.screen = Modes(plan["columns"], plan["lines"])
        self.stream = pyte.ByteStream(self.screen)
        self.outside, self.inside = os.openpty()
        self.size(plan["columns"], plan["lines"])
        self.before = self.modes()
        self.child = os.fork()
        if self.child == 0:
            os.setsid()
            fcntl.ioctl(self.inside, termios.TIOCSCTTY, 0)
            standard_input = os.open(plan["stdin"], os.O_RDONLY) if plan.get("stdin") else self.inside
            os.dup2(standard_input, 0)
            os.dup2(self.inside, 1)
            os.dup2(self.inside, 2)
            os.closerange(3, 256)
            os.execvpe(plan["program"][0], plan["program"], plan["environment"])
        self.code = None
        self.screens, self.attributes = {}, {}

    def size(self, columns, lines):
        fcntl.ioctl(self.outside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def modes(self):
        modes = termios.tcgetattr(self.inside)
        return modes[:6] + [[byte if isinstance(byte, int) else byte[0] for byte in modes[6]]]

    def read(self, seconds):
        """Feeds the screen with what was written; false when nothing came in that time."""
        if not select.select([self.outside], [], [], seconds)[0]:
            return False
        part = os.read(self.outside, 65536)
        self.written += part
        self.stream.feed(part)
        return True

    def until(self, is_so, what):
        deadline = time.monotonic() + PATIENCE
        while self.screen.updating or not is_so():
            self.read(0.05)
            if self.code is None:
                child, status = os.waitpid(self.child, os.WNOHANG)
                self.code = os.waitstatus_to_exitcode(status) if child else None
            if time.monotonic() > deadline:
                shown = "\n".join(self.screen.display)
                sys.exit(f"waited in vain for {what}; code {self.code}; the screen:\n{shown}\n{self.written[-2000:]!r}")

    def text(self):
        return "\n".join(self.screen.display)

    def step(self, step):
        (kind, value), = step.items()
        if kind == "wait":
            self.until(lambda: value in self.text(), f"{value!r} to come")
        elif kind == "gone":
            self.until(lambda: value not in self.text(), f"{value!r} to go")
        elif kind == "type":
            os.write(self.outside, value.encode())
        elif kind == "signal":
            os.kill(self.child, value)
        elif kind == "resize":
            self.size(*value)
            self.screen.resize(value[1], value[0])
        elif kind == "rename":
            os.rename(*value)
        elif kind == "settle":
            while self.read(MOMENT):
                pass
        elif kind == "screen":
            self.until(lambda: True, "the end of an update")
            self.keep(value)
        elif kind == "end":
            self.until(lambda: self.code is not None, "the end")
            while self.read(0):
                pass

    def keep(self, name):
        self.screens[name] = [line.rstrip() for line in self.screen.display]
        cells = []
        for y in range(self.screen.lines):
            for x in range(self.screen.columns):
                cell = self.screen.buffer[y][x]
                if cell.reverse or cell.fg != "default" or cell.bg != "default":
                    cells.append([x, y, cell.data, cell.fg, cell.bg, cell.reverse])
        self.attributes[name] = cells


def main():
    plan = json.loads(sys.argv[1])
    run = Run(plan)
    for step in plan["steps"]:
        run.step(step)
    json.dump({
        "screens": run.screens,
        "attributes": run.attributes,
        "code": run.code,
        "before": run.before,
        "after": run.modes(),
        "alternate": run.screen.alternate,
        "cursor": not run.screen.cursor.hidden,
        "last": [line.rstrip() for line in run.screen.display],
        "bytes": run.written.decode(errors="backslashreplace"),
    }, sys.stdout)


main()
