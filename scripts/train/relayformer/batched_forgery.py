"""Forged pictures with known masks, many at once on any device: what forgery.py makes one by one. float32 [n, 3, s, s], 0 to 255."""

import numpy as np
import torch

from .batched_draws import Draws
from .batched_fills import harmonic_fill, patched
from .batched_history import draw_publication, first_history, noisy, published, sometimes
from .batched_regions import bounds, boxes_around, usable_regions
from .batched_sampling import blurred, per_picture, rounded, turned
from .batched_treatments import treated
from .config import SIDE
from .forgery import JPEG_CELL, KINDS

# What a turned donor is cut from, less than in forgery.py: many photographs would have to be enlarged for more.
AROUND = 1.3
SHIFT_TRIES = 40
FILLINGS, FILLING_SHARES = ("diffusion", "patches", "patches and grain"), (0.35, 0.35, 0.3)


def donors(photographs, chosen, side, draws, random):
    """Pictures with a history of their own whose compression grid lies anywhere; the first half of them turned and scaled."""
    half, parts = len(chosen) // 2, []
    for part, around in ((chosen[:half], AROUND), (chosen[half:], 1.0)):
        if not len(part):
            continue
        extent, count = round(side * around) + JPEG_CELL, len(part)
        donor = first_history(photographs.crops(part, extent, (0.35, 1.5), draws, random), draws)
        if around > 1:
            middle = torch.full((count,), extent / 2, device=donor.device)
            shift, mirror = torch.zeros_like(middle), torch.ones_like(middle)
            donor = turned(donor, draws.uniform(-30, 30, count), draws.uniform(0.8, 1.25, count), (shift,) * 2, (middle,) * 2, mirror)
        parts.append(cut_out(donor, side, draws))
    donor = torch.cat(parts)
    count = len(donor)
    bent = 255 * (donor.clamp(min=0) / 255) ** per_picture(draws.uniform(0.8, 1.25, count))
    donor = torch.where(per_picture(draws.chance(0.5, count)), bent, donor)
    return noisy(donor, sometimes(draws.uniform(0.5, 4, count), 0.4, draws))


