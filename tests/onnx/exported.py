"""EXPORT MODEL .. TO 'm.onnx' for each model of tests/exec/layer_*.dql and onnx_*.dql: ONNX Runtime runs the files on batches of 1 and 3, and dql_onnx
must give the same. (tests/cli/export_onnx.sh holds what dql reads back to the rows of these scripts.)

exported.py BUILD
"""
import glob, os, re, subprocess, sys, tempfile
import numpy as np
import onnx
import cases

TYPES = {1: np.float32, 2: np.uint8, 6: np.int32, 7: np.int64, 11: np.float64}


def export(build, script, folder):
    """The paths of the .onnx files of a script's models."""
    text = open(script).read()
    head = text[:max(m.end() for m in re.finditer(r"(?:LOAD|CREATE) MODEL [^;]*;\n", text))]
    paths = {m: os.path.join(folder, "%s_%s.onnx" % (os.path.basename(script)[:-4], m)) for m in re.findall(r"CREATE MODEL (\w+) ", head)}
    subprocess.run([build + "/dql", "-c", head + "".join("EXPORT MODEL %s TO '%s';\n" % p for p in paths.items())], check=True)
    return list(paths.values())


def inputs(model, rows, r):
    out = {}
    for i in model.graph.input:
        t = i.type.tensor_type
        shape = [d.dim_value or rows for d in t.shape.dim]
        kind = TYPES[t.elem_type]
        whole = np.issubdtype(kind, np.integer) or any(n.op_type == "Cast" and i.name in n.input for n in model.graph.node)  # subscripts of an embedding
        out[i.name] = (r.integers(0, 3, shape) if whole else r.uniform(-1, 1, shape)).astype(kind)
    return out


def main():
    build, r, paths, refused = sys.argv[1], np.random.default_rng(1), [], 0
    with tempfile.TemporaryDirectory() as folder:
        for script in sorted(glob.glob("tests/exec/layer_*.dql") + glob.glob("tests/exec/onnx_*.dql")):
            for path in export(build, script, folder):
                model = onnx.load(path)
                onnx.checker.check_model(model)
                for rows in 1, 3:
                    try:
                        paths.append(cases.save("%s_%d" % (path[:-5], rows), model, inputs(model, rows, r)))
                    except Exception as e:
                        refused += 1
                        print("ONNX Runtime refuses %s: %s" % (os.path.basename(path), str(e).splitlines()[0][:200]))
        failed = refused
        for backend in "cpu", "eval":
            ran = subprocess.run([build + "/dql_onnx", "--backend=" + backend, "--case"] + paths, capture_output=True, text=True)
            lines = ran.stdout.splitlines()
            bad = [l for l in lines if not l.startswith("ok ")]
            print("\n".join(bad + ["%s: %d of %d as ONNX Runtime" % (backend, len(lines) - len(bad), len(paths))]))
            failed += len(bad) + (len(lines) != len(paths))
    return 1 if failed else 0


sys.exit(main())
