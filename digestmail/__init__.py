"""A self-hosted, personalised daily email digest of scientific papers."""

import os

# The model's products are many and small: OpenBLAS's threads would wait for each other more than
# they compute (2,000 profiles took 25 s of CPU with them, 7 s without). Read by numpy's import.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
