"""Word lists of the offline planner: pure data, no rules."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBERS: Final[dict[str, int]] = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        1,
    )
} | {
    "thirty": 30,
    "forty": 40,
    "forty-five": 45,
    "twenty-five": 25,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "hundred": 100,
}

ORDINALS: Final[dict[str, int]] = {
    word: number
    for number, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1
    )
} | {"fifteenth": 15, "twentieth": 20}

DAY_NAMES: Final[tuple[str, ...]] = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTH_NAMES: Final[tuple[str, ...]] = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

FILLER: Final = _words(
    """a an the this that these those it its it's our my your their we i you us me them they i'd we'd i'll we'll
    i've we've is are be being been was were will would should shall can could do does did have has had want wants
    need needs like please plz pls kindly thanks thank hi hello hey of to in into on at by from with for and as so
    then also too just simply there here which who and/or's & s what's let's via using use uses us want to go ahead
    up out afterwards finally next everyone dear team sure okay ok such
    """
)
"""Words that change nothing; prepositions and articles are structure that the facts have read already."""

OPERATORS: Final = _words(
    """if unless only not no never except but without until before after instead otherwise or either neither nor don't
    doesn't won't can't cannot must max min most least than skip ignore sorry actually wait when whenever while once
    twice other each every any all both same different again again, back"""
)
"""Words that turn a meaning around: never filler, never part of a label."""

QUALIFIERS: Final = _words(
    """new newest latest last first oldest recent older newer today yesterday tomorrow current previous next changed
    modified updated unprocessed processed compressed zipped gzipped gzip zip encrypted tab semicolon pipe headerless
    small large big biggest largest smallest empty non-empty valid invalid good bad broken correct incorrect late
    early raw partial full incremental delta remaining missing duplicate duplicated unique distinct top bottom
    anonymised anonymized masked hashed signed separated delimited quoted unquoted utf latin hidden nested
    sorted filtered joined merged split other same different"""
)
"""Adjectives that select or change data; they are never read as part of a name."""

HEADING: Final = _words(
    """etl elt ingest ingestion import load loading loader pipeline job dag workflow file files csv data task flow
    process processing sync project request title name csvs database db table update feed nightly daily hourly
    weekly monthly"""
)

CARRIERS: Final = _words(
    """load loads loaded loading read reads reading pick picks picked picking take takes taking fetch fetches fetching
    grab grabs grabbing get gets getting collect collects collecting import imports importing ingest ingests
    ingesting process processes processing write writes writing put puts putting store stores storing save saves
    saving copy copies copying pull pulls pulling push pushes pushing bring brings bringing insert inserts inserting
    parse parses parsing transfer transfers transferring find finds found list lists gather gathers transform
    consume consumes go goes end ends land lands wind stored written loaded saved imported ingested
    transferred parsed read delivered dropped placed put located arrive arrives collected copied picked
    receives receive"""
)
"""Verbs that carry rows from the folder to the table; each needs a known object."""

TEMPORAL: Final = (
    "day night week month year hour minute morning noon dawn dusk sun moon season summer winter spring autumn fall "
    "holiday quarter clock time tide mon- tue- wed- thu- fri- sat- m-f m-s easter christmas shift period interval"
)
"""Stems of time; a word with one of them is a schedule that nobody read, never a name."""

SLIPS: Final = {
    "teh": "the",
    "dya": "day",
    "adn": "and",
    "nad": "and",
    "cvs": "csv",
    "fiels": "files",
    "tabel": "table",
}
"""Slips of the finger in words too short to be compared."""

FOREIGN: Final = _words(
    """les des dans chaque jour fichiers charger heures und der das den jeden uhr dateien einlesen tabelle aus los
    las cada dia el archivos cargar ogni giorno nella delle della carica elke dag bestanden laad het een uur hver
    codziennie pliki todos diariamente arquivos para com"""
)
"""Little words of other languages; two of them in one request make it a foreign one."""

COMMANDS: Final = _words(
    """drop remove dedupe deduplicate dedup upsert append merge replace overwrite fail retry check ensure verify make
    run schedule start every each daily hourly weekly monthly at then abort raise keep skip discard do don't"""
)
"""Words that begin a new clause; a list of columns ends before them."""

WRITERS: Final = _words(
    "write writes writing put puts putting store stores storing save saves saving push pushes pushing insert inserts"
)
"""Carriers that need a place: "write the CSV" alone would ask for a file."""

