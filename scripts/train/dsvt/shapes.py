"""Things of a street as simple solids: vehicles, people, and what must not be taken for them."""

from dataclasses import dataclass, field, replace

import numpy as np

VEHICLE, PEDESTRIAN, CYCLIST = range(3)
CLASSES = ("vehicle", "pedestrian", "cyclist")


@dataclass(frozen=True)
class Solid:
    """A block (size, taper), cylinder (size: radius, radius, height) or ellipsoid (size: radii) around a centre."""

    kind: str
    centre: tuple
    size: tuple
    yaw: float = 0.0
    taper: tuple = (0, 0, 0)
    reflectivity: float = 0.3
    # Mean depth at which light comes back (foliage, m) and the share of light that passes.
    depth: float = 0.0
    passing: float = 0.0


@dataclass(frozen=True)
class Thing:
    """Solids around the origin on the ground z = 0, facing +x; a class and (length, width, height) for those to be found."""

    solids: list = field(default_factory=list)
    label: int = -1
    size: tuple = (0.5, 0.5, 1.0)

    def placed(self, x, y, z, yaw):
        """The solids in the scene."""
        cos, sin = np.cos(yaw), np.sin(yaw)
        moved = []
        for solid in self.solids:
            cx, cy, cz = solid.centre
            centre = (x + cos * cx - sin * cy, y + sin * cx + cos * cy, z + cz)
            moved.append(replace(solid, centre=centre, yaw=yaw + solid.yaw))
        return moved


def block(x, length, width, bottom, top, y=0.0, **more):
    """A block by its horizontal middle and its vertical extent."""
    return Solid("block", (x, y, (bottom + top) / 2), (length, width, top - bottom), **more)


def cylinder(x, y, radius, bottom, top, **more):
    """An upright cylinder."""
    return Solid("cylinder", (x, y, (bottom + top) / 2), (radius, radius, top - bottom), **more)


def ellipsoid(x, y, z, radii, **more):
    """An ellipsoid."""
    return Solid("ellipsoid", (x, y, z), radii, **more)


def wheels(length, width, radius, random, axles=2):
    """Two wheels an axle, as blocks at the sides."""
    first, last = 0.31 * length, -0.29 * length
    places = np.linspace(first, last, axles) + random.uniform(-0.02, 0.02) * length
    thick = 0.24
    return [
        block(x, 1.9 * radius, thick, 0.0, 1.9 * radius, side * (width - thick) / 2, reflectivity=0.06)
        for x in places
        for side in (-1, 1)
    ]


def paint(random):
    """Reflectivity of a car body: dark ones are common and return little."""
    return float(random.choice([0.04, 0.1, 0.3, 0.5, 0.7], p=[0.2, 0.15, 0.25, 0.2, 0.2]))


def car(random):
    """Sedan, hatchback, estate, sport utility or small van: a body, a tapered glass house, wheels, mirrors."""
    kind = random.choice(["sedan", "hatch", "estate", "suv", "van"], p=[0.3, 0.2, 0.12, 0.26, 0.12])
    mean = {"sedan": (4.7, 1.84, 1.45), "hatch": (4.15, 1.78, 1.5), "estate": (4.7, 1.84, 1.5)}
    mean.update(suv=(4.7, 1.92, 1.72), van=(4.9, 1.95, 1.95))
    spread = random.normal(size=3) * (0.28, 0.06, 0.07)
    length, width, height = np.maximum(np.asarray(mean[kind]) + spread, (3.3, 1.55, 1.3))
    colour = paint(random)
    waist = random.uniform(0.54, 0.64) * height
    sill = random.uniform(0.12, 0.2) * height
    hood = random.uniform(0.17, 0.25) * length * (0.7 if kind == "van" else 1)
    boot = {"sedan": random.uniform(0.1, 0.18), "hatch": 0.01, "estate": 0.01, "suv": 0.015, "van": 0.01}[kind] * length
    wind, rear = random.uniform(0.5, 0.95), random.uniform(0.35, 0.8) if kind == "sedan" else random.uniform(0.05, 0.45)
    if kind == "van":
        wind = random.uniform(0.35, 0.8)
    cabin = length - hood - boot
    middle = (boot - hood) / 2
    nose = random.uniform(0.0, 0.25)
    split = waist - random.uniform(0.08, 0.2)
    return Thing(
        [
            block(0, length, width, sill, split, taper=(0.05, 0.02, 0.02), reflectivity=colour),
            block(0, length, width - 0.04, split, waist, taper=(nose + 0.05, 0.08, 0.06), reflectivity=colour),
            block(
                middle,
                cabin,
                width * 0.95,
                waist,
                height * 0.97,
                taper=(wind, rear, 0.18 * width * random.uniform(0.5, 1)),
                reflectivity=0.1,
                passing=random.uniform(0.2, 0.75),
            ),
            block(
                middle + (rear - wind) / 2,
                max(cabin - wind - rear, 0.5),
                width * 0.74,
                height * 0.94,
                height,
                reflectivity=colour,
            ),
            # Seats and heads, seen through the glass.
            block(middle - 0.2, cabin * 0.45, width * 0.7, sill, waist + 0.25, reflectivity=0.1),
        ]
        + wheels(length, width, 0.17 + 0.1 * height, random),
        VEHICLE,
        (length, width, height),
    )


