"""How a codebook learns: k-means to begin with, then a moving average, and codes that nobody uses begin anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def k_means(points: Tensor, count: int, rounds: int, draw: torch.Generator) -> Tensor:
    """(count, D) centres of points (N, D), N at least `count`; a centre left without points takes one at random.

    They begin far from each other (Arthur and Vassilvitskii 2007): the next at a point drawn by how far, squared, it
    is from all before.
    """
    centres = points[torch.randint(0, len(points), (1,), generator=draw).to(points.device)]
    far = (points - centres).square().sum(1)
    while len(centres) < count:
        chosen = torch.multinomial(far.cpu() + 1e-12, 1, generator=draw).to(points.device)
        centres = torch.cat([centres, points[chosen]])
        far = torch.minimum(far, (points - points[chosen]).square().sum(1))
    for _ in range(rounds):
        nearest = torch.cdist(points, centres).argmin(1)
        held = torch.bincount(nearest, minlength=count)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        centres = sums / held.clamp(min=1).unsqueeze(1)
        lone = held == 0
        centres[lone] = points[torch.randint(0, len(points), (int(lone.sum()),), generator=draw).to(points.device)]
    return centres


class Codebook(nn.Module):
    """Moves the rows of an embedding to the mean of what is assigned to them (van den Oord et al. 2017, appendix A.1).

    `decay` is that of the moving averages. A code whose average share falls below `least` of an even one is put on a
    vector of the present batch (Łańcucki et al. 2020, arXiv:2005.08520, §3).
    """

    held: Tensor
    sums: Tensor

    def __init__(self, embedding: nn.Embedding, decay: float = 0.99, least: float = 0.05) -> None:
        super().__init__()
        self.decay, self.least = decay, least
        self._rows = [embedding.weight.requires_grad_(False)]  # in a list: it is the model's, and saved with it
        self.register_buffer("held", torch.zeros(embedding.num_embeddings))
        self.register_buffer("sums", torch.zeros_like(embedding.weight))

    @property
    def rows(self) -> Tensor:
        """(codes, D): the vectors as they are now."""
        return self._rows[0]

    @torch.no_grad()
    def begin(self, vectors: Tensor, draw: torch.Generator, rounds: int = 12) -> None:
        """Put the codes where (N, D) vectors are dense, each holding an even share of what one batch will bring."""
        self.rows.copy_(k_means(vectors, len(self.rows), rounds, draw))
        self.held.fill_(1.0)
        self.sums.copy_(self.rows)

    @torch.no_grad()
    def nearest(self, vectors: Tensor) -> Tensor:
        """(N,) the code of each of (N, D)."""
        return torch.cdist(vectors.float(), self.rows).argmin(1)

    @torch.no_grad()
    def learn(self, vectors: Tensor, codes: Tensor, draw: torch.Generator) -> int:
        """Take (N, D) vectors and their codes in; the number of codes that had to begin anew."""
        vectors = vectors.float()
        share = len(self.rows) / len(vectors)  # so that an even share is 1, whatever the batch
        count = torch.bincount(codes, minlength=len(self.rows)).float() * share
        total = torch.zeros_like(self.sums).index_add_(0, codes, vectors) * share
        self.held.lerp_(count, 1 - self.decay)
        self.sums.lerp_(total, 1 - self.decay)
        dead = self.held < self.least
        if missing := int(dead.sum()):
            chosen = torch.randint(0, len(vectors), (missing,), generator=draw).to(vectors.device)
            self.held[dead] = 1.0
            self.sums[dead] = vectors[chosen]
        self.rows.copy_(self.sums / self.held.unsqueeze(1))
        return missing


def perplexity(codes: Tensor, count: int) -> tuple[float, float]:
    """Of whole-number codes of any shape: how many evenly used ones would say as much, and the share in use (0..1)."""
    shares = torch.bincount(codes.flatten(), minlength=count).double() / codes.numel()
    return torch.exp(torch.special.entr(shares).sum()).item(), (shares > 0).double().mean().item()
