"""Streets: where things stand around a sensor at the origin, in metres, z = 0 on the ground below it."""

from dataclasses import dataclass

import numpy as np

from . import shapes

EXTENT = 75.0
CLEARANCE = 3.0


@dataclass(frozen=True)
class Placed:
    """A thing at a place and heading; lift is the height of the ground under it."""

    thing: shapes.Thing
    x: float
    y: float
    yaw: float
    lift: float


class Ground:
    """A slope, long waves and pavements that are a kerb higher than the road; 0 at the origin."""

    def __init__(self, random, half_width, across):
        self.slope = random.normal(0, 0.015, 2)
        lengths = random.uniform(18, 90, 4)
        angles = random.uniform(0, 2 * np.pi, 4)
        self.waves = np.stack([np.cos(angles), np.sin(angles)]) * 2 * np.pi / lengths
        self.phases = random.uniform(0, 2 * np.pi, 4)
        self.heights = random.normal(0, 0.003, 4) * lengths * random.uniform(0, 1)
        self.kerb = random.choice([0.0, random.uniform(0.05, 0.2)])
        self.half_width, self.across = half_width, across
        self.base = 0.0
        self.base = float(self.height(np.zeros(1), np.zeros(1))[0])

    def height(self, x, y):
        """Height above the plane of the slope."""
        phase = np.multiply.outer(x, self.waves[0]) + np.multiply.outer(y, self.waves[1]) + self.phases
        return np.sin(phase) @ self.heights + self.kerb * (np.abs(y - self.across) > self.half_width) - self.base


