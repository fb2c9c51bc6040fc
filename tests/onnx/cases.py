"""What the makers of tests of ONNX models share: a case is a folder as ONNX's conformance suite has them, its outputs are ONNX Runtime's.

MAKER.py BUILD [COUNT]        COUNT (20) random models of each kind, run by BUILD/dql_onnx in native code and on the evaluator; exit 1 where
                              one differs
MAKER.py --write DIR COUNT    writes the cases into DIR instead
"""
import os, subprocess, sys, tempfile
import numpy as np
import onnx
from onnx import numpy_helper as nh
import onnxruntime


def save(path, model, inputs):
    """inputs: name to array."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    got = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, inputs)
    os.makedirs(path + "/test_data_set_0")
    onnx.save(model, path + "/model.onnx")
    for name, v in [("input_%d" % i, v) for i, v in enumerate(inputs.values())] + [("output_%d" % i, v) for i, v in enumerate(got)]:
        with open("%s/test_data_set_0/%s.pb" % (path, name), "wb") as f:
            f.write(nh.from_array(np.asarray(v), name).SerializeToString())
    return path


def main(kinds, write):
    """write(folder, kind, seed) saves a case and returns its path."""
    if sys.argv[1] == "--write":
        for kind in kinds:
            for seed in range(int(sys.argv[3])):
                write(sys.argv[2], kind, seed)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [write(folder, kind, s) for kind in kinds for s in range(int(sys.argv[2]) if len(sys.argv) > 2 else 20)]
        failed = 0
        for backend in "cpu", "eval":
            ran = subprocess.run([sys.argv[1] + "/dql_onnx", "--backend=" + backend, "--case"] + paths, capture_output=True, text=True)
            lines = ran.stdout.splitlines()
            bad = [l for l in lines if not l.startswith("ok ")]
            print("\n".join(bad + ["%s: %d of %d as ONNX Runtime" % (backend, len(lines) - len(bad), len(paths))]))
            failed += len(bad) + (len(lines) != len(paths))
    return 1 if failed else 0
