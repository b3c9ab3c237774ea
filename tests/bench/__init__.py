"""How long things take, always beside the best that could be written by hand, in the same run.

`pipenv run bench migrations` and `pipenv run bench app`. No test asserts a time; test_bench.py holds
the benchmarks themselves to measuring two things that end up equal.
"""
