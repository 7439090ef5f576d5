"""What a policy lets go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library.retention.limits import Candidate, Ring, due, limits_of
from camsvc.library.retention.policy import GB, LEAST_DAYS, LEAST_GB, CameraLimit, Policy
from camsvc.model import MediaFile

DAY = 86400.0
NOW = 100 * DAY


def file(name: str, days: float, size: int = GB, device: str = "camera0", ring: bool = False) -> Candidate:
    """One that ended so many days ago, after an hour."""
    ended = NOW - days * DAY
    return Candidate("recordings", MediaFile(name, device, size, ended - 3600, ended), ended, ring)


FILES = [file("a", 9), file("b", 5, device="camera1"), file("c", 1)]


def gone(files: list[Candidate], policy: Policy, rings: dict[str, Ring] | None = None, to_free: int = 0) -> str:
    """Names of what goes, each with its limit."""
    held: dict[tuple[str, bool], int] = {}
    for each in files:
        key = each.file.device, each.ring
        held[key] = held.get(key, 0) + each.file.size_bytes
    chosen = due(files, limits_of(policy, rings or {}, NOW, to_free), held)
    return " ".join(f"{each.file.filename}:{each.policy}" for each in chosen)


class PolicyTests(SynchronousTestCase):
    """By type."""

    def names(self, **keys: object) -> str:
        return gone(FILES, Policy(**{"enabled": True, **keys}))  # type: ignore[arg-type]

    def test_age(self) -> None:
        """What has ended before, and no limit of size."""
        self.assertEqual(self.names(policy_type="age", max_age_days=4.0, max_size_gb=0.1), "a:age b:age")
        self.assertEqual(self.names(policy_type="age", max_age_days=10.0), "")

    def test_age_counts_from_the_end(self) -> None:
        """As long as a part of a file is younger, all of it stays."""
        half_an_hour = 30 / 1440
        policy = Policy("age", True, max_age_days=9 + half_an_hour)
        self.assertEqual(gone([file("begun before", 9)], policy), "")
        self.assertEqual(gone([file("ended before", 9 + 2 * half_an_hour)], policy), "ended before:age")

    def test_size(self) -> None:
        """The oldest until the rest fits, and no limit of age."""
        self.assertEqual(self.names(policy_type="size", max_size_gb=2.0, max_age_days=0.1), "a:size")
        self.assertEqual(self.names(policy_type="size", max_size_gb=3.0), "")
        self.assertEqual(self.names(policy_type="size", max_size_gb=0.5), "a:size b:size c:size")

    def test_all(self) -> None:
        """Both, where they are set; a manual policy as well, which is applied when somebody asks."""
        for kind in ("all", "manual"):
            self.assertEqual(self.names(policy_type=kind), "")
            self.assertEqual(self.names(policy_type=kind, max_age_days=6.0, max_size_gb=1.0), "a:age b:size")

    def test_least(self) -> None:
        """A limit of next to nothing, as an earlier camsvc took, deletes what is past the least one alone."""
        policy = Policy("age", True, max_age_days=1e-300)
        self.assertEqual(gone([file("old", 2 * LEAST_DAYS), file("new", LEAST_DAYS / 2)], policy), "old:age")
        policy = Policy("size", True, max_size_gb=1e-300)
        self.assertEqual(gone([file("old", 2, GB), file("new", 1, int(LEAST_GB * GB))], policy), "old:size")

    def test_disabled(self) -> None:
        """Nothing."""
        limits = (CameraLimit("camera0", 0.1, 0.1),)
        self.assertEqual(self.names(policy_type="size", max_size_gb=0.1, cameras=limits, enabled=False), "")

    def test_camera_age(self) -> None:
        """In place of the policy's own: shorter or longer."""
        limits = (CameraLimit("camera0", max_age_days=20.0), CameraLimit("camera1", max_age_days=2.0))
        self.assertEqual(self.names(policy_type="age", max_age_days=0.5, cameras=limits), "b:camera_age")

    def test_camera_size(self) -> None:
        """Of its own files alone, whatever the type."""
        limits = (CameraLimit("camera0", max_size_gb=1.0), CameraLimit("camera1", max_size_gb=1.0))
        self.assertEqual(self.names(policy_type="age", max_age_days=50.0, cameras=limits), "a:camera_size")

    def test_free_space(self) -> None:
        """The oldest, as many as are needed; none where no policy is enabled."""
        policy = Policy("age", True, max_age_days=50.0)
        self.assertEqual(gone(FILES, policy, to_free=1), "a:free_space")
        self.assertEqual(gone(FILES, policy, to_free=GB + 1), "a:free_space b:free_space")
        self.assertEqual(gone(FILES, Policy(), to_free=GB + 1), "")

    def test_elsewhere_or_in_use(self) -> None:
        """What is on another disk, or cannot be deleted now, frees nothing on this one."""
        from attrs import evolve

        policy = Policy("age", True, max_age_days=50.0)
        files = [evolve(FILES[0], near=False), evolve(FILES[1], stays=True), FILES[2]]
        self.assertEqual(gone(files, policy, to_free=1), "c:free_space")


