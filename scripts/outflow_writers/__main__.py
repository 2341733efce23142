"""Writes FOLDER/files and FOLDER/truth.tsv (writer, file, place, number); see
scripts/outflow-writers."""

import json
import os
import sys

import people

import documents
import packed

with open(os.path.join(people.ROOT, "truth.tsv"), "w", encoding="utf-8") as out:
    for row in people.TRUTH:
        out.write("\t".join(row) + "\n")
for line in people.MISSING:
    print("left out:", line, file=sys.stderr)
print(f"{len(people.TRUTH)} people in {len({row[1] for row in people.TRUTH})} files of {len({row[0] for row in people.TRUTH})} writers")
json.dump(people.MISSING, open(os.path.join(people.ROOT, "missing.json"), "w"))
