# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Good and hostile archives in the working folder."""

import io
import struct
import warnings
import zipfile

import numpy as np

warnings.simplefilter("ignore")
x = np.arange(6000, dtype="float32").reshape(-1, 3)[:900]
np.savez("stored.npz", x=x)
np.savez_compressed("deflated.npz", x=x)
np.savez_compressed("fortran.npz", x=np.asfortranarray(x))
np.savez("two.npz", x=x, y=x)
np.savez("pickle.npz", x=np.array([None, 1], dtype=object))

buffer = io.BytesIO()
np.save(buffer, x)
with zipfile.ZipFile("path.npz", "w") as archive:
    archive.writestr("../x.npy", buffer.getvalue())
with zipfile.ZipFile("twice.npz", "w") as archive:
    archive.writestr("x.npy", buffer.getvalue())
    archive.writestr("x.npy", buffer.getvalue())
with open("deflated.npz", "rb") as file:
    data = file.read()
with open("cut.npz", "wb") as file:
    file.write(data[: len(data) // 2])

# An archive that claims to hold a four gigabytes.
data = bytearray(data)
central = data.rfind(b"PK\x01\x02")
data[central + 24 : central + 28] = struct.pack("<I", 0xFFFFFFF0)
with open("bomb.npz", "wb") as file:
    file.write(data)
