"""Our MACs against the published vectors of Project Wycheproof: full and truncated tags, wrong ones included."""

import base64
import json
from pathlib import Path

import pytest

from shared.psa.signing import SHA1_SIZE, SHA256_SIZE, any_matches, decode_base64, hmac_sha1, hmac_sha256

VECTORS = Path(__file__).parents[3] / "shared/data/text"
MACS = {"sha1": (hmac_sha1, SHA1_SIZE, 170), "sha256": (hmac_sha256, SHA256_SIZE, 174)}


def vectors(algorithm):
    path = VECTORS / f"wycheproof-hmac-{algorithm}.json"
    if not path.exists():
        pytest.skip(f"the Wycheproof vectors are not here: {path.name} was not fetched")
    return [(group, case) for group in json.loads(path.read_text())["testGroups"] for case in group["tests"]]


@pytest.mark.parametrize("algorithm", MACS)
def test_every_vector_is_judged_as_published(algorithm):
    """A tag shorter than the MAC is compared with the MAC's beginning, as the vectors mean it."""
    mac, _, count = MACS[algorithm]
    judged = 0
    for group, case in vectors(algorithm):
        expected = mac(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))[: group["tagSize"] // 8]
        valid = any_matches(bytes.fromhex(case["tag"]), [expected])

        assert valid == (case["result"] == "valid"), case["tcId"]
        judged += 1
    assert judged == count


@pytest.mark.parametrize("algorithm", MACS)
def test_a_tag_is_decoded_only_at_its_full_length(algorithm):
    """What the vectors call a valid truncated tag is not a signature of any PSA."""
    _, size, _ = MACS[algorithm]
    for group, case in vectors(algorithm):
        tag = bytes.fromhex(case["tag"])
        decoded = decode_base64(base64.b64encode(tag).decode(), size)

        assert decoded == (tag if len(tag) == size else None), (group["tagSize"], case["tcId"])


def test_one_right_candidate_is_enough_wherever_it_stands():
    for place in range(3):
        candidates = [b"a", b"b", b"c"]

        assert any_matches(candidates[place], candidates)
    assert not any_matches(b"a", [])
    assert not any_matches(b"", [b"a"])
