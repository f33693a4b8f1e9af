"""
Train dinat-fashion: python3 -m dinat.train_fashion [--steps 15000]. Stops and resumes at any time.
A convnet is trained first; the network learns from its opinion of every augmented picture as well as from the labels.
"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy, kl_div

from common.options import train_options
from common.training import Schedule, Trainer, load_average

from .backbone import Classifier
from .config import FASHION, TRAIN_FOLDER
from .fashion import STRONG, WEAK, augment, load_fashion, to_input
from .teacher import Teacher

BATCH = 64
LABEL_SMOOTHING = 0.1
TEACHER_STEPS = 3700
TEMPERATURE = 2.0
TEACHER_SHARE = 0.7


def batches(pictures, labels, strength, seed, device, first_step):
    """Endless: every epoch in an order of its own, which depends on the seed and the epoch alone."""
    per_epoch = len(pictures) // BATCH
    step = first_step
    while True:
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(pictures))
        chosen = torch.from_numpy(order[place * BATCH : (place + 1) * BATCH])
        random = np.random.default_rng([seed, epoch, place])
        yield to_input(augment(pictures[chosen], random, strength)).to(device), labels[chosen].to(device)
        step += 1


def loss_from_labels(model, batch):
    """Cross entropy with smoothed labels, and the share that was right."""
    pictures, labels = batch
    logits = model(pictures).float()
    right = (logits.argmax(dim=1) == labels).float().mean()
    return cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING), {"right": float(right)}


def loss_from_teacher(teacher):
    """The same, mixed with the divergence from the teacher's softened opinion."""

    def loss_of(model, batch):
        pictures, labels = batch
        with torch.no_grad():
            opinion = (teacher(pictures).float() / TEMPERATURE).softmax(dim=1)
        logits = model(pictures).float()
        softened = (logits / TEMPERATURE).log_softmax(dim=1)
        taught = kl_div(softened, opinion, reduction="batchmean") * TEMPERATURE**2
        right = (logits.argmax(dim=1) == labels).float().mean()
        loss = TEACHER_SHARE * taught + (1 - TEACHER_SHARE) * cross_entropy(logits, labels)
        return loss, {"right": float(right)}

    return loss_of


def train_teacher(args, source):
    """The teacher with averaged weights; an earlier one is taken from its state file."""
    state_file = TRAIN_FOLDER / "fashion-teacher.pt"
    teacher = Teacher(len(FASHION["classes"]))
    schedule = Schedule(TEACHER_STEPS, rate=3e-3, last_rate=1e-5, weight_decay=0.1)
    Trainer(teacher, schedule, state_file, args.device, bool(args.bfloat16)).run(source, loss_from_labels)
    load_average(teacher, state_file)
    return teacher.eval().to(args.device)


def main():
    """Train or resume."""
    args = train_options(__doc__, TRAIN_FOLDER, "fashion", steps=15000, rate=2e-3)
    pictures, labels = load_fashion("train")

    # What is trained already meets the pictures nearly as they will be when it is used.
    strength = WEAK if args.start else STRONG

    def source(first_step):
        return batches(pictures, labels, strength, args.seed, args.device, first_step)

    teacher = train_teacher(args, source)
    model = Classifier(FASHION["backbone"], len(FASHION["classes"]))
    if args.start:
        load_average(model, args.start)
    schedule = Schedule(args.steps, args.rate, last_rate=1e-5)
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(source, loss_from_teacher(teacher))


if __name__ == "__main__":
    main()
