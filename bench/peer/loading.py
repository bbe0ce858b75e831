"""The data path of DeiT's recipe as its code has it: timm's transforms on Pillow images in PyTorch's DataLoader."""

import random

import torch
from timm.data import Mixup, create_transform
from torch.utils.data import DataLoader, Sampler
from torchvision.datasets import ImageFolder


class RepeatedOrder(Sampler):
    """Repeated augmentation in one process: every image of an order `repeats` times in a row. It never ends, so that no
    end of an epoch, of which a real data set has few, empties the queues."""

    def __init__(self, count, repeats):
        self.count = count
        self.repeats = repeats

    def __iter__(self):
        while True:
            for index in torch.randperm(self.count).tolist():
                yield from [index] * self.repeats


def loader_at_work(request):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    # The arguments of DeiT's `build_transform`, by its defaults.
    transform = create_transform(
        input_size=request["imageSize"],
        is_training=True,
        color_jitter=0.3,
        auto_augment="rand-m9-mstd0.5-inc1",
        interpolation="bicubic",
        re_prob=0.25,
        re_mode="pixel",
        re_count=1,
    )
    dataset = ImageFolder(request["folder"], transform)
    loader = DataLoader(
        dataset,
        request["batch"],
        sampler=RepeatedOrder(len(dataset), request["repeats"]),
        num_workers=request["workers"],
        drop_last=True,
    )
    mixup = Mixup(mixup_alpha=0.8, cutmix_alpha=1.0, label_smoothing=0.1, num_classes=len(dataset.classes))
    batches = iter(loader)

    def load():
        for _ in range(request["batches"]):
            images, labels = next(batches)
            mixup(images, labels)

    return load
