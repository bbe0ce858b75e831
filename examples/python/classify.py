"""Classifies images with a model that prepares them itself, with onnxruntime:

    glit export runs/photos --with-preprocessing --out photos.onnx
    pip install onnxruntime pillow
    python classify.py photos.onnx image.jpg ...
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

if len(sys.argv) < 3:
    sys.exit("usage: python classify.py MODEL.onnx IMAGE...")

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
facts = session.get_modelmeta().custom_metadata_map
classes = json.loads(facts["classes"])
size = int(facts["image_size"])
filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def central_view(path):
    """The image's central square, as glit evaluates it: uint8 [size, size, 3]."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    if image.size != (size, size):
        shorter = max(size, int(size / float(facts["crop"]) + 1e-9))
        scale = shorter / min(image.size)
        width, height = (shorter if side == min(image.size) else int(side * scale) for side in image.size)
        image = image.resize((width, height), filters[facts["interpolation"]])
        left, top = round((width - size) / 2), round((height - size) / 2)
        image = image.crop((left, top, left + size, top + size))
    return np.asarray(image)


for path in sys.argv[2:]:
    (probabilities,) = session.run(["probabilities"], {"image": central_view(path)[None]})
    best = int(probabilities[0].argmax())
    print(f"{path}: {classes[best]}, {100 * probabilities[0][best]:.2f} %")
