# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a user gets wrong, and what a machine does wrong: every tool exits with status 1 and says in
one line what and where; no signal, no long wait, no partial and no deleted output file.
"""

import hashlib
import json
import os
import resource
import signal
import struct
import subprocess
import time

import numpy as np
import onnx
from onnx import TensorProto, helper

import bitwright_test as bw
import onnx_builder as build

RESNET = os.path.join(bw.MODELS, "fashion-resnet", "model.onnx")
MOBILE = os.path.join(bw.MODELS, "fashion-mobile", "model.onnx")
SAMPLES = os.path.join(bw.MODELS, "fashion", "calib.npz")
OLD = b"an older result that must survive\n"


def refuses(command, *words, lines=1, **options):
    """The command exits with status 1 and its errors are one line that holds all the words."""
    options.setdefault("timeout", 10)
    try:
        done = bw.run(command, **options)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{' '.join(map(str, command))} runs for over {options['timeout']} s")
    text = f"{' '.join(map(str, command))}: {done.stderr.strip()[:1000]!r}"
    assert done.returncode == 1, f"exits with {done.returncode}: {text}"
    errors = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(errors) == lines, f"expects {lines} line(s) of errors: {text}"
    for word in words:
        assert word in done.stderr, f"expects {word!r} in: {text}"
    return done


def imported(folder, model=MOBILE):
    path = os.path.join(folder, "m.mlir")
    if not os.path.exists(path):
        bw.succeed(["quant-translate", "--import-onnx", model, "-o", path])
    return path


def quantized(folder):
    path = os.path.join(folder, "q.mlir")
    calibrated = os.path.join(folder, "c.mlir")
    bw.succeed(["quant-opt", "--calibrate=" + SAMPLES, "--samples=4", imported(folder),
                "-o", calibrated])
    bw.succeed(["quant-opt", "--quantize=int8", calibrated, "-o", path])
    return path


def library(folder, *options):
    path = os.path.join(folder, "m.so")
    bw.succeed(["quant-compile", MOBILE, *options, "-o", path])
    return path


def writers(folder):
    """Each way to write a file: (command without -o, ending)."""
    module = imported(folder)
    yield ["quant-translate", "--import-onnx", MOBILE], ".mlir"
    yield ["quant-opt", module], ".mlir"
    yield ["quant-compile", module], ".so"
    yield ["quant-compile", module], ".a"
    yield ["quant-compile", module], ".o"
    yield ["quant-compile", module], ".s"
    yield ["quant-compile", module], ".ll"
    yield ["quant-compile", module], ".h"


def test_help_of_each_tool(folder):
    for tool in bw.TOOLS:
        done = bw.succeed([tool, "--help"])
        assert tool in done.stdout and len(done.stdout) > 300, f"{tool} --help: {done.stdout[:300]}"
        bw.succeed([tool, "--version"])
    schemes = bw.succeed(["quant-opt", "--help"]).stdout
    for scheme in ["int8", "int8-dynamic", "int8-weight", "int4-rtn", "int4-awq"]:
        assert scheme in schemes, f"quant-opt --help does not list {scheme}"


def test_unknown_options(folder):
    module = imported(folder)
    for tool in bw.TOOLS:
        done = bw.run([tool, "--no-such-option", module], timeout=10)
        assert done.returncode == 1 and "no-such-option" in done.stderr, f"{tool}: {done}"


def test_unknown_scheme(folder):
    output = os.path.join(folder, "o.mlir")
    for scheme in ["int3", "int4-magic:group=32", "int4-awq:grp=32", "int4-awq:group=0",
                   "int4-awq:group=x", "int8:sym=maybe"]:
        refuses(["quant-opt", "--quantize=" + scheme, imported(folder), "-o", output])
        refuses(["quant-compile", MOBILE, "--quantize=" + scheme, "-o", output + ".so"])
        assert not os.path.exists(output) and not os.path.exists(output + ".so")
    refuses(["quant-opt", "--quantize=int3", imported(folder), "-o", output], "int3")


def test_missing_files(folder):
    gone = os.path.join(folder, "gone")
    out = os.path.join(folder, "o")
    refuses(["quant-translate", "--import-onnx", gone + ".onnx", "-o", out + ".mlir"], "gone.onnx")
    refuses(["quant-opt", gone + ".mlir", "-o", out + ".mlir"], "gone.mlir")
    refuses(["quant-opt", "--calibrate=" + gone + ".npz", imported(folder), "-o", out + ".mlir"],
            "gone.npz")
    refuses(["quant-compile", gone + ".mlir", "-o", out + ".so"], "gone.mlir")
    refuses(["quant-compile", gone + ".onnx", "-o", out + ".so"], "gone.onnx")
    refuses(["quant-run", gone + ".so", "--benchmark"], "gone.so")
    path = library(folder)
    refuses(["quant-run", path, "--io=" + gone], "gone")
    refuses(["quant-run", path, "--input=" + gone + ".npy", "--output=" + folder], "gone.npy")
    refuses(["quant-run", path, "--eval=top1", "--inputs=" + gone + ".npy",
             "--labels=" + gone + ".npy"], "gone.npy")
    assert not os.path.exists(out + ".mlir") and not os.path.exists(out + ".so")


def test_folders_and_empty_files_as_input(folder):
    empty = {}
    for ending in [".onnx", ".so", ".npz", ".npy"]:
        empty[ending] = os.path.join(folder, "empty" + ending)
        open(empty[ending], "w").close()
    out = os.path.join(folder, "o")
    refuses(["quant-translate", "--import-onnx", empty[".onnx"], "-o", out + ".mlir"], "empty.onnx")
    refuses(["quant-run", empty[".so"], "--benchmark"], "empty.so")
    refuses(["quant-opt", "--calibrate=" + empty[".npz"], imported(folder), "-o", out + ".mlir"],
            "empty.npz")
    refuses(["quant-translate", "--import-onnx", folder, "-o", out + ".mlir"])
    refuses(["quant-opt", folder, "-o", out + ".mlir"])
    refuses(["quant-compile", folder, "-o", out + ".so"])
    refuses(["quant-run", folder, "--benchmark"])


def sign(payload, text_size, version=2):
    """The bytes of a packed module whose checksum is right."""
    header = b"BWBC" + struct.pack("<IQ", version, len(payload)) + hashlib.sha256(payload).digest()
    return (header + struct.pack("<Q", text_size)).ljust(64, b"\0") + payload


def test_packed_modules_with_a_right_checksum(folder):
    """Whoever can change a file can change its checksum, too: no reader behind it trusts the bytes."""
    source = os.path.join(bw.SOURCE, "test", "passes", "Calibration", "Inputs", "linear.mlir")
    path, changed = os.path.join(folder, "m.mlirbc"), os.path.join(folder, "changed.mlirbc")
    out = os.path.join(folder, "o.mlir")
    bw.succeed(["quant-opt", source, "-o", path])
    bw.succeed(["quant-opt", path, "-o", os.path.join(folder, "same.mlirbc")])
    with open(path, "rb") as file, open(os.path.join(folder, "same.mlirbc"), "rb") as same:
        data = file.read()
        assert data == same.read()
    payload, text_size = data[64:], struct.unpack("<Q", data[48:56])[0]
    assert sign(payload, text_size) == data
    random = np.random.RandomState(7)
    for _ in range(40):
        variant = bytearray(payload)
        for place in random.randint(0, len(variant), random.randint(1, 4)):
            variant[place] = random.randint(256)
        with open(changed, "wb") as file:
            file.write(sign(bytes(variant), text_size))
        done = bw.run(["quant-opt", changed, "-o", out], timeout=10)
        assert done.returncode in (0, 1), f"exits with {done.returncode}: {done.stderr[:300]}"
    for size in (len(payload) + 1, 2**64 - 1, 2**64 - 63):
        with open(changed, "wb") as file:
            file.write(sign(payload, size))
        refuses(["quant-opt", changed, "-o", out], "changed.mlirbc", "of text")
    with open(changed, "wb") as file:
        file.write(sign(b"ML\xefR" + payload, text_size, version=1))
    refuses(["quant-opt", changed, "-o", out], "changed.mlirbc", "has version 1")


def test_full_disk(folder):
    """/dev/full takes no byte; the tool says so."""
    for command, ending in writers(folder):
        link = os.path.join(folder, "full" + ending[1:] + ending)  # .a brings a .h of its own
        if not os.path.lexists(link):
            os.symlink("/dev/full", link)
        refuses([*command, "-o", link], "full", timeout=60)
        assert os.path.realpath(link) == "/dev/full", f"{link} was replaced"


def test_full_disk_of_the_output_folder(folder):
    """A file system of 64 KB: the older file keeps its bytes and nothing new is left beside it."""
    disk = os.path.join(folder, "disk")
    os.makedirs(disk)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk],
                             capture_output=True)
    if mounted.returncode:
        raise bw.Skip("mounting a file system is not permitted here")
    try:
        for command, ending in writers(folder):
            if ending == ".h":
                continue  # it fits
            path = os.path.join(disk, "o" + ending)
            with open(path, "wb") as file:
                file.write(OLD)
            refuses([*command, "-o", path], timeout=60)
            with open(path, "rb") as file:
                assert file.read() == OLD, f"{path} has changed"
            assert os.listdir(disk) == ["o" + ending], f"{command} leaves {os.listdir(disk)}"
            os.remove(path)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_limit_on_the_size_of_files(folder):
    """A limit of 16 KB, as the shell's `ulimit -f`: an error, not the signal SIGXFSZ."""
    work = os.path.join(folder, "work")
    os.makedirs(work)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
    for command, ending in writers(folder):
        if ending == ".h":
            continue  # it fits
        path = os.path.join(work, "o" + ending)
        with open(path, "wb") as file:
            file.write(OLD)
        refuses([*command, "-o", path], "File too large", "o.", timeout=60, preexec_fn=limit)
        with open(path, "rb") as file:
            assert file.read() == OLD, f"{path} has changed"
        assert os.listdir(work) == ["o" + ending], f"{command} leaves {os.listdir(work)}"
        os.remove(path)


