"""Every line of "Image and video requirements" is a rule that is enforced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facescreen.media.media import Media
from facescreen.requirements import KB, MB, RULES, Strictness, assess

PHOTO = Media("image/jpeg", 720, 960)
CLIP = Media("video/mp4", 480, 640, duration_s=2.0, fps=25.0, frames=50)
GOOD_PHOTO, GOOD_CLIP = 80 * KB, 1 * MB


def refused_rules(
    media: Media, size: int, strictness: Strictness = Strictness.STANDARD
) -> list[str]:
    fit = assess(media, size, strictness, can_convert=False)
    return [rule.name for rule in fit.rejections]


def advised_rules(
    media: Media, size: int, strictness: Strictness = Strictness.STANDARD
) -> list[str]:
    return [advice.rule for advice in assess(media, size, strictness, can_convert=False).advice]


@pytest.mark.parametrize(("media", "size"), [(PHOTO, GOOD_PHOTO), (CLIP, GOOD_CLIP)])
def test_media_that_meets_every_rule_is_accepted_without_conversion(
    media: Media, size: int
) -> None:
    fit = assess(media, size, Strictness.STRICT, can_convert=True)
    assert (fit.rejections, fit.convert, fit.advice) == ((), False, ())


@pytest.mark.parametrize(
    ("rule", "media", "size"),
    [
        ("image-format", replace(PHOTO, type="image/png"), GOOD_PHOTO),
        ("one-picture", replace(PHOTO, second_picture="It is an animation."), GOOD_PHOTO),
        ("one-picture", replace(CLIP, second_picture="It has two tracks."), GOOD_CLIP),
        ("image-maximum-size", PHOTO, 10 * MB + 1),
        ("image-maximum-resolution", replace(PHOTO, width=1081, height=1900), GOOD_PHOTO),
        ("image-maximum-resolution", replace(PHOTO, height=1921), GOOD_PHOTO),
        ("image-upright", replace(PHOTO, width=960), GOOD_PHOTO),
        ("image-stored-upright", replace(PHOTO, rotated=True), GOOD_PHOTO),
        ("image-recommended-size", PHOTO, 49 * KB),
        ("image-recommended-size", PHOTO, 103 * KB),
        ("image-recommended-resolution", replace(PHOTO, width=479), GOOD_PHOTO),
        ("video-minimum-size", CLIP, 100 * KB),
        ("video-maximum-size", CLIP, 10 * MB + 1),
        ("video-length", replace(CLIP, duration_s=0.94), GOOD_CLIP),
        ("video-length", replace(CLIP, duration_s=3.06), GOOD_CLIP),
        ("video-length", replace(CLIP, duration_s=None), GOOD_CLIP),
        ("video-frame-rate", replace(CLIP, fps=7.9), GOOD_CLIP),
        ("video-frame-rate", replace(CLIP, fps=None), GOOD_CLIP),
        ("video-recommended-resolution", replace(CLIP, height=639), GOOD_CLIP),
        ("video-format", replace(CLIP, type="video/webm"), GOOD_CLIP),
    ],
)
def test_each_rule_refuses_or_advises_by_strictness(rule: str, media: Media, size: int) -> None:
    refuses_from = {each.name: each.rejects_from for each in RULES}[rule]
    assert rule in refused_rules(media, size, refuses_from)
    if refuses_from is not Strictness.LENIENT:
        assert rule not in refused_rules(media, size, Strictness.LENIENT)
        assert rule in advised_rules(media, size, Strictness.LENIENT)


def test_standard_strictness_refuses_every_must_and_advises_the_rest() -> None:
    refusing = {r.name for r in RULES if r.rejects_from is not Strictness.STRICT}
    assert refusing == {
        "image-format",
        "one-picture",
        "image-maximum-size",
        "image-maximum-resolution",
        "image-upright",
        "video-format",
        "video-minimum-size",
        "video-maximum-size",
        "video-length",
        "video-frame-rate",
    }


@pytest.mark.parametrize(
    ("media", "size"),
    [
        (replace(PHOTO, type="image/png"), 3 * MB),
        (replace(PHOTO, type="image/heic"), 2 * MB),
        (replace(PHOTO, rotated=True), GOOD_PHOTO),
        (replace(PHOTO, width=3000, height=4000), 5 * MB),
        (PHOTO, 15 * MB),
    ],
)
def test_conversion_makes_the_image_acceptable(media: Media, size: int) -> None:
    fit = assess(media, size, Strictness.STANDARD, can_convert=True)
    assert (fit.rejections, fit.convert, fit.advice) == ((), True, ())


@pytest.mark.parametrize(
    ("media", "size", "reason"),
    [
        (replace(PHOTO, width=4000, height=3000), 5 * MB, "image-upright"),
        (replace(PHOTO, second_picture="It is an animation."), GOOD_PHOTO, "one-picture"),
        (PHOTO, 21 * MB, "image-maximum-size"),
        (replace(PHOTO, width=30_000, height=30_001), MB, "image-maximum-resolution"),
        (replace(PHOTO, width=700, height=1921), MB, "image-maximum-resolution"),
    ],
)
def test_conversion_cannot_fix_every_rule(media: Media, size: int, reason: str) -> None:
    fit = assess(media, size, Strictness.STANDARD, can_convert=True)
    assert reason in [rule.name for rule in fit.rejections]


def test_a_photo_larger_than_recommended_is_sent_unconverted() -> None:
    fit = assess(PHOTO, 900 * KB, Strictness.STANDARD, can_convert=True)
    assert not fit.convert
    assert [advice.rule for advice in fit.advice] == ["image-recommended-size"]


@pytest.mark.parametrize("changes", [{"duration_s": 3.04}, {"duration_s": 0.96}, {"fps": 7.96}])
def test_durations_and_frame_rates_have_a_small_tolerance(changes: dict[str, Any]) -> None:
    assert refused_rules(replace(CLIP, **changes), GOOD_CLIP) == []


def test_rules_use_the_services_error_codes() -> None:
    assert {rule.code for rule in RULES} - {"MoreThanOnePicture"} == {
        "UnqualifiedPhoto",
        "ToolargeImage",
        "InvalidParameter",
    }


@pytest.mark.parametrize(("media", "size"), [(PHOTO, GOOD_PHOTO), (CLIP, GOOD_CLIP)])
def test_a_second_picture_is_refused_at_every_strictness_and_named(media: Media, size: int) -> None:
    media = replace(media, second_picture="It is an animation.")
    for strictness in Strictness:
        for can_convert in (False, True):
            fit = assess(media, size, strictness, can_convert=can_convert)
            assert [rule.code for rule in fit.rejections] == ["MoreThanOnePicture"]
            assert fit.rejections[0].message.endswith(" It is an animation.")
