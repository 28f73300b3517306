"""The patterns of the facts: pure data, one row for each way to say a thing; `facts` reads them."""
# ruff: noqa: E501 - one pattern, one line

from __future__ import annotations

import re
from typing import Final

from airflow_dag_agent_provider.offline.spans import ANY_MARK, kind_class
from airflow_dag_agent_provider.offline.words import NUMBERS

QUOTED: Final = re.compile(kind_class("code", "quoted"))
NAME = kind_class("name", "quoted", "code")
WORD = r"[a-z][\w]*"
ENGINE = r"\b(?:sqlite3?|postgres(?:ql)?|postgre|pg|psql)\b(?:\s+(?:database|db|server))?"
COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+|zero|\b(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)"
TYPES: Final[dict[str, str]] = {
    **dict.fromkeys(["string", "str", "text", "varchar", "char", "strings"], "string"),
    **dict.fromkeys(["int", "integer", "bigint", "long", "smallint", "integers"], "integer"),
    **dict.fromkeys(["float", "double", "number", "real", "float64", "floats"], "float"),
    **dict.fromkeys(["decimal", "numeric", "money"], "decimal"),
    **dict.fromkeys(["bool", "boolean"], "boolean"),
    "date": "date",
    **dict.fromkeys(["timestamp", "datetime", "timestamptz", "timestamps"], "timestamp"),
}
_TYPE = rf"(?:{'|'.join(sorted(TYPES, key=len, reverse=True))})\b"


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# ---- orders to the planner itself

_RULES = r"(?:rules?|instructions?|prompts?|guidelines?|polic(?:y|ies)|restrictions?|constraints?|safety)"
ORDER = _rx(
    rf"\b(?:ignore|disregard|forget|override|bypass|violate)\s+(?:(?:all|any|of|your|the|my|previous|prior|above|system|former|these|those)\s+)*{_RULES}\b"
    r"|\b(?:skip|bypass|disable|avoid|without)\s+(?:(?:the|any|all|every|human)\s+)*(?:approvals?|reviews?|safety\s+checks?)\b"
    r"|\b(?:reveal|print|show|repeat)\s+(?:me\s+)?(?:your|the)\s+(?:system\s+)?(?:prompt|instructions)\b|\byou\s+are\s+now\b"
)  # fmt: skip
HARMFUL = re.compile(r"\bimport\s|os\.|subprocess|\bexec\b|\beval\b|__\w+__|\bcurl\b|\|\s*(?:ba)?sh\b|rm\s+-", re.I)


# ---- columns and keys

_COLUMN_LEAD = (
    r"(?:\b(?:pars(?:e|es|ed|ing)|expect(?:ing)?|cast|convert|transform|keep|select|map|read|with|where|having|have|has|"
    r"contain(?:s|ing)?|use|using|apply|validate)\s+)*"
    r"(?:\b(?:only|the|a|this|following|these|their|its|them|it|as|to|into|against|by|csv|rows?|files?|each|every|file's)\s+)*"
)
_COLUMN_NOUN = (
    r"\b(?:schema|columns?|fields?|types?|layout|structure)\b\s*(?:with\s+)?(?:(?:the\s+)?(?:columns?|fields?)\b\s*)?"
    r"(?:\b(?:are|is|being|of|named|called|has|have|contains?)\b)?\s*[:=(]*\s*"
)
TYPED_LEAD = _rx(
    rf"{_COLUMN_LEAD}(?:{_COLUMN_NOUN})?\(?\s*(?=(?:{NAME}|{WORD})\s*(?::|=|\(|\bas\s+an?\b|\bas\b|\bis\s+an?\b)\s*{_TYPE})"
    rf"|{_COLUMN_LEAD}{_COLUMN_NOUN}(?=(?:{NAME}|{WORD})\s+{_TYPE})"
)
NAMED_LEAD = _rx(
    rf"{_COLUMN_LEAD}{_COLUMN_NOUN}(?=(?:{NAME}|{WORD}))|\bpars(?:e|ing)\s+(?=(?:{NAME}|{WORD})\s*(?:,|and\s+))"
)
TYPED = _rx(
    rf"\s*(?P<name>{NAME}|{WORD})\s*(?::|=|\(|\bas\s+an?\b|\bas\b|\bis\s+an?\b|\s)\s*(?P<type>{_TYPE})(?P<size>\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(?:\s*\))?"
)
PLAIN = _rx(rf"\s*(?P<name>{NAME}|{WORD})")
NEXT = _rx(r"\s*(?:[,;+]\s*(?:and\s+)?|\band\s+|&\s*)(?:the\s+)?")