def test_signals_leave_no_temporary_files(folder):
    """SIGINT and SIGTERM at any time: the older file as it was or the new one, and nothing else."""
    work = os.path.join(folder, "work")
    os.makedirs(work)
    path = os.path.join(work, "o.a")
    stopped = 0
    for step, number in enumerate([signal.SIGINT, signal.SIGTERM] * 8):
        with open(path, "wb") as file:
            file.write(OLD)
        process = subprocess.Popen([bw.tool("quant-compile"), imported(folder), "-o", path],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(20000):  # until it begins to write, then a little longer each time
                if any(".bitwright-" in name for name in os.listdir(work)) or process.poll() is not None:
                    break
            time.sleep(0.004 * (step // 2))
        finally:
            process.send_signal(number)
        stopped += process.wait(60) != 0
        left = {name for name in os.listdir(work)}
        assert left <= {"o.a", "o.h"}, f"signal {number} leaves {left}"
        with open(path, "rb") as file:
            assert file.read(8) in (OLD[:8], b"!<arch>\n"), "half a file"
    assert stopped, "no run was stopped"


def test_failing_run_keeps_the_older_output(folder):
    path = os.path.join(folder, "old.mlir")
    bad = os.path.join(folder, "bad.mlir")
    with open(path, "wb") as file:
        file.write(OLD)
    with open(bad, "w") as file:
        file.write("func.func @main( {\n")
    for command in (["quant-opt", bad], ["quant-opt", "--quantize=int3", imported(folder)],
                    ["quant-translate", "--import-onnx", bad], ["quant-compile", bad]):
        done = bw.run([*command, "-o", path], timeout=10)
        assert done.returncode == 1, f"{command}: {done}"
        with open(path, "rb") as file:
            assert file.read() == OLD, f"{command} changes the older file"


def test_read_only_output_folder(folder):
    module = imported(folder)
    closed = os.path.join(folder, "closed")
    os.makedirs(closed)
    os.chmod(closed, 0o555)
    drop = {}
    if os.geteuid() == 0:
        # Root may write anywhere: run as nobody, who must be able to read the rest.
        os.chmod(folder, 0o755)
        drop = {"user": 65534, "group": 65534}
        if bw.run(["test", "-r", module], **drop).returncode:
            raise bw.Skip("the user nobody cannot read the build folder")
    for tool, ending in (("quant-opt", ".mlir"), ("quant-compile", ".so")):
        refuses([tool, module, "-o", os.path.join(closed, "o" + ending)], "closed", timeout=60, **drop)
    refuses(["quant-opt", module, "-o", os.path.join(folder, "absent", "o.mlir")], "absent")
    assert os.listdir(closed) == []


def test_nan_and_zero_scales(folder):
    """Scales that no arithmetic can use are refused where they are written, with the op's name."""
    for value in ["0x7FC00000", "0x7F800000", "0.0", "-1.0"]:
        path = os.path.join(folder, "nan.mlir")
        with open(path, "w") as file:
            file.write(f'''func.func @main(%x: tensor<4xf32>) -> tensor<4xi8> {{
  %scale = qnn.constant dense<{value}> : tensor<f32>
  %zero = qnn.constant dense<0> : tensor<i8>
  %q = qnn.quantize %x, %scale, %zero : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}}
''')
        done = bw.run(["quant-opt", path, "-o", os.path.join(folder, "o.mlir")], timeout=10)
        assert done.returncode == 1 and "nan.mlir:4" in done.stderr and "scale" in done.stderr, \
            f"scale {value}: {done.returncode} {done.stderr}"


def test_wrong_inputs_for_quant_run(folder):
    path = library(folder)
    good = np.load(os.path.join(bw.MODELS, "fashion-mobile", "input_0.npy"))
    out = os.path.join(folder, "out")
    for name, array in {"rank": good[0], "shape": good[:, :, :, :27],
                        "scalar": np.float32(1)}.items():
        file = os.path.join(folder, name + ".npy")
        np.save(file, array)
        refuses(["quant-run", path, "--input=" + file, "--output=" + out], "image")
    raw = np.lib.format.magic(1, 0)
    for name, content in {"text": b"hello", "magic": raw, "header": raw + b"\xff\xff{",
                          "cut": open(os.path.join(bw.MODELS, "fashion-mobile", "input_0.npy"),
                                      "rb").read()[:-1]}.items():
        file = os.path.join(folder, name + ".npy")
        with open(file, "wb") as handle:
            handle.write(content)
        refuses(["quant-run", path, "--input=" + file, "--output=" + out], name + ".npy")
    np.save(os.path.join(folder, "empty.npy"), good[:0])
    bw.succeed(["quant-run", path, "--input=" + os.path.join(folder, "empty.npy"), "--output=" + out])
    assert np.load(os.path.join(out, "output_0.npy")).shape == (0, 10)
    refuses(["quant-run", path, "--benchmark", "--dim", "batch=-1"], "batch")
    refuses(["quant-run", path, "--benchmark", "--dim", "nothing=1"], "nothing")
    refuses(["quant-run", path, "--benchmark", "--threads=0"], "threads")


def test_wrong_samples(folder):
    module, out = imported(folder), os.path.join(folder, "o.mlir")
    x = np.zeros((4, 1, 28, 28), np.float32)
    for name, arrays in {"name": {"picture": x}, "shape": {"image": x[:, :, :, :5]},
                         "type": {"image": x.astype(np.int32)}, "none": {"image": x[:0]},
                         "nan": {"image": x * np.float32("nan")}}.items():
        file = os.path.join(folder, name + ".npz")
        np.savez(file, **arrays)
        refuses(["quant-opt", "--calibrate=" + file, module, "-o", out])
        assert not os.path.exists(out), name


def test_pipes(folder):
    """`-` reads and writes the standard streams; weights travel inside."""
    text = bw.succeed(["quant-translate", "--import-onnx", MOBILE, "-o", "-"]).stdout
    again = bw.succeed(["quant-opt", "-", "-o", "-"], input=text).stdout
    assert text == again, "a module changes on its way through quant-opt"


def test_same_command_same_bytes(folder):
    for step, (command, ending) in enumerate([
            (["quant-translate", "--import-onnx", MOBILE], ".mlir"),
            (["quant-opt", "--calibrate=" + SAMPLES, "--samples=8", imported(folder)], ".mlir"),
            (["quant-opt", "--quantize=int8", quantized(folder).replace("q.mlir", "c.mlir")], ".mlir"),
            (["quant-compile", quantized(folder)], ".so"),
            (["quant-compile", quantized(folder)], ".a")]):
        results = []
        for run in "ab":
            place = os.path.join(folder, f"{step}{run}")
            os.makedirs(place)
            path = os.path.join(place, "o" + ending)
            bw.succeed([*command, "-o", path])
            results.append({n: open(os.path.join(place, n), "rb").read() for n in os.listdir(place)})
        assert results[0] == results[1], f"{command} writes other bytes the second time"


def peak_memory(command):
    """The largest anonymous memory of a run, in KB (VmHWM counts mapped files, too)."""
    process = subprocess.Popen([bw.tool(command[0])] + command[1:], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    peak = 0
    while True:
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            with open(f"/proc/{process.pid}/status") as status:
                for line in status:
                    if line.startswith("RssAnon:"):
                        peak = max(peak, int(line.split()[1]))
            continue
        break
    assert process.returncode == 0, process.stderr.read().decode()
    return peak


def test_calibration_memory_does_not_grow(folder):
    module = imported(folder, RESNET)
    few, many = (peak_memory(["quant-opt", "--calibrate=" + SAMPLES, f"--samples={n}", module,
                              "-o", os.path.join(folder, "c.mlir")]) for n in (16, 512))
    assert many <= 1.1 * few, f"16 samples take {few} KB, 512 take {many} KB"


def test_folding_does_not_grow(folder):
    """A file of a few kilobytes that asks for many large constants: what is not folded is computed when it runs."""
    count = 30
    nodes = [build.node("ConstantOfShape", "size", "a0", value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]))]
    nodes += [build.node("Concat", " ".join([f"a{i}"] * 4), f"a{i + 1}", axis=0) for i in range(4)]
    for i in range(count):
        nodes += [build.node("Mul", f"a4 s{i}", f"m{i}"), build.node("ReduceMax", f"m{i}", f"r{i}", keepdims=0),
                  build.node("Add", f"{f'p{i - 1}' if i else 'x'} r{i}", f"p{i}")]
    constants = {f"s{i}": np.array(i, np.float32) for i in range(count)} | {"size": np.array([1 << 16])}
    model = build.make(13, {"x": (TensorProto.FLOAT, [1])}, nodes, f"p{count - 1}", constants)
    path, library, x = (os.path.join(folder, name) for name in ("m.onnx", "m.so", "x.npy"))
    onnx.save(model, path)
    peak = peak_memory(["quant-compile", path, "-o", library])
    assert peak < 1500 * 1000, f"takes {peak} KB"
    np.save(x, np.array([0.5], np.float32))
    bw.succeed(["quant-run", library, "--input=" + x, "--output=" + os.path.join(folder, "out")])
    assert np.load(os.path.join(folder, "out", "output_0.npy")) == 0.5 + count * (count - 1) // 2


def test_json_is_json(folder):
    path = library(folder)
    io = os.path.dirname(MOBILE)
    outputs = json.loads(bw.succeed(["quant-run", path, "--io=" + io, "--json"]).stdout)["outputs"]
    assert set(outputs[0]) >= {"name", "max_abs_diff", "max_abs_ref", "sqnr_db"}, outputs
    timing = json.loads(bw.succeed(["quant-run", path, "--benchmark", "--threads=1", "--dim",
                                    "batch=1", "--json"]).stdout)
    assert set(timing) >= {"median_ms", "min_ms", "runs"}, timing


bw.main(__name__)
