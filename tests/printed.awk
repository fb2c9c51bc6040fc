# printed.awk EXPECTED GOT: does what was printed match what a page shows?  A line `...` stands for any number of lines, `...` inside
# a line for any text, milliseconds for any.
# With -v update=1 the expected text anew: a line that still matches stays as it is. Between lines `...` as many lines are shown as
# before: the first ones, the last ones, and in the middle those from the first that matches the first shown.
FNR == NR && FILENAME == ARGV[1] { want[++n] = $0; next }
{ got[++m] = $0 }

function plain(s) {
    gsub(/ *[0-9]+\.[0-9]+ ms/, " # ms", s)
    gsub(/_ms": [0-9.]+/, "_ms\": #", s)
    return s
}

function same(pattern, line,    part, k, i, at) {
    pattern = plain(pattern); line = plain(line)
    k = split(pattern, part, /\.\.\./)
    if (k <= 1) return pattern == line
    if (substr(line, 1, length(part[1])) != part[1]) return 0
    line = substr(line, length(part[1]) + 1)
    for (i = 2; i < k; i++) {
        if (!(at = index(line, part[i])) && part[i] != "") return 0
        if (part[i] != "") line = substr(line, at + length(part[i]))
    }
    return length(line) >= length(part[k]) && substr(line, length(line) - length(part[k]) + 1) == part[k]
}

function fits(first, count, at,    i) { # do the `count` wanted lines from `first` match the lines from `at`?
    if (at < 1 || at + count - 1 > m) return 0
    for (i = 0; i < count; i++) if (!same(want[first + i], got[at + i])) return 0
    return 1
}

function show(first, count, at, shown,    i) {
    for (i = 0; i < shown && at + i <= m; i++) print i < count && same(want[first + i], got[at + i]) ? want[first + i] : got[at + i]
}

function elided(s) { return s ~ /^ *\.\.\.$/ }

function fail(first, count, at,    i) { # says which of the lines is not there
    for (i = 0; i + 1 < count && at > 0 && same(want[first + i], got[at + i]); i++);
    if (at > 0) print "expected: " want[first + i] "\nprinted:  " got[at + i] > "/dev/stderr"
    else print "expected, but not printed: the lines from " want[first] > "/dev/stderr"
    exit 1
}

END {
    while (n && want[n] == "") n--
    while (m && got[m] == "") m--
    at = 1
    for (i = 1; i <= n + 1; i = j + 1) {
        for (j = i; j <= n && !elided(want[j]); j++);
        count = j - i; first = i == 1; last = j == n + 1
        if (last && !first && m - count + 1 > at) at = m - count + 1
        else if (!last && !first && count) {
            for (k = at; k <= m && !(update ? same(want[i], got[k]) : fits(i, count, k)); k++);
            if (k > m) fail(i, count, 0)
            at = k
        }
        if (!update && count && !fits(i, count, at)) fail(i, count, at)
        if (!update && first && last && m != count) fail(i, count, count + 1)
        if (update) { show(i, count, at, first && last ? m : count); if (!last) print want[j] }
        at += count
    }
    exit 0
}
