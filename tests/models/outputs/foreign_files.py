"""Files as other programs write them: the same libraries, the same tags, what stands in real ones; for tests and bench.

Each is told by the source that `read_settings` gives for it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PROMPT, NEGATIVE, SEED = "a red boat at sea, «fjord» 船", "blurry, low quality", 1234567890

A1111 = (
    f"{PROMPT}\nNegative prompt: {NEGATIVE}\n"
    f"Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: {SEED}, Size: 512x768, "
    'Model hash: abc, Model: juggernaut, Clip skip: 2, Lora hashes: "a: 1, b: 2", Version: v1.10'
)
INVOKEAI: dict[str, Any] = {
    "generation_mode": "sdxl_txt2img", "positive_prompt": PROMPT, "negative_prompt": NEGATIVE, "width": 512,
    "height": 768, "seed": SEED, "rand_device": "cpu", "cfg_scale": 7.0, "cfg_rescale_multiplier": 0.7, "steps": 28,
    "scheduler": "dpmpp_2m_k", "loras": [{"model": {"name": "ink"}, "weight": 0.8}],
    "model": {"key": "0a1b", "hash": "blake3:00", "name": "juggernaut", "base": "sdxl", "type": "main"},
    "app_version": "5.6.0",
}  # fmt: skip
INVOKEAI_2: dict[str, Any] = {
    "model": "stable diffusion", "model_weights": "juggernaut", "app_version": "2.3.5",
    "image": {"type": "txt2img", "prompt": [{"prompt": f"{PROMPT} [{NEGATIVE}]", "weight": 1.0}], "steps": 28,
              "cfg_scale": 7.0, "height": 768, "width": 512, "seed": SEED, "sampler": "k_euler_a", "threshold": 0.1},
}  # fmt: skip
FOOOCUS: dict[str, Any] = {
    "adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "juggernaut", "base_model_hash": "aeb7e9e689", "created_by": "me",
    "full_negative_prompt": [NEGATIVE], "full_prompt": [PROMPT], "guidance_scale": 7.0, "loras": [["ink", 0.8, "ff"]],
    "metadata_scheme": "fooocus", "negative_prompt": NEGATIVE, "performance": "Speed", "prompt": PROMPT,
    "refiner_model": "None", "resolution": "(512, 768)", "sampler": "dpmpp_2m", "scheduler": "karras",
    "seed": str(SEED), "sharpness": 2.0, "steps": 28, "styles": "[]", "vae": "Default (model)",
    "version": "Fooocus v2.5.5",
}  # fmt: skip
SWARMUI: dict[str, Any] = {
    "sui_image_params": {
        "prompt": PROMPT, "negativeprompt": NEGATIVE, "model": "SDXL/juggernaut.safetensors", "seed": SEED, "steps": 28,
        "cfgscale": 7.0, "aspectratio": "Custom", "width": 512, "height": 768, "sampler": "dpmpp_2m",
        "scheduler": "karras", "loras": ["ink"], "loraweights": ["0.8"], "swarm_version": "0.9.5.0",
    },
    "sui_extra_data": {"date": "2026-01-02", "generation_time": "0.01 (prep) and 3.2 (gen) seconds"},
    "sui_models": [{"name": "juggernaut.safetensors", "param": "model", "hash": "0x00"}],
}  # fmt: skip
WAN2GP: dict[str, Any] = {
    "type": "WanGP v9.21 by DeepBeepMeep - Wan2.1 Text2video 14B", "settings_version": 2.38, "model_type": "t2v",
    "prompt": PROMPT, "negative_prompt": NEGATIVE, "resolution": "512x768", "video_length": 81, "seed": SEED,
    "num_inference_steps": 28, "guidance_scale": 7.0, "flow_shift": 5.0, "sample_solver": "unipc", "image_mode": 0,
    "activated_loras": ["ink.safetensors"], "loras_multipliers": "0.8", "skip_steps_cache_type": "",
    "generation_time": 91.2, "creation_date": "2026-01-02T03:04:05",
}  # fmt: skip
COMFYUI: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {
        "seed": ["20", 0], "steps": 28, "cfg": 7.0, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 1.0,
        "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "SDXL/juggernaut.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["21", 0], "clip": ["10", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["10", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["12", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
    "10": {"class_type": "LoraLoader", "inputs": {
        "lora_name": "ink.safetensors", "strength_model": 0.8, "strength_clip": 1.0, "model": ["4", 0],
        "clip": ["4", 1]}},
    "11": {"class_type": "LatentUpscale", "inputs": {"samples": ["3", 0], "width": 1024, "height": 1536}},
    "12": {"class_type": "KSampler", "inputs": {
        "seed": 7, "steps": 12, "cfg": 5.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 0.5,
        "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["11", 0]}},
    "20": {"class_type": "PrimitiveInt", "inputs": {"value": SEED}},
    "21": {"class_type": "PrimitiveString", "inputs": {"value": PROMPT}},
}  # fmt: skip
COMFYUI_FLUX: dict[str, Any] = {
    "1": {"class_type": "SamplerCustomAdvanced", "inputs": {
        "noise": ["2", 0], "guider": ["3", 0], "sampler": ["4", 0], "sigmas": ["5", 0], "latent_image": ["6", 0]}},
    "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": SEED}},
    "3": {"class_type": "BasicGuider", "inputs": {"model": ["7", 0], "conditioning": ["8", 0]}},
    "4": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "5": {"class_type": "BasicScheduler", "inputs": {
        "scheduler": "simple", "steps": 28, "denoise": 1.0, "model": ["7", 0]}},
    "6": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "7": {"class_type": "UNETLoader", "inputs": {"unet_name": "juggernaut.safetensors"}},
    "8": {"class_type": "FluxGuidance", "inputs": {"guidance": 7.0, "conditioning": ["9", 0]}},
    "9": {"class_type": "CLIPTextEncode", "inputs": {"text": PROMPT, "clip": ["10", 0]}},
    "10": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "t5xxl", "clip_name2": "clip_l"}},
    "11": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0], "vae": ["12", 0]}},
    "12": {"class_type": "VAELoader", "inputs": {"vae_name": "ae"}},
    "13": {"class_type": "SaveImage", "inputs": {"images": ["11", 0]}},
}  # fmt: skip
DRAWN: dict[str, Any] = {
    "version": 0.4,
    "nodes": [
        {"id": 3, "type": "KSampler", "mode": 0, "widgets_values": [
            SEED, "randomize", 28, 7.0, "dpmpp_2m", "karras", 1.0],
         "inputs": [{"name": "model", "link": 1}, {"name": "positive", "link": 4}, {"name": "negative", "link": 6},
                    {"name": "latent_image", "link": 2}]},
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["juggernaut.safetensors"]},
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 768, 1]},
        {"id": 6, "type": "CLIPTextEncode", "widgets_values": [PROMPT], "inputs": [{"name": "clip", "link": 3}]},
        {"id": 7, "type": "CLIPTextEncode", "widgets_values": [NEGATIVE], "inputs": [{"name": "clip", "link": 5}]},
        {"id": 9, "type": "SaveImage", "widgets_values": ["ComfyUI"], "inputs": [{"name": "images", "link": 9}]},
        {"id": 8, "type": "VAEDecode", "inputs": [{"name": "samples", "link": 7}]},
    ],
    "links": [
        [1, 4, 0, 3, 0, "MODEL"], [2, 5, 0, 3, 3, "LATENT"], [3, 4, 1, 6, 0, "CLIP"], [4, 6, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 7, 0, "CLIP"], [6, 7, 0, 3, 2, "CONDITIONING"], [7, 3, 0, 8, 0, "LATENT"], [9, 8, 0, 9, 0, "IMAGE"],
    ],
}  # fmt: skip

Write = Callable[[Path], object]


def png(**chunks: str) -> Write:
    def write(path: Path) -> None:
        info = PngInfo()
        for name, text in chunks.items():
            info.add_text(name.replace("__", "-"), text)
        _picture().save(path, pnginfo=info)

    return write


def with_exif(tags: dict[int, Any], inner: dict[int, Any] | None = None) -> Write:
    """A picture with these tags in its first directory, and those in the one that cameras use."""

    def write(path: Path) -> None:
        block = Image.Exif()
        for tag, value in tags.items():
            block[tag] = value
        for tag, value in (inner or {}).items():
            block.get_ifd(0x8769)[tag] = value
        _picture().save(path, exif=block.tobytes())

    return write


def mp4(**tags: str) -> Write:
    """Two frames with these tags, as ComfyUI's SaveVideo writes its own."""

    def write(path: Path) -> None:
        with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as file:
            file.metadata.update(tags)
            stream: Any = file.add_stream("mpeg4", rate=8)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            for _ in range(2):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))

    return write


