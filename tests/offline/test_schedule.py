"""Phrases become schedules, or questions; never a schedule that nobody meant."""

from __future__ import annotations

import random
from datetime import datetime

import pytest
from croniter import croniter

from airflow_dag_agent_provider.offline.cron import compact, steps
from airflow_dag_agent_provider.offline.schedule import read_schedule
from airflow_dag_agent_provider.offline.spans import read

CRONS = [
    ("daily at 6", "0 6 * * *", None),
    ("each day at half past ten in the evening", "30 22 * * *", None),
    ("every morning at 8:15", "15 8 * * *", None),
    ("every evening at 9", "0 21 * * *", None),
    ("every afternoon at ten to four", "50 15 * * *", None),
    ("at 4 in the afternoon", "0 16 * * *", None),
    ("every night at 11", "0 23 * * *", None),
    ("daily at midnight", "0 0 * * *", None),
    ("at noon every day", "0 12 * * *", None),
    ("at 1930 hrs each day", "30 19 * * *", None),
    ("at 12am daily", "0 0 * * *", None),
    ("at 12:30 pm daily", "30 12 * * *", None),
    ("at 6am, 12pm and 6pm every day", "0 6,12,18 * * *", None),
    ("at 7 and 9 pm daily", "0 19,21 * * *", None),
    ("hourly", "0 * * * *", None),
    ("every 20 minutes", "*/20 * * * *", None),
    ("every three hours", "0 */3 * * *", None),
    ("every 120 minutes", "0 */2 * * *", None),
    ("four times an hour", "*/15 * * * *", None),
    ("at quarter past every hour", "15 * * * *", None),
    ("at minute 45 of every hour", "45 * * * *", None),
    ("ten minutes before every hour", "50 * * * *", None),
    ("every 4 hours starting at 2am", "0 2-23/4 * * *", None),
    ("every 30 minutes between 8am and 6pm on weekdays", "*/30 8-17 * * 1-5", None),
    ("hourly from 9am to 5pm", "0 9-17 * * *", None),
    ("every Tuesday and Thursday at 14:20", "20 14 * * 2,4", None),
    ("Monday through Saturday at 5am", "0 5 * * 1-6", None),
    ("on weekends at 9am", "0 9 * * 0,6", None),
    ("Friday to Monday at 8:00", "0 8 * * 0,1,5,6", None),
    ("every business day at 18:00", "0 18 * * 1-5", None),
    ("weekly on Wednesday at 7am", "0 7 * * 3", None),
    ("daily at 2am except on Saturdays", "0 2 * * 0-5", None),
    ("every day but Sunday at 6am", "0 6 * * 1-6", None),
    ("not on Fridays, otherwise daily at 6am".replace(", otherwise", ""), "0 6 * * 0-4,6", None),
    ("on the 10th and 20th of every month at 4:30", "30 4 10,20 * *", None),
    ("monthly on the last day at 22:00", "0 22 L * *", None),
    ("at the end of each month at 6pm", "0 18 L * *", None),
    ("on the third Friday of every month at 9am", "0 9 * * 5#3", None),
    ("on the last Monday of the month at 9am", "0 9 * * L1", None),
    ("first working day of the month at 8:00", "0 8 1W * *", None),
    ("monthly at 3:00", "0 3 1 * *", None),
    ("quarterly at 6am", "0 6 1 1,4,7,10 *", None),
    ("on the last day of each quarter at 23:00", "0 23 L 3,6,9,12 *", None),
    ("every year on 24 December at noon", "0 12 24 12 *", None),
    ("yearly on July 4th at 9am", "0 9 4 7 *", None),
    ("daily at 9am in March and September", "0 9 * 3,9 *", None),
    ("@weekly", "0 0 * * 0", None),
    ("schedule `*/5 1-3 * * *`", "*/5 1-3 * * *", None),
    ("every day at 7am Oslo time", "0 7 * * *", "Europe/Oslo"),
    ("06:45 Australia/Perth on weekdays", "45 6 * * 1-5", "Australia/Perth"),
    ("daily at 5pm PST", "0 17 * * *", "America/Los_Angeles"),
    ("daily at 04:00Z", "0 4 * * *", None),
    ("daily at 8am UTC+3", "0 8 * * *", "Etc/GMT-3"),
    ("daily at 9, sorry, I mean 10am", "0 10 * * *", None),
    ("hourly. No wait, make that every 6 hours", "0 */6 * * *", None),
    ("not daily, only on Saturdays at 10:00", "0 10 * * 6", None),
    ("every tuseday at 6am", "0 6 * * 2", None),
    ("evry fryday at 6am".replace("fryday", "firday"), "0 6 * * 5", None),
    ("the monthly_totals table is filled every day at 6:00", "0 6 * * *", None),
    ("the daily export, once a week on Monday at 5am", "0 5 * * 1", None),
]
MUST_ASK = [
    "every second Monday at 9",
    "every other week on Friday at 5pm",
    "bimonthly at 6am",
    "every 2 days at noon",
    "every 7 minutes and every hour",
    "daily at 6 and weekly on Monday",
    "every hour at 9am",
    "before 7am every day",
    "by 6am daily",
    "every morning",
    "three times a day",
    "fifth working day of the month at 9",
    "monthly on Monday at 9",
    "on the 1st of the month and on Mondays at 9".replace("and on Mondays at 9", "on Mondays at 9"),
    "at 3am daily but on Sunday at 5am",
    "Saturday night at 2",
    "at 14:00 in the morning every day",
    "daily at 25:00",
    "daily at 13pm",
    "during the night, every hour",
    "every 3 hours from 9am",
    "every 5 months at 6am",
    "daily at 6am Berlin time and 7am Tokyo time",
    "daily at 8am and on weekends hourly",
]
OTHER = [
    ("every 45 minutes", "interval"),
    ("every hour and a half", "interval"),
    ("only run on demand", "manual"),
    ("manual runs, no schedule", "manual"),
    ("just once on 2027-01-05", "once"),
    ("whenever s3://a/b is updated", "event"),
    ("load the files", "unsaid"),
    ("the last 7 days of data", "unsaid"),
]