GLUE: Final = _words(
    """csv csvs file files folder directory row rows record records data values value result results line lines content
    contents everything all table database db column columns field fields schema key keys each every whole source
    target destination sink input incoming entries entry them both local there rest cleaned parsed remaining unique
    deduplicated contain contains containing containing: header following including called named located run runs
    job dag pipeline workflow task cron crontab schedule scheduled time timezone zone tz airflow runs batch
    copies types type"""
)
"""Nouns of this family; harmless beside a fact, no reason to act without one."""

UNSUPPORTED: Final[dict[str, str]] = {
    **dict.fromkeys(
        [
            "bigquery",
            "snowflake",
            "redshift",
            "mysql",
            "mariadb",
            "oracle",
            "mssql",
            "clickhouse",
            "databricks",
            "athena",
            "hive",
            "trino",
            "presto",
            "duckdb",
            "mongodb",
            "mongo",
            "dynamodb",
            "cassandra",
            "elasticsearch",
            "opensearch",
            "redis",
            "kafka",
            "pubsub",
            "kinesis",
            "rabbitmq",
            "sqs",
            "iceberg",
            "warehouse",
            "lakehouse",
            "datafusion",
            "dataset",
        ],
        "sink",
    ),
    **dict.fromkeys(
        [
            "sftp",
            "ftp",
            "api",
            "endpoint",
            "http",
            "webhook",
            "salesforce",
            "sharepoint",
            "sheet",
            "sheets",
            "imap",
            "mailbox",
            "queue",
            "topic",
        ],
        "source",
    ),
    **dict.fromkeys(
        [
            "json",
            "jsonl",
            "ndjson",
            "parquet",
            "avro",
            "orc",
            "excel",
            "xlsx",
            "xls",
            "xml",
            "tsv",
            "zip",
            "gz",
            "tar",
            "pdf",
        ],
        "format",
    ),
    **dict.fromkeys(
        [
            "alert",
            "alerts",
            "notify",
            "notifies",
            "notification",
            "notifications",
            "email",
            "emails",
            "mail",
            "e-mail",
            "slack",
            "teams",
            "telegram",
            "pagerduty",
            "message",
            "messages",
            "ping",
            "tell",
            "inform",
            "warn",
            "page",
            "opsgenie",
            "discord",
            "sms",
        ],
        "notify",
    ),
    **dict.fromkeys(
        ["sensor", "wait", "waits", "poll", "polls", "watch", "watches", "trigger", "triggers", "triggered", "asset"],
        "trigger",
    ),
    **dict.fromkeys(
        [
            "delete",
            "deletes",
            "truncate",
            "archive",
            "archives",
            "move",
            "moves",
            "rename",
            "renames",
            "unzip",
            "decrypt",
            "encrypt",
            "compress",
            "cleanup",
            "purge",
            "vacuum",
        ],
        "action",
    ),
    **dict.fromkeys(
        [
            "join",
            "joins",
            "aggregate",
            "aggregates",
            "aggregation",
            "filter",
            "filters",
            "convert",
            "converts",
            "compute",
            "computes",
            "calculate",
            "sum",
            "average",
            "group",
            "groups",
            "pivot",
            "enrich",
            "train",
            "predict",
            "model",
            "dbt",
            "spark",
            "pandas",
            "python",
            "bash",
            "sql",
            "script",
            "container",
            "docker",
            "kubernetes",
            "pod",
            "branch",
            "approve",
            "approval",
            "human",
            "partition",
            "partitions",
        ],
        "transform",
    ),
}
"""What people ask of a pipeline and this planner cannot do yet: word -> the slot of the question."""

TERMS: Final = _words(
    """every each daily hourly weekly monthly quarterly yearly nightly annually biweekly fortnightly morning afternoon
    evening night noon midnight weekday weekdays weekend weekends working business minute minutes hour hours day days
    week weeks month months quarter quarters year years twice between starting second third half past except timezone
    duplicate duplicates duplicated dedupe deduplicate dedup dupes upsert upserts upserting append insert replace
    overwrite merge retry retries retrying attempt attempts backoff exponential exponentially delay apart
    connection conn
    sqlite postgres postgresql folder directory bucket prefix column columns field fields schema string text integer
    float double number boolean date timestamp datetime decimal numeric table database files catchup backfill owner
    owned tags tagged manual manually demand trigger schedule scheduled arrived arrives fail fails failed rows records
    count least fewer greater equal empty nothing without primary unique conflict pick load read parse drop remove
    parse please times three four five seven eight eleven twelve fifteen twenty thirty correction actually sorry
    """
) | frozenset((*DAY_NAMES, *(d + "s" for d in DAY_NAMES), *MONTH_NAMES, *NUMBERS))
"""The vocabulary that a misspelt word is compared with."""
