"""Random numbers for many pictures at once, drawn where the pictures are, so that nothing waits for a copy."""

import math

import torch


class Draws:
    """Tensors [n] on a device."""

    def __init__(self, device):
        self.device = device

    def uniform(self, low, high, *size):
        return low + (high - low) * torch.rand(size, device=self.device)

    def log_uniform(self, low, high, *size):
        return torch.exp(self.uniform(math.log(low), math.log(high), *size))

    def chance(self, share, *size):
        return torch.rand(size, device=self.device) < share

    def integers(self, low, high, *size):
        """From low to high - 1."""
        return torch.randint(low, high, size, device=self.device)
