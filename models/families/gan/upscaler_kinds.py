"""Public upscalers by the names of their tensors: enough to know one at a glance, without the library that runs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

# What training frameworks put before each name.
_WRAPPERS = ("params_ema.", "params-ema.", "params.", "model_state_dict.", "state_dict.", "module.", "netG.")

# Each kind, and names that its weights have and no other's. Those that spandrel knows and this does not are kinds
# whose names are everybody's.
KINDS: Mapping[str, tuple[str, ...]] = {
    "ESRGAN": ("model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight"),
    "ESRGAN (2019)": ("RRDB_trunk.0.RDB1.conv1.weight", "conv_last.weight"),
    "MM-RealSR": ("body.0.rdb1.conv1.weight", "am_list.0.fc.0.weight"),
    "Real-ESRGAN": ("body.0.rdb1.conv1.weight", "conv_last.weight"),
    "SwinIR": ("layers.0.residual_group.blocks.0.attn.relative_position_index",),
    "HAT": ("layers.0.residual_group.blocks.0.conv_block.cab.0.weight", "relative_position_index_SA"),
    "DAT": ("before_RG.1.weight", "layers.0.blocks.0.ffn.sg.conv.weight"),
    "RGT": ("before_RG.1.weight", "layers.0.blocks.0.gamma"),
    "DRCT": ("layers.0.swin1.attn.qkv.weight", "layers.0.adjust1.weight"),
    "ATD": ("layers.0.residual_group.layers.0.attn_atd.wq.weight",),
    "CRAFT": ("layers.0.residual_group.hf_blocks.0.attn.temperature",),
    "OmniSR": ("residual_layer.0.residual_layer.0.layer.0.fn.0.weight", "up.0.weight"),
    "SPAN": ("block_1.c1_r.sk.weight", "conv_cat.weight"),
    "PLKSR": ("feats.0.weight", "feats.1.refine.weight"),
    "RCAN": ("tail.1.weight", "body.0.body.0.body.3.conv_du.0.weight"),
    "SAFMN": ("to_feat.weight", "feats.0.safm.mfr.0.weight"),
    "SAFMN-BCIE": ("to_feat.1.weight", "feats.0.layers.0.safm.mfr.0.weight"),
    "Real-CUGAN": ("unet1.conv1.conv.0.weight", "unet2.conv_bottom.weight"),
    "GRL": ("norm_start.weight", "layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"),
    "DITN": ("sft.weight", "UFONE.0.ITLs.0.attn.temperature"),
    "DCTLSA": ("fea_conv.weight", "B1.body.0.transformer_body.0.blocks.0.attn.qkv.weight"),
    "SwiftSRGAN": ("initial.cnn.depthwise.weight", "final_conv.pointwise.weight"),
    "FDAT": ("groups.0.blocks.0.attn.bias", "groups.0.blocks.0.inter.cg.1.weight"),
    "MoSR": ("gblocks.0.weight", "gblocks.1.fc1.weight"),
    "MoESR": ("in_to_dim.weight", "blocks.0.blocks.0.conv.dwconv_hw.weight"),
    "SeemoRe": ("body.0.local_block.block.conv_1.0.weight", "upsampler.0.weight"),
    "AuraSR": ("mid_attn.layers.0.0.to_out.weight", "final_res_block.block1.proj.weights"),
    "IPT": ("sub_mean.weight", "body.encoder.layers.0.self_attn.in_proj_weight", "tail.0.1.weight"),
    "GFPGAN": ("toRGB.0.weight", "stylegan_decoder.style_mlp.1.weight"),
    "SCUNet": ("m_head.0.weight", "m_tail.0.weight"),
    "FBCNN": ("m_head.weight", "qf_pred.0.res.0.weight"),
    "DRUNet": ("m_head.weight", "m_body.0.res.0.weight", "m_tail.weight"),
    "KBNet": ("intro.weight", "middle_blks.0.w", "ending.weight"),
    "NAFNet": ("intro.weight", "middle_blks.0.sca.1.weight", "ending.weight"),
    "Uformer": ("input_proj.proj.0.weight", "encoderlayer_0.blocks.0.norm1.weight"),
}


def kind(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> str:
    """The kind of network that has tensors of these names (with types and shapes); empty where none is known."""
    shapes = {_bare(name): shape for name, (_, shape) in tensors.items()}
    for name, telling in KINDS.items():
        if _has(shapes, telling):
            return name
    # Many networks number their layers like this one: here a 3 × 3 convolution, then a slope for each channel.
    first, slopes = shapes.get("body.0.weight", ()), shapes.get("body.1.weight", ())
    if len(first) == 4 and first[2:] == (3, 3) and slopes == first[:1]:
        return "Real-ESRGAN compact"
    return ""


def _has(shapes: Collection[str], telling: tuple[str, ...]) -> bool:
    return all(name in shapes for name in telling)


def _bare(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name