def cut_out(pixels, side, draws):
    """The middle of each, up to four pixels off."""
    count, spare = len(pixels), (pixels.shape[-1] - side) // 2
    top, left = ((spare + draws.integers(-4, 4, count)).clamp(min=0) for _ in range(2))
    places, index = torch.arange(side, device=pixels.device), torch.arange(count, device=pixels.device)
    rows, columns = (each[:, None] + places for each in (top, left))
    return pixels[index[:, None, None], :, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


def moments(pixels, masks):
    """Mean and spread of each colour within masks, [n, 3, 1, 1]."""
    weights = masks[:, None].float()
    total = weights.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    mean = (pixels * weights).sum(dim=(2, 3), keepdim=True) / total
    spread = ((pixels - mean).square() * weights).sum(dim=(2, 3), keepdim=True) / total
    return mean, spread.sqrt()


def matched(donor, hosts, masks):
    """Donors with the mean and spread that the hosts have around the masks."""
    (there, there_spread), (inside, inside_spread) = moments(hosts, boxes_around(masks, 8)), moments(donor, masks)
    gain = (there_spread / (inside_spread + 1)).clamp(0.5, 2)
    return ((donor - inside) * gain + there).clamp(0, 255)


def far_shifts(masks, draws):
    """Shifts (y, x) that keep regions inside their pictures and clear of themselves, or the farthest that were tried."""
    count, side = masks.shape[:2]
    first_row, last_row, first_column, last_column = bounds(masks)
    shifts = []
    for first, last in ((first_row, last_row), (first_column, last_column)):
        half, centre = 1.1 * (last - first + 1) / 2, (last + first) / 2
        low, high = half.clamp(max=side / 2)[:, None], (side - half).clamp(min=side / 2)[:, None]
        shifts.append((low + (high - low) * draws.uniform(0, 1, count, SHIFT_TRIES) - centre[:, None]).round())
    length = torch.hypot(*shifts)
    clear = length >= 1.2 * masks.sum(dim=(1, 2)).float().sqrt()[:, None]
    # Of those that are clear any, of the others the farthest.
    best = torch.where(clear, 1e6 + draws.uniform(0, 1, count, SHIFT_TRIES), length).argmax(dim=1, keepdim=True)
    return tuple(each.gather(1, best)[:, 0] for each in shifts)


def moved(hosts, masks, draws):
    """What lies elsewhere in the same pictures, at the place of the masks; some turned, scaled and mirrored."""
    count, weights = len(hosts), masks.float()
    places, total = torch.arange(masks.shape[-1], device=masks.device), weights.sum(dim=(1, 2)).clamp(min=1)
    centre = tuple((weights.sum(dim=axis) * places).sum(dim=1) / total for axis in (2, 1))
    changed = draws.chance(0.6, count)
    degrees = changed * draws.uniform(-15, 15, count)
    scale = torch.where(changed, draws.uniform(0.85, 1.2, count), torch.ones_like(degrees))
    mirror = 1.0 - 2.0 * (changed & draws.chance(0.3, count))
    return turned(hosts, degrees, scale, far_shifts(masks, draws), centre, mirror)


def grain_of(pixels, masks):
    """Noise level around masks, from the median of the high frequencies."""
    residue = (pixels - rounded(blurred(rounded(pixels), torch.ones(len(pixels), device=pixels.device), 1))).abs()
    outside = (boxes_around(masks, 8) & ~masks)[:, None]
    around = torch.where(outside, residue, torch.full_like(residue, float("nan")))
    return torch.nan_to_num(1.4826 * around.flatten(1).nanmedian(dim=1)[0])


class Forger:
    """Makes batches of forgeries of photographs on a device."""

    def __init__(self, photographs, seed):
        self.photographs, self.draws = photographs, Draws(photographs.device)
        # For what decides about shapes of tensors: drawn where it is needed, nothing has to wait.
        self.random = np.random.default_rng(seed)

    @torch.no_grad()
    def forge(self, count, difficulty, kind_shares):
        """uint8 [n, SIDE, SIDE, 3], bool [n, SIDE, SIDE] and the number of the kind of each, a numpy array in order."""
        random, draws = self.random, self.draws
        kinds = np.sort(random.choice(len(KINDS), count, p=np.array(kind_shares) / sum(kind_shares)))
        publication = draw_publication(difficulty.mild, random)
        side = round(SIDE / publication.scale)
        first = random.integers(0, len(self.photographs), count)
        second = (first + random.integers(1, len(self.photographs), count)) % len(self.photographs)
        hosts = first_history(self.photographs.crops(first, side, (0.35, 1), draws, random), draws)
        parts = {name: slice(*np.searchsorted(kinds, (number, number + 1))) for number, name in enumerate(KINDS)}
        changed, masks = hosts.clone(), torch.zeros(hosts[:, 0].shape, dtype=torch.bool, device=hosts.device)
        for kind, part in parts.items():
            if kind != "untouched" and part.stop > part.start:
                textured = kind in ("copy-move", "retouch")
                masks[part] = usable_regions(hosts[part], difficulty, textured, draws, random)
                changed[part] = self.change(kind, hosts[part], masks[part], second[part], side)
        seamless = self.places(parts["splice"], parts["copy-move"], share=difficulty.soft_borders / 3)
        changed = self.with_membranes(hosts, changed, masks, seamless, parts["removal"])
        sigmas = sometimes(draws.uniform(0.5, 2, count), difficulty.soft_borders, draws)
        if len(seamless):
            sigmas[torch.from_numpy(seamless).to(sigmas.device)] = 0
        alpha = rounded(blurred(255.0 * masks[:, None], sigmas, 2)) / 255
        pixels, masks = published(hosts + alpha * (changed - hosts), masks, publication, SIDE, draws)
        return pixels.permute(0, 2, 3, 1).contiguous(), masks, kinds

    def change(self, kind, hosts, masks, others, side):
        """What is put in place of the hosts, before borders are blended; removals come later, all holes at once."""
        if kind == "splice":
            donor = donors(self.photographs, others, side, self.draws, self.random)
            adapted = self.draws.chance(0.3, len(donor))
            return torch.where(per_picture(adapted), matched(donor, hosts, masks), donor)
        if kind == "copy-move":
            return moved(hosts, masks, self.draws)
        return treated(hosts, self.draws, self.random) if kind == "retouch" else hosts

    def places(self, *parts, share):
        """A random share of the places of some parts."""
        every = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        return every[self.random.random(len(every)) < share]

    def with_membranes(self, hosts, changed, masks, seamless, removal):
        """Seamless pieces get the membrane through host - donor, holes the one through the host; then patches and grain."""
        removed = np.arange(removal.start, removal.stop)
        places = np.concatenate([seamless, removed]).astype(np.int64)
        if not len(places):
            return changed
        at = torch.from_numpy(places).to(hosts.device)
        is_hole = torch.from_numpy(np.arange(len(places)) >= len(seamless)).to(hosts.device)
        # The donor plus the membrane through host - donor around it solves the Poisson equation.
        base = torch.where(per_picture(is_hole), torch.zeros_like(changed[at]), changed[at])
        filled = harmonic_fill(hosts[at] - base, masks[at]) + base
        changed[at] = filled.clamp(0, 255)
        ways = self.random.choice(len(FILLINGS), len(removed), p=FILLING_SHARES)
        copied = removed[ways > 0]
        if len(copied):
            at = torch.from_numpy(copied).to(hosts.device)
            grained = torch.from_numpy(ways[ways > 0] == FILLINGS.index("patches and grain")).to(hosts.device)
            filled = patched(changed[at], masks[at], self.draws)
            changed[at] = noisy(filled, grain_of(hosts[at], masks[at]) * grained)
        return changed
