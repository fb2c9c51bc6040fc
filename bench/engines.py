"""The engines that are measured, each behind one method: run(text) -> milliseconds.  dql runs as one process that reads statements
from a pipe and reports each by --timing=json; peers run in processes of their own, so that spinning pools do not disturb each other."""
import json, multiprocessing, os, statistics, subprocess, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Dql:
    def __init__(self, *options, cache_dir=None, build="build", rows=False):
        """rows: results are written, so that rows() can read them; for checks, not for timings."""
        env = dict(os.environ)
        if cache_dir:
            env["XDG_CACHE_HOME"] = cache_dir
        mode, out = ("--mode=jsonl", subprocess.PIPE) if rows else ("--mode=none", subprocess.DEVNULL)
        self.process = subprocess.Popen([os.path.join(ROOT, build, "dql"), mode, "--timing=json", *options], stdin=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdout=out, text=True, env=env, cwd=ROOT)

    def run(self, text):
        """The timing of one statement: {"compile_ms", "run_ms", "total_ms", "rows"}."""
        self.process.stdin.write(text.strip().rstrip(";") + ";\n")
        self.process.stdin.flush()
        message = ""
        while True:
            line = self.process.stderr.readline()
            if line.startswith('{"statement"'):
                if message:
                    raise RuntimeError(message)
                return json.loads(line)
            if not line:
                raise RuntimeError(message or "dql ended")
            message += line

    def rows(self, text):
        """The rows of a query whose result fits into a pipe, as lists of values."""
        n = self.run(text)["rows"]
        return [list(json.loads(self.process.stdout.readline()).values()) for _ in range(n)]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stderr.close()


def _serve(pipe, make):
    run = make()
    pipe.send("ready")
    while True:
        text, wanted = pipe.recv()
        if text is None:
            return
        start = time.perf_counter()
        result = run(text)
        pipe.send((1e3 * (time.perf_counter() - start), result if wanted else None))


class Peer:
    """make() is called in the peer's process and returns run(text)."""

    def __init__(self, make):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=_serve, args=(other, make), daemon=True)
        self.process.start()
        if self.pipe.recv() != "ready":
            raise RuntimeError("peer did not start")

    def run(self, text):
        self.pipe.send((text, False))
        return self.pipe.recv()[0]

    def rows(self, text):
        self.pipe.send((text, True))
        return self.pipe.recv()[1]

    def close(self):
        self.pipe.send((None, False))
        self.process.join()


REST = 0.2  # seconds between two measurements: idle threads of ONNX Runtime and OpenVINO spin for about 0.1


def interleave(reps, rest=REST, **runs):
    """Runs each function in turn, reps times, with rests of so many seconds; {name: median}."""
    times = {name: [] for name in runs}
    for _ in range(reps):
        for name, run in runs.items():
            time.sleep(rest)
            times[name].append(run())
    return {name: statistics.median(t) for name, t in times.items()}


def peak_memory(pid):
    """MB that a process has had in memory at most."""
    line = next(l for l in open(f"/proc/{pid}/status") if l.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def machine():
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    flags = next((l for l in open("/proc/cpuinfo") if l.startswith("flags")), "")
    return f"{model}, {os.cpu_count()} processors, {'AVX-512' if 'avx512f' in flags else 'AVX2'}"
