"""SimpleGVR: latent upsampler and diffusion transformer, with the MiniVAE around them."""

import torch
from torch import nn

from .dit import Dit
from .mini_vae import MiniVae
from .pipeline import schedule
from .upsampler import make_upsampler


class LatentNetwork(Dit):
    """DiT whose input is [noisy latent, condition]; owns the upsampler under the key `upsampler`."""

    def __init__(self, config):
        full = dict(config, in_dim=config["z_dim"] + config["cond_dim"], out_dim=config["z_dim"])
        super().__init__(full)
        self.upsampler = make_upsampler(config["upsampler"], config["z_dim"], config["cond_dim"])

    def velocity(self, latent, condition, time, context=None):
        """Velocity at time t in [0, 1]; the network timestep is 1000 * t."""
        timestep = torch.full((latent.shape[0],), 1000.0 * float(time), device=latent.device)
        return self(torch.cat((latent, condition), dim=1), timestep, context)

    def one_step(self, lr_latent, size):
        """Latent estimate from zero noise at t = 1: [B, z, F, h, w] -> [B, z, F, *size]."""
        condition = self.upsampler(lr_latent, size)
        start = condition.new_zeros(condition.shape[0], self.config["z_dim"], *condition.shape[2:])
        return start - self.velocity(start, condition, 1.0)

    def sample(self, condition, noise, aug_noise=None, aug=0.0, steps=1, shift=1.0, context=None):
        """Euler from t = 1 to 0; the condition is mixed with one fixed noise at level aug."""
        if aug > 0:
            condition = (1 - aug) * condition + aug * aug_noise
        times = schedule(steps, shift)
        latent = noise
        for now, after in zip(times, times[1:]):
            latent = latent + (after - now) * self.velocity(latent, condition, now, context)
        return latent


class SimpleGvr(nn.Module):
    """The whole file: MiniVAE under `vae`, the rest without prefix (see state)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.vae = MiniVae(config["vae"])
        self.net = LatentNetwork(config["net"])

    def state(self):
        """Tensors under the file's key names."""
        tensors = {f"vae.{key}": value for key, value in self.vae.state_dict().items()}
        tensors.update(self.net.state_dict())
        return tensors

    def load(self, tensors):
        """Load tensors with the file's key names; any missing or unexpected key is an error."""
        vae = {key[4:]: value.float() for key, value in tensors.items() if key.startswith("vae.")}
        net = {key: value.float() for key, value in tensors.items() if not key.startswith("vae.")}
        self.vae.load_state_dict(vae)
        self.net.load_state_dict(net)

    def estimate_latent(self, lr, size):
        """Latent estimate at size from the low-resolution video [B, 3, T, h, w] in [-1, 1]."""
        return self.net.one_step(self.vae.encode(lr), size)
