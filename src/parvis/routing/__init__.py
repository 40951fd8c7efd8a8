"""Who in the firm can answer best: pure ranking, what it learns from, and who was asked."""

import os

# Routing alone uses numpy, on short vectors: more than one thread of linear algebra costs CPU and gains no time.
# The libraries read these once, when numpy is first imported, which is below this line.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
