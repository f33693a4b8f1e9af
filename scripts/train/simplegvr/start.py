"""Start values: a linear autoencoder of 4x4 patches, written into the MiniVAE.

Trained from random weights without its condition, the decoder settles at doing nothing: the norms of the
network throw amplitudes away unless some channels are constant and large, and a SiLU passes a signal on
unchanged when its negative is there too: silu(x) - silu(-x) = x. Both are built in here. The signals are a
colour and cosine transform of the patches.
"""

import math

import torch
from torch import nn

from .vae_blocks import ResidualBlock

CONSTANT = 6.0
# Details come 8 times enlarged; means are much larger than details and would drown them.
DETAIL_SIGNAL = 0.25
MEAN_SIGNAL = 0.1
CONDITION_STD = 0.02
# Orthonormal brightness and colour differences; the order of the components is by frequency.
COLOURS = ((1, 1, 1), (1, 0, -1), (1, -2, 1))


def cosine_basis(patch):
    """Orthonormal cosine transform of a patch: list of (frequency, [patch*patch])."""
    waves = []
    for u in range(patch):
        scale = math.sqrt((1 if u == 0 else 2) / patch)
        waves.append(torch.tensor([scale * math.cos(math.pi * u * (2 * x + 1) / (2 * patch)) for x in range(patch)]))
    basis = [(u + v, torch.outer(waves[u], waves[v]).flatten()) for u in range(patch) for v in range(patch)]
    return sorted(basis, key=lambda entry: entry[0])


def components(patch, count):
    """Patch components [3*patch*patch, count]: all of brightness, then colour from low frequencies on."""
    basis = cosine_basis(patch)
    chosen = [(0, wave) for _, wave in basis]
    colour = [(index, wave) for _, wave in basis for index in (1, 2)]
    columns = []
    for index, wave in (chosen + colour)[:count]:
        mix = torch.tensor(COLOURS[index], dtype=torch.float)
        columns.append(torch.outer(mix / mix.norm(), wave).flatten())
    return torch.stack(columns, dim=1)


def from_planes(directions, patch):
    """The same components read from detail planes (8 * deviation from the mean, and the mean)."""
    area = patch * patch
    details = directions.unflatten(0, (3, area))
    means = details.sum(dim=1)  # what a component takes of each colour's mean
    details = details - details.mean(dim=1, keepdim=True)
    return torch.cat((DETAIL_SIGNAL * details.flatten(0, 1), MEAN_SIGNAL * means), dim=0)


def both_signs(weights, channels):
    """Weights [out, z] of signals that come with both signs: [out, channels], zero for the constants."""
    rest = weights.new_zeros(weights.shape[0], channels - 2 * weights.shape[1])
    return torch.cat((weights, -weights, rest), dim=1)


def centre(conv):
    """The tap of a causal 3x3x3 kernel at the present frame and position, [out, in]."""
    return conv.weight.data[:, :, -1, 1, 1]


def clear(conv):
    """Zero weights and biases."""
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)


def quiet_branches(model):
    """Residual branches that start near zero."""
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            nn.init.normal_(module.residual[6].weight, 0, 0.001)
            nn.init.zeros_(module.residual[6].bias)
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


def write_encoder(vae, directions):
    """Latent = components of the patch."""
    z_dim = directions.shape[1]
    first, last = vae.encoder.conv1, vae.encoder.head[2]
    clear(first)
    signals = from_planes(directions, vae.config["patch"]).T
    centre(first)[: 2 * z_dim] = torch.cat((signals, -signals))
    first.bias.data[2 * z_dim :] = CONSTANT
    clear(last)
    centre(last)[:z_dim] = both_signs(torch.eye(z_dim), last.weight.shape[1])
    clear(vae.conv1)
    vae.conv1.weight.data[:, :, 0, 0, 0] = torch.eye(2 * z_dim)


def write_decoder(vae, directions):
    """Patch from its components; the condition enters weakly."""
    z_dim = directions.shape[1]
    clear(vae.conv2)
    vae.conv2.weight.data[:, :, 0, 0, 0] = torch.eye(z_dim)
    first, last = vae.decoder.conv1, vae.decoder.head[2]
    clear(first)
    nn.init.normal_(first.weight[:, z_dim:], 0, CONDITION_STD)
    centre(first)[: 2 * z_dim, :z_dim] = both_signs(torch.eye(z_dim), 2 * z_dim).T
    first.bias.data[2 * z_dim :] = CONSTANT
    clear(last)


def residual_latent(vae, base, hr):
    """What the cascade has to supply: the latent of the HR video less that of the bicubic one.

    Unlike the latent of the HR video itself it says the same at every scale: what is missing.
    """
    return vae.encode(hr) - vae.encode(base)


def fit_output(vae, base, hr, directions):
    """Rescale the decoder's last layer, component by component, to fit what the bicubic videos lack."""
    z_dim = directions.shape[1]
    features = []
    hook = vae.decoder.head[2].register_forward_pre_hook(lambda _, inputs: features.append(inputs[0]))
    vae.decode(residual_latent(vae, base, hr), base, torch.zeros(hr.shape[0]))
    hook.remove()
    channels = features[0].transpose(0, 1).flatten(1)
    have = channels[:z_dim] - channels[z_dim : 2 * z_dim]
    patch = vae.config["patch"]
    lacking = (hr - base).transpose(1, 2).flatten(0, 1)
    planes = torch.nn.functional.pixel_unshuffle(lacking, patch).unflatten(0, (hr.shape[0], -1)).transpose(1, 2)
    want = directions.T @ planes.transpose(0, 1).flatten(1) / vae.config["res_scale"]
    gain = (have * want).sum(dim=1) / have.square().sum(dim=1)
    last = vae.decoder.head[2]
    centre(last)[:] = both_signs(directions * gain, last.weight.shape[1])


@torch.no_grad()
def initialise(model, batches):
    """Write the start into a model; batches are (hr, lr, base) that fix the scales."""
    quiet_branches(model)
    vae = model.vae
    pick = lambda videos: torch.cat([video[:, :, :1, :64, :64] for video in videos])
    hr, base = pick([batch[0] for batch in batches]), pick([batch[2] for batch in batches])
    directions = components(vae.config["patch"], vae.config["z_dim"])
    write_encoder(vae, directions)
    write_decoder(vae, directions)
    latent = residual_latent(vae, base, hr).transpose(0, 1).flatten(1)
    vae.latents_std.copy_(latent.std(dim=1).clamp_min(1e-3))
    fit_output(vae, base, hr, directions)
    nn.init.normal_(model.net.head.head.weight, 0, 0.02)
