"""Names of time zones as people write them: cities, countries, abbreviations."""

from __future__ import annotations

from functools import cache
from typing import Final

from airflow_dag_agent_provider.offline.spans import zones

ABBREVIATIONS: Final[dict[str, str]] = {
    **dict.fromkeys(("utc", "gmt", "zulu", "universal"), "UTC"),
    **dict.fromkeys(("cet", "cest", "central european"), "Europe/Paris"),
    **dict.fromkeys(("eet", "eest", "eastern european"), "Europe/Helsinki"),
    **dict.fromkeys(("wet", "west", "western european"), "Europe/Lisbon"),
    **dict.fromkeys(("et", "est", "edt", "eastern", "us eastern"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt", "central", "us central"), "America/Chicago"),
    **dict.fromkeys(("mt", "mst", "mdt", "mountain", "us mountain"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt", "pacific", "us pacific"), "America/Los_Angeles"),
    "bst": "Europe/London",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    "msk": "Europe/Moscow",
    "sast": "Africa/Johannesburg",
    "brt": "America/Sao_Paulo",
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
    **dict.fromkeys(("nzst", "nzdt"), "Pacific/Auckland"),
}
PLACES: Final[dict[str, str]] = {
    **dict.fromkeys(["munich", "frankfurt", "hamburg", "cologne", "german", "germany"], "Europe/Berlin"),
    **dict.fromkeys(["lyon", "marseille", "french", "france"], "Europe/Paris"),
    **dict.fromkeys(["manchester", "edinburgh", "glasgow", "british", "uk", "england", "britain"], "Europe/London"),
    **dict.fromkeys(["barcelona", "valencia", "spanish", "spain"], "Europe/Madrid"),
    **dict.fromkeys(["milan", "naples", "turin", "italian", "italy"], "Europe/Rome"),
    **dict.fromkeys(["geneva", "basel", "bern", "swiss", "switzerland"], "Europe/Zurich"),
    **dict.fromkeys(["rotterdam", "dutch", "netherlands", "holland"], "Europe/Amsterdam"),
    **dict.fromkeys(["mumbai", "delhi", "bangalore", "bengaluru", "chennai", "indian", "india"], "Asia/Kolkata"),
    **dict.fromkeys(["beijing", "shenzhen", "chinese", "china"], "Asia/Shanghai"),
    **dict.fromkeys(["osaka", "kyoto", "japanese", "japan"], "Asia/Tokyo"),
    **dict.fromkeys(["boston", "miami", "atlanta", "philadelphia", "washington"], "America/New_York"),
    **dict.fromkeys(["dallas", "houston", "austin"], "America/Chicago"),
    **dict.fromkeys(("san francisco", "seattle", "san diego", "las vegas"), "America/Los_Angeles"),
    **dict.fromkeys(["montreal", "ottawa"], "America/Toronto"),
    **dict.fromkeys(["austrian", "austria"], "Europe/Vienna"),
    **dict.fromkeys(["polish", "poland", "krakow"], "Europe/Warsaw"),
    **dict.fromkeys(["irish", "ireland"], "Europe/Dublin"),
    **dict.fromkeys(["swedish", "sweden"], "Europe/Stockholm"),
    **dict.fromkeys(["norwegian", "norway"], "Europe/Oslo"),
    **dict.fromkeys(["danish", "denmark"], "Europe/Copenhagen"),
    **dict.fromkeys(["finnish", "finland"], "Europe/Helsinki"),
    **dict.fromkeys(["belgian", "belgium"], "Europe/Brussels"),
    **dict.fromkeys(["greek", "greece"], "Europe/Athens"),
    **dict.fromkeys(["turkish", "turkey"], "Europe/Istanbul"),
    **dict.fromkeys(["czech", "czechia"], "Europe/Prague"),
    **dict.fromkeys(["melbourne"], "Australia/Melbourne"),
}
CERTAIN: Final = frozenset({"utc", "gmt", "zulu"})
"""Abbreviations that name one zone only; every other one is stated as an assumption."""


@cache
def zone_names() -> dict[str, str]:
    """Return name (lower case) -> IANA zone, for names of cities, countries and abbreviations."""
    cities = {
        zone.rsplit("/", 1)[-1].replace("_", " ").lower(): zone
        for zone in sorted(zones())
        if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/", "right/"))
    }
    return cities | PLACES | ABBREVIATIONS