def pickup(random):
    """A cab in front of an open, sometimes loaded or covered bed."""
    length, width, height = random.uniform(5.0, 6.1), random.uniform(1.85, 2.05), random.uniform(1.75, 1.98)
    colour, waist = paint(random), 0.6 * height
    hood, cab = 0.22 * length, random.uniform(0.27, 0.42) * length
    front = length / 2 - hood
    bed = length - hood - cab
    wall = 0.1
    rear_middle = -length / 2 + bed / 2
    solids = [
        block(length / 2 - (hood + cab) / 2, hood + cab, width, 0.3, waist, reflectivity=colour),
        block(front - cab / 2, cab, width * 0.94, waist, height, taper=(0.6, 0.12, 0.2), reflectivity=0.2, passing=0.3),
        block(rear_middle, bed, width, 0.35, 0.62 * waist, reflectivity=colour),
        block(-length / 2 + wall / 2, wall, width, 0.35, waist, reflectivity=colour),
    ]
    solids += [block(rear_middle, bed, wall, 0.35, waist, side * (width - wall) / 2, reflectivity=colour) for side in (-1, 1)]
    if random.random() < 0.3:
        solids.append(block(rear_middle, bed * 0.9, width * 0.8, 0.4, random.uniform(0.7, 1.0) * height, reflectivity=0.3))
    return Thing(solids + wheels(length, width, 0.38, random), VEHICLE, (length, width, height))


def delivery_van(random):
    """A tall van with a short nose."""
    length, width, height = random.uniform(5.0, 6.9), random.uniform(1.95, 2.15), random.uniform(2.0, 2.8)
    colour, nose = float(random.choice([0.1, 0.6, 0.75])), random.uniform(0.6, 1.1)
    solids = [
        block(0, length, width, 0.25, 0.48 * height, reflectivity=colour),
        block(-nose / 2, length - nose, width * 0.98, 0.46 * height, height, taper=(0.7, 0.05, 0.12), reflectivity=colour),
    ]
    return Thing(solids + wheels(length, width, 0.35, random), VEHICLE, (length, width, height))


def truck(random):
    """A cab and a box, bed or tipper behind it."""
    length, width, height = random.uniform(5.8, 10.5), random.uniform(2.15, 2.55), random.uniform(2.4, 3.7)
    cab, gap = random.uniform(1.7, 2.3), random.uniform(0.1, 0.5)
    cab_height = min(height, random.uniform(2.2, 3.0))
    load = length - cab - gap
    colour = float(random.choice([0.1, 0.4, 0.7]))
    top = height if random.random() < 0.7 else random.uniform(1.2, 1.9)
    rear = -length / 2 + load / 2
    solids = [
        block(length / 2 - cab / 2, cab, width * 0.94, 0.4, cab_height, taper=(random.uniform(0, 0.5), 0, 0.05), reflectivity=0.3),
        block(rear, load, width, random.uniform(0.6, 1.0), top, reflectivity=colour),
        block(0, length * 0.96, 0.9, 0.45, 0.95, reflectivity=0.1),
    ]
    size = (length, width, max(top, cab_height))
    return Thing(solids + wheels(length, width, 0.48, random, axles=int(random.integers(2, 4))), VEHICLE, size)


def bus(random):
    """A long box."""
    length, width, height = random.uniform(7.5, 12.5), random.uniform(2.3, 2.6), random.uniform(2.7, 3.3)
    solids = [
        block(0, length, width, 0.3, 1.2, reflectivity=0.5),
        block(0, length, width * 0.98, 1.2, height - 0.4, reflectivity=0.15, passing=0.25),
        block(0, length, width * 0.96, height - 0.4, height, taper=(0.2, 0.1, 0.1), reflectivity=0.5),
        block(0, length * 0.9, width * 0.6, 0.5, 1.6, reflectivity=0.2),
    ]
    return Thing(solids + wheels(length, width, 0.48, random), VEHICLE, (length, width, height))