_DROP = (
    r"\b(?:(?:drop|remov|delet|skip|discard|eliminat|ignor|strip)(?:p?ing|e?s|e)?|drops?|throw\s+away|filter\s+out|get\s+rid\s+of|without|no)"
    r"\s+(?:(?:out|any|all|the|exact|of)\s+)*(?:duplicate(?:s|d)?|dupes?|doubles|doublets|repeated)"
    r"(?:\s+(?:rows?|records?|lines?|entries|ones|values))?"
)
DEDUPE = _rx(
    rf"(?:{_DROP}|\bde-?dup(?:e|es|ed|licate|licates|licated|licating|lication|ing)?\b(?:\s+(?:the|all|them|it|rows?|records?|data|lines?|everything|result|files?)\b)*"
    r"|\b(?:keep(?:ing)?\s+)?(?:only\s+|just\s+)?one\s+(?:row|record|line)\s+(?=per|for)|\b(?:mak(?:e|ing)\s+(?:it|them|the\s+rows)\s+)?unique\s+(?=by|on|per))"
)  # fmt: skip
_BY = (
    r"(?:\s*[,(]?\s*\b(?:by|on|based\s+on|per|over|using|for\s+(?:each|every|the)|keyed\s+(?:by|on)|according\s+to|"
    r"(?:with|that\s+(?:share|have)|which\s+(?:share|have)|having|sharing)(?:\s+the)?(?:\s+(?:same|equal))?)\s+"
    r"(?:(?:the|same|both|combination\s+of|pair\s+of|columns?|keys?|fields?|each)\s*:?\s+)*)"
)
BY_LIST = _rx(_BY)
KEYS = _rx(
    r"(?:\b(?:with|using|use|on|by|the|its|a|and)\s+)*(?:\bkeyed\s+(?:by|on)|"
    r"\b(?:(?:primary|unique|natural|business|composite|merge|upsert|conflict|dedupe)\s+)?keys?\b(?:\s+columns?)?\s*(?:is|are|:|=|of|on|being)?|"
    r"\bon\s+conflict\s*(?:on|of|with)?|\bmatch(?:ed|ing)?\s+(?:by|on)|\bidentified\s+by|\bunique\s+(?:by|on|per))\s*(?:the\s+|columns?\s+)*\(?\s*"
)
KEYS_AFTER = _rx(
    rf"(?:\b(?:use|using|take|taking|with|treat)\s+)?(?P<list>(?:{NAME}|\b{WORD})(?:\s*(?:,|\+|\band\b|,\s*and\b)\s*(?:{NAME}|{WORD}))*)\s+(?:as|is|are|being)\s+(?:the\s+|a\s+|its\s+)?(?:(?:primary|unique|natural|business|composite)\s+)?keys?\b(?!\s*[:=])"
)
KEY_TAIL = _rx(r"\b(?:by|on|per|using|with)\s+(?:the\s+)?(?:columns?\s+|fields?\s+)?\(?\s*")
WINNER = _rx(
    r"(?:\band\s+)?\b(?:keep(?:ing)?|retain(?:ing)?|take|taking)\s+(?:only\s+)?(?:the\s+)?(?P<who>last|first|latest|newest|oldest|earliest|most\s+recent)"
    r"(?:\s+(?:one|row|record|line|read|of\s+them|value|version))*|\b(?:the\s+)?(?P<wins>last|first|latest|newest|oldest)(?:\s+(?:one|row|record))?\s+wins"
)


# ---- source and sink

