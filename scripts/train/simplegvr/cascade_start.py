"""Start values of the network between the latents: a ridge regression written into its last layer.

From random weights it settles at predicting nothing. Here the low-resolution latent passes through the
upsampler and the token embedding unchanged, and the last layer is fitted to the missing latent. Norms would
throw amplitudes away, in flat regions they would enlarge nothing to noise; so every norm that follows sees
constant channels that are larger than the signals.
"""

import torch
from torch import nn

from .start import quiet_branches, residual_latent

UPSAMPLER_CONSTANT = 2.0
TOKEN_CONSTANT = 4.0
TOKEN_CONSTANT_CHANNELS = 16
TOKEN_SIGNAL = 0.3
RANDOM_STD = 0.02
QUIET = 0.1
RIDGE = 1e-3
GATES = (2, 5)


def normalise_latents(vae, videos):
    """Latents of zero mean and unit variance per channel; what the decoder makes of a residual stays.

    Before, the mean brightness of a patch is tens of times larger than all details and hides them.
    """
    raw = torch.cat([vae.encode_raw(video).transpose(0, 1).flatten(1) for video in videos], dim=1)
    mean = raw.mean(dim=1)
    vae.latents_mean.copy_(mean)
    vae.latents_std.copy_(raw.std(dim=1))
    vae.conv2.bias.sub_(vae.conv2.weight[:, :, 0, 0, 0] @ mean)


def pass_latent(net):
    """Upsampler: bilinear interpolation of the latent, and constants."""
    z_dim = net.config["z_dim"]
    shortcut, out = net.upsampler.in_blocks[0].shortcut, net.upsampler.conv_out
    nn.init.zeros_(shortcut.weight)
    nn.init.zeros_(shortcut.bias)
    shortcut.weight[:z_dim, :, 0, 0, 0] = torch.eye(z_dim)
    shortcut.bias[z_dim:] = UPSAMPLER_CONSTANT
    nn.init.normal_(out.weight, 0, RANDOM_STD)
    nn.init.zeros_(out.bias)
    out.weight[:, :z_dim, 0, 0, 0] = TOKEN_SIGNAL * torch.eye(z_dim)


def pass_tokens(net):
    """Embedding: the condition of each position of a token in channels of its own, and constants."""
    z_dim = net.config["z_dim"]
    embedding = net.patch_embedding
    nn.init.normal_(embedding.weight, 0, RANDOM_STD)
    nn.init.zeros_(embedding.bias)
    _, rows, cols = net.config["patch_size"]
    for place in range(rows * cols):
        first = place * z_dim
        embedding.weight[first : first + z_dim] = 0
        row, col = divmod(place, cols)
        embedding.weight[first : first + z_dim, z_dim : 2 * z_dim, 0, row, col] = torch.eye(z_dim)
    embedding.bias[-TOKEN_CONSTANT_CHANNELS:] = TOKEN_CONSTANT


def quiet_blocks(net):
    """Blocks that start as small corrections behind open gates, whatever the time."""
    nn.init.zeros_(net.time_projection[1].weight)
    nn.init.zeros_(net.head.modulation)
    for block in net.blocks:
        nn.init.zeros_(block.modulation)
        block.modulation[:, GATES] = 1
        block.self_attn.o.weight.mul_(QUIET)
        block.ffn[2].weight.mul_(QUIET)


def patches(latent, patch):
    """[B, z, F, h, w] -> [B*F*rows*cols, ph*pw*z], in the order that the last layer writes."""
    _, rows, cols = patch
    cut = latent.unflatten(3, (-1, rows)).unflatten(5, (-1, cols))  # B, z, F, r, ph, c, pw
    return cut.permute(0, 2, 3, 5, 4, 6, 1).flatten(4).flatten(0, 3)


def fit_head(model, batches):
    """Ridge regression from the features before the last layer to the missing latent."""
    net, vae = model.net, model.vae
    features, targets = [], []
    hook = net.head.head.register_forward_pre_hook(lambda _, inputs: features.append(inputs[0].flatten(0, 1)))
    for hr, lr, base in batches:
        model.estimate_latent(lr, (hr.shape[3] // vae.stride, hr.shape[4] // vae.stride))
        targets.append(patches(residual_latent(vae, base, hr), net.config["patch_size"]))
    hook.remove()
    inputs = torch.cat(features).double()
    inputs = torch.cat((inputs, torch.ones(len(inputs), 1, dtype=torch.double)), dim=1)
    wanted = -torch.cat(targets).double()  # one step from zero noise gives minus the velocity
    normal = inputs.T @ inputs / len(inputs) + RIDGE * torch.eye(inputs.shape[1], dtype=torch.double)
    solution = torch.linalg.solve(normal, inputs.T @ wanted / len(inputs)).float()
    net.head.head.weight.copy_(solution[:-1].T)
    net.head.head.bias.copy_(solution[-1])


@torch.no_grad()
def initialise_cascade(model, batches):
    """Write the start into the network between the latents; the autoencoder is trained already."""
    quiet_branches(model.net)
    normalise_latents(model.vae, [video for hr, lr, _ in batches for video in (hr, lr)])
    pass_latent(model.net)
    pass_tokens(model.net)
    quiet_blocks(model.net)
    fit_head(model, batches)
