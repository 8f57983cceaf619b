"""A BERT-type encoder and its vector-Jacobian product, written by hand for input gradients on a CPU.

It computes what the module and autograd compute, with less work: sequences are packed without padding, nothing is kept
that only weight gradients need, sums are accumulated in existing matrices, and memory is reused. A layer, with one row
per token (post-norm, as in BERT and XLM-R):

    q, k, v = x Wq + bq, x Wk + bk, x Wv + bv           c = softmax(q kᵀ / √size) v, head by head
    z = x + c Wo + bo                                   y = norm(z)
    u = y Wu + bu                                       t = y + gelu(u) Wd + bd           x' = norm(t)

and in reverse, for g = dF/dx' (x' is here the layer's output; a weight is written as in x W, its module holds Wᵀ):

    dt = norm'(t) g      du = gelu'(u) (dt Wdᵀ)         dy = dt + du Wuᵀ
    dz = norm'(z) dy     dq, dk, dv from dz Woᵀ         dx = dz + dq Wqᵀ + dk Wkᵀ + dv Wvᵀ

Where F depends on one token of each sequence (a class, a position), the last layer is computed for that token alone:
keys and values come from all tokens, the query and everything after it from one row per sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.attribution.fast.attention import Attention, Span, attend, gather_heads, scatter_heads
from core.attribution.fast.memory import Memory
from core.models.loaded import LoadedModel, RowInputs

aten = torch.ops.aten

BERT, XLM_R = "transformers.models.bert.modeling_bert", "transformers.models.xlm_roberta.modeling_xlm_roberta"
WHOLE = {
    f"{family}{head}"
    for family in (f"{BERT}.Bert", f"{XLM_R}.XLMRoberta")
    for head in ("Model", "ForSequenceClassification", "ForQuestionAnswering")
}
PARTS = {nn.Linear, nn.LayerNorm, nn.Embedding, nn.Dropout, nn.Tanh, nn.ModuleList}
FORWARD = {"hidden_states", "pooled", "class_logits", "span_logits"}
EXACT_GELU = "transformers.activations.GELUActivation"


@dataclass(frozen=True)
class Norm:
    """What a layer norm's backward pass needs: its input (row, hidden), and mean and 1/deviation (row, 1) of each row.

    The input is not copied: nobody may write to it between the two passes. The output may be overwritten.
    """

    module: nn.LayerNorm
    rows: Tensor
    mean: Tensor
    inverse: Tensor

    def backward(self, gradient: Tensor) -> Tensor:
        shape, weight, bias = self.module.normalized_shape, self.module.weight, self.module.bias
        # The mask asks for the gradient of the input only, not of weight and bias.
        of_rows: Tensor = aten.native_layer_norm_backward(
            gradient, self.rows, shape, self.mean, self.inverse, weight, bias, [True, False, False]
        )[0]
        return of_rows


def layer_norm(module: nn.LayerNorm, rows: Tensor) -> tuple[Tensor, Norm]:
    """Return norm(rows), (row, hidden), in new memory, and what its backward pass needs."""
    out, mean, inverse = torch.native_layer_norm(
        rows, list(module.normalized_shape), module.weight, module.bias, module.eps
    )
    return out, Norm(module, rows, mean, inverse)


def linear(module: nn.Linear, rows: Tensor, memory: Memory) -> Tensor:
    """x W + b: (row, in) -> (row, out)."""
    return torch.addmm(module.bias, rows, module.weight.t(), out=memory.empty(len(rows), module.out_features))


def accumulate(total: Tensor, rows: Tensor, weight: Tensor) -> Tensor:
    """total + rows W, in the memory of `total`."""
    return torch.addmm(total, rows, weight, out=total)


@dataclass(frozen=True)
class Trace:
    """What a layer's backward pass needs: z and t (in their norms), u, and q, k, v (in the attention of each span)."""

    attention: list[Attention]
    norm_z: Norm
    u: Tensor
    norm_t: Norm
    read: Tensor | None


