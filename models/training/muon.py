"""Muon: steps of equal length in every direction of a weight matrix, beside AdamW for all that is no such matrix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


def orthogonalised(matrix: Tensor, rounds: int = 5) -> Tensor:
    """(rows, columns) with its singular values brought to about 1, by Newton and Schulz's iteration.

    The quintic's coefficients are Jordan's (https://kellerjordan.github.io/posts/muon/): steepest at 0, and content
    with anything from 0.7 to 1.2. In the matrix's own number format: half precision is slow on most processors.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Jordan et al. 2024, its steps as long as Adam's (Liu et al. 2025, arXiv:2502.16982, eq. 4): one rate suits both.

    `matrices` are the weights between hidden layers; those of more dimensions (a convolution's) count as (out, all
    else). Whatever else the network learns is Adam's (Kingma & Ba 2015, algorithm 1).
    """

    def __init__(
        self,
        network: nn.Module,
        matrices: Iterable[nn.Parameter],
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.01,
    ) -> None:
        chosen = list(matrices)
        known = {id(weight) for weight in chosen}
        rest = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in known]
        self._momentum, self._betas, self._decay = momentum, betas, weight_decay
        super().__init__([{"params": chosen, "turned": True}, {"params": rest, "turned": False}], {"lr": 0.0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            move = self._turned if group["turned"] else self._adam
            for weight in group["params"]:
                if weight.grad is not None:
                    move(weight, weight.grad, self.state[weight], group["lr"])

    def _turned(self, weight: Tensor, slope: Tensor, state: dict[str, Any], rate: float) -> None:
        if not state:
            state["average"] = torch.zeros_like(weight)
        state["average"].lerp_(slope, 1 - self._momentum)
        # Nesterov's look ahead.
        ahead = slope.lerp(state["average"], self._momentum).flatten(1)
        update = orthogonalised(ahead) * (0.2 * max(ahead.shape) ** 0.5)
        weight.mul_(1 - rate * self._decay).sub_(update.view_as(weight), alpha=rate)

    def _adam(self, weight: Tensor, slope: Tensor, state: dict[str, Any], rate: float) -> None:
        if not state:
            state |= {"average": torch.zeros_like(weight), "square": torch.zeros_like(weight), "count": 0}
        one, two = self._betas
        state["count"] += 1
        state["average"].lerp_(slope, 1 - one)
        state["square"].mul_(two).addcmul_(slope, slope, value=1 - two)
        size = (state["square"] / (1 - two ** state["count"])).sqrt_().add_(1e-8)
        weight.addcdiv_(state["average"], size, value=-rate / (1 - one ** state["count"]))