_PLACE = r"(?:folder|directory|dir|path|bucket|prefix|location|uri|url)s?"
FOLDER = _rx(
    rf"(?:\b(?P<prep>in|from|under|inside|within|at|of|out\s+of|on|below|into|to|onto)\s+)?"
    rf"(?:\b(?:the|a|an|our|my|local|s3|gcs|aws|input|source|incoming|landing|shared|object|storage|amazon|google)\s+)*"
    rf"(?:\b{_PLACE}\b\s*)?(?:\b(?:called|named|at|is)\b|:|=)?\s*(?P<place>{kind_class('path', 'uri')})"
)
_ROWS_OF = (
    r"(?:[\s-]+(?:files?|exports?|reports?|dumps?|feeds?|extracts?|data|format(?:ted)?|documents?|drops?|uploads?))*\b"
)
CSV = _rx(
    r"(?:\b(?:all|every|each|any|the|our|my|these|those|of|a|an|many|several|some|single|incoming)\s+)*"
    rf"(?P<label>(?:\b[a-z][a-z'-]*\s+){{0,2}})\.?\bcsvs?\b{_ROWS_OF}(?P<tail>\s+(?:of|for)\s+(?:the|our|all|my)\s+(?:[a-z][a-z'-]*\s*){{1,2}}(?=[,.;]|$|\bfrom\b|\bin\b|\bunder\b|\binto\b))?"
)
NOUN = _rx(
    r"\b(?:all|every|each|any|both)\s+(?:of\s+)?(?:(?:the|their|these|those|its)\s+)?"
    r"(?:files?|rows?|records?|lines?|data|values|contents?|of\s+them|of\s+it|them|it)\b|\bonly\s+(?=\w*csv)"
)
HEADER = _rx(
    r"(?:\b(?:with|have|has|having|and|includ\w+)\s+)*(?:\ban?\s+|\bthe\s+)?\bheader(?:\s+(?:row|line))?s?\b"
    r"|\b(?:the\s+)?first\s+(?:row|line)\s+(?:is|holds|contains|has)\s+(?:the\s+)?(?:header|column\s+names)\b"
)
_ON_ENGINE = rf"(?:\s*[,(]?\s*(?:\b(?:in|of|on|within|inside)\s+)?(?:\b(?:the|a|our|my)\s+)?{ENGINE}\)?)?"
_TO = r"(?:\b(?P<prep>into|to|in|onto|inside|from|of|out\s+of|on)\s+)?(?:\b(?:the|a|an|our|my|one|target|destination|existing|new|single|its|is)\s+)*"
SINKS: Final = (
    _rx(rf"{_TO}(?:{ENGINE}\s+)?(?:\b(?:database|db|target|destination|output|sink)\s+)?\btable\b\s*(?:\b(?:called|named|is)\b|:|=)?\s*(?P<name>{NAME}|{WORD}){_ON_ENGINE}"),
    _rx(rf"\b(?P<prep>into|to|in|onto|from)\s+(?:\b(?:the|our|my|a)\s+)*(?:{ENGINE}\s+)?(?P<name>{NAME}|{WORD})\s+table\b{_ON_ENGINE}"),
    _rx(rf"\b(?P<prep>into|to|onto|in|from)\s+(?:\b(?:the|our|my)\s+)*{ENGINE}\s*[:,]?\s*(?:as\s+)?(?P<name>{NAME})"),
    _rx(rf"\b(?P<prep>into|to|onto|in|from)\s+(?P<name>{NAME}){_ON_ENGINE}"),
)  # fmt: skip
ENGINE_ALONE = _rx(rf"(?:\b(?:in|into|to|on|of|a|an|the|our|my|using|use)\s+)*{ENGINE}")


MODE = _rx(
    r"\b(?P<upsert>upsert(?:s|ed|ing)?|merge(?:s|d)?|merging|insert\s+or\s+update|update\s+or\s+insert|insert/update|updat(?:e|ing)\s+(?:the\s+)?existing\s+(?:rows|ones|records))\b"
    r"|\b(?P<append>append(?:s|ed|ing)?|add(?:s|ed|ing)?)\b(?:\s+only\b)?"
    r"|\b(?P<replace>(?:replac|overwrit)(?:e|es|ed|ing)|truncate\s+and\s+(?:re)?load|full(?:y)?\s+(?:refresh|reload)|reload)\b"
    r"(?:\s+(?:the|its|all|existing|old|previous|whole|contents?|rows|data|of|in)\b)*"
)


# ---- checks, retries, connections and the frame

