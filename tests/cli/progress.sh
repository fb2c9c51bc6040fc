# Progress on a terminal, and on nothing else.
command -v python3 > /dev/null || exit 77
python3 tests/cli/progress.py "$DQL_BUILD/dql" tests/cli/numbers.inc