class RingTests(SynchronousTestCase):
    """Continuous recordings."""

    FILES = [file("a", 3, ring=True), file("b", 2, ring=True), file("m", 2), file("c", 1, ring=True)]

    def test_hours(self) -> None:
        """Of this camera's continuous recordings alone, also where no policy is enabled."""
        self.assertEqual(gone(self.FILES, Policy(), {"camera0": Ring(hours=36)}), "a:ring b:ring")
        self.assertEqual(gone(self.FILES, Policy(), {"camera1": Ring(hours=36)}), "")

    def test_gigabytes(self) -> None:
        """What others recorded takes no part in it."""
        self.assertEqual(gone(self.FILES, Policy(), {"camera0": Ring(gigabytes=2)}), "a:ring")

    def test_free_space(self) -> None:
        """They go before the disk is full, also where no policy is enabled."""
        self.assertEqual(
            gone(self.FILES, Policy(), {"camera0": Ring(hours=100)}, 3 * GB), "a:free_space b:free_space c:free_space"
        )


class SizePropertyTests(SynchronousTestCase):
    """Whatever there is."""

    @given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 3 * GB)), max_size=8), st.floats(0.1, 9))
    def test_size_is_reached_by_the_oldest_alone(self, rows: list[tuple[float, int]], limit: float) -> None:
        """What goes is a run from the oldest on; what stays fits; with one less gone it would not."""
        files = [file(str(n), days, size) for n, (days, size) in enumerate(sorted(rows, reverse=True))]
        names = gone(files, Policy("size", True, None, limit)).split()
        self.assertEqual(names, [f"{each.file.filename}:size" for each in files[: len(names)]])
        stays = sum(each.file.size_bytes for each in files[len(names) :])
        self.assertLessEqual(stays, int(limit * GB))
        if names:
            self.assertGreater(stays + files[len(names) - 1].file.size_bytes, int(limit * GB))

    @given(
        st.lists(st.tuples(st.floats(0, 50), st.integers(0, 3 * GB), st.sampled_from(["camera0", "camera1"]))),
        st.floats(0.1, 9),
        st.integers(0, 5 * GB),
    )
    def test_every_limit_holds(self, rows: list[tuple[float, int, str]], limit: float, to_free: int) -> None:
        """After it each camera's size holds, and enough is freed or nothing is left."""
        files = [file(str(n), *row) for n, row in enumerate(sorted(rows, reverse=True))]
        policy = Policy("all", True, None, None, None, (CameraLimit("camera0", None, limit),))
        names = {each.split(":")[0] for each in gone(files, policy, to_free=to_free).split()}
        left = [each for each in files if each.file.filename not in names]
        self.assertLessEqual(
            sum(each.file.size_bytes for each in left if each.file.device == "camera0"), int(limit * GB)
        )
        freed = sum(each.file.size_bytes for each in files if each.file.filename in names)
        self.assertTrue(freed >= to_free or not any(each.file.size_bytes for each in left))
