"""Spinning LiDAR sensors: where the beams point and how often they fire in one turn."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sensor:
    """Beam elevations (rad, ascending), firings in a turn, height above the ground (m) and range (m)."""

    elevations: np.ndarray
    steps: int
    height: float
    reach: float = 100.0


def degrees(*spans):
    """Ascending elevations in radians of spans (first, last, count) in degrees."""
    return np.sort(np.radians(np.concatenate([np.linspace(*span) for span in spans])))


# As the makers publish them; pandar64 is the sensor of PandaSet.
HDL64 = degrees((2.0, -8.33, 32), (-8.83, -24.33, 32))
HDL32 = degrees((10.67, -30.67, 32))
OS1_128 = degrees((22.5, -22.5, 128))
OS1_64 = degrees((16.6, -16.6, 64))
OS1_32 = degrees((22.5, -22.5, 32))
PANDAR64 = np.sort(
    np.radians(
        [14.87, 11.02, 8.047, 5.045, 3.028]
        + list(np.linspace(2.016, -6.073, 49))
        + [-7.075, -8.071, -9.072, -9.897, -11.044, -12.018, -12.986, -13.942, -18.901, -24.909]
    )
)
VLP32C = np.sort(
    np.radians(
        [15.0, 10.333, 7.0, 4.667, 3.333, 2.333, 1.667, 1.333, 1.0, 0.667, 0.333, 0.0, -0.333, -0.667, -1.0, -1.333]
        + [-1.667, -2.0, -2.333, -2.667, -3.0, -3.333, -3.667, -4.0, -4.667, -5.333, -6.148, -7.254, -8.843, -11.31]
        + [-15.639, -25.0]
    )
)
VLS128 = degrees((15.0, 4.0, 10), (3.0, -6.0, 82), (-6.3, -12.0, 24), (-13.0, -25.0, 12))

# Never trained on: what the held-out scenes are seen with.
HELD_OUT = {
    "pandar64": Sensor(PANDAR64, 1800, 1.9),
    "vlp32c": Sensor(VLP32C, 1800, 1.8),
    "vls128": Sensor(VLS128, 1800, 1.9),
}


def random_elevations(random):
    """A sensor that no maker sells: a random field of view, denser around the horizon by a random amount."""
    count = int(random.choice([24, 32, 40, 64, 80, 128]))
    top, bottom = random.uniform(2, 22), random.uniform(-35, -16)
    even = np.linspace(bottom, top, count)
    middle, width = random.uniform(-6, 0), random.uniform(3, 8)
    density = 1 + random.uniform(0, 6) * np.exp(-(((even - middle) / width) ** 2))
    share = np.cumsum(density)
    share = (share - share[0]) / (share[-1] - share[0])
    return np.radians(np.interp(np.linspace(0, 1, count), share, even))


def training_sensor(random):
    """A known sensor half of the time, else a made-up one, on a roof 1.4 to 2.4 m high."""
    known = [(HDL64, 2083), (HDL32, 1085), (OS1_128, 1024), (OS1_64, 1024), (OS1_32, 1024)]
    if random.random() < 0.5:
        elevations, steps = known[random.integers(len(known))]
    else:
        elevations, steps = random_elevations(random), int(random.choice([900, 1024, 1200, 1500, 1800, 2048]))
    height = float(np.clip(random.normal(1.85, 0.15), 1.4, 2.4))
    return Sensor(elevations, steps, height, random.uniform(75, 120))
