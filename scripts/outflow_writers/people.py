"""Files that other people's programs write, each with people planted in every place that the
format offers. A writer whose program is missing is said and left out."""

import os
import subprocess
import sys

ROOT = sys.argv[1]
FILES = os.path.join(ROOT, "files")
TRUTH = []
MISSING = []
_next = [0]


def kvnr():
    """A number of an insured person, valid by § 290 SGB V, Anlage 1."""
    n = _next[0]
    _next[0] += 1
    letter = n * 7 % 26
    digits = f"{letter + 1:02}{(n * 7654321 + 12345678) % 100000000:08}"
    total = sum(sum(map(int, str(int(d) * (1 + i % 2)))) for i, d in enumerate(digits))
    return f"{chr(65 + letter)}{digits[2:]}{total % 10}"


class Book:
    """The people of one file, by the place they stand in."""

    def __init__(self):
        self.people = {}

    def __call__(self, place):
        number = self.people[place] = kvnr()
        return f"Versicherte Erika Muster, geb. 03.05.1971, KVNR {number}"

    def name(self, place):
        number = self.people[place] = kvnr()
        return f"KVNR {number}"

    def wrote(self, writer, file, without=(), only=None):
        for place, number in self.people.items():
            if place not in without and (only is None or place in only):
                TRUTH.append((writer, os.path.relpath(file, FILES), place, number))


def at(name):
    path = os.path.join(FILES, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def run(*command, **more):
    more.setdefault("timeout", 240)
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def writer(function):
    try:
        function()
    except Exception as why:  # a writer that is missing or fails is said, the others go on
        MISSING.append(f"{function.__name__}: {type(why).__name__} {str(why)[:200]}")
    return function


def scratch(name):
    os.makedirs(os.path.join(ROOT, "work"), exist_ok=True)
    return os.path.join(ROOT, "work", name)


def put(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path
