# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same_ranges.py KEPT AGAIN: compares the ranges of the observers of two modules, in their order."""
import re
import sys


def read(path):
    """A label and a range, or None where nothing was measured, for each observer."""
    with open(path, encoding="utf-8") as file:
        found = re.findall(r'qnn\.observe %\S+ "([^"]*)"(?: range \[([^,]*), ([^\]]*)\])?', file.read())
    return [(label, (float(low), float(high)) if low else None) for label, low, high in found]


kept, again = read(sys.argv[1]), read(sys.argv[2])
assert len(kept) == len(again), f"{len(kept)} observers, but {len(again)} when measured again"
forgotten = [label for label, limits in kept if limits is None]
differ = [(a, b) for a, b in zip(kept, again) if a[1] and any(
    abs(x - y) > 1e-4 * max(abs(y), 1e-3) for x, y in zip(a[1], b[1]))]
for a, b in differ:
    print(a, b)
print(f"{len(differ)} of {len(kept)} ranges differ")
print("forgotten:", ", ".join(forgotten) or "none")
