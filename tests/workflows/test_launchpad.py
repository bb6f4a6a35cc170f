"""The way to a LaunchPad: what is refused, and that no password is told."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fireworks import LaunchPad

from potash.errors import BadInput
from potash.workflows.launchpad import VARIABLE, connect, where
from tests.mongodb.server import Mongo, running

PASSWORD = "Ent0ma-Lago"
USERS = {"kim": PASSWORD}


def uri(mongo: Mongo, password: str = PASSWORD, options: str = "") -> str:
    return f"mongodb://kim:{password}@127.0.0.1:{mongo.port}/fw?authSource=admin{options}"


def made(mongo: Mongo) -> None:
    LaunchPad(uri(mongo), uri_mode=True, name="fw").reset("", require_password=False)


def refusal(file: Path | None = None) -> str:
    with pytest.raises(BadInput) as error:
        connect(file, patience=1500)
    said = str(error.value)
    assert len(said.splitlines()) == 1
    assert PASSWORD not in said
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return said


def test_a_uri_in_the_environment_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(USERS) as mongo:
        made(mongo)
        monkeypatch.setenv(VARIABLE, uri(mongo))
        pad = connect(None)
        assert pad.db.name == "fw"
        assert where(pad) == f"127.0.0.1:{mongo.port}/fw"


def test_a_file_that_others_may_read_is_refused_where_it_holds_a_password(tmp_path: Path) -> None:
    file = tmp_path / "my_launchpad.yaml"
    with running(USERS) as mongo:
        made(mongo)
        for content in (
            f"host: 127.0.0.1\nport: {mongo.port}\nname: fw\nusername: kim\npassword: {PASSWORD}\nauthsource: admin\n",
            f"uri_mode: true\nhost: '{uri(mongo)}'\n",
        ):
            file.write_text(content)
            for mode in (0o644, 0o640, 0o604):
                file.chmod(mode)
                assert f"chmod 600 {file}" in refusal(file)
            file.chmod(0o600)
            assert connect(file).db.name == "fw"
    with running() as mongo:
        LaunchPad("127.0.0.1", mongo.port, "fw").reset("", require_password=False)
        plain = f"host: 127.0.0.1\nport: {mongo.port}\nname: fw\n"
        file.write_text(plain + "mongoclient_kwargs: {tlsCertificateKeyFilePassword: secret}\n")
        file.chmod(0o644)
        assert "chmod 600" in refusal(file)
        file.write_text(plain + "mongoclient_kwargs: {appname: potash}\n")
        file.chmod(0o644)
        assert connect(file).db.name == "fw", "without a password it may be read"


def test_what_cannot_work_is_one_sentence_without_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", None)
    assert VARIABLE in refusal()
    with running(USERS) as mongo:
        monkeypatch.setenv(VARIABLE, uri(mongo))
        assert "'lpad reset' makes it one" in refusal()
        monkeypatch.setenv(VARIABLE, uri(mongo, PASSWORD + "x"))
        assert "refuses the user or the password" in refusal()
        monkeypatch.setenv(VARIABLE, f"mongodb://127.0.0.1:{mongo.port}/fw")
        assert "refuses the user or the password" in refusal()
    monkeypatch.setenv(VARIABLE, uri(mongo))
    assert "no MongoDB answers there" in refusal()
    for wrong in (
        f"mongodb://kim:{PASSWORD}:27017/fw",
        f"mongodb://kim:{PASSWORD}@host:port/fw",
        f"mongodb://kim:{PASSWORD}@[::1/fw",
        f"mongodb://kim:{PASSWORD}@h/fw?tls=true&tlsInsecure=true&tlsAllowInvalidCertificates=true",
        f"{PASSWORD}",
    ):
        monkeypatch.setenv(VARIABLE, wrong)
        assert VARIABLE in refusal()
    (tmp_path / "a.yaml").write_text("- 1\n")
    assert "is no LaunchPad file" in refusal(tmp_path / "a.yaml")
    assert "cannot be read" in refusal(tmp_path / "there-is-none.yaml")


def test_tls_is_spoken_and_an_unknown_certificate_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed())
    with running(USERS, certificate) as mongo:
        secret = f"&tls=true&tlsCAFile={certificate}"
        LaunchPad(uri(mongo, options=secret), uri_mode=True, name="fw").reset("", require_password=False)
        monkeypatch.setenv(VARIABLE, uri(mongo, options=secret))
        assert connect(None).db.name == "fw"
        monkeypatch.setenv(VARIABLE, uri(mongo, options="&tls=true"))
        assert "TLS does not agree" in refusal()
        monkeypatch.setenv(VARIABLE, uri(mongo))
        assert "TLS does not agree" in refusal()


def self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    import ipaddress

    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
