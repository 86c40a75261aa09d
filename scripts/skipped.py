#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lists the tests that a run skipped, each with its reason: skipped.py FOLDER-WITH-JUNIT-XML."""

import collections
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


def reason_of(case, skipped):
    """lit and GoogleTest say why in the message; a script says it in its last line of output."""
    message = skipped.get("message", "")
    output = (case.findtext("system-out") or "").strip()
    if message.startswith("SKIP_RETURN_CODE"):
        return output.splitlines()[-1] if output else "no reason given"
    lines = [line for line in message.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def main():
    reasons = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.xml"))):
        try:
            root = ElementTree.parse(path).getroot()
        except (ElementTree.ParseError, OSError) as error:
            print(f"skipped: cannot read {path}: {error}")
            continue
        for case in root.iter("testcase"):
            skipped = case.find("skipped")
            if skipped is not None:
                name = f"{case.get('classname', '')}/{case.get('name', '')}"
                reasons[reason_of(case, skipped)].append(name.replace("Bitwright.", ""))
    total = sum(len(names) for names in reasons.values())
    print(f"{total} tests skipped" + (":" if total else ""))
    for reason, names in sorted(reasons.items()):
        print(f"  {reason}: {', '.join(sorted(names))}")


if __name__ == "__main__":
    main()
