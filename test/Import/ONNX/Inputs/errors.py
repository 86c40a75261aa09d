# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""expect(name, model, message): writes a model that must be refused, and its message beside it."""

import os

from onnx_builder import FOLDER, write


def expect(name, model, message):
    write(name, model)
    with open(os.path.join(FOLDER, name + ".expected"), "w", encoding="utf-8") as file:
        file.write(message)