_ROWS = r"(?:rows?|records?|lines?|data|entries|entry|values?)\b"
_CAME = (
    r"(?:\s+(?:at\s+all|have|has|had|was|were|is|are|been|be|got|gets?|came|comes?|come|arrived?|arrives?|arriving|found|loaded|read|written|"
    r"in|there|imported|ingested|parsed|left|present|received|available|delivered|inserted|upserted)\b)*"
)
_NONE = (
    rf"(?:there\s+(?:is|are|was|were)\s+)?(?:(?:no|zero|0|not\s+(?:a\s+single|one|any|even\s+one))\s+(?:csv\s+|valid\s+)?{_ROWS}"
    r"|nothing|(?:it|they|we|the\s+(?:load|result|data|input|run|table|batch))\s+(?:is|are|was|were|got|get|finds?|found|has|have|reads?|loads?|loaded|ends?\s+up)\s+"
    rf"(?:empty|nothing|no\s+{_ROWS})){_CAME}"
)
_THERE = r"(?:(?:there\s+(?:are|is|were|was)|we\s+(?:get|got|have|read|load)|it\s+(?:has|loads?|loaded|reads?|got|finds?))\s+)?"
_ROW_COUNT = r"(?:the\s+|a\s+)?(?:(?:row|record)s?[\s_]*)?(?:count(?:\(\*\))?|number)(?:\s+of\s+(?:the\s+)?(?:loaded\s+)?(?:rows|records))?(?:\s+(?:is|was|be|must\s+be|should\s+be|to\s+be|equals?))?\s*"
_BELOW = (
    rf"(?:{_THERE}(?:fewer|less)\s+than\s+(?P<fewer>{COUNT})\s+{_ROWS}{_CAME}|{_THERE}(?P<orless>{COUNT})\s+(?:{_ROWS}\s+)?or\s+(?:fewer|less)(?:\s+{_ROWS})?{_CAME}"
    rf"|{_ROW_COUNT}(?:<=|at\s+most)\s*(?P<atmost>{COUNT})|{_ROW_COUNT}(?:<|below|under|less\s+than|fewer\s+than)\s*(?P<below>{COUNT})|{_ROW_COUNT}(?:==?\s*)?(?P<zero>0|zero)\b|(?P<none>{_NONE}))"
)
_ENOUGH = (
    rf"(?:{_THERE}(?:at\s+least|>=|no\s+(?:fewer|less)\s+than|a\s+minimum\s+of)\s+(?P<least>{COUNT})\s+{_ROWS}{_CAME}|{_THERE}(?:more\s+than|>)\s+(?P<more>{COUNT})\s+{_ROWS}{_CAME}"
    rf"|{_THERE}(?P<ormore>{COUNT})\s+or\s+more\s+{_ROWS}{_CAME}|{_ROW_COUNT}(?:>=|at\s+least|\u2265)\s*(?P<atleast>{COUNT})"
    rf"|{_ROW_COUNT}(?:>|above|over|greater\s+than|more\s+than)\s*(?P<above>{COUNT})|{_ROW_COUNT}(?:not|!=|is\s+not|isn't|<>)\s*(?P<notzero>0|zero)\b|{_THERE}(?:any|some)\s+{_ROWS}{_CAME}"
    r"|(?:(?:the|that)\s+)*(?:table|result|load|data|it)?\s*(?:is\s+not|isn't|must\s+not\s+be|are\s+not|not)\s+empty)"
)
_FAIL = r"\b(?:fail(?:s|ing)?|raise(?:s)?(?:\s+an?\s+(?:error|exception))?|error(?:\s+out)?|abort(?:s)?|stop\s+with\s+an\s+error|break(?:s)?|throw(?:\s+an?\s+(?:error|exception))?)\b"
_WHAT = r"(?:\s+(?:the|this|whole|entire|dag|run|task|job|pipeline|it|hard|loudly|load|import|workflow)\b)*"
CHECKS: Final = tuple(
    map(
        _rx,
        (
            rf"(?:\b(?:it|the|dag|run|should|must|has\s+to|let\s+it)\s+)*{_FAIL}{_WHAT}\s*,?\s+(?:if|when|whenever|in\s+case)\s+(?:that\s+)?{_BELOW}",
            rf"\b(?:if|when|whenever|in\s+case)\s+{_BELOW}\s*,?\s*(?:then\s+)?(?:(?:the|this|it|dag|run|task|job|pipeline|must|should|has\s+to|let|please|make)\s+)*{_FAIL}{_WHAT}",
            rf"(?:\b(?:it|the|dag|run|should|must)\s+)*{_FAIL}{_WHAT}\s*,?\s+unless\s+{_ENOUGH}",
            r"(?:\b(?:run|do|add|with|make|have|finally|include)\s+)*(?:\b(?:a|an|the|final|data|quality|row[\s-]count|sanity)\s+)*"
            rf"\b(?:check|ensure|verify|verifies|make\s+sure|assert|require|expect|validate|validation|test|demand|checks)(?:s|ed|ing)?\b\s*(?:that\b|for\b|of\b|:|,|whether\b)?\s*{_ENOUGH}",
            rf"{_ENOUGH}\s+(?:must|have\s+to|should|are\s+(?:expected|required|needed)|need\s+to)\b(?:\s+(?:arrive|come\s+in|be\s+(?:there|loaded|read|written)))?",
            r"(?:\bthe\s+)?\b(?:table|result|load|data)\s+must\s+not\s+be\s+empty\b",
        ),
    )
)