@dataclass(frozen=True)
class Layer:
    """One layer: the module's own parameters, not copies."""

    n_heads: int
    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    output: nn.Linear
    norm_z: nn.LayerNorm
    up: nn.Linear
    down: nn.Linear
    norm_t: nn.LayerNorm

    def forward(self, x: Tensor, spans: Sequence[Span], read: Tensor | None, memory: Memory) -> tuple[Tensor, Trace]:
        """x (token, hidden), which is overwritten -> x' (token, hidden), or (sequence, hidden) at the rows `read`.

        x is the output of a norm, which no backward pass needs. Once q, k and v are projected its memory becomes z, by
        adding the attention's output in place; likewise y becomes t once u is projected.
        """
        z = x if read is None else x[read]
        query_spans = spans_of_queries(spans, read)
        heads = [
            self._heads(module, rows, row_spans, memory)
            for module, rows, row_spans in (
                (self.query, z, query_spans),
                (self.key, x, spans),
                (self.value, x, spans),
            )
        ]
        attention = [attend(q, k, v, memory) for q, k, v in zip(*heads, strict=True)]
        with memory.scratch():
            context = memory.empty(*z.shape)
            scatter_heads([part.context(memory) for part in attention], query_spans, self.n_heads, context)
            accumulate(z.add_(self.output.bias), context, self.output.weight.t())
        y, norm_z = layer_norm(self.norm_z, z)
        # Outside `scratch`, unlike gelu(u): the backward pass needs u, and gelu(u) only for weight gradients.
        u = linear(self.up, y, memory)
        with memory.scratch():
            hidden = aten.gelu.out(u, out=memory.empty(*u.shape))
            t = accumulate(y.add_(self.down.bias), hidden, self.down.weight.t())
        out, norm_t = layer_norm(self.norm_t, t)
        return out, Trace(attention, norm_z, u, norm_t, read)

    def _heads(self, module: nn.Linear, rows: Tensor, spans: Sequence[Span], memory: Memory) -> list[Tensor]:
        """Project `rows` and split the heads: a contiguous (sequence, head, length, size) for each span."""
        parts = [
            memory.empty(span.count, self.n_heads, span.length, len(module.bias) // self.n_heads) for span in spans
        ]
        with memory.scratch():
            projected = linear(module, rows, memory)
            for part, span in zip(parts, spans, strict=True):
                part.copy_(span.split(projected, self.n_heads))
        return parts

    def backward(self, gradient: Tensor, trace: Trace, spans: Sequence[Span], memory: Memory) -> Tensor:
        """dF/dx' -> dF/dx, (token, hidden), in new memory.

        dt and dz are new tensors of the norms' backward passes, so the residual sums go into them: dt becomes dy, dz
        becomes dx. Nothing returned here is in `memory`, whose scratch the next layer reuses.
        """
        dt = trace.norm_t.backward(gradient)
        with memory.scratch():
            du = torch.mm(dt, self.down.weight, out=memory.empty(*trace.u.shape))
            aten.gelu_backward.grad_input(du, trace.u, grad_input=du)
            dy = accumulate(dt, du, self.up.weight)
        dz = trace.norm_z.backward(dy)
        with memory.scratch():
            dq, dk, dv = self._attention_backward(dz, trace, spans, memory)
            dx = accumulate(dz, dq, self.query.weight)
            if trace.read is not None:
                # Residual and query reach the read rows only; keys and values reach all tokens.
                dx = dk.new_zeros(dk.shape).index_copy_(0, trace.read, dx)
            return accumulate(accumulate(dx, dk, self.key.weight), dv, self.value.weight)

    def _attention_backward(
        self, dz: Tensor, trace: Trace, spans: Sequence[Span], memory: Memory
    ) -> tuple[Tensor, Tensor, Tensor]:
        """dF/dz -> dF/dq, (query, hidden), and dF/dk and dF/dv, (token, hidden)."""
        query_spans = spans_of_queries(spans, trace.read)
        n_tokens, width = spans[-1].end, dz.shape[1]
        gradients = memory.empty(*dz.shape), memory.empty(n_tokens, width), memory.empty(n_tokens, width)
        with memory.scratch():
            dc = torch.mm(dz, self.output.weight, out=memory.empty(*dz.shape))
            for attention, span, query_span, dc_of_span in zip(
                trace.attention, spans, query_spans, gather_heads(dc, query_spans, self.n_heads, memory), strict=True
            ):
                with memory.scratch():
                    for rows, row_span, of_heads in zip(
                        gradients, (query_span, span, span), attention.backward(dc_of_span, memory), strict=True
                    ):
                        row_span.split(rows, self.n_heads).copy_(of_heads)
        return gradients


def spans_of_queries(spans: Sequence[Span], read: Tensor | None) -> list[Span]:
    """The spans of the queries: those of all tokens, or of one row per sequence where one is read."""
    if read is None:
        return list(spans)
    firsts = [sum(span.count for span in spans[:i]) for i in range(len(spans))]
    return [Span(first, span.count, 1) for first, span in zip(firsts, spans, strict=True)]


@dataclass(frozen=True)
class Tape:
    """What the encoder's backward pass needs."""

    spans: Sequence[Span]
    norm: Norm
    traces: list[Trace]


class Encoder:
    """Embedding rows in, last hidden states out, and dF/dhidden back to the embedding rows.

    One pass at a time, under the model's lock: the next pass reuses the memory of the last one, so its tape is invalid.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        self._base = getattr(module, module.base_model_prefix, module)
        self._layers = [_layer(layer) for layer in self._base.encoder.layer]
        self._memory = Memory()

    def position_and_type(self, rows: RowInputs) -> Tensor:
        """Return the sum of position and type embeddings of one text, (token, hidden), to add to its embedding rows."""
        embeddings = self._base.embeddings
        types = embeddings.token_type_embeddings(rows.token_type_ids)
        added: Tensor = types + embeddings.position_embeddings(rows.position_ids)
        return added[0]

    def forward(self, rows: Tensor, spans: Sequence[Span], read: Tensor | None) -> tuple[Tensor, Tape]:
        """Return the last hidden states and what `backward` needs.

        Parameters
        ----------
        rows : (token, hidden) embedding rows plus `position_and_type`, sequences packed as in `spans`.
        read : (sequence,) the row of each sequence whose last hidden state is needed; None for all rows.

        Returns
        -------
        hidden states, (token, hidden) or, with `read`, (sequence, hidden); tape.
        """
        self._memory.begin()
        x, norm = layer_norm(self._base.embeddings.LayerNorm, rows)
        traces = []
        for layer in self._layers:
            x, trace = layer.forward(x, spans, read if layer is self._layers[-1] else None, self._memory)
            traces.append(trace)
        return x, Tape(spans, norm, traces)

    def states(self, rows: Tensor, spans: Sequence[Span], read: Tensor | None) -> Tensor:
        """Return the last hidden states as `forward` does, for no backward pass: each layer reuses the same memory."""
        self._memory.begin()
        x, _ = layer_norm(self._base.embeddings.LayerNorm, rows)
        for layer in self._layers:
            with self._memory.scratch():
                x, _ = layer.forward(x, spans, read if layer is self._layers[-1] else None, self._memory)
        self._memory.finish()
        return x

    def backward(self, gradient: Tensor, tape: Tape) -> Tensor:
        """dF/dhidden, shaped as `forward` returned it -> dF/drows, (token, hidden)."""
        for layer, trace in zip(reversed(self._layers), reversed(tape.traces), strict=True):
            gradient = layer.backward(gradient, trace, tape.spans, self._memory)
        self._memory.finish()
        return tape.norm.backward(gradient)

    def class_logits(self, first: Tensor) -> Tensor:
        """Return the classification head's logits from the first tokens' states: (batch, hidden) -> (batch, class)."""
        states = first[:, None]
        logits: Tensor = self._module.classifier(states if self._base.pooler is None else self._base.pooler(states))
        return logits

    def span_logits(self, states: Tensor) -> Tensor:
        """Return the start and end logits of single tokens: (batch, hidden) -> (batch, 2)."""
        logits: Tensor = self._module.qa_outputs(states)
        return logits


def _layer(layer: Any) -> Layer:
    attention = layer.attention
    return Layer(
        n_heads=attention.self.num_attention_heads,
        query=attention.self.query,
        key=attention.self.key,
        value=attention.self.value,
        output=attention.output.dense,
        norm_z=attention.output.LayerNorm,
        up=layer.intermediate.dense,
        down=layer.output.dense,
        norm_t=layer.output.LayerNorm,
    )


def encoder_of(model: LoadedModel) -> Encoder | None:
    """Return the hand-written encoder of `model`, or None where it might not compute what the module computes.

    It supports exactly Transformers' BERT and XLM-R encoders with the exact GELU, in fp32 on a CPU, in evaluation mode,
    made of plain parts: no unmerged adapters, no quantised, hooked or replaced modules, no decoder, and `LoadedModel`'s
    own methods. Anything unknown falls back to the module and autograd, which are slower but define F.
    """
    module: Any = model.module
    if type(model) is not LoadedModel or FORWARD & vars(model).keys():  # a subclass or replaced method
        return None
    if model.device.type != "cpu" or _full_name(module) not in WHOLE or module.config.is_decoder:
        return None
    plain = all(_is_plain(part) for part in module.modules())
    exact = all(weights.dtype == torch.float32 for weights in module.parameters())
    return Encoder(module) if plain and exact else None


def _is_plain(part: nn.Module) -> bool:
    """Whether `part` computes what Transformers or PyTorch wrote for its class, in evaluation mode."""
    known = type(part) in PARTS or type(part).__module__ in (BERT, XLM_R) or _full_name(part) == EXACT_GELU
    changed = part._forward_hooks or part._forward_pre_hooks or "forward" in vars(part)
    return known and not changed and not part.training


def _full_name(part: nn.Module) -> str:
    return f"{type(part).__module__}.{type(part).__qualname__}"
