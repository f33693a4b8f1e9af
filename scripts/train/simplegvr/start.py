"""Start values: a linear autoencoder of picture detail, written into the MiniVAE.

Trained from random weights without its condition, the decoder settles at doing nothing. The norms of the
network throw amplitudes away unless some channels are constant and large, and a SiLU passes a signal on
unchanged when its negative is there too: silu(x) - silu(-x) = x. Both are built in here.
"""

import torch
from torch import nn

from mini_vae import detail_planes
from vae_blocks import ResidualBlock

CONSTANT = 6.0
CONDITION_STD = 0.02


def centre(conv):
    """The tap of a causal 3x3x3 kernel at the present frame and position, [out, in]."""
    return conv.weight.data[:, :, -1, 1, 1]


def principal_details(base, hr, count, patch):
    """Largest principal directions [planes, count] of the detail that the bicubic videos lack."""
    lacking = (detail_planes(hr, patch) - detail_planes(base, patch))[:, : 3 * patch**2]
    rows = lacking.transpose(0, 1).flatten(1)
    _, vectors = torch.linalg.eigh(rows @ rows.T / rows.shape[1])
    return vectors.flip(1)[:, :count]


def clear(conv):
    """Zero weights and biases."""
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)


def quiet_branches(model):
    """Residual branches that start near zero."""
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            nn.init.normal_(module.residual[6].weight, 0, 0.01)
            nn.init.zeros_(module.residual[6].bias)
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


def write_encoder(vae, directions):
    """Latent = detail along the directions."""
    z_dim, planes = directions.shape[1], directions.shape[0]
    first, last = vae.encoder.conv1, vae.encoder.head[2]
    clear(first)
    centre(first)[:z_dim, :planes] = directions.T
    centre(first)[z_dim : 2 * z_dim, :planes] = -directions.T
    centre(first)[2 * z_dim : 2 * z_dim + 3, planes:] = torch.eye(3)
    first.bias.data[2 * z_dim + 3 :] = CONSTANT
    clear(last)
    centre(last)[:z_dim, :z_dim] = torch.eye(z_dim)
    centre(last)[:z_dim, z_dim : 2 * z_dim] = -torch.eye(z_dim)
    clear(vae.conv1)
    vae.conv1.weight.data[:, :, 0, 0, 0] = torch.eye(2 * z_dim)


def write_decoder(vae, directions):
    """Detail along the directions, from the latent; the condition enters weakly."""
    z_dim = directions.shape[1]
    clear(vae.conv2)
    vae.conv2.weight.data[:, :, 0, 0, 0] = torch.eye(z_dim)
    first, last = vae.decoder.conv1, vae.decoder.head[2]
    clear(first)
    nn.init.normal_(first.weight[:, z_dim:], 0, CONDITION_STD)
    centre(first)[:z_dim, :z_dim] = torch.eye(z_dim)
    centre(first)[z_dim : 2 * z_dim, :z_dim] = -torch.eye(z_dim)
    first.bias.data[2 * z_dim :] = CONSTANT
    clear(last)
    centre(last)[:, :z_dim] = directions
    centre(last)[:, z_dim : 2 * z_dim] = -directions


def fit_gain(vae, base, hr):
    """Scale the decoder's output to fit the missing detail best."""
    keep = torch.zeros(hr.shape[0])
    made = vae.decode(residual_latent(vae, base, hr), base, keep) - base
    gain = (made * (hr - base)).sum() / made.square().sum()
    vae.decoder.head[2].weight.data.mul_(gain)


def residual_latent(vae, base, hr):
    """What the cascade has to supply: the latent of the HR video less that of the bicubic one.

    Unlike the latent of the HR video itself it says the same at every scale: what is missing.
    """
    return vae.encode(hr) - vae.encode(base)


@torch.no_grad()
def initialise(model, batches):
    """Write the start into a model; batches are (hr, lr, base) that fix directions and scales."""
    quiet_branches(model)
    vae = model.vae
    hr = [batch[0] for batch in batches]
    base = [batch[2] for batch in batches]
    patch, z_dim = model.config["vae"]["patch"], model.config["vae"]["z_dim"]
    pick = lambda videos: torch.cat([video[:, :, :1, :64, :64] for video in videos])
    directions = principal_details(pick(base), pick(hr), z_dim, patch)
    write_encoder(vae, directions)
    write_decoder(vae, directions)
    latent = residual_latent(vae, pick(base), pick(hr)).transpose(0, 1).flatten(1)
    vae.latents_std.copy_(latent.std(dim=1).clamp_min(1e-3))
    # Unit latents in, so the decoder's first layer undoes the scaling of its input.
    fit_gain(vae, pick(base), pick(hr))
    nn.init.normal_(model.net.head.head.weight, 0, 0.02)
