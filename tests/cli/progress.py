# A statement that takes longer than a second says on the terminal how far it is, one line that is gone before the rows come.
import os, pty, re, subprocess, sys

def run(stderr_terminal, *args, script):
    """Exit code, standard output, standard error: a terminal's bytes where it is one."""
    if not stderr_terminal:
        p = subprocess.run([dql, *args], input=script.encode(), capture_output=True)
        return p.returncode, p.stdout, p.stderr
    try:
        ours, theirs = pty.openpty()
    except OSError as e: # no /dev/pts
        print(e)
        sys.exit(77)
    p = subprocess.Popen([dql, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    p.stdin.write(script.encode())
    p.stdin.close()
    shown = b''
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    out = p.stdout.read()
    os.close(ours)
    return p.wait(), out, shown

dql, numbers = sys.argv[1], open(sys.argv[2]).read()
slow = numbers + "SELECT SUM(a.k % 7 + b.k % 3) AS n FROM m a, (SELECT k FROM m LIMIT 8000) b WHERE (a.k + b.k) % 1000 = 7;\n"
code, out, shown = run(True, '--mode=csv', '--threads=1', script=slow)
assert code == 0, (code, shown)
rows = out
lines = [l for l in shown.decode().split('\r\x1b[K') if l]
assert lines and shown.endswith(b'\r\x1b[K'), shown
assert all(re.fullmatch(r'[^:\n]+: (\d+ %, [\d.]+( [kMG])? of [\d.]+( [kMG])? rows, )?(\d+ h )?(\d+ min )?\d+ s( left)?', l) for l in lines), lines
assert any(' %, ' in l for l in lines), lines
percent = [int(m.group(1)) for m in (re.search(r'(\d+) %', l) for l in lines) if m]
assert percent == sorted(percent), percent
code, out, shown = run(True, '--mode=csv', '--progress=off', script=slow)
assert (code, out, shown) == (0, rows, b''), (code, out, shown)
code, out, shown = run(False, '--mode=csv', script=slow)
assert (code, out, shown) == (0, rows, b''), (code, out, shown)
code, out, shown = run(True, '--mode=csv', script='SELECT 1 AS x;')
assert (code, out, shown) == (0, b'x\n1\n', b''), (code, out, shown)
