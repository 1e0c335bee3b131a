"""``python -m tests.benchmarks``. Thin, because every client process imports it again."""

import sys

if __name__ == "__main__":
    from tests.benchmarks.report import main

    sys.exit(main())
