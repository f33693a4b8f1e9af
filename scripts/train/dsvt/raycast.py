"""Where rays meet the ground, tapered blocks, upright cylinders and ellipsoids."""

import numpy as np

NEAREST = 1e-6
# Crowns, heads and shoulders are rough: they send light back the same from everywhere.
ELLIPSOID_COSINE = 0.7


def turned(x, y, yaw):
    """x and y seen from axes that are turned by yaw."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return cos * x + sin * y, cos * y - sin * x


def meet_ground(origin, rays, plane):
    """
    Distance and incidence cosine on z = a x + b y + c from above, infinite and 0 where rays do not come down to it.
    rays: three arrays x, y, z of unit directions, of one shape, as in all functions here.
    """
    a, b, c = plane
    closing = rays[2] - a * rays[0] - b * rays[1]
    height = a * origin[0] + b * origin[1] + c - origin[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = height / closing
    hit = (closing < 0) & (distance > 0)
    return np.where(hit, distance, np.inf), np.where(hit, -closing, 0)


def block_planes(size, taper):
    """Outward normals and offsets of the faces; taper takes metres off the front, the rear and each side at the top."""
    length, width, height = size
    front, rear, side = taper
    # The normal of a face that leans inwards by `lean` over the height points up by the same ratio.
    leans = [(1, 0, front), (-1, 0, rear), (0, 1, side), (0, -1, side)]
    planes = []
    for x, y, lean in leans:
        up = lean / height
        norm = np.hypot(1, up)
        half = length / 2 if x else width / 2
        # The face stands at `half` at the bottom (z = -height / 2).
        planes.append(((x / norm, y / norm, up / norm), (half - up * height / 2) / norm))
    return planes + [((0, 0, 1), height / 2), ((0, 0, -1), height / 2)]


def meet_block(origin, rays, centre, size, yaw, taper=(0, 0, 0)):
    """Distance and incidence cosine on a block from outside."""
    local = (*turned(origin[0] - centre[0], origin[1] - centre[1], yaw), origin[2] - centre[2])
    along = (*turned(rays[0], rays[1], yaw), rays[2])
    near = np.full_like(rays[0], -np.inf)
    far = np.full_like(rays[0], np.inf)
    cosine = np.zeros_like(rays[0])
    for (nx, ny, nz), offset in block_planes(size, taper):
        closing = nx * along[0] + ny * along[1] + nz * along[2] if ny else nx * along[0] + nz * along[2]
        room = offset - (nx * local[0] + ny * local[1] + nz * local[2])
        # A ray along the face enters long ago when inside, never when outside.
        closing = np.where(closing == 0, -1e-30, closing)
        distance = room / closing
        entering = closing < 0
        later = entering & (distance > near)
        near = np.where(later, distance, near)
        cosine = np.where(later, -closing, cosine)
        far = np.where(entering, far, np.minimum(far, distance))
    hit = (far >= near) & (near > NEAREST)
    return np.where(hit, near, np.inf), np.where(hit, cosine, 0)


def meet_cylinder(origin, rays, centre, radius, bottom, top):
    """Distance and incidence cosine on an upright cylinder: its side, and its top from above."""
    ox, oy = origin[0] - centre[0], origin[1] - centre[1]
    a = rays[0] ** 2 + rays[1] ** 2
    b = ox * rays[0] + oy * rays[1]
    root = b * b - a * (ox * ox + oy * oy - radius * radius)
    with np.errstate(divide="ignore", invalid="ignore"):
        side = (-b - np.sqrt(root)) / a
        cap = (top - origin[2]) / rays[2]
        z = origin[2] + side * rays[2]
        on_side = (root >= 0) & (side > NEAREST) & (z >= bottom) & (z <= top)
        cap_x, cap_y = ox + cap * rays[0], oy + cap * rays[1]
        on_cap = (rays[2] < 0) & (cap > NEAREST) & (cap_x**2 + cap_y**2 <= radius * radius)
        side_cosine = np.abs((ox + side * rays[0]) * rays[0] + (oy + side * rays[1]) * rays[1]) / radius
    side = np.where(on_side, side, np.inf)
    cap = np.where(on_cap, cap, np.inf)
    first = cap < side
    cosine = np.where(first, -rays[2], np.where(on_side, side_cosine, 0))
    return np.where(first, cap, side), cosine


def meet_ellipsoid(origin, rays, centre, radii, yaw):
    """Distance on an ellipsoid from outside, and a fixed cosine where it is hit."""
    local = (*turned(origin[0] - centre[0], origin[1] - centre[1], yaw), origin[2] - centre[2])
    along = (*turned(rays[0], rays[1], yaw), rays[2])
    start = [value / radius for value, radius in zip(local, radii)]
    step = [value / radius for value, radius in zip(along, radii)]
    a = step[0] ** 2 + step[1] ** 2 + step[2] ** 2
    b = start[0] * step[0] + start[1] * step[1] + start[2] * step[2]
    root = b * b - a * (start[0] ** 2 + start[1] ** 2 + start[2] ** 2 - 1)
    distance = (-b - np.sqrt(np.maximum(root, 0))) / a
    hit = (root >= 0) & (distance > NEAREST)
    return np.where(hit, distance, np.inf), np.where(hit, ELLIPSOID_COSINE, 0)