def sound(codec: str, **tags: str) -> Write:
    def write(path: Path) -> None:
        with av.open(str(path), "w") as file:
            file.metadata.update(tags)
            stream: Any = file.add_stream(codec, rate=8000)
            stream.layout, stream.format = "mono", "s16"
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))

    return write


def wav_with_chunk(name: bytes, text: str) -> Write:
    def write(path: Path) -> None:
        sound("pcm_s16le")(path)
        body = path.read_bytes()[8:]
        data = text.encode()
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    return write


def _picture() -> Image.Image:
    return Image.new("RGB", (24, 16), (200, 40, 30))


_BOTH = json.dumps({"prompt": json.dumps(COMFYUI), "workflow": DRAWN})
_COMMENT = b"UNICODE\0" + json.dumps(SWARMUI).encode("utf-16-le")
# The source that is to be found, the file's name, and what writes it.
FILES: tuple[tuple[str, str, Write], ...] = (
    ("a1111", "a1111.png", png(parameters=A1111)),
    ("a1111", "a1111.jpg", with_exif({}, {0x9286: b"UNICODE\0" + A1111.encode("utf-16-be")})),
    ("invokeai", "invokeai.png", png(invokeai_metadata=json.dumps(INVOKEAI), invokeai_graph="{}")),
    ("invokeai", "invokeai-2.png", png(sd__metadata=json.dumps(INVOKEAI_2))),
    ("fooocus", "fooocus.png", png(parameters=json.dumps(FOOOCUS), fooocus_scheme="fooocus")),
    ("fooocus", "fooocus.jpg", with_exif({0x9286: json.dumps(FOOOCUS), 0x0131: "Fooocus v2.5.5", 0x927C: "fooocus"})),
    ("swarmui", "swarmui.png", png(parameters=json.dumps(SWARMUI, indent=2))),
    ("swarmui", "swarmui.webp", with_exif({}, {0x9286: _COMMENT})),
    ("wan2gp", "wan2gp.png", png(comment=json.dumps(WAN2GP))),
    ("wan2gp", "wan2gp.jpg", with_exif({}, {0x9286: b"ASCII\0\0\0" + json.dumps(WAN2GP).encode()})),
    ("wan2gp", "wan2gp.mp4", mp4(comment=json.dumps(WAN2GP))),
    ("wan2gp", "wan2gp.wav", wav_with_chunk(b"json", json.dumps(WAN2GP))),
    ("comfyui", "comfyui.png", png(prompt=json.dumps(COMFYUI), workflow=json.dumps(DRAWN))),
    ("comfyui", "comfyui-flux.png", png(prompt=json.dumps(COMFYUI_FLUX))),
    ("comfyui", "comfyui-drawn.png", png(workflow=json.dumps(DRAWN))),
    ("comfyui", "comfyui.webp", with_exif({0x0110: f"prompt:{json.dumps(COMFYUI)}"})),
    ("comfyui", "comfyui.mp4", mp4(prompt=json.dumps(COMFYUI), workflow=json.dumps(DRAWN))),
    ("comfyui", "videohelper.mp4", mp4(comment=_BOTH)),
    ("comfyui", "comfyui.flac", sound("flac", prompt=json.dumps(COMFYUI))),
)
