"""A server process without HTTP, to be killed: takes clips in, says so, and works.

python -m tests.serve.pool_server DATA URL CLIP COUNT: accepts the clip COUNT times and prints each
job's id once it is accepted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.serve.bench import accept, bench


def main() -> None:
    data, url, clip, count = sys.argv[1:]
    with bench(Path(data), url=url) as one:
        for _ in range(int(count)):
            job = accept(Path(clip), one.store, one.files)
            print(job.id, flush=True)
            one.pool.wake()
            time.sleep(0.1)
        time.sleep(3600)


if __name__ == "__main__":
    main()