_TIMES = rf"(?:(?P<n>{COUNT})\s*(?:times|x|attempts)?|(?P<word>once|twice|thrice))"
_ON_FAIL = r"(?:\s+(?:on|if|when|after|in\s+case\s+of|upon)\s+(?:an?\s+|any\s+)?(?:failures?|errors?|(?:it|a\s+task|something|anything|the\s+\w+)\s+fails)\b)?"
RETRY = _rx(
    r"(?:\b(?:if|when)\s+(?:it|a\s+task|something|anything|the\s+(?:run|dag|task|job|load))\s+fails?\s*,?\s*|\bon\s+(?:failure|errors?)\s*,?\s*)?"
    r"(?:\b(?:with|allow|use|set|give\s+it|has|have|up\s+to|do)\s+)*"
    rf"(?:\bretr(?:y|ies|ying)\b(?:\s+(?:the|failed|failing|each|every|all|tasks?|it|them|dag|run|whole|failures?|a|task's)\b)*{_ON_FAIL}\s*(?:up\s+to|at\s+most|a\s+maximum\s+of|max(?:imum)?|:|=|is|are|of|to)?\s*{_TIMES}{_ON_FAIL}"
    rf"|(?P<n2>{COUNT})\s+(?:automatic\s+)?(?:retries|(?<=\bone )retry|(?<=\b1 )retry)\b(?:\s+(?:per|for\s+each|on\s+each|each)\s+task)?"
    r"|(?P<never>\b(?:no|without|zero|never|don't|do\s+not)\s+(?:any\s+)?retr(?:y|ies)\b(?:\s+(?:it|anything|on\s+failure))?))"
)
_UNIT = r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?)\b"
DELAY = _rx(
    r"[\s,;(]*(?:\b(?:and|with|but|waiting|wait|at|an|a|the)\s+)*"
    rf"(?:(?:\b(?:every|after|intervals?\s+of|each|delay(?:ed)?(?:\s+(?:of|by))?|pauses?\s+of|gap\s+of|waiting|wait)\s+)(?P<d1>{COUNT}|an?)[\s-]*{_UNIT}(?:\s+(?:apart|between(?:\s+(?:the\s+)?(?:attempts|retries|tries|them|each))?|delay|in\s+between|each\s+time|pause))?"
    rf"|(?P<d2>{COUNT}|an?)[\s-]*{_UNIT.replace('<unit>', '<unit2>')}\s+(?:apart|between(?:\s+(?:the\s+)?(?:attempts|retries|tries|them|each))?|(?:retry\s+)?delay|in\s+between|pause|wait|intervals?|later)(?:\s+(?:between(?:\s+(?:attempts|retries|tries|them))|each\s+time))?)\)?"
)
DELAY_ALONE = _rx(
    rf"(?:\b(?:with|a|the|and|use)\s+)*\b(?:retry[\s_]delay|delay\s+between\s+retries)\s*(?:of|is|:|=)?\s*(?P<d1>{COUNT}|an?)[\s-]*{_UNIT}"
)
BACKOFF = _rx(
    r"[\s,]*(?:\b(?:and|with|using|use|an?)\s+)*(?:\bexponential(?:ly)?\s+(?:back-?\s?off|(?:growing|increasing)\s+(?:delay|pause|wait)s?|delays?|backing\s+off)|\bback(?:ing)?[\s-]?off\s+exponentially)"
)


CONNECTION = _rx(
    rf"\(?(?:\b(?:on|with|using|use|via|through|over|by|at|under|and|its|the|a|of|for|airflow|database|db|s3|aws|storage|source|gcs|folder|postgres(?:ql)?|pg|sqlite)\s+)*"
    rf"(?:\bconn(?:ection)?(?:[\s_]?id)?\b\s*(?:\b(?:is|called|named|id)\b|:|=)?\s*(?P<id>{NAME}|[a-z][\w-]*)|(?P<before>{NAME})\s+conn(?:ection)?\b)\)?"
)