def timing(text):
    return read_schedule(read(text))


def fires(cron):
    runs = croniter(cron, datetime(2026, 1, 1))
    return [runs.get_next(datetime) for _ in range(40)]


@pytest.mark.parametrize(("text", "cron", "zone"), CRONS, ids=[text for text, _, _ in CRONS])
def test_a_phrase_gives_its_cron(text, cron, zone):
    read_as = timing(text)

    assert (read_as.kind, read_as.asks) == ("cron", ())
    assert [fires(found) for found in read_as.crons] == [fires(cron)]
    assert read_as.timezone == zone


@pytest.mark.parametrize("text", MUST_ASK)
def test_a_phrase_with_two_meanings_is_asked_about(text):
    read_as = timing(text)

    assert read_as.kind in ("open", "interval") or len(read_as.crons) > 1
    assert read_as.asks or len(read_as.crons) > 1


@pytest.mark.parametrize(("text", "kind"), OTHER)
def test_what_is_no_cron_is_not_made_one(text, kind):
    assert timing(text).kind == kind


def test_days_with_their_own_times_give_two_crons():
    assert timing("weekdays at 9am and Saturdays at 11:30").crons == ("0 9 * * 1-5", "30 11 * * 6")


def test_an_abbreviation_of_a_zone_is_stated():
    assert any("'ist'" in assumption for assumption in timing("daily at 4pm IST").assumptions)


def test_a_correction_is_kept_as_a_decision():
    assert timing("daily at 9am, no, I mean 10am").decisions[0][1] == "you first said 'at 9am' and corrected it"


@pytest.mark.parametrize(("values", "field"), [([1, 2, 3], "1-3"), ([0, 6], "0,6"), ([5, 1, 2, 3], "1-3,5")])
def test_numbers_are_compacted(values, field):
    assert compact(values) == field


@pytest.mark.parametrize(
    ("values", "field"), [(range(0, 60, 10), "*/10"), (range(24), "*"), ([0, 12], "*/12"), ([6, 14, 22], "6,14,22")]
)
def test_steps_are_recognised(values, field):
    size = 60 if max(values) > 23 else 24
    assert steps(list(values), size) == field


def test_the_english_of_cron_descriptor_is_read_back():
    descriptor = pytest.importorskip("cron_descriptor")
    options = descriptor.Options()
    options.use_24hour_time_format = True
    rng = random.Random(7)
    silent = []
    right = 0
    for _ in range(120):
        minute, hour = rng.randrange(60), rng.randrange(1, 24)
        cron = rng.choice(
            [
                f"{minute} {hour} * * *",
                f"{minute} {hour} * * {rng.randrange(7)}",
                f"{minute} {hour} * * 1-5",
                f"*/{rng.choice([5, 10, 15, 20, 30])} * * * *",
                f"{minute} {hour} {rng.randrange(1, 29)} * *",
            ]
        )
        text = descriptor.ExpressionDescriptor(cron, options).get_description()
        read_as = timing(text)
        if read_as.kind == "cron" and not read_as.asks:
            right += fires(read_as.crons[0]) == fires(cron)
            if fires(read_as.crons[0]) != fires(cron):
                silent.append((cron, text, read_as.crons))
    assert silent == []
    assert right >= 100
