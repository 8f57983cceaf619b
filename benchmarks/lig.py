"""LIG against Captum at equal error, its share of the peak rate of matrix products, and its peak memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.attribution.targets import choose_targets, class_targets, predict
from core.models.catalogue import DEFAULT_MODEL, ModelSpec, models_for_task
from core.models.loaded import LoadedModel
from core.models.loader import load_model, load_spec
from core.results import Array, Target, TokenAttribution, TokenizedText
from core.text.examples import load_examples
from core.text.tokenization import tokenize
from core.validation.convergence import token_errors

CAPTUM_STEPS = (25, 50, 75, 100, 150, 200, 300)
TRUTH_STEPS = 300
GOAL = 0.01
GOAL_SHARE = 0.95
LANGUAGES = ("en", "es", "zh", "hi", "de", "ar", "ru", "tr")
ROUNDS = 3
PEAK_SHAPE = (1024, 384, 1536)
PEAK_SECONDS = 1.0
MEMORY_STEPS = 40


@dataclass(frozen=True)
class Bench:
    """One task's texts and targets on one model."""

    model: LoadedModel
    texts: list[TokenizedText]
    targets: list[Target]


def bench_lig() -> dict[str, float]:
    """Time LIG with `--steps auto` against Captum on the real model, for `meaning` and for `nli` if one is shipped."""
    results = _bench_task(prepare("meaning", DEFAULT_MODEL), "")
    shipped = [spec for spec in models_for_task("nli") if spec.source != "hub"]
    if shipped:
        bench = prepare("nli", shipped[0].name)
        results |= _bench_task(bench, "nli_") | bench_classes(bench)
    return results


def bench_classes(bench: Bench) -> dict[str, float]:
    """Time all classes of each text together against its predicted class alone, both with `--steps auto`."""
    predictions = predict(bench.model, bench.texts, "nli")
    by_text = class_targets(bench.model, predictions, explain="own")
    texts = [text for text in bench.texts for _ in bench.model.classes]
    targets = [target for of_text in by_text for target in of_text]
    times = interleaved(
        [lambda: integrated_gradients(bench.model, texts, targets), lambda: _lig(bench, "auto")], ROUNDS
    )
    return {"classes_cost_ratio": statistics.median(every / one for every, one in times)}


def prepare(task: str, model_name: str, n_examples: int = 2) -> Bench:
    """Tokenize the first examples of `task` in all `LANGUAGES`; the target is the model's own prediction."""
    model = load_model(model_name)
    texts = [
        tokenize(model, task, language, example.texts(language))
        for example in load_examples(task)[:n_examples]
        for language in LANGUAGES
    ]
    (targets,) = choose_targets(
        model, texts, predict(model, texts, task), task=task, explain="own", gold=[None] * len(texts)
    )
    return Bench(model, texts, targets)


def _bench_task(bench: Bench, prefix: str) -> dict[str, float]:
    truth = [np.asarray(a.scores) for a in _lig(bench, TRUTH_STEPS)]
    computed = _lig(bench, "auto")
    errors = token_errors([a.scores for a in computed], truth)
    captum_steps = _captum_steps_for_goal(bench, truth)
    times = interleaved(
        [
            lambda: _lig(bench, "auto"),
            lambda: _captum(bench, captum_steps),
            lambda: _lig(bench, "auto", norms=False),
        ],
        ROUNDS,
    )
    sums = _lig(bench, "auto", norms=False)
    results = {
        f"{prefix}lig_speedup_vs_captum_equal_error": statistics.median(captum / ours for ours, captum, _ in times),
        f"{prefix}lig_three_aggregates_over_one": statistics.median(three / one for three, _, one in times),
        f"{prefix}lig_texts_with_more_nodes_for_norms": sum(
            three.n_steps > one.n_steps for three, one in zip(computed, sums, strict=True)
        ),
        f"{prefix}lig_token_error_p95": float(np.quantile(errors, 0.95)),
        f"{prefix}lig_token_error_share_under_goal": float(np.mean(errors < GOAL)),
        f"{prefix}lig_gradients_mean": statistics.mean(a.n_steps for a in computed),
        f"{prefix}captum_steps_at_equal_error": captum_steps,
    }
    if not prefix:
        results["gemm_share"] = gemm_share(bench)
    return results


def _lig(bench: Bench, steps: int | str, *, norms: bool = True) -> list[TokenAttribution]:
    return integrated_gradients(bench.model, bench.texts, bench.targets, steps=steps, norms=norms)


def _captum(bench: Bench, steps: int) -> list[Array]:
    return [
        captum_reference(bench.model, text, target, n_steps=steps, batch_rows=steps)
        for text, target in zip(bench.texts, bench.targets, strict=True)
    ]


def _captum_steps_for_goal(bench: Bench, truth: Sequence[Array]) -> int:
    """The smallest of `CAPTUM_STEPS` with which Captum has under 1% token error on 95% of the texts, or the largest."""
    for steps in CAPTUM_STEPS:
        if np.mean(token_errors(_captum(bench, steps), truth) < GOAL) >= GOAL_SHARE:
            return steps
    return CAPTUM_STEPS[-1]


def interleaved(calls: Sequence[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Seconds of each call in each round, (round, call); interleaved, so that a slow phase affects all calls."""
    return [[_seconds(call) for call in calls] for _ in range(rounds)]


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def gemm_share(bench: Bench) -> float:
    """FLOP rate of LIG over that of a plain matrix product of the shape of the model's feed-forward layer.

    Only the matrix products of LIG are counted; texts are packed, so none of them is padding. Both run for seconds, in
    turn, so that a slow or fast phase of the machine affects both.
    """
    with FlopCounterMode(display=False) as counter:
        _lig(bench, "auto")
    flops = counter.get_total_flops()
    shares = []
    for _ in range(ROUNDS):
        before = matmul_rate()
        lig_rate = flops / _seconds(lambda: _lig(bench, "auto"))
        shares.append(lig_rate / statistics.mean((before, matmul_rate())))
    return statistics.median(shares)


def matmul_rate() -> float:
    """FLOPs per second of float32 products (1024 x 384) (384 x 1536), the feed-forward layer's, during one second."""
    n, k, m = PEAK_SHAPE
    a, b = torch.randn(n, k), torch.randn(k, m)
    begun, products = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begun) < PEAK_SECONDS:
        torch.mm(a, b)
        products += 1
    return products * 2 * n * k * m / elapsed


def bench_memory() -> dict[str, float]:
    """Peak resident memory, in GB, of a process that attributes a 512-token question-answering input."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "benchmarks.lig"]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(output.splitlines()[-1])


def _memory_of_long_qa() -> dict[str, float]:
    spec = ModelSpec("e5-small-untrained-qa", "embedded encoder, random head", "embedded", "bert", task="qa")
    torch.manual_seed(0)
    model = load_spec(spec, new_head=True)
    example = load_examples("qa")[0]
    question, context = example.texts("en")
    text = tokenize(model, "qa", "en", [question, " ".join([context] * 12)])
    target = Target("start", len(text.tokens) // 2, "")
    integrated_gradients(model, [text], [target], steps=MEMORY_STEPS)
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_memory_gb_qa_512": kibibytes * 1024 / 1e9, "qa_tokens": len(text.tokens), "qa_nodes": MEMORY_STEPS}


if __name__ == "__main__":
    print(json.dumps(_memory_of_long_qa()))
