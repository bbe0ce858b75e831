"""The same networks in PyTorch, with batches of random images, the same threads and PyTorch's best settings."""

from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads, ratio):
        super().__init__()
        self.heads = heads
        inner = int(dim * ratio)
        self.qkv = nn.Linear(dim, 3 * inner)
        self.proj = nn.Linear(inner, dim)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(b, n, -1))


class LocalConv(nn.Module):
    def __init__(self, dim, kernel, expansion):
        super().__init__()
        inner = dim * expansion
        self.up = nn.Conv1d(dim, 2 * inner, 1)
        self.depthwise = nn.Conv1d(inner, inner, kernel, padding=kernel // 2, groups=inner)
        self.norm = nn.BatchNorm1d(inner)
        self.down = nn.Conv1d(inner, dim, 1)

    def forward(self, x):
        x = F.glu(self.up(x.transpose(1, 2)), dim=1)
        return self.down(F.silu(self.norm(self.depthwise(x)))).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, dim, block):
        super().__init__()
        heads = block["globalHeads"] + block["localHeads"]
        self.cut = dim * block["globalHeads"] // heads
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        if self.cut > 0:
            self.attention = Attention(self.cut, block["globalHeads"], block["dkRatio"])
        if self.cut < dim:
            self.local = LocalConv(dim - self.cut, block["kernel"], block["expansion"])
        hidden = int(dim * block["ffnRatio"])
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.dim = dim

    def mix(self, x):
        if self.cut == self.dim:
            return self.attention(x)
        if self.cut == 0:
            return self.local(x)
        return torch.cat([self.attention(x[..., : self.cut]), self.local(x[..., self.cut :])], dim=2)

    def forward(self, x):
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Network(nn.Module):
    def __init__(self, architecture):
        super().__init__()
        backbone = architecture["backbone"]
        dim, patch = backbone["dim"], backbone["patchSize"]
        tokens = (backbone["imageSize"] // patch) ** 2
        self.patches = nn.Conv2d(3, dim, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, dim))
        self.positions = nn.Parameter(torch.randn(1, tokens + 1, dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(dim, block) for block in architecture["blocks"]])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, backbone["classes"])

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.positions
        return self.head(self.norm(self.blocks(x)[:, 0]))


def network_of(architecture):
    """A GLiT or DeiT of these blocks, or torchvision's network of this name."""
    if architecture["family"] == "glit":
        return Network(architecture)
    from torchvision import models

    build = {"resnet50": models.resnet50, "swin-tiny": models.swin_t}[architecture["name"]]
    return build(num_classes=architecture["backbone"]["classes"])


def network_at_work(request):
    torch.set_num_threads(request["threads"])
    torch.manual_seed(0)
    architecture = request["architecture"]
    backbone = architecture["backbone"]
    batch = request["batch"]
    images = torch.rand(batch, 3, backbone["imageSize"], backbone["imageSize"])
    network = network_of(architecture)
    if architecture["family"] == "resnet":
        # The layout that PyTorch's convolutions are fastest in.
        images = images.to(memory_format=torch.channels_last)
        network = network.to(memory_format=torch.channels_last)
    precision = (
        (lambda: torch.autocast("cpu", dtype=torch.bfloat16)) if request["precision"] == "bfloat16" else nullcontext
    )
    if request["kind"] == "inference":
        network.eval()
        forward = torch.compile(network, options={"freezing": True}) if request["compile"] else network

        def infer():
            with torch.inference_mode() if not request["compile"] else torch.no_grad(), precision():
                forward(images)

        return infer

    forward = torch.compile(network) if request["compile"] else network
    labels = torch.arange(batch) % backbone["classes"]
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}], lr=1e-4, fused=True
    )

    def step():
        optimizer.zero_grad(set_to_none=True)
        # As PyTorch advises: the gradients' operations take the types of the forward ones by themselves.
        with precision():
            loss = F.cross_entropy(forward(images), labels, label_smoothing=0.1)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=True)
        optimizer.step()

    return step
