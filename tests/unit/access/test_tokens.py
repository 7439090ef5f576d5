"""Session tokens and tickets: what is taken, and everything that is not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import FILE, SESSION, STREAM, Rules, Tokens
from camsvc.config.schema import Access
from camsvc.errors import AuthenticationFailed, StartError
from tests.support.samples import OTHER_SECRET, SECRET
from tests.support.strategies import JSON


def _pair(private: Any) -> tuple[bytes, bytes]:
    """A key in PEM: private and public."""
    form = serialization.PrivateFormat.PKCS8
    return (
        private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )


def _keys() -> dict[str, tuple[bytes, bytes]]:
    return {
        "RS256": _pair(rsa.generate_private_key(65537, 2048)),
        "ES256": _pair(ec.generate_private_key(ec.SECP256R1())),
        "EdDSA": _pair(ed25519.Ed25519PrivateKey.generate()),
    }


KEYS, MORE_KEYS = _keys(), _keys()
WEAK_RSA = _pair(rsa.generate_private_key(65537, 1024))[0]
OTHER_CURVE = _pair(ec.generate_private_key(ec.SECP384R1()))[0]
NOW = 1_800_000_000.5
GOOD = {"user_id": "me", "role": "operator", "iat": int(NOW), "exp": int(NOW) + 60}


def signed(claims: Any, key: Any = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    """A token made by hand, so that any claims can stand in it."""

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    text = part({"alg": algorithm, "typ": "JWT", **header}) + b"." + part(claims)
    signature = jwt.get_algorithm_by_name(algorithm).sign(text, key) if algorithm != "none" else b""
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


class TokenTestCase(SynchronousTestCase):
    """With two installations."""

    def setUp(self) -> None:
        self.tokens = Tokens(SECRET)

    def refused(self, token: str, reason: str = "bad_credential", now: float = NOW) -> None:
        with self.assertRaises(AuthenticationFailed) as caught:
            self.tokens.principal(token, now)
        self.assertEqual(caught.exception.data["reason"], reason)


class SessionTests(TokenTestCase):
    """``issue`` and ``principal``."""

    def test_round_trip(self) -> None:
        """Subject, role, expiry and id come back."""
        who = self.tokens.principal(self.tokens.issue("me", Role.ADMIN, NOW, 60), NOW)
        self.assertEqual((who.subject, who.role, who.expires_at), ("me", Role.ADMIN, int(NOW + 60)))
        self.assertEqual((len(who.token_id or ""), who.cameras), (16, None))

    def test_claims(self) -> None:
        """The claims of the contract stand in it."""
        claims = jwt.decode(self.tokens.issue("me", Role.ADMIN, NOW, 60), options={"verify_signature": False})
        self.assertLessEqual({"user_id", "role", "iat", "exp"}, set(claims))

    def test_token_of_an_old_client(self) -> None:
        """The four claims are enough; further ones are ignored."""
        who = self.tokens.principal(signed({**GOOD, "name": "x", "camera": [1]}), NOW)
        self.assertEqual((who.subject, who.role, who.token_id), ("me", Role.OPERATOR, None))

    def test_expiry(self) -> None:
        """The reason tells an expired token from a bad one."""
        token = signed(GOOD)
        self.tokens.principal(token, GOOD["exp"] - 0.1)  # type: ignore[operator]
        self.refused(token, "token_expired", float(GOOD["exp"]))  # type: ignore[arg-type]

    def test_wrong_key(self) -> None:
        """Of another installation."""
        self.refused(signed(GOOD, OTHER_SECRET))

    def test_other_algorithms(self) -> None:
        """none, other HMACs with the right key, and names in other cases."""
        self.refused(signed(GOOD, algorithm="none"))
        self.refused(signed(GOOD, algorithm="HS512"))
        self.refused(signed(GOOD, algorithm="HS384"))
        for name in ("None", "NONE", "hs256", "RS256", "", None, 5):
            self.refused(signed(GOOD, alg=name))

    def test_changed(self) -> None:
        """One bit of claims or signature, or a missing part."""
        token = signed(GOOD)
        head, claims, signature = token.split(".")
        changed = base64.urlsafe_b64encode(json.dumps({**GOOD, "role": "admin"}).encode()).rstrip(b"=").decode()
        for other in (
            f"{head}.{changed}.{signature}",
            f"{head}.{claims}.{'A' * len(signature)}",
            f"{head}.{claims}.",
            f"{head}.{claims}",
            token[:-3],
            "",
            "..",
            " ",
            "\x00",
            "ä" * 20,
            "\ud800",
        ):
            self.refused(other)

    def test_huge(self) -> None:
        """Refused before it is looked at."""
        self.refused("a" * 10_000_000)
        self.refused(signed({**GOOD, "x": "y" * 9000}))

    def test_missing_claims(self) -> None:
        """Each of the four."""
        for name in GOOD:
            self.refused(signed({key: value for key, value in GOOD.items() if key != name}))

    def test_times_of_another_type(self) -> None:
        """exp and iat are finite numbers, nothing else."""
        for name in ("exp", "iat"):
            for value in (
                "1900000000",
                None,
                True,
                [],
                {},
                "x",
                float("nan"),
                float("inf"),
                10**400,
                -(10**400),
                1e12,
            ):
                self.refused(signed({**GOOD, name: value}))

    def test_from_the_future(self) -> None:
        """A minute of clock difference is let pass, more is not."""
        self.tokens.principal(signed({**GOOD, "iat": NOW + 59}), NOW)
        self.refused(signed({**GOOD, "iat": NOW + 61, "exp": NOW + 100}))

    def test_roles_and_users(self) -> None:
        """Only the three roles, only texts."""
        for role in ("root", "ADMIN", "", None, 3, ["admin"], {}):
            self.refused(signed({**GOOD, "role": role}))
        for user in ("", None, 5, ["me"], {}):
            self.refused(signed({**GOOD, "user_id": user}))

    def test_claims_that_are_no_object(self) -> None:
        """A list, a text, deep nesting."""
        for claims in ([], "x", 5, None):
            self.refused(signed(claims))

    @given(st.text(max_size=200) | st.from_regex(r"eyJ[\w-]{0,50}\.[\w-]{0,80}\.[\w-]{0,80}\Z"))
    def test_any_text(self, token: str) -> None:
        """Any text is refused, never with another exception."""
        self.assertRaises(AuthenticationFailed, Tokens(SECRET).principal, token, NOW)

    @given(st.dictionaries(st.sampled_from([*GOOD, "jti", "sub", "aud", "nbf"]), JSON))
    def test_any_claims(self, claims: dict[str, Any]) -> None:
        """Any claims that are signed give a Principal or are refused."""
        try:
            self.assertIsInstance(Tokens(SECRET).principal(signed({**GOOD, **claims}), NOW), Principal)
        except AuthenticationFailed:
            pass


class RulesTests(TokenTestCase):
    """Issuer, audience, not before, ids."""

    def test_issuer_and_audience(self) -> None:
        """Must be as configured, and are in what we sign; an audience may be one of several."""
        self.tokens = Tokens(SECRET, Rules(issuer="https://id.example", audience="cams"))
        good = {**GOOD, "iss": "https://id.example", "aud": ["doors", "cams"]}
        for claims in (good, {**good, "aud": "cams"}):
            self.assertEqual(self.tokens.principal(signed(claims), NOW).subject, "me")
        self.assertEqual(self.tokens.principal(self.tokens.issue("us", Role.VIEWER, NOW, 60), NOW).subject, "us")
        for change in (
            {"iss": "https://id.example/"},
            {"iss": ["https://id.example"]},
            {"iss": None},
            {"aud": "cam"},
            {"aud": ["cam"]},
            {"aud": []},
            {"aud": 5},
            {"aud": [5]},
            {"aud": None},
        ):
            self.refused(signed({**good, **change}))
        for name in ("iss", "aud"):
            self.refused(signed({key: value for key, value in good.items() if key != name}))
        self.refused(signed(GOOD))

    def test_not_configured(self) -> None:
        """Whatever stands there is not looked at."""
        self.assertEqual(self.tokens.principal(signed({**GOOD, "iss": "x", "aud": ["y"]}), NOW).subject, "me")

    def test_not_before(self) -> None:
        """As the issue time: a minute of clock difference is let pass."""
        self.tokens.principal(signed({**GOOD, "nbf": NOW + 59}), NOW)
        for value in (NOW + 61, "0", None, True, [], float("nan")):
            self.refused(signed({**GOOD, "nbf": value}))

    def test_ids_of_another_type(self) -> None:
        """One could not be revoked by them."""
        for name in ("jti", "key"):
            for value in (5, True, ["x"], {}):
                self.refused(signed({**GOOD, name: value}))

    def test_long_user(self) -> None:
        """200 characters, as everywhere."""
        self.tokens.principal(signed({**GOOD, "user_id": "u" * 200}), NOW)
        self.refused(signed({**GOOD, "user_id": "u" * 201}))


class KeyFileTests(TokenTestCase):
    """RS256, ES256 and EdDSA, each with a real key."""

    def setUp(self) -> None:
        super().setUp()
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        (self.base / "jwt.key").write_bytes(SECRET)
        (self.base / "jwt.key").chmod(0o600)
        self.path = self.base / "key.pem"

    def write(self, *pems: bytes, mode: int = 0o600) -> None:
        self.path.write_bytes(b"".join(pems))
        self.path.chmod(mode)

    def of(self, algorithm: str) -> Tokens:
        """As an installation with that algorithm has them."""
        access = Access(jwt_algorithm=algorithm, jwt_key_file=str(self.path))  # type: ignore[arg-type]
        return Tokens.of(access, self.base / "jwt.key")

    def test_private(self) -> None:
        """Signs and verifies; nothing else is accepted, the secret neither."""
        for algorithm, (private, public) in KEYS.items():
            self.write(private)
            self.tokens = self.of(algorithm)
            token = self.tokens.issue("me", Role.ADMIN, NOW, 60)
            self.assertEqual(jwt.get_unverified_header(token)["alg"], algorithm)
            self.assertEqual(self.tokens.principal(token, NOW).subject, "me")
            self.refused(signed(GOOD))
            self.refused(signed(GOOD, algorithm="none"))
            # A verifier that trusts the header would take the public key for a secret.
            self.refused(signed(GOOD, public))
            self.refused(signed(GOOD, public.strip()))
            self.refused(token[:-8] + "AAAAAAAA")
            for other, (foreign, _) in MORE_KEYS.items():
                self.refused(signed(GOOD, jwt.get_algorithm_by_name(other).prepare_key(foreign), other))
            with self.assertRaises(AuthenticationFailed):
                Tokens(SECRET).principal(token, NOW)

    def test_public(self) -> None:
        """Verifies what somebody else signed; what we sign is HS256."""
        for algorithm, (private, public) in KEYS.items():
            self.write(public, mode=0o644)
            self.tokens = self.of(algorithm)
            foreign = signed(GOOD, jwt.get_algorithm_by_name(algorithm).prepare_key(private), algorithm)
            self.assertEqual(self.tokens.principal(foreign, NOW).subject, "me")
            own = self.tokens.issue("us", Role.VIEWER, NOW, 60)
            self.assertEqual(jwt.get_unverified_header(own)["alg"], "HS256")
            self.assertEqual(self.tokens.principal(own, NOW).subject, "us")
            self.refused(signed(GOOD, public))
            self.refused(signed(GOOD, algorithm="none"))

    def test_tickets(self) -> None:
        """Are HS256 with the secret, and no session token is one."""
        self.write(KEYS["ES256"][0])
        tokens = self.of("ES256")
        ticket = tokens.ticket(FILE, "recordings/a.mp4", Principal("me", Role.VIEWER, NOW + 9), NOW, 5)
        self.assertEqual(Tokens(SECRET).ticket_holder(FILE, ticket, "recordings/a.mp4", NOW).subject, "me")
        session = tokens.issue("me", Role.VIEWER, NOW, 60)
        self.assertRaises(AuthenticationFailed, tokens.ticket_holder, FILE, session, "recordings/a.mp4", NOW)

    def test_changed(self) -> None:
        """The new key goes first and signs, the old one is accepted as long as it stands there."""
        self.write(KEYS["EdDSA"][0])
        self.tokens = self.of("EdDSA")
        before = self.tokens.issue("me", Role.VIEWER, NOW, 600)
        self.write(MORE_KEYS["EdDSA"][0], KEYS["EdDSA"][1])
        after = self.tokens.issue("me", Role.VIEWER, NOW + 1, 600)
        self.assertNotIn(KEYS["EdDSA"][0], MORE_KEYS["EdDSA"][0])
        for token in (before, after):
            self.tokens.principal(token, NOW + 1)
        self.write(MORE_KEYS["EdDSA"][0])
        self.tokens.principal(after, NOW + 2)
        self.refused(before, now=NOW + 2)

    def test_mistakes(self) -> None:
        """Each a StartError that names the file."""
        by_rsa, by_ec, by_ed = (KEYS[name][0] for name in ("RS256", "ES256", "EdDSA"))
        for algorithm, pem, mode, words in (
            ("RS256", by_ec, 0o600, "none for RS256"),
            ("RS256", WEAK_RSA, 0o600, "1024 bits"),
            ("ES256", OTHER_CURVE, 0o600, "none for ES256"),
            ("ES256", by_ed, 0o600, "none for ES256"),
            ("EdDSA", by_rsa, 0o600, "none for EdDSA"),
            ("EdDSA", b"", 0o600, "holds no key"),
            ("EdDSA", b"-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----\n", 0o600, "none for EdDSA"),
            ("EdDSA", by_ed, 0o640, "others can read"),
        ):
            self.write(pem, mode=mode)
            with self.assertRaises(StartError) as caught:
                self.of(algorithm)
            self.assertIn(words, caught.exception.message)
            self.assertIn(str(self.path), caught.exception.message)
        self.path.unlink()
        with self.assertRaises(StartError) as caught:
            self.of("EdDSA")
        self.assertIn("no such file", caught.exception.message)


class TicketTests(TokenTestCase):
    """``ticket`` and ``ticket_holder``."""

    def setUp(self) -> None:
        super().setUp()
        self.who = Principal("me", Role.OPERATOR, NOW + 1000)

    def ticket(self, kind: str = FILE, valid_s: float = 60) -> str:
        return self.tokens.ticket(kind, "recordings/a.mp4", self.who, NOW, valid_s)

    def test_holder(self) -> None:
        """Opens its resource for the one it was made for, until it runs out."""
        found = self.tokens.ticket_holder(FILE, self.ticket(), "recordings/a.mp4", NOW + 59)
        self.assertEqual((found.subject, found.role), ("me", Role.OPERATOR))
        with self.assertRaises(AuthenticationFailed) as caught:
            self.tokens.ticket_holder(FILE, self.ticket(), "recordings/a.mp4", NOW + 60)
        self.assertEqual(caught.exception.data["reason"], "token_expired")

    def test_never_outlives_its_right(self) -> None:
        """A long ticket ends with the login it was made under, to the second."""
        self.who = Principal("me", Role.VIEWER, NOW + 5)
        found = self.tokens.ticket_holder(FILE, self.ticket(valid_s=3600), "recordings/a.mp4", NOW)
        self.assertLessEqual(found.expires_at, NOW + 5)

    def test_bound(self) -> None:
        """To one resource, one kind, one installation."""
        for kind, ticket, resource in (
            (FILE, self.ticket(), "recordings/b.mp4"),
            (FILE, self.ticket(), "snapshots/a.mp4"),
            (FILE, self.ticket(), ""),
            (FILE, self.ticket(STREAM), "recordings/a.mp4"),
            (STREAM, self.ticket(FILE), "recordings/a.mp4"),
            (FILE, Tokens(OTHER_SECRET).ticket(FILE, "recordings/a.mp4", self.who, NOW, 60), "recordings/a.mp4"),
        ):
            self.assertRaises(AuthenticationFailed, self.tokens.ticket_holder, kind, ticket, resource, NOW)

    def test_never_mixed_with_sessions(self) -> None:
        """A ticket is no login, a session token no ticket."""
        for kind in (FILE, STREAM):
            self.refused(self.ticket(kind))
            session = self.tokens.issue("me", Role.ADMIN, NOW, 60)
            self.assertRaises(AuthenticationFailed, self.tokens.ticket_holder, kind, session, "x", NOW)
        self.assertRaises(AuthenticationFailed, self.tokens.ticket_holder, SESSION, self.ticket(), "x", NOW)
