"""Training losses. Videos are [B, 3, T, H, W] in [-1, 1]."""


def charbonnier(difference, epsilon=1e-3):
    """Smooth absolute error."""
    return (difference.square() + epsilon**2).sqrt().mean()


def pixel_loss(output, target, epsilon=1e-3):
    """Charbonnier of the frames and, weakly, of their changes: the second keeps static scenes static."""
    error = output - target
    return charbonnier(error, epsilon) + 0.1 * charbonnier(error[:, :, 1:] - error[:, :, :-1], epsilon)


def gain_db(output, base, target):
    """Mean PSNR gain of the output over the bicubic base, in decibels, over the batch: a tensor, not to wait for it."""
    mse = (output.detach() - target).square().mean(dim=(1, 2, 3, 4)).clamp_min(1e-8)
    start = (base - target).square().mean(dim=(1, 2, 3, 4)).clamp_min(1e-8)
    return 10 * (start / mse).log10().mean()
