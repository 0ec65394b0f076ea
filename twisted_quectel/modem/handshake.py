"""What a handshake that failed without a reason may have failed by, in one certain case."""

from __future__ import annotations

from ..errors import TLSOpenFailed
from ..families import Family
from ..pem import ModuleFile
from ..profiles import TLSProfile


def handshake_causes(tls: TLSProfile, family: Family) -> tuple[str, ...]:
    """Give the likely causes, the likeliest first.

    @param tls: what the connection was to be.
    """
    given = (tls.cacert, tls.cacertex, tls.client_cert, tls.client_key)
    files = [source.path for source in given if isinstance(source, ModuleFile)]
    offer = [each for each in (tls.ssl_version, tls.ciphers) if each not in ("tls1.2", "all")]
    shown = ", ".join(each if isinstance(each, str) else f"0X{each:04X}" for each in offer)
    facts = {
        "files": bool(files),
        "verifies": tls.security_level > 0,
        "dates": not tls.ignore_local_time,
        "psk": tls.psk is not None,
        "client": tls.client_cert is not None,
        "restricted": bool(offer),
        "silent": tls.sni is False,
        "names": family.firmware.checks_host is not False,
    }
    return tuple(
        text.format(files=", ".join(files), offer=shown)
        for needed, text in family.handshake_causes
        if all(facts[each.lstrip("!")] is not each.startswith("!") for each in needed)
    )


def explained(problem: TLSOpenFailed, tls: TLSProfile, family: Family) -> TLSOpenFailed:
    """Give an open that failed with what is likely behind it, in place of what mostly is."""
    causes = handshake_causes(tls, family)
    if not causes:
        # the module has said why
        return problem
    what = problem.message.partition(";")[0]
    return TLSOpenFailed(
        f"{what}; the module does not say why; in order of likelihood: {'; '.join(causes)}",
        code=problem.code,
        family=problem.family,
        command=problem.command,
        trace=problem.trace,
        causes=causes,
    )
