"""One turn of a sensor in a street: rays, what they hit first, and what of it comes back."""

from dataclasses import dataclass

import numpy as np

from . import raycast
from .scene import make_street
from .shapes import Solid

JITTER = 0.0003
NOTHING, GROUND = -2, -1
LEAST_RANGE = 1.0


@dataclass(frozen=True)
class Scan:
    """Points [n, 3] with their beam and the row of their box or -1, and boxes [m, 8]: x, y, z, dx, dy, dz, heading, class."""

    points: np.ndarray
    beams: np.ndarray
    owners: np.ndarray
    boxes: np.ndarray


class Turn:
    """The nearest hits of all rays of a turn: beams by firings."""

    def __init__(self, sensor, random):
        beams, steps = len(sensor.elevations), sensor.steps
        self.random, self.elevations, self.steps = random, sensor.elevations, steps
        self.phase = random.uniform(0, 2 * np.pi / steps)
        elevations = sensor.elevations[:, None] + random.normal(0, JITTER, (beams, steps))
        azimuths = np.arange(steps) / steps * 2 * np.pi + self.phase
        flat = np.cos(elevations)
        rays = (flat * np.cos(azimuths), flat * np.sin(azimuths), np.sin(elevations))
        self.rays = tuple(axis.astype(np.float32) for axis in rays)
        self.origin = (0.0, 0.0, sensor.height)
        self.distance = np.full((beams, steps), np.inf, np.float32)
        self.cosine = np.zeros((beams, steps), np.float32)
        self.reflectivity = np.zeros((beams, steps), np.float32)
        self.owner = np.full((beams, steps), NOTHING, np.int16)

    def windows(self, solid):
        """Slices of beams and firings that can meet a solid."""
        x, y, z = solid.centre
        reach = np.hypot(*solid.size[:2]) * (0.5 if solid.kind == "block" else 1)
        tall = solid.size[2] * (1 if solid.kind == "ellipsoid" else 0.5)
        away = np.hypot(x, y)
        near, far = max(away - reach, 0.1), away + reach
        rise = np.array([z + tall, z - tall]) - self.origin[2]
        angles = np.arctan2(rise[:, None], [near, far])
        first, last = np.searchsorted(self.elevations, [angles.min() - 0.003, angles.max() + 0.003])
        if first >= last:
            return
        beams = slice(first, last)
        if away <= reach * 1.01:
            yield beams, slice(0, self.steps)
            return
        half = np.arcsin(reach / away) + 0.01
        middle = np.arctan2(y, x) - self.phase
        scale = self.steps / (2 * np.pi)
        begin, end = int(np.floor((middle - half) * scale)), int(np.ceil((middle + half) * scale)) + 1
        if end - begin >= self.steps:
            yield beams, slice(0, self.steps)
            return
        begin, end = begin % self.steps, end % self.steps
        if begin < end:
            yield beams, slice(begin, end)
        else:
            yield beams, slice(begin, self.steps)
            yield beams, slice(0, end)

    def meet(self, solid, window):
        """Distance and cosine of the rays of a window on a solid."""
        rays = tuple(axis[window] for axis in self.rays)
        if solid.kind == "block":
            return raycast.meet_block(self.origin, rays, solid.centre, solid.size, solid.yaw, solid.taper)
        if solid.kind == "ellipsoid":
            return raycast.meet_ellipsoid(self.origin, rays, solid.centre, solid.size, solid.yaw)
        z, height = solid.centre[2], solid.size[2]
        return raycast.meet_cylinder(self.origin, rays, solid.centre, solid.size[0], z - height / 2, z + height / 2)

    def keep_nearest(self, window, distance, cosine, reflectivity, owner):
        """Enter hits that lie before those known."""
        nearer = distance < self.distance[window]
        self.distance[window][nearer] = distance[nearer]
        self.cosine[window][nearer] = cosine[nearer]
        self.reflectivity[window][nearer] = reflectivity
        self.owner[window][nearer] = owner

    def add_ground(self, slope):
        """The plane of the road."""
        distance, cosine = raycast.meet_ground(self.origin, self.rays, (*slope, 0.0))
        self.keep_nearest((slice(None), slice(None)), distance, cosine, 0.2, GROUND)

    def add(self, solid, owner):
        """A solid of the thing number `owner`."""
        for window in self.windows(solid):
            distance, cosine = self.meet(solid, window)
            if not np.isfinite(distance).any():
                continue
            if solid.passing:
                distance = np.where(self.random.random(distance.shape) < solid.passing, np.inf, distance)
            if solid.depth:
                distance = distance + self.random.exponential(solid.depth, distance.shape)
            self.keep_nearest(window, distance, cosine, solid.reflectivity, owner)

    def returns(self, reach):
        """Points of what comes back in the frame of the road below the sensor, their beams and their owners."""
        random = self.random
        loss, noise = random.uniform(0.01, 0.12), random.uniform(0.008, 0.035)
        far = self.distance / reach
        # Light falls off with the square of the range; dark surfaces and grazing angles are lost first.
        lost = loss + (0.1 + 0.03 / (self.reflectivity + 0.05)) * np.minimum(far, 1) ** 2
        lost = lost + 0.35 * (self.cosine < 0.08) + random.uniform(0, 0.5) * (self.reflectivity < 0.08)
        shape = self.distance.shape
        back = (self.distance > LEAST_RANGE) & (far < 1) & (random.random(shape, np.float32) > lost)
        distance = self.distance[back] + random.normal(0, noise, int(back.sum())).astype(np.float32)
        owners = self.owner[back]
        # A few returns from the air, and some between an edge and what lies behind it.
        stray = random.random(len(distance)) < 10 ** random.uniform(-5, -2.8)
        distance = np.where(stray, distance * random.random(len(distance)), distance)
        points = np.stack([axis[back] * distance + start for axis, start in zip(self.rays, self.origin)], axis=1)
        return points.astype(np.float32), np.nonzero(back)[0], np.where(stray, NOTHING, owners)


