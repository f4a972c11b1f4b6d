"""Digests of all methods and metrics at their defaults, which must never change: runs are found by
them, and random streams drawn.
"""

from __future__ import annotations

import pytest

from heatcheck.attribution import METHODS
from heatcheck.core.registry import Registered, Registry
from heatcheck.metrics import METRICS

# the first 16 of 64 hex digits, in the registry's order, what has retired too; a new entry gets
# its line
OF_METHODS = {
    "vanilla_gradients": "699c67df126cd6f4",
    "guided_backprop": "9ccdd84023278a85",
    "input_x_gradient": "cf393bdd915b6ace",
    "integrated_gradients": "994e1cb2def087c1",
    "smoothgrad": "b939a903437d2202",
    "vargrad": "bc77a90fe34c231f",
    "smoothgrad_squared": "005a937f51f897cf",
    "blur_ig": "700f861a687f033f",
    "expected_gradients": "f3b099839e6d60d7",
    "guided_ig": "2a187a6ad1d995b3",
    "idgi": "e01a70613f7fb5e4",
    "grad_cam": "df236eb4db335238",
    "guided_grad_cam": "10b0c17232641f32",
    "grad_cam_plus_plus": "6179f49f5ee5c0f9",
    "hires_cam": "ba86743edcb28a8f",
    "score_cam": "282c12cc00490b09",
    "xgrad_cam": "5c2714b9b4243d1f",
    "layer_cam": "fbba810901585628",
    "attention_gradients": "60e27833be069ba1",
    "occlusion": "98a2ec7f01642b07",
    "rise": "4dd5f9fdabbcd6aa",
    "given": "789b2ff4a701c6b9",
    "centre_prior": "42e7ef459c54e287",
    "edges": "80d1a9dbfd72ebb8",
    "random": "f38f44296dba2ed7",
    "inverted": "46b58c23e2420fd0",
}
OF_METRICS = {
    "deletion": "23ef437df208c8ff",
    "insertion": "9484da6d5a3b380b",
    "relevance_gain": "7e951997cc487705",
    "average_drop": "393e036f6aca7e4b",
    "infidelity": "c49ef430b2425ce6",
    "road": "c73daf42d014609b",
    "deletion_class": "27e0faac54cf8967",
    "deletion_exchange": "032465dfbbb998bb",
    "deletion_model": "9d94fb0593ecfd9d",
    "deletion_placement": "3484463ced712651",
    "insertion_class": "4ea32ed718407ff8",
    "insertion_exchange": "cbecc0e732f34847",
    "insertion_model": "1874e99035e8ec10",
    "insertion_placement": "3c518c9c76d4e63b",
    "deletion_network": "6dbbb3ed89483fbd",
    "deletion_second_class": "508fbb016f5f3f9a",
    "insertion_network": "b849ac06e6f765b5",
    "insertion_second_class": "6680bdd1cdc00df1",
    "repeatability": "25f1e8e92d8a9367",
    "max_sensitivity": "60d78206e5cbd261",
    "seed_noise": "e0dac0cf95fd20d6",
    "fineness": "f316916f6dee6df8",
    "sparseness": "f98b909037095323",
    "total_variation": "636c495fc1fb3084",
    "complexity": "a1dab4e1463df58e",
    "high_frequency_share": "c27e2beffc0056e2",
    "runtime": "ad2bc09c79785bc5",
    "background_swap": "ca1592408b9fce09",
    "completeness_gap": "678aa7106769e75e",
    "conventions": "77b68eb832e2537b",
    "energy_in_mask": "5edfd708112b9492",
    "grid_pointing": "c331eeb75738bc77",
    "pointing_game": "86ba7e502259d0f2",
    "randomisation": "ccd84762358898de",
    "saturation": "c8a9c9cd04f3b67f",
    "target_sensitivity": "ad437044fce2df9c",
}


@pytest.mark.parametrize(
    ("registry", "digests"),
    [(METHODS, OF_METHODS), (METRICS, OF_METRICS)],
    ids=["methods", "metrics"],
)
def test_digests_and_order_at_the_defaults_stay_what_they_are(
    registry: Registry[Registered], digests: dict[str, str]
) -> None:
    assert list(registry.readable) == list(digests)
    assert {name: registry.read(name).digest[:16] for name in registry.readable} == digests


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("integrated_gradients", "f4c0c0846f47f113"),
        ("guided_ig", "ad4f1233bb6dbddb"),
        ("idgi", "a832432b09d8d360"),
    ],
)
def test_methods_from_black_keep_the_digests_that_they_had_as_defaults(
    name: str, digest: str
) -> None:
    assert METHODS.build({"name": name, "baseline": "black"}).digest[:16] == digest
