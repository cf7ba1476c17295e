"""`pellucid explain`: why a model gives this answer to this text, and how far to trust that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pellucid.cli.inputs import check_writable, part_of, valid
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn, print_record
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import (
    Device,
    Dtype,
    Format,
    Infill,
    Kernel,
    Out,
    Quiet,
    Revision,
    Width,
    load_options,
)
from pellucid.cli.subject import Chat, Documents, Freeze, Slots, Template, subject
from pellucid.core.target import SCALES, Scale

__all__ = ["explain"]

# The same as in `verbs.explain`, which is not imported here: `--help` has no time for it. A test compares them.
DEFAULT_METHOD = "leave_one_out"


def explain(
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help='The text; "-" reads standard input.', show_default=False),
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="Read the text from a file.")] = None,
    second: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The second part of a pair: a hypothesis, or the context of a question."
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="MODEL", help="A bundled name, a folder, or a Hugging Face id."
        ),
    ] = "demo-lm",
    by: Annotated[
        str, typer.Option(metavar="METHOD", help="The method: see pellucid methods.")
    ] = DEFAULT_METHOD,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help='What to explain: a label, or a continuation with its space (" Paris").'
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why the target rather than this other answer.")
    ] = None,
    span: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The part of the answer to explain: its words, or characters START:END."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The place that is labelled or answers: its words, or characters START:END."
        ),
    ] = None,
    scale: Annotated[
        Scale | None, typer.Option(metavar="NAME", help=f"What the target's number is: {', '.join(SCALES)}.")
    ] = None,
    unit: Annotated[
        Literal["token", "word", "sentence", "segment"] | None,
        typer.Option(
            metavar="NAME",
            help="What the text is cut into: token, word, sentence or segment (slots, documents, messages).",
        ),
    ] = None,
    answer_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The most tokens of the model's own answer.")
    ] = None,
    truncate: Annotated[
        bool, typer.Option("--truncate", help="Drop the part of the text that does not fit.")
    ] = False,
    evaluate: Annotated[bool, typer.Option(help="Measure the explanation, beside chance.")] = True,
    chat: Chat = None,
    document: Documents = None,
    template: Template = None,
    slot: Slots = None,
    freeze: Freeze = None,
    device: Device = None,
    dtype: Dtype = None,
    revision: Revision = None,
    attn_implementation: Kernel = None,
    infill: Infill = None,
    out: Out = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
    *,
    options: Mapping[str, Mapping[str, Any]],
) -> None:
    """Why a model gives this answer to this text, and how far to trust that.

    Without --target the model's own answer is explained. A method's own options are flags too:
    pellucid explain --by METHOD --help lists them.
    """
    wanted = subject(text, file, second, chat, document or (), template, slot or ())
    for name, answer in (("--target", target), ("--against", against), ("--span", span), ("--at", at)):
        valid(answer or "", name)
    with progress(quiet) as phase:
        phase("Starting")
        check_writable(out or [])
        why, scores = _explained(
            phase,
            model,
            load_options(device, dtype, revision, attn_implementation, infill),
            evaluate,
            text=wanted,
            by=by,
            target=target,
            against=against,
            span=part_of(span),
            at=part_of(at),
            scale=scale,
            unit=unit,
            answer_tokens=answer_tokens,
            truncate=truncate,
            freeze=tuple(freeze or ()),
            **options[by],
        )
    from pellucid.verbs.files import save

    for path in out or []:
        save(why, path, scores=scores)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_record(why, scores)
    else:
        print_drawn([why, *scores], width)


def _explained(
    phase: Any, name: str, load_with: dict[str, Any], evaluate: bool, **asked: Any
) -> tuple[Any, list]:
    phase(f"Loading {name}")
    model = loaded(name, **load_with)
    from pellucid.verbs.evaluate import QUICK_METRICS
    from pellucid.verbs.evaluate import evaluate as measure
    from pellucid.verbs.explain import explain

    phase(f"Explaining by {asked['by']}")
    why = explain(model, **asked)
    scores = []
    about_inputs = (
        "input" in why.data.dims
    )  # metrics take parts of the text away: they have nothing to say of layers
    for metric in QUICK_METRICS if evaluate and about_inputs else ():
        phase(f"Measuring {metric}")
        scores += measure(why, model, by=metric)
    return why, scores
