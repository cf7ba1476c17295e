from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.errors import BadOption
from pellucid.core.site import PER_CROSS, PER_HEAD, POINTS, Site

COUNTS = st.integers(0, 200)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    stack = draw(st.sampled_from(["", "enc", "dec", "cross"]))
    point = draw(st.sampled_from(PER_CROSS if stack == "cross" else POINTS))
    layer = None if point == "embed" else draw(COUNTS)
    head = draw(st.none() | COUNTS) if point in PER_HEAD else None
    neuron = draw(st.none() | COUNTS) if point == "mlp_act" else None
    return Site(point, layer, head, neuron, stack)


@given(sites())
def test_every_site_is_read_back_from_its_spelling(site):
    assert Site.parse(str(site)) == site
    assert Site.parse(site) is site


@given(
    st.lists(
        st.sampled_from([*POINTS, "enc", "cross", ".", "5", "h", "n", "-"]) | st.text(max_size=1), max_size=7
    )
)
def test_any_string_is_a_site_or_refused(pieces):
    try:
        site = Site.parse("".join(pieces))
    except BadOption:
        return
    assert Site.parse(str(site)) == site


@pytest.mark.parametrize(
    ("spelling", "site"),
    [
        ("resid_post.10", Site("resid_post", 10)),
        ("z.9.h9", Site("z", 9, head=9)),
        ("mlp_act.5.n123", Site("mlp_act", 5, neuron=123)),
        ("enc.pattern.3.h0", Site("pattern", 3, head=0, stack="enc")),
        ("cross.z.1", Site("z", 1, stack="cross")),
        ("embed", Site("embed")),
        ("dec.embed", Site("embed", stack="dec")),
        ("attn_raw.0", Site("attn_raw", 0)),
    ],
)
def test_the_grammar(spelling, site):
    assert Site.parse(spelling) == site
    assert str(site) == spelling


@pytest.mark.parametrize(
    ("alias", "spelling"),
    [
        ("hook_embed", "embed"),
        ("blocks.5.hook_resid_pre", "resid_pre.5"),
        ("blocks.5.hook_resid_mid", "resid_mid.5"),
        ("blocks.11.hook_resid_post", "resid_post.11"),
        ("blocks.0.hook_attn_out", "attn_out.0"),
        ("blocks.0.hook_mlp_out", "mlp_out.0"),
        ("blocks.3.attn.hook_z", "z.3"),
        ("blocks.3.attn.hook_q", "q.3"),
        ("blocks.3.attn.hook_k", "k.3"),
        ("blocks.3.attn.hook_v", "v.3"),
        ("blocks.3.attn.hook_pattern", "pattern.3"),
        ("blocks.3.mlp.hook_post", "mlp_act.3"),
    ],
)
def test_aliases_of_transformer_lens(alias, spelling):
    assert str(Site.parse(alias)) == spelling


@pytest.mark.parametrize(
    ("spelling", "words"),
    [
        ("", "Write point.layer"),
        ("resid_post", "every point but embed has a layer"),
        ("embed.3", "every point but embed has a layer"),
        ("residual.3", "Points: embed, resid_pre"),
        ("resid_post.3.h1", "only z, q, k, v, pattern have heads"),
        ("z.3.n1", "only mlp_act has neurons"),
        ("z.3.h1.n2", "Write point.layer"),
        ("z.-1", "Write point.layer"),
        ("z.٣", "Write point.layer"),
        ("cross.mlp_out.3", "cross-attention has only"),
        ("blocks.3.hook_z", "Write point.layer"),
        ("blocks.3.attn.hook_resid_pre", "Write point.layer"),
        ("blocks.3.mlp.hook_pre", "Write point.layer"),
        ("Z.3", "Write point.layer"),
    ],
)
def test_refusals_say_what_to_write(spelling, words):
    with pytest.raises(BadOption) as caught:
        Site.parse(spelling)
    assert words in str(caught.value)


def test_sites_are_checked_when_they_are_made():
    for wrong in ({"layer": -1}, {"layer": 0, "head": -2}, {"layer": 0, "stack": "mid"}):
        with pytest.raises(BadOption):
            Site("z", **wrong)
