# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""damage.py HOW INPUT OUTPUT: copies a file with one thing wrong."""

import json
import struct
import sys

how, source, target = sys.argv[1:]
data = bytearray(open(source, "rb").read())
if how == "truncate":
    data = data[: len(data) // 2]
elif how == "flip":
    data[-100] ^= 1
elif how == "nest":
    data = bytearray(b"module attributes {a = " + b"[" * 100000 + b"]" * 100000 + b"} {}\n")
elif how == "affine":
    data = bytearray(b"module attributes {a = affine_map<(d0) -> (d0" + b" + d0" * 100000 + b")>} {}\n")
elif how == "alias":
    lines = ["#a0 = [0]"] + [f"#a{i + 1} = [#a{i}]" for i in range(100000)]
    data = bytearray("\n".join(lines + ["module attributes {a = #a100000} {}\n"]).encode())
else:
    # The rest rewrite the header of a safetensors file.
    size = struct.unpack("<Q", data[:8])[0]
    header, payload = json.loads(data[8 : 8 + size]), data[8 + size :]
    name = next(key for key in header if len(key) == 64)
    if how == "rename":
        header["0" * 64] = header.pop(name)
    elif how == "shape":
        header[name]["shape"] = [7]
    elif how == "outside":
        begin, end = header[name]["data_offsets"]
        header[name]["data_offsets"] = [begin + (1 << 40), end + (1 << 40)]
    elif how == "deep":
        header[name] = json.loads("[" * 50 + "]" * 50)
    text = json.dumps(header).encode()
    if how == "huge":
        data = bytearray(struct.pack("<Q", 1 << 62)) + text + payload
    else:
        data = bytearray(struct.pack("<Q", len(text))) + text + payload
open(target, "wb").write(data)
