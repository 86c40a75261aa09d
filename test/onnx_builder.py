# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small ONNX models for the importer's tests. A test file is a Python script that writes its models
into the folder of its first argument:

    save("relu", 13, {"x": F(2, 3)}, [node("Relu", "x", "y")])

An empty name in a list of inputs or outputs is "-".
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."


def tensor_type(number):
    return lambda *shape: (number, list(shape))


F, F16, F64 = (tensor_type(n) for n in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE))
I8, I32, I64 = (tensor_type(n) for n in (TensorProto.INT8, TensorProto.INT32, TensorProto.INT64))
U8, BOOL = (tensor_type(n) for n in (TensorProto.UINT8, TensorProto.BOOL))


def names(text):
    return ["" if name == "-" else name for name in text.split()]


def node(op, inputs="", outputs="y", name="", domain="", **attributes):
    return helper.make_node(op, names(inputs), names(outputs), name=name, domain=domain,
                            **attributes)


def tensor(name, values, dtype=None):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def f32(*shape):
    """0, 1, 2, ... in a shape."""
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)


def i64(*values):
    return np.array(values, dtype=np.int64)


def i64s(value):
    return np.array(value, dtype=np.int64)


def value_info(name, type_and_shape):
    return helper.make_tensor_value_info(name, *type_and_shape)


def graph(inputs, nodes, outputs="y", constants=None, name="g"):
    initializers = [value if isinstance(value, TensorProto) else tensor(key, value)
                    for key, value in (constants or {}).items()]
    infos = [onnx.ValueInfoProto(name=output) for output in names(outputs)]
    return helper.make_graph(nodes, name, [value_info(*entry) for entry in inputs.items()], infos,
                             initializers)


def make(opset, inputs, nodes, outputs="y", constants=None, domains=None):
    imports = [helper.make_operatorsetid("", opset)]
    imports += [helper.make_operatorsetid(domain, 1) for domain in domains or []]
    return helper.make_model(graph(inputs, nodes, outputs, constants), opset_imports=imports,
                             ir_version=8)


def write(name, model):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, name + ".onnx")
    with open(path, "wb") as file:
        file.write(data)
    return path


def save(name, opset, inputs, nodes, outputs="y", constants=None, domains=None):
    return write(name, make(opset, inputs, nodes, outputs, constants, domains))
