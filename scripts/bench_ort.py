#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime's part of bench.py, which starts it once for every measurement.

  bench_ort.py run MODEL DIMS THREADS              median time of MODEL in milliseconds, as JSON
  bench_ort.py quantize MODEL SCHEME SAMPLES OUT   MODEL by ONNX Runtime's own quantizer

DIMS is a JSON object of the sizes of dynamic dimensions, SAMPLES an .npz file of calibration
samples. SCHEME is one of bench.py; a scheme that ONNX Runtime doesn't have is refused.
Needs the packages onnxruntime, onnx and onnx_ir of PyPI.
"""

import json
import statistics
import sys
import time

import numpy as np

CALIBRATION_SAMPLES = 128


def run(model, dims, threads):
    """Measures one session as quant-run --benchmark measures a library."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
    random = np.random.default_rng(0)
    feed = {}
    for value in session.get_inputs():
        shape = [dims.get(d, 1) if isinstance(d, str) else d for d in value.shape]
        kind = types[value.type]
        feed[value.name] = random.standard_normal(shape).astype(kind) if kind == np.float32 \
            else np.ones(shape, kind)
    times, start = [], time.perf_counter()
    while len(times) < 10 or time.perf_counter() - start < 0.5:
        begin = time.perf_counter()
        session.run(None, feed)
        times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"median_ms": statistics.median(times)}))


class Samples:
    """The arrays of an .npz file, a sample at a time, as ONNX Runtime's calibration reads them."""

    def __init__(self, path, model):
        arrays = dict(np.load(path))
        shapes = {v.name: v.type.tensor_type.shape.dim for v in model.graph.input}
        whole = any(array.ndim == 0 or shapes[name][0].dim_value > 1
                    for name, array in arrays.items())
        # An array that has no batch, or a pinned one, is one sample.
        if whole:
            self.feeds = iter([arrays])
        else:
            count = min([CALIBRATION_SAMPLES] + [len(a) for a in arrays.values()])
            self.feeds = iter([{n: a[i:i + 1] for n, a in arrays.items()} for i in range(count)])

    def get_next(self):
        return next(self.feeds, None)


def quantize(path, scheme, samples, out):
    import onnx
    from onnxruntime import quantization as ort

    name, _, options = scheme.partition(":")
    model = onnx.load(path)
    # Weights quantized by channel need opset 13.
    if next(o.version for o in model.opset_import if o.domain == "") < 13:
        model = onnx.version_converter.convert_version(model, 13)
    if name == "int8":
        ort.quantize_static(model, out, Samples(samples, model), per_channel=True,
                            quant_format=ort.QuantFormat.QDQ, weight_type=ort.QuantType.QInt8,
                            activation_type=ort.QuantType.QUInt8)
    elif name == "int8-dynamic":
        ort.quantize_dynamic(model, out, per_channel=True, weight_type=ort.QuantType.QInt8)
    elif name == "int4-rtn":
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
        quantizer = MatMulNBitsQuantizer(model, block_size=int(options.partition("=")[2] or 32),
                                         is_symmetric=True)
        quantizer.process()
        quantizer.model.save_model_to_file(out, False)
    else:
        sys.exit(f"bench_ort: ONNX Runtime has no scheme {scheme}")


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 4 and arguments[0] == "run":
        run(arguments[1], json.loads(arguments[2]), int(arguments[3]))
    elif len(arguments) == 5 and arguments[0] == "quantize":
        quantize(*arguments[1:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
