# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same_ranges.py KEPT AGAIN: compares the ranges of observers of the same label."""
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    labels = re.findall(r'qnn\.observe %\S+ "([^"]*)"', text)
    ranges = {label: (float(low), float(high)) for label, low, high in re.findall(
        r'qnn\.observe %\S+ "([^"]*)" range \[([^,]*), ([^\]]*)\]', text)}
    return labels, ranges


labels, kept = read(sys.argv[1])
_, again = read(sys.argv[2])
differ = [label for label in kept if any(
    abs(a - b) > 1e-4 * max(abs(b), 1e-3) for a, b in zip(kept[label], again[label]))]
for label in differ:
    print(label, kept[label], again[label])
print(f"{len(differ)} of {len(kept)} ranges differ")
print("forgotten:", ", ".join(label for label in labels if label not in kept) or "none")