def vehicle(random):
    """Any vehicle, cars most often."""
    kinds = [car, pickup, delivery_van, truck, bus]
    return kinds[random.choice(5, p=[0.76, 0.06, 0.08, 0.07, 0.03])](random)


def pedestrian(random):
    """Torso, head, legs in stride and arms; sometimes a child, sometimes with a bag."""
    child = random.random() < 0.12
    height = random.uniform(1.0, 1.5) if child else float(np.clip(random.normal(1.71, 0.1), 1.45, 2.0))
    stride = 0.0 if random.random() < 0.35 else random.uniform(0.1, 0.35) * height / 1.7
    broad = random.uniform(0.2, 0.29) * height / 1.7
    deep = random.uniform(0.12, 0.19) * height / 1.7
    colour = random.uniform(0.08, 0.6)
    hip = 0.48 * height
    reach = random.uniform(0.0, 0.25)
    solids = [
        ellipsoid(0, 0, 0.66 * height, (deep, broad, 0.22 * height), reflectivity=colour),
        ellipsoid(0.03, 0, 0.93 * height, (0.1, 0.085, 0.07 * height + 0.005), reflectivity=0.3),
        cylinder(stride / 2, 0.09, 0.075, 0, hip, reflectivity=colour),
        cylinder(-stride / 2, -0.09, 0.075, 0, hip, reflectivity=colour),
        ellipsoid(reach, broad, 0.62 * height, (0.07 + reach / 2, 0.06, 0.17 * height), reflectivity=colour),
        ellipsoid(-reach / 2, -broad, 0.62 * height, (0.07 + reach / 2, 0.06, 0.17 * height), reflectivity=colour),
    ]
    if random.random() < 0.2:
        solids.append(block(-deep - 0.1, 0.25, 0.35, 0.5 * height, 0.8 * height, reflectivity=0.2))
    if random.random() < 0.08:
        solids.append(block(0.55, 0.5, 0.45, 0.25, 0.95, reflectivity=0.2))
    return Thing(solids, PEDESTRIAN, (0.5 + 0.9 * stride + reach, 2 * broad + 0.16, height))


def bicycle_parts(length, heavy):
    """A frame with two wheels, or the body of a motorcycle."""
    wheel = 0.33
    place = length / 2 - wheel
    wide = 0.16 if heavy else 0.05
    tyres = [block(x, 2 * wheel, wide, 0, 2 * wheel, passing=0.2 if heavy else 0.6, reflectivity=0.1) for x in (place, -place)]
    body = block(0, 1.0, 0.35 if heavy else 0.06, 0.3, 0.85, passing=0.0 if heavy else 0.5, reflectivity=0.2)
    bar = block(place - 0.15, 0.12, 0.6, 0.95, 1.08, passing=0.3, reflectivity=0.2)
    return tyres + [body, bar]


def cyclist(random):
    """A bicycle or motorcycle with its rider."""
    heavy = random.random() < 0.3
    length = random.uniform(1.95, 2.25) if heavy else random.uniform(1.6, 1.85)
    height = random.uniform(1.4, 1.65) if heavy else random.uniform(1.55, 1.85)
    lean, colour = random.uniform(0.0, 0.3), random.uniform(0.1, 0.6)
    broad = random.uniform(0.2, 0.28)
    seat = 0.48 * height
    solids = bicycle_parts(length, heavy) + [
        ellipsoid(-0.05 + lean / 2, 0, seat + 0.2 * height, (0.16 + lean / 2, broad, 0.19 * height), reflectivity=colour),
        ellipsoid(0.1 + lean, 0, 0.93 * height, (0.12, 0.1, 0.07 * height), reflectivity=0.3),
        ellipsoid(0.25 + lean / 2, 0, seat + 0.2 * height, (0.25, broad, 0.07), reflectivity=colour),
        cylinder(0.08, 0.13, 0.08, 0.2, seat, reflectivity=colour),
        cylinder(0.0, -0.13, 0.08, 0.35, seat, reflectivity=colour),
    ]
    return Thing(solids, CYCLIST, (length, max(0.62, 2 * broad + 0.12), height))


def tree(random):
    """A trunk and a crown of a few ragged ellipsoids."""
    height, trunk = random.uniform(3.5, 11), random.uniform(0.08, 0.35)
    low = random.uniform(0.2, 0.5) * height
    solids = [cylinder(0, 0, trunk, 0, low + 0.5, reflectivity=0.3)]
    for _ in range(random.integers(1, 4)):
        radii = random.uniform(0.8, 2.2, 3) * height / 8
        x, y = random.normal(0, 0.12 * height, 2)
        z = random.uniform(low + radii[2] * 0.6, height)
        solids.append(ellipsoid(x, y, z, tuple(radii), depth=random.uniform(0.2, 0.9), passing=random.uniform(0, 0.4)))
    return Thing(solids, size=(2 * trunk + 0.3, 2 * trunk + 0.3, height))


