"""A predictor of the reference whose image encoder is replaced, so that its own functions write small stores."""
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

MODEL_TYPE = "vit_b"
MODEL_NAME = "vit_b_lm"
MODEL_HASH = "xxh128:0123456789abcdef0123456789abcdef"


class QuadrantEncoder(torch.nn.Module):
    """(1, 256, 64, 64): channel group plus the rounded mean of the quadrant of the frame; compresses to nothing."""

    img_size = 1024

    def forward(self, frames):
        means = torch.nn.functional.adaptive_avg_pool2d(frames.mean(dim=1, keepdim=True), 2)
        means = torch.round(means * 64) / 64
        means = torch.nn.functional.interpolate(means, size=(64, 64), mode="nearest")
        return means + (torch.arange(256) // 16).float().reshape(1, 256, 1, 1)


class RefusingEncoder(torch.nn.Module):
    """Proves that nothing is computed again."""

    img_size = 1024

    def forward(self, frames):
        raise AssertionError("the reference wants to compute embeddings that the store holds")


def make_predictor(encoder, model_type=MODEL_TYPE, model_name=MODEL_NAME, model_hash=MODEL_HASH):
    sam = Sam(
        image_encoder=encoder,
        prompt_encoder=PromptEncoder(embed_dim=256, image_embedding_size=(64, 64), input_image_size=(1024, 1024),
                                     mask_in_chans=16),
        mask_decoder=MaskDecoder(num_multimask_outputs=3,
                                 transformer=TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8),
                                 transformer_dim=256),
    ).eval()
    predictor = SamPredictor(sam)
    predictor.model_type = model_type
    predictor.model_name = model_name
    predictor._hash = model_hash
    return predictor