class Street:
    """Collects things without overlap; x runs along the road, whose middle is at y = across."""

    def __init__(self, random):
        self.random = random
        self.half_width = random.uniform(3.5, 10)
        self.pavement = random.uniform(1.5, 5)
        self.across = random.uniform(-0.6, 0.6) * self.half_width
        self.ground = Ground(random, self.half_width, self.across)
        # A crossing road in some scenes: nothing is built there.
        self.crossing = random.uniform(-40, 40) if random.random() < 0.4 else np.inf
        self.crossing_half = random.uniform(3.5, 8)
        self.placed = []
        self.circles = np.zeros((0, 3))
        self.houses = np.zeros((0, 4))

    def inside_house(self, circles):
        """Whether circles x, y, radius reach into a house."""
        away = np.abs(circles[:, None, :2] - self.houses[:, :2]) - self.houses[:, 2:]
        return bool((away.max(axis=2) < circles[:, None, 2]).any())

    def put(self, thing, x, y, yaw):
        """Place a thing unless it overlaps another, is too near or too far; tells whether it stands."""
        length, width = thing.size[0], thing.size[1]
        count = max(1, round(length / max(width, 0.3)))
        along = (np.arange(count) + 0.5) / count * length - length / 2
        radius = 0.55 * max(width, length / count)
        own = np.stack([x + along * np.cos(yaw), y + along * np.sin(yaw), np.full(count, radius)], axis=1)
        if np.hypot(x, y) > EXTENT or (np.hypot(own[:, 0], own[:, 1]) < CLEARANCE + radius).any():
            return False
        gaps = np.hypot(own[:, None, 0] - self.circles[:, 0], own[:, None, 1] - self.circles[:, 1])
        if (gaps < own[:, None, 2] + self.circles[:, 2]).any() or self.inside_house(own):
            return False
        self.circles = np.concatenate([self.circles, own])
        self.stand(thing, x, y, yaw)
        return True

    def stand(self, thing, x, y, yaw):
        lift = float(self.ground.height(np.array([x]), np.array([y]))[0])
        self.placed.append(Placed(thing, x, y, yaw, lift))

    def side(self):
        return self.random.choice([-1, 1])

    def add_buildings(self):
        """Rows of houses beyond the pavements, some set back."""
        if self.random.random() < 0.15:
            return
        for side in (-1, 1):
            x = -EXTENT
            while x < EXTENT:
                house = shapes.building(self.random)
                length, depth, _ = house.size
                back = self.random.choice([0, self.random.uniform(0, 8)])
                y = self.across + side * (self.half_width + self.pavement + depth / 2 + back)
                crossed = abs(x + length / 2 - self.crossing) < self.crossing_half + length / 2
                if not crossed and self.random.random() < 0.85:
                    self.stand(house, x + length / 2, y, 0 if side > 0 else np.pi)
                    self.houses = np.append(self.houses, [[x + length / 2, y, length / 2, depth / 2]], axis=0)
                x += length + self.random.choice([0.3, self.random.uniform(0, 8)])

    def add_parked(self):
        """Rows of parked vehicles at the kerbs, one behind or one beside the other, and car parks."""
        for side in (-1, 1):
            if self.random.random() < 0.2:
                continue
            beside = self.random.random() < 0.25
            tilt = self.random.choice([np.pi / 2, np.pi / 3, np.pi / 4])
            filled = self.random.uniform(0.3, 1)
            x = -60.0
            while x < 60:
                thing = shapes.vehicle(self.random)
                length, width, _ = thing.size
                room = width / np.sin(tilt) + 0.7 if beside else length + self.random.uniform(0.4, 1.6)
                if self.random.random() < filled and abs(x - self.crossing) > self.crossing_half + 2:
                    outward = length / 2 - 0.5 if beside else -width / 2 - 0.2
                    y = self.across + side * (self.half_width + outward) + self.random.normal(0, 0.12)
                    yaw = (tilt if beside else 0) + self.random.normal(0, 0.03) + np.pi * self.random.integers(2)
                    self.put(thing, x + room / 2, y, yaw)
                x += room

    def add_car_park(self):
        """A few rows of cars side by side."""
        if self.random.random() > 0.2:
            return
        side = self.side()
        for row in range(self.random.integers(1, 4)):
            y = self.across + side * (self.half_width + self.pavement + 5 + 7.5 * row)
            x, last = self.random.uniform(-40, 0), self.random.uniform(10, 40)
            while x < last:
                if self.random.random() < 0.8:
                    yaw = np.pi / 2 + np.pi * self.random.integers(2) + self.random.normal(0, 0.03)
                    self.put(shapes.car(self.random), x, y, yaw)
                x += self.random.uniform(2.45, 2.9)

    def add_traffic(self):
        """Vehicles and cyclists in the lanes of both roads."""
        for _ in range(self.random.integers(2, 14)):
            side = self.side()
            offset = side * self.random.uniform(0.15, 0.8) * max(self.half_width - 2, 2)
            yaw = (np.pi if side > 0 else 0) + self.random.normal(0, 0.04)
            self.put(shapes.vehicle(self.random), self.random.uniform(-60, 60), self.across + offset, yaw)
        if np.isfinite(self.crossing):
            for _ in range(self.random.integers(1, 8)):
                side = self.side()
                x = self.crossing + side * self.random.uniform(0.2, 0.7) * self.crossing_half
                yaw = side * np.pi / 2 + self.random.normal(0, 0.06)
                self.put(shapes.vehicle(self.random), x, self.random.uniform(-50, 50), yaw)
        for _ in range(self.random.integers(2, 9)):
            side = self.side()
            offset = side * (self.half_width - self.random.uniform(0.3, 4))
            yaw = (np.pi if side > 0 else 0) + self.random.normal(0, 0.1)
            self.put(shapes.cyclist(self.random), self.random.uniform(-35, 35), self.across + offset, yaw)

    def on_pavement(self, reach):
        """A random place beside the road."""
        offset = self.half_width + self.random.uniform(0.2, self.pavement)
        return self.random.uniform(-reach, reach), self.across + self.side() * offset

    def anywhere(self, reach):
        return self.random.uniform(-reach, reach), self.random.uniform(-reach, reach)

    def add_people(self):
        """Alone and in groups, on pavements and crossing."""
        for _ in range(self.random.integers(4, 22)):
            x, y = self.on_pavement(32) if self.random.random() < 0.7 else self.anywhere(30)
            yaw = self.random.choice([0, np.pi]) + self.random.normal(0, 0.2)
            if self.random.random() < 0.35:
                yaw = self.random.uniform(-np.pi, np.pi)
            self.put(shapes.pedestrian(self.random), x, y, yaw)
            if self.random.random() < 0.25:
                gap = self.random.uniform(0.8, 1.2) * self.side()
                self.put(shapes.pedestrian(self.random), x - gap * np.sin(yaw), y + gap * np.cos(yaw), yaw)

    def add_others(self):
        """Vehicles and cyclists in odd places."""
        for _ in range(self.random.integers(0, 6)):
            self.put(shapes.vehicle(self.random), *self.anywhere(50), self.random.uniform(-np.pi, np.pi))
        for _ in range(self.random.integers(0, 5)):
            self.put(shapes.cyclist(self.random), *self.anywhere(30), self.random.uniform(-np.pi, np.pi))

    def add_clutter(self):
        """What must not be found: plants, poles, furniture, fences."""
        green = self.random.uniform(0, 1.5)
        counts = [
            (shapes.tree, 11 * green, 60),
            (shapes.bush, 12 * green, 50),
            (shapes.hedge, 5 * green, 45),
            (shapes.pole, 14, 55),
            (shapes.furniture, 10, 40),
            (shapes.parked_bicycle, 2, 30),
            (shapes.shelter, 0.5, 40),
            (shapes.fence, 3, 45),
        ]
        for make, mean, reach in counts:
            for _ in range(self.random.poisson(mean * self.random.uniform(0.3, 1.5))):
                x, y = self.on_pavement(reach) if self.random.random() < 0.6 else self.anywhere(reach)
                yaw = self.random.choice([0, np.pi / 2, np.pi]) + self.random.normal(0, 0.08)
                if abs(y - self.across) > self.half_width or self.random.random() < 0.15:
                    self.put(make(self.random), x, y, yaw)


def make_street(random):
    """A street with everything in it; the order decides who makes room."""
    street = Street(random)
    street.add_buildings()
    street.add_parked()
    street.add_traffic()
    street.add_people()
    street.add_others()
    street.add_car_park()
    street.add_clutter()
    return street
