"""The benchmarks: ``python -m tests.benchmarks``. Never collected as tests.

Every figure stands beside its limit, measured in the same run, on the same servers, from the same client
processes, turn by turn: trust the ratios more than the times.
"""