FRAME: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("dag_id", _rx(rf"(?:\b(?:the|with|and|use|a)\s+)*(?:\bdag[\s_]id\b|\b(?:dag|pipeline|job)\s+(?:named|called|name)\b|\b(?:call|name)\s+(?:it|the\s+(?:dag|job|pipeline)|this\s+dag)\b|\b(?:named|called)\b)\s*(?:is|:|=|as)?\s*(?P<value>{ANY_MARK}|[a-z][\w.-]*\w)")),
    ("owner", _rx(r"(?:\b(?:the|with|and|its|it)\s+)*(?:\bowner\b(?:\s+is)?|\b(?:is\s+)?owned\s+by\b)\s*[:=]?\s*(?:the\s+)?(?P<value>" + ANY_MARK + r"|[\w@-]+)(?:\s+team\b)?")),
    ("tags", _rx(rf"(?:\b(?:the|with|and|its|it|add)\s+)*\b(?:tags?|tagged)\b(?:\s+(?:it|the\s+dag|are|is|as|with|by))*\s*[:=]?\s*(?P<value>(?:{ANY_MARK}|[\w-]+)(?:\s*(?:,\s*(?:and\s+)?|and\s+)(?:{ANY_MARK}|(?!(?:retry|owner|load|fail|no)\b)[\w-]+)(?=\s*(?:[,.;]|and\b|$)))*)")),
    ("no_catchup", _rx(r"\b(?:no|without|disable|do\s+not|don't|never|with\s+no)\s+(?:any\s+)?(?:catch[\s-]?up|back-?fill(?:ing|s)?)\b|\bcatch[\s-]?up\s*(?:is\s+|[:=]\s*)?(?:false|off|no|disabled)\b")),
    ("catchup", _rx(r"(?:\b(?:with|enable|and|do)\s+)*\b(?:catch[\s-]?up(?:\s*(?:is\s+|[:=]\s*)?(?:true|on|enabled))?|back-?fill(?:s|ing)?(?:\s+needed)?)\b")),
    ("one_run", _rx(r"(?:\b(?:only|at\s+most|max(?:imum)?|never\s+more\s+than)\s+)?\b(?:one|1)\s+(?:active\s+)?run\s+at\s+(?:a|the\s+same|any)\s+time\b|\bmax_active_runs\s*(?:is|:|=)?\s*1\b")),
    ("make", _rx(r"\b(?:create|build|make|write|generate|set\s+up|design|develop|author)(?=\s+(?:me\s+|us\s+)?(?:an?|the|one)\s+(?:[\w-]+\s+){0,3}(?:dag|pipeline|job|workflow|etl|process|task|import)\b)")),
    ("make", _rx(r"\b(?:simple|small|new|little|basic)\s+(?=(?:[\w-]+\s+)?(?:dag|pipeline|job|workflow)\b)")),
    ("order", _rx(r"(?:(?<=[.;:,]\s)|^)(?:firstly|first(?=\s*,|\s+(?:of\s+all|read|load|pick|take|fetch|get|parse|drop|list|import|copy|create)\b)|secondly|thirdly|after\s+that|after\s+this|at\s+the\s+end|lastly|as\s+a\s+last\s+step)(?=[\s,:])|(?:(?<=\s)|^)\d{1,2}[.)](?=\s+[a-z])")),
    ("field", _rx(r"(?:(?<=[.;,\n]\s)|^)(?:duplicates?|(?:write\s+)?mode|quality|output|input|destination|target|source|checks?|trigger|format|folder|engine|time|when|frequency)\s*:")),
    ("arrow", _rx(r"[-=]>|\u2192")),
    ("run", _rx(r"\b(?:(?:it|the\s+(?:dag|job|pipeline))\s+)?(?:must|should)\s+(?=run\b)|\b(?:start|kick\s+off|trigger)\s+(?:it|the\s+(?:dag|job|pipeline))\b")),
)  # fmt: skip


CORRECTION = _rx(
    r"[\s,(-]*\b(?:no,?\s+)?(?:sorry|actually|scratch that|correction|no,?\s+wait|wait|i mean|i meant|or rather|rather|make (?:it|that)|oops)\b"
    r"(?:[\s,:-]*\b(?:i mean|i meant|make (?:it|that)|no|sorry|rather|wait)\b)*[\s,:]*"
)