def own_car(random):
    """The roof and bonnet under the sensor, seen by some."""
    size = (random.uniform(3.8, 5.0), random.uniform(1.7, 2.0), random.uniform(1.1, 1.4))
    x = random.uniform(-0.8, 0.8)
    return Solid("block", (x, 0.0, size[2] / 2), size, taper=(1.2, 0.8, 0.1))


def simulate(sensor, random):
    """A scan of a random street; z = 0 is the ground below the sensor, x runs along the road."""
    street = make_street(random)
    turn = Turn(sensor, random)
    ground = street.ground
    turn.add_ground(ground.slope)
    boxes, row_of = [], {}
    for number, placed in enumerate(street.placed):
        thing = placed.thing
        base = float(ground.slope @ (placed.x, placed.y))
        for solid in thing.placed(placed.x, placed.y, base, placed.yaw):
            turn.add(solid, number)
        if thing.label >= 0:
            row_of[number] = len(boxes)
            z = base + placed.lift + thing.size[2] / 2
            boxes.append((placed.x, placed.y, z, *thing.size, placed.yaw, thing.label))
    if random.random() < 0.3:
        turn.add(own_car(random), NOTHING)
    points, beams, owners = turn.returns(sensor.reach)
    # The plane of the road becomes the real ground; things are lifted as a whole.
    lifts = np.array([placed.lift for placed in street.placed] + [0.0, 0.0], np.float32)
    lift = lifts[owners]
    on_ground = owners == GROUND
    lift[on_ground] = ground.height(points[on_ground, 0], points[on_ground, 1])
    points[:, 2] += lift
    rows = np.array([row_of.get(number, -1) for number in range(len(street.placed))] + [-1, -1], np.int16)
    return Scan(points, beams, rows[owners], np.array(boxes, np.float32).reshape(-1, 8))
