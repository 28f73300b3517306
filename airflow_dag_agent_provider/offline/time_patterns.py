"""The patterns of what is said about time: pure data, one row for each way to say a thing.

`atoms` reads them; a row is (slot, pattern), and a second row of a slot is called ``slot:2``.
"""
# ruff: noqa: E501 - one pattern, one line

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from airflow_dag_agent_provider.offline.spans import ANY_MARK, kind_class
from airflow_dag_agent_provider.offline.words import MONTH_NAMES, NUMBERS, ORDINALS

ADVERB_WORDS: Final = (
    "hourly",
    "daily",
    "nightly",
    "weekly",
    "monthly",
    "quarterly",
    "yearly",
    "annually",
    "half-hourly",
    "fortnightly",
)


def either(words: Iterable[str]) -> str:
    """Return an alternation of words, the longest first."""
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


N = rf"(?:\b\d{{1,4}}|\b(?:{either(NUMBERS)}|an?)\b)"
SMALL = rf"(?:{either(list(NUMBERS)[:12])})\b"
UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|quarters?|years?)\b"
SEP = r"\s*(?:,\s*(?:and\s+|or\s+)?|\band\s+(?:at\s+)?|&\s*|\+\s*)"
ORDINAL = rf"(?:\b\d{{1,2}}(?:st|nd|rd|th)\b|\b(?:{either(ORDINALS)})\b)"
DAY = r"\b(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:days?)?\b\.?"
SAFE_DAY = rf"(?!(?:sun|sat)\b(?!\.?\s*(?:[,;.&-]|and\b|to\b|at\b|\d|$)))(?!wed\b(?=\s+to\b\s+a)){DAY}"
RANGE = rf"{DAY}\s*(?:-|to|through|thru|until)\s*{DAY}"
DAYSET = rf"(?:{RANGE}|{SAFE_DAY}|\bweek-?ends?\b|\bweek-?days?\b|\bwork(?:ing|\s+)?\s*days?\b|\bbusiness\s+days?\b)"
DAYS = rf"{DAYSET}(?:(?:{SEP})(?:on\s+)?{DAYSET})*"
MONTH = rf"\b(?:{either(m for m in MONTH_NAMES if m != 'may')}|may|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
OF_MONTH = r"(?:\s+(?:of|in|day\s+of))?\s+(?:the\s+|each\s+|every\s+|a\s+)?(?:calendar\s+)?month\b"
POD = r"\b(?P<pod>morning|afternoon|evening|night)s?\b"
AM_PM = r"\s*[ap]\.?\s?m\b\.?"
NOT_TIME = (
    r"(?!\d|[:.,]\d|%|\s*-?\s*(?:[ap]\.?m\b|past\b|times?\b|x\b|rows?\b|records?\b|lines?\b|files?\b|retr|attempts?\b|"
    r"columns?\b|percent|" + UNIT + r"))"
)
CLOCK = (
    rf"(?:\b\d{{1,2}}(?:[:h.][0-5]\d)?(?::00)?{AM_PM}"
    r"|(?<![\d:.])(?:[01]?\d|2[0-9])[:h][0-5]\d(?::00)?(?:\s*(?:h|hrs?|hours|o'?clock)\b)?(?:z\b)?(?!\d|:\d)"
    r"|\b\d{1,2}\s*(?:h|o'?\s?clock)\b|\b[0-2]\d[0-5]\d\s*(?:hrs|hours|h)\b|(?<=\bat )[0-2]\d[.]?[0-5]\d\b"
    + NOT_TIME
    + r"|(?<=\bat )\d\.[0-5]\d\b"
    rf"|\b(?:noon|midday|midnight)\b|\b{SMALL}\s*o'?\s?clock\b"
    rf"|\b(?:half|(?:a\s+)?quarter|\d{{1,2}}\s+minutes?|(?:five|ten|twenty|twenty-five)(?:\s+minutes)?)\s+"
    rf"(?:past|after|to|before)\s+(?:{SMALL}|\d{{1,2}}\b|noon\b|midnight\b))"
    r"(?:\s+(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)\b)?"
)
IN_POD = rf"\b(?:{SMALL}|\d{{1,2}})\s+(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)\b"
BARE = rf"(?<![\d:.])(?:\d{{1,2}}\b|{SMALL}){NOT_TIME}"
ANY_CLOCK = rf"(?:{IN_POD}|{CLOCK}|{BARE})"
VAGUE_ADVERB = r"\b(?:bi-?weekly|bi-?monthly|semi-?(?:weekly|monthly|annually)|bi-?annually|twice-?weekly)\b"
DATE = kind_class("date")
ONCE_A = r"(?!\s+(?:an?|per|every|each|in|daily|weekly|monthly|hourly)\b)"
START_WORDS = r"\b(?:from|since|starting(?:\s+(?:on|from|at|with))?|starts?\s+(?:on|from)|beginning(?:\s+(?:on|from))?|as\s+of|start[\s_]date(?:\s+(?:is|of)|:)?|effective|first\s+run(?:\s+(?:on|is))?:?)"


PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (
        "correction",
        r"\b(?:no,?\s+)?(?:sorry|actually|scratch that|correction|no,?\s+wait|wait|i mean|i meant|or rather|rather|make (?:it|that)|oops|no,)(?:[\s,:-]*\b(?:i mean|i meant|make (?:it|that)|no|sorry|rather|wait)\b)*",
    ),
    (
        "duration",
        rf"\b(?:within|for|in|after|than|last|past|previous|next|most|max|under|timeout(?:\s+of)?|first|up\s+to)\s+(?:the\s+)?(?:last\s+)?{N}\s+{UNIT}|{N}[- ]{UNIT}\s+(?:apart|later|ago|old|window|rolling|average|timeout|delay|pause|wait|in\s+between)|\b\d+-(?:minute|hour|day|week|month)\b",
    ),
    (
        "manual",
        r"\b(?:(?:trigger|start|run|launch)(?:ed)?\s+(?:it\s+|this\s+)?)?(?:only\s+)?(?:manual(?:ly)?\b(?:\s+(?:runs?|trigger\w*|starts?|execution))?(?:\s+only)?|by\s+hand|on[\s-]demand)(?:\s+only)?|\b(?:no|without(?:\s+an?y?)?|not\s+on\s+an?)\s+(?:fixed\s+)?schedule\b|\b(?:un|not\s+)scheduled\b|\bschedule\s*:?\s*none\b|\b(?:don't|do\s+not)\s+schedule\s+it\b|\b(?:when|whenever)\s+(?:i|we)\s+(?:trigger|start|run)\s+it\b|\b(?:i|we)\s*(?:will|'ll)?\s+(?:trigger|start|run)\s+it\s+(?:myself|ourselves)",
    ),
    (
        "once",
        rf"\b(?:(?:just|only|exactly|runs?(?:\s+it)?)\s+once{ONCE_A}|one[\s-](?:off|time|shot)\b(?:\s*[:,]?\s*just\s+once)?|a\s+single\s+time)(?:\s+on\s+{DATE})?",
    ),
    (
        "not_period",
        rf"\b(?:not|never)\s+(?:just\s+)?(?:{either(ADVERB_WORDS)}|(?:every|each)\s+(?:day|hour|week|month))\b",
    ),
    (
        "override",
        rf"\b(?:but|except|excluding)\s+(?:(?:for|on|every|each)\s+)*{DAYSET}(?:(?:{SEP})(?:on\s+)?{DAYSET})*\s*,?\s*(?:it\s+(?:runs?|should\s+run)\s+)?(?:\bat\s+{ANY_CLOCK}|{CLOCK})",
    ),
    (
        "except",
        rf"\b(?:except|but|excluding|not|never|don't|skip(?:ping)?|apart\s+from|other\s+than)(?:\s+(?:not|for|on|run|the|at|during|in|every|it|any|never))*\s+{DAYS}",
    ),
    (
        "event",
        rf"\b(?:when(?:ever)?|as\s+soon\s+as|once|upon|every\s+time|each\s+time|triggered?\s+(?:by|on|when))\s+(?!(?:it|they|all|everything|that|this|the\s+(?:load|dag|run|job|import|whole))\b)(?=\S+\s)[^.;]{{0,60}}?\b(?:updated|refreshed|finish(?:ed|es)|complet\w+|succeed(?:ed|s)|lands?|landed|arrives?|arrived|appears?|changes|changed|ready|done|created|uploaded|dropped|available|exists?|new\s+(?:file|object)s?)\b|\bafter\s+(?:the\s+)?(?:dag\s+{ANY_MARK}|{ANY_MARK}\s+dag|dag\s+\w+)[^.;,]*",
    ),
    (
        "ordinal_day",
        rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?(?:{ORDINAL}|last\b)(?:{SEP}(?:the\s+)?(?:{ORDINAL}|last\b))*\s+{DAY}{OF_MONTH}",
    ),
    (
        "working_day",
        rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?(?:{ORDINAL}|last\b)\s+(?:business|working|week)[\s-]*day(?:{OF_MONTH})?",
    ),
    (
        "alternate",
        rf"\b(?:every|each)\s+(?:other|alternate|{N}|{ORDINAL})\s+{DAYSET}|\balternat(?:e|ing)\s+(?:{DAYSET}|days|weeks|months)|{VAGUE_ADVERB}|\b(?:odd|even)\s+(?:hours?|days?|weeks?|minutes?)\b",
    ),
    (
        "month_day",
        rf"\b(?:(?:on|at|by)\s+)?(?:the\s+|every\s+|each\s+)?(?:last\s+day(?:{OF_MONTH})?|(?:very\s+)?end{OF_MONTH}|month[\s-]end\b)|\bon\s+the\s+last\b(?={OF_MONTH})",
    ),
    (
        "month_day:2",
        rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?{ORDINAL}(?:{SEP}(?:the\s+)?{ORDINAL})*(?:\s+days?)?{OF_MONTH}|\bon\s+the\s+\d{{1,2}}(?:st|nd|rd|th)\b(?:{SEP}(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b)*|\b(?:every|each)\s+\d{{1,2}}(?:st|nd|rd|th)\b(?!\s+(?:day|hour|minute|week|month|quarter|year|{DAY}))|\b(?:on\s+)?days?\s+\d{{1,2}}\b(?:{SEP}\d{{1,2}}\b{NOT_TIME})*(?:{OF_MONTH})?|\b(?:on\s+)?(?:the\s+)?first\s+day(?:{OF_MONTH})",
    ),
    ("quarter_day", r"\b(?:on\s+)?(?:the\s+)?(?:first|last)\s+day\s+of\s+(?:the|each|every|a)\s+quarter\b"),
    (
        "month",
        rf"\b(?:(?:on|in|every|each)\s+)+(?:the\s+)?(?:{ORDINAL}\s+(?:of\s+)?)?{MONTH}(?:\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?![:h]))?(?:{SEP}{MONTH})*|\b(?:from|between)\s+{MONTH}\s*(?:-|to|and|through|until)\s*{MONTH}|\b(?:the\s+)?(?:{ORDINAL}|\d{{1,2}})\s+(?:of\s+)?{MONTH}|(?!\bmay\b\s)(?!\bmar\b\s)(?!\bmarch\b\s){MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![:h\d])",
    ),
    (
        "since",
        rf"{START_WORDS}\s+(?:{DATE}|{MONTH}\s+\d{{4}}\b|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b|\d{{1,2}}\s+{MONTH}\s+\d{{4}}\b)(?:\s+(?:to|until|till)\s+(?:now|today)|\s+on(?:wards?)?\b)?",
    ),
    (
        "vague",
        rf"\b(?:before|by|after|(?:no|not)\s+later\s+than|until|till|latest(?:\s+at)?|earliest(?:\s+at)?|sometime)\s+{ANY_CLOCK}|\bovernight\b|\b(?:during|in|at)\s+(?:the\s+)?(?:early\s+|late\s+)?(?:mornings?|afternoons?|evenings?|nights?)\b(?=\s*,?\s*(?:every|each)\s+(?:{N}\s+)?(?:hours?|minutes?|mins?))|\boutside\s+(?:of\s+)?(?:business|office|working)\s+hours",
    ),
    (
        "window",
        rf"\b(?:between|from)\s+{ANY_CLOCK}\s*(?:and|to|until|till|-|through)\s*{ANY_CLOCK}|{CLOCK}\s*(?:-|to|until|till)\s*{CLOCK}|\b\d{{1,2}}\s*(?:-|to)\s*{CLOCK}|\b(?:(?:during|in|within)\s+)?(?:the\s+)?(?:business|office|working)\s+hours",
    ),
    ("start", rf"\b(?:starting|beginning)\s+(?:at|from)\s+{ANY_CLOCK}|\bfrom\s+{CLOCK}(?:\s+on(?:wards?)?)?\b"),
    (
        "minute",
        rf"\b(?:at\s+|on\s+)?(?:{N}|quarter|half)\s+(?:minutes?\s+)?(?:past|after)(?:\s+(?:the|every|each)\s+(?:full\s+)?hour)?\b(?!\s+(?:{N}|noon|midnight))|\b(?:at\s+)?(?:{N}\s+minutes?|quarter)\s+(?:to|before)\s+(?:the|every|each)\s+(?:full\s+)?hour\b|\b(?:at|on)\s+(?:the\s+)?minutes?\s+\d{{1,2}}(?:{SEP}\d{{1,2}}\b)*(?:\s+(?:of|past)\s+(?:the|every|each)\s+hour)?|\b(?:on|at)\s+the\s+(?:top\s+of\s+(?:the|every|each)\s+hour|half[\s-]hour|full\s+hour|hour)\b|\bat\s+:\d\d(?:{SEP}:\d\d)*",
    ),
    (
        "every",
        rf"\b(?:(?:once\s+)?(?:every|each)|one\s+run\s+per|once\s+per)\s+(?:(?:an?\s+)?half[\s-]+(?:an\s+)?hour\b|quarter[\s-]+(?:of\s+an\s+)?hour\b|hour\s+and\s+a\s+half\b|(?:single\s+)?(?:(?:other|alternate|\d+\.\d+|{ORDINAL}|{N}(?:\s+and\s+a\s+half)?)\s*-?\s*)?{UNIT}(?:\s+of\s+the\s+(?:week|month|year))?)|\beveryday\b|\b(?:one|an?)\s+(?:day|hour|week|month)\s+per\s+run\b",
    ),
    (
        "every:2",
        rf"\b(?:only\s+)?(?:once|twice|thrice|{N}\s*(?:times|x))\s+(?:(?:an?|per|every|each|in\s+an?)\s+{UNIT}|(?:daily|weekly|monthly|yearly|hourly)\b)",
    ),
    ("every:3", rf"\b(?:\d+|{either(NUMBERS)})-hourly\b"),
    ("adverb", rf"\b(?:{either(ADVERB_WORDS)})\b|\bper\s+(?:day|hour|week|month)\b"),
    ("days", rf"\b(?:(?:every|each|on|only)\s+)*{DAYS}(?:\s+only\b)?"),
    ("pod", rf"\b(?:(?:in|during)\s+the\s+|at\s+|every\s+|each\s+)?{POD}"),
    (
        "time",
        rf"(?:(?:\bat|\baround|\babout|\bapproximately|\broughly|@)\s+)?(?:{IN_POD}|(?:{BARE}{SEP})*{CLOCK})(?:{SEP}(?:{IN_POD}|{CLOCK}))*|(?:\bat|\baround|\babout|@)\s+{BARE}(?:{SEP}{BARE}(?=\s*(?:[.,;:()]|$|\bon\b|\bo'?clock)))*",
    ),
)
