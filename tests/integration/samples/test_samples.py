"""The samples have the documented properties, for the function and for the service."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import pytest
from PIL import Image, ImageOps

from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.probe import probe
from facescreen.requirements import Assessment, Strictness, assess
from facescreen_local.id_verification.media.checks import check_face
from facescreen_local.id_verification.media.faces import FaceDetector
from facescreen_local.samples import SampleFile, build_scripted_verdicts, make_samples


@dataclass
class InMemory:
    """What a probe reads."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, start: int, length: int) -> bytes:
        return self.content[start : start + length]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleFile]:
    """The samples by file name."""
    made_samples = make_samples(tmp_path_factory.mktemp("made") / "samples")
    return {sample.path.name: sample for sample in made_samples}


def media_of(sample: SampleFile) -> Media:
    return probe(InMemory(sample.path.read_bytes()))


def assess_sample(sample: SampleFile) -> Assessment:
    size = sample.path.stat().st_size
    return assess(media_of(sample), size, Strictness.STANDARD, can_convert=True)


def convert(sample: SampleFile) -> bytes:
    """Convert a photo as OSS does: upright, shorter side 720, JPEG with quality 80."""
    out = io.BytesIO()
    with Image.open(sample.path) as stored:
        upright = ImageOps.exif_transpose(stored).convert("RGB")
    scale = 720 / min(upright.size)
    size = (round(upright.width * scale), round(upright.height * scale))
    upright.resize(size).save(out, "JPEG", quality=80)
    return out.getvalue()


def test_names_are_object_keys_of_existing_files(samples: dict[str, SampleFile]) -> None:
    assert len(samples) == 11
    for file, sample in samples.items():
        assert sample.name == f"selfies/{file}"
        assert sample.path.stat().st_size > 0
        assert sample.description
        assert bool(sample.reason) == (sample.verdict != "low_risk")


@pytest.mark.parametrize("file", ["portrait.jpg", "flagged.jpg"])
def test_portraits_are_as_recommended_and_sent_unchanged(
    samples: dict[str, SampleFile], file: str
) -> None:
    media, size = media_of(samples[file]), samples[file].path.stat().st_size
    assert (media.type, media.width, media.height) == ("image/jpeg", 480, 640)
    assert 50_000 < size < 100_000
    assert assess_sample(samples[file]) == Assessment((), convert=False, advice=())


@pytest.mark.parametrize("file", ["sideways-phone.jpg", "portrait.png", "12-megapixel.jpg"])
def test_a_sample_that_needs_conversion_is_fit_afterwards(
    samples: dict[str, SampleFile], file: str
) -> None:
    assert assess_sample(samples[file]).convert
    assert assess_sample(samples[file]).rejections == ()
    check_face(convert(samples[file]), is_video=False, detector=FaceDetector())


def test_the_sideways_photo_is_stored_rotated(samples: dict[str, SampleFile]) -> None:
    with Image.open(samples["sideways-phone.jpg"].path) as stored:
        assert stored.size == (640, 480)
    media = media_of(samples["sideways-phone.jpg"])
    assert (media.width, media.height, media.rotated) == (480, 640, True)


@pytest.mark.parametrize(
    ("file", "kind"), [("clip.mp4", "video/mp4"), ("clip.mov", "video/quicktime")]
)
def test_clips_are_as_recommended(samples: dict[str, SampleFile], file: str, kind: str) -> None:
    media = media_of(samples[file])
    assert (media.type, media.width, media.height) == (kind, 480, 640)
    assert media.duration_s == pytest.approx(2)
    assert media.fps == pytest.approx(15)
    assert 100_000 < samples[file].path.stat().st_size < 1024 * 1024
    assert assess_sample(samples[file]) == Assessment((), convert=False, advice=())


def test_the_long_clip_breaks_one_rule(samples: dict[str, SampleFile]) -> None:
    (rule,) = assess_sample(samples["long-clip.mp4"]).rejections
    assert (rule.name, rule.code) == ("video-length", samples["long-clip.mp4"].reason)


def test_the_text_file_is_not_an_image(samples: dict[str, SampleFile]) -> None:
    with pytest.raises(UnreadableMediaError):
        media_of(samples["not-an-image.jpg"])


@pytest.mark.parametrize("file", ["no-face.jpg", "blurred.jpg"])
def test_some_samples_are_refused_only_by_the_service(
    samples: dict[str, SampleFile], file: str
) -> None:
    assert assess_sample(samples[file]).rejections == ()
    assert not assess_sample(samples[file]).convert


def test_only_the_flagged_sample_has_a_scripted_verdict(samples: dict[str, SampleFile]) -> None:
    flagged = samples["flagged.jpg"].path.read_bytes()
    digests = [hashlib.sha256(s.path.read_bytes()).hexdigest() for s in samples.values()]
    assert len(set(digests)) == len(samples)
    assert build_scripted_verdicts(samples.values()) == {
        hashlib.sha256(flagged).hexdigest(): {
            "label": "selfies/flagged.jpg",
            "Result": "1",
            "RiskTag": ["SuspectDeepForgery"],
        }
    }
