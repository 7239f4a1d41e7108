"""The 40 nearest neighbours of each text by cosine: ours beside scikit-learn's, both exact."""

import time

import numpy as np
from sklearn.neighbors import NearestNeighbors

from insights.stats.communities import nearest_neighbours

DIMENSIONS, ROUNDS = 256, 3


def main() -> None:
    for n in (2_000, 10_000):
        points = np.random.default_rng(1).normal(size=(n, DIMENSIONS)).astype(np.float32)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        turns = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            ours = nearest_neighbours(points)
            first = time.process_time()
            count = ours.rows.shape[1]
            peer = NearestNeighbors(n_neighbors=count + 1, algorithm="brute", metric="cosine")
            found = peer.fit(points).kneighbors(return_distance=True)[1]
            turns.append((first - begun, time.process_time() - first))
        mine, theirs = np.median(turns, axis=0)
        pairs = zip(ours.rows, found, strict=True)
        same = np.mean([len(set(a) & set(b)) / count for a, b in pairs])
        print(f"{n:,} texts: ours {mine:.2f} CPU s, scikit-learn {theirs:.2f}, ratio "
              f"{theirs / mine:.1f}; {same:.1%} of neighbours the same")  # fmt: skip


if __name__ == "__main__":
    main()
