"""How codes find the vectors: k-means finds clusters, averages follow them, and nobody stays unused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.training.codebook import Codebook, k_means, perplexity

CENTRES = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0], [5.0, 5.0]])


def clusters(count: int, shift: float = 0.0) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    return (CENTRES.repeat(count, 1) + torch.randn(4 * count, 2, generator=draw) * 0.1) + shift


def test_k_means_finds_clusters() -> None:
    found = k_means(clusters(100), 4, 30, torch.Generator().manual_seed(3))
    assert torch.cdist(CENTRES, found).min(1).values.max() < 0.1


def test_codes_follow_what_is_assigned_to_them() -> None:
    draw = torch.Generator().manual_seed(3)
    embedding = nn.Embedding(4, 2)
    book = Codebook(embedding, decay=0.9)
    book.begin(clusters(100), draw, rounds=30)
    assert not embedding.weight.requires_grad
    for _ in range(80):
        moved = clusters(8, shift=0.5)
        book.learn(moved, book.nearest(moved), draw)
    assert torch.cdist(CENTRES + 0.5, embedding.weight).min(1).values.max() < 0.1


def test_a_code_that_nobody_uses_begins_anew() -> None:
    draw = torch.Generator().manual_seed(3)
    embedding = nn.Embedding(5, 2)
    book = Codebook(embedding, decay=0.5)
    book.begin(clusters(100), draw)
    with torch.no_grad():
        book.rows[2] = 1000.0
        book.sums[2] = 1000.0
    points = clusters(8)
    revived = sum(book.learn(points, book.nearest(points), draw) for _ in range(8))
    assert revived >= 1
    assert torch.cdist(embedding.weight, points).min(1).values.max() < 1


def test_it_goes_on_from_a_checkpoint() -> None:
    draw = torch.Generator().manual_seed(3)
    embedding = nn.Embedding(4, 2)
    book = Codebook(embedding)
    book.begin(clusters(10), draw)
    other = Codebook(nn.Embedding.from_pretrained(embedding.weight.clone()))
    other.load_state_dict(book.state_dict())
    points = clusters(8)
    for each in (book, other):
        each.learn(points, each.nearest(points), torch.Generator().manual_seed(5))
    assert torch.equal(book.rows, other.rows)


def test_perplexity_counts_evenly_used_codes() -> None:
    assert perplexity(torch.arange(8).repeat(3), 16) == (pytest.approx(8.0), 0.5)
    assert perplexity(torch.zeros(10, dtype=torch.long), 16) == (pytest.approx(1.0), 1 / 16)
