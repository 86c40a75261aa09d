# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_weights.py BYTES: prints a module with one weight of that many bytes."""

import hashlib
import sys

size = int(sys.argv[1])
data = bytes((i * 31 + i // 251) % 256 for i in range(size))
name = hashlib.sha256(data).hexdigest()
print(f"""func.func @main() -> tensor<{size}xi8> {{
  %0 = qnn.constant #qnn.weight<"{name}"> : tensor<{size}xi8> loc("conv1/weight")
  return %0 : tensor<{size}xi8>
}}
{{-# dialect_resources: {{ qnn: {{ "{name}": "0x10000000{data.hex()}" }} }} #-}}""")
