"""Groups of unit vectors around known axes."""

import numpy as np

WIDTH = 24


def blob(place, n, *, toward=None, by=0.0, spread=0.12, seed=0):
    """Unit vectors around axis `place`, moved `by` along axis `toward`."""
    rng = np.random.default_rng([seed, place, n, int(100 * by) + 500])
    points = rng.normal(scale=spread, size=(n, WIDTH))
    points[:, place] += 1.0
    if toward is not None:
        points[:, toward] += by
    return points / np.linalg.norm(points, axis=1, keepdims=True)