def bush(random):
    """One to three ragged ellipsoids, of a person's size to a car's."""
    across, height = random.uniform(0.5, 3.5), random.uniform(0.5, 2.2)
    solids = []
    for _ in range(random.integers(1, 4)):
        radii = (across * random.uniform(0.3, 0.6), across * random.uniform(0.2, 0.5), height * random.uniform(0.4, 0.7))
        x, y = random.normal(0, 0.2 * across, 2)
        solids.append(ellipsoid(x, y, height * random.uniform(0.2, 0.5), radii, depth=random.uniform(0.08, 0.4), passing=0.2))
    return Thing(solids, size=(across, across, height))


def hedge(random):
    """A clipped hedge or planter, as long as a car or longer."""
    length, width, height = random.uniform(1.5, 12), random.uniform(0.4, 1.5), random.uniform(0.5, 2.0)
    return Thing([block(0, length, width, 0, height, depth=random.uniform(0.05, 0.3), passing=0.1)], size=(length, width, height))


def pole(random):
    """A lamp post or sign."""
    radius, height = random.uniform(0.03, 0.2), random.uniform(1.0, 8)
    solids = [cylinder(0, 0, radius, 0, height, reflectivity=0.4)]
    if random.random() < 0.5:
        wide, tall = random.uniform(0.3, 0.9), random.uniform(0.3, 0.9)
        bottom = max(0.6, height - tall - random.uniform(0, 1.5))
        solids.append(block(0, 0.04, wide, bottom, bottom + tall, reflectivity=0.9))
    return Thing(solids, size=(2 * radius + 0.2, 2 * radius + 0.2, height))


def furniture(random):
    """Bins, cabinets, benches, bollards, hydrants, kiosks, rubbish."""
    if random.random() < 0.35:
        radius, height = random.uniform(0.08, 0.4), random.uniform(0.4, 1.4)
        return Thing([cylinder(0, 0, radius, 0, height)], size=(2 * radius, 2 * radius, height))
    length, width, height = random.uniform(0.3, 1.9), random.uniform(0.2, 0.9), random.uniform(0.35, 1.7)
    colour = random.uniform(0.1, 0.6)
    solids = [block(0, length, width, random.choice([0, 0, 0.3]), height, reflectivity=colour)]
    if random.random() < 0.3:
        solids.append(block(random.uniform(-0.2, 0.2), length * 0.6, width * 0.4, height, height + random.uniform(0.2, 0.7)))
    return Thing(solids, size=(length, width, height))


def parked_bicycle(random):
    """A bicycle or motorcycle without a rider."""
    heavy = random.random() < 0.3
    length = random.uniform(1.6, 2.1)
    return Thing(bicycle_parts(length, heavy), size=(length, 0.5, 1.0))


def shelter(random):
    """A bus stop: a roof on glass."""
    length, depth = random.uniform(2.5, 5), random.uniform(1.2, 1.8)
    solids = [
        block(0, length, depth, 2.3, 2.45),
        block(0, length, 0.05, 0.1, 2.3, y=depth / 2, passing=0.6),
        block(length / 2, 0.1, depth * 0.8, 0.1, 2.3, passing=0.3),
        block(0, length * 0.6, 0.4, 0.4, 0.5, y=depth / 4),
    ]
    return Thing(solids, size=(length, depth, 2.45))


def fence(random):
    """A wall, a railing, a guard rail or a fence."""
    length, height = random.uniform(2, 20), random.uniform(0.5, 2.2)
    bottom = random.choice([0, 0, 0.4])
    passing = random.choice([0, 0.4, 0.75])
    width = random.uniform(0.04, 0.4)
    return Thing([block(0, length, width, bottom, max(height, bottom + 0.3), passing=passing)], size=(length, width, height))


def building(random):
    """A house with bays, steps and balconies on its front (-y side)."""
    length, depth, height = random.uniform(5, 24), random.uniform(6, 14), random.uniform(3.5, 18)
    solids = [block(0, length, depth, -2, height, reflectivity=random.uniform(0.15, 0.6))]
    for _ in range(random.integers(0, 5)):
        wide, out = random.uniform(0.6, 3), random.uniform(0.15, 1.2)
        bottom = random.choice([0, 0, 0.8, 2.8])
        x = random.uniform(-0.4, 0.4) * length
        solids.append(block(x, wide, 2 * out, bottom, bottom + random.uniform(0.4, 3), y=-depth / 2))
    return Thing(solids, size=(length, depth, height))
