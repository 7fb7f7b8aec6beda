"""Lists of subscribers: what comes out goes in again, and nobody is brought back unasked."""

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.domain import Profile, Schedule, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.links import Links
from digestmail.steps.subscribers.import_export.columns import checked_choices
from digestmail.steps.subscribers.import_export.enter import ImportTally, enter
from digestmail.steps.subscribers.import_export.entries import Entries, Entry
from digestmail.steps.subscribers.import_export.export import exported_csv, exported_json
from digestmail.steps.subscribers.import_export.formats import read_list
from digestmail.steps.subscribers.import_export.statuses import (
    status_in_file_name,
    status_of,
    truth_of,
)
from digestmail.steps.subscribers.import_export.time_zones import time_zone_name
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Store
from digestmail.tokens import Signer

ACTIVE, PENDING, PAUSED, UNSUBSCRIBED, BOUNCED, COMPLAINED = (
    SubscriberStatus.ACTIVE,
    SubscriberStatus.PENDING,
    SubscriberStatus.PAUSED,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.BOUNCED,
    SubscriberStatus.COMPLAINED,
)
ICE = Profile(name="Ice", keywords=("sea ice", '"melt, pond"'), interests="=SUM(A1)", max_papers=3)
STARS = Profile(name="Stars", categories=("astro-ph.*",), authors=("Doe, Jane",), threshold=0.2)
ADA = Subscriber(
    email="ada@example.org",
    status=ACTIVE,
    language="de",
    schedule=Schedule(
        hour=5, timezone="Asia/Tokyo", weekdays=frozenset({1, 5}), wait_hours=0, send_empty=True
    ),
    profiles=(ICE, STARS),
)


def quiet(_: int) -> None:
    """Nobody waits for progress."""


def read(
    data: str | bytes, *columns: str, profile: Profile | None = None
) -> tuple[list[Entry], list[str], list[str]]:
    """The people of a file, its problems and its warnings."""
    raw = data.encode() if isinstance(data, str) else data
    people = read_list(raw, checked_choices(list(columns)))
    entries = Entries(profile or Profile(), Schedule()).read(people.records, quiet)
    return list(entries.people.values()), entries.problems, people.warnings + entries.warnings


def statuses(data: str | bytes) -> dict[str, SubscriberStatus | None]:
    """Who stands where, by the part of the address before the @; nothing may be wrong."""
    people, problems, _ = read(data)
    assert problems == []
    return {entry.email.partition("@")[0]: entry.status for entry in people}


# --- our own lists ---------------------------------------------------------------------------


@pytest.mark.parametrize("export", [exported_csv, exported_json])
def test_a_round_trip_loses_nothing(export: object) -> None:
    assert callable(export)
    paused = replace(ADA, email="b@example.org", status=PAUSED, resume_on=date(2027, 1, 31))
    left = replace(ADA, email="c@example.org", status=UNSUBSCRIBED, profiles=())
    people, problems, warnings = read(export([ADA, paused, left]))
    assert (problems, warnings) == ([], [])
    for entry, subscriber in zip(people, (ADA, paused, left), strict=True):
        assert (entry.email, entry.status) == (subscriber.email, subscriber.status)
        assert (entry.schedule, entry.language) == (subscriber.schedule, subscriber.language)
        assert entry.profiles == subscriber.profiles
        assert entry.paused_until == subscriber.resume_on


def test_a_list_that_an_older_version_exported_is_still_read() -> None:
    header = (
        "email,status,hour,timezone,weekdays,wait_hours,send_empty,name,keywords,"
        "required_keywords,excluded_keywords,categories,excluded_categories,authors,seed_papers,"
        "interests,max_papers,threshold\n"
    )
    rows = (
        'a@example.org,active,5,UTC,"1,2",3,no,Ice,sea ice,,,,,,,,3,0.1\n'
        'a@example.org,active,5,UTC,"1,2",3,no,Stars,star,,,,,,,,3,0.1\n'
    )
    (entry,), problems, warnings = read(header + rows)
    assert [profile.name for profile in entry.profiles] == ["Ice", "Stars"]
    assert (entry.schedule.hour, problems, warnings) == (5, [], [])


def test_no_cell_is_a_formula() -> None:
    cells = exported_csv([ADA]).replace("\r\n", ",").split(",")
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@"))]


def test_quiet_days_are_told_in_words() -> None:
    (ada,) = json.loads(exported_json([ADA]))
    assert (ada["wait_hours"], ada["send_empty"], ada["paused_until"]) == (0, "yes", None)


@pytest.mark.parametrize(
    "text",
    [
        "email,hour,keywords\na@example.org,5,ice\n",
        '[{"email": "a@example.org", "hour": 5, "profiles": [{"keywords": ["ice"]}]}]',
        '[{"email": "a@example.org", "hour": 5, "keywords": ["ice"]}]',
        '{"data": {"results": [{"email": "a@example.org", "hour": 5, "keywords": "ice"}]}}',
    ],
)
def test_few_columns_are_enough(text: str) -> None:
    (entry,), problems, _ = read(text)
    assert (entry.schedule, problems) == (Schedule(hour=5), [])
    assert entry.profiles == (Profile(keywords=("ice",)),)


@pytest.mark.parametrize("text", ['[{"email": "a@x.org"}', '{"email": 1}\n{"email"', "[" * 9999])
def test_json_that_is_broken_is_told_in_plain_words(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_list(text.encode(), {})
    assert "is not valid JSON" in refusal.value.message
    assert "char " not in refusal.value.message


def test_json_may_say_true() -> None:
    one = {"email": "a@example.org", "send_empty": True, "profiles": [{"keywords": ["ice"]}]}
    (entry,), _, _ = read(json.dumps([one]))
    assert entry.schedule.send_empty


def test_a_wrong_wait_is_named_with_its_line() -> None:
    people, (problem,), _ = read("email,keywords,wait_hours,send_empty\na@x.org,ice,12,perhaps\n")
    assert people == []
    assert problem.startswith("line 2: wait_hours: “12” is not")
    assert "send_empty: “perhaps” is not yes or no" in problem


# --- what is no list -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"keywords\nice\n", "--column"),
        (b"PK\x03\x04", "workbook"),
        (b"<html><body>ada@example.org", "web page"),
        (b"BEGIN:VCARD\nEMAIL:ada@example.org\nEND:VCARD\n", "vCard"),
        (b"{}", "array"),
        (b"[1, ", "not valid JSON"),
        (b'{"email": "a@example.org"}', "array"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\0\1\2\3" * 100, "not text"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(data)


@pytest.mark.parametrize(
    "entry", [5, None, {"email": "a@example.org", "profiles": 5}, {"profiles": [7]}, {}]
)
def test_a_bad_json_entry_is_named(entry: object) -> None:
    good = {"email": "b@example.org", "profiles": [{"keywords": ["ice"]}]}
    people, (problem,), _ = read(json.dumps([entry, good]))
    assert [one.email for one in people] == ["b@example.org"]
    assert problem.startswith("entry 1")


def test_each_bad_row_is_named_and_the_others_are_taken() -> None:
    people, problems, _ = read(
        "email,keywords,hour\n"
        "good@example.org,ice,7\n"
        "no-address,ice,7\n"
        ",ice,7\n"
        "c@example.org,ice,25\n"
        "d@example.org,ice\n"
        'e@example.org,"ice,7\n'
        "f@exam\0ple.org,ice,7\n"
        "last@example.org,ice,7,,,\n"
    )
    assert [entry.email for entry in people] == ["good@example.org", "last@example.org"]
    assert [problem.partition(":")[0] for problem in problems] == [
        f"line {line}" for line in (3, 4, 5, 6, 7, 8)
    ]


# --- other programs' lists -------------------------------------------------------------------

LISTS = {
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,on@x.org,On,"{""city"": ""Rome"", ""keywords"": [""a b"", ""c""]}",enabled,2024,2024\n'
        "2,off@x.org,Off,{},disabled,2024,2024\n"
        "3,never@x.org,N,{},blocklisted,2024,2024\n",
        {"on": ACTIVE, "off": UNSUBSCRIBED, "never": UNSUBSCRIBED},
    ),
    "listmonk by its API": (
        '{"data": {"results": [{"id": 1, "email": "on@x.org", "name": "On", "attribs": {},'
        ' "status": "enabled", "lists": []}, {"id": 2, "email": "no@x.org", "attribs":'
        ' {"keywords": "ice"}, "status": "blocklisted", "lists": []}], "total": 2}}',
        {"on": ACTIVE, "no": UNSUBSCRIBED},
    ),
    "Mailchimp, unsubscribed": (
        '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,'
        "UNSUB_CAMPAIGN_ID,UNSUB_REASON,TIMEZONE\n"
        'a@x.org,A,2,,"2020-01-02 10:00:00",News,7f,"NORMAL (no longer wish)",Europe/Berlin\n',
        {"a": UNSUBSCRIBED},
    ),
    "Mailchimp, cleaned": (
        '"Email Address",MEMBER_RATING,OPTIN_IP,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n'
        'a@x.org,2,192.0.2.1,"2020-01-02 10:00:00",News,7f\n',
        {"a": BOUNCED},
    ),
    "Mailchimp by its API": (
        '{"members": [{"email_address": "a@x.org", "status": "cleaned", "merge_fields": {"A": ""},'
        ' "tags": [{"id": 1, "name": "ice"}]}, {"email_address": "b@x.org",'
        ' "status": "subscribed"}, {"email_address": "c@x.org", "status": "transactional"}]}',
        {"a": BOUNCED, "b": ACTIVE, "c": UNSUBSCRIBED},
    ),
    "Mailman 3": (
        "Email,Display Name,Delivery Status,Delivery Mode\n"
        "a@x.org,A,enabled,regular\nb@x.org,B,by_bounces,regular\n"
        "c@x.org,C,by_user,plaintext_digests\nd@x.org,D,by_moderator,regular\n",
        {"a": ACTIVE, "b": BOUNCED, "c": PAUSED, "d": PAUSED},
    ),
    "Mailman 3 by its programs' names": (
        "address,display_name,delivery_mode,delivery_status\n"
        "a@x.org,A,DeliveryMode.regular,DeliveryStatus.enabled\n"
        "b@x.org,B,DeliveryMode.regular,DeliveryStatus.by_bounces\n",
        {"a": ACTIVE, "b": BOUNCED},
    ),
    "an object in each line": (
        '{"email": "a@x.org"}\n\n{"email": "b@x.org", "status": "bounced"}\n',
        {"a": None, "b": BOUNCED},
    ),
    "Mailman 2": (
        '# members of seminar\nada@x.org\nBob Mill <bob@x.org>\n"Winter, Cy" <cy@x.org>\n',
        {"ada": None, "bob": None, "cy": None},
    ),
    "Sympa": (
        "email ada@x.org\ngecos Ada\nreception mail\nvisibility noconceal\nsubscribed 1\n\n"
        "email bob@x.org\ndate 1600000000\nreception nomail\nvisibility conceal\n\n"
        "email cy@x.org\nreception digest\nsuspend 1\n",
        {"ada": None, "bob": PAUSED, "cy": PAUSED},
    ),
    "Sympa's older dumps": (
        "date 1600000000\nemail ada@x.org\ngecos Ada\nreception nomail\n\n"
        "date 1600000000\nemail bob@x.org\nreception mail\nbounce 123 456 3 5.1.1\n",
        {"ada": PAUSED, "bob": BOUNCED},
    ),
    "phpList": (
        "id,email,confirmed,blacklisted,optedin,bouncecount,entered,uniqid,htmlemail,disabled\n"
        "1,a@x.org,1,0,1,3,2019-01-01 00:00:00,f0,1,0\n2,b@x.org,0,0,0,0,2019,f1,1,0\n"
        "3,c@x.org,1,1,1,0,2019,f2,1,0\n4,d@x.org,1,0,1,0,2019,f3,1,1\n",
        {"a": ACTIVE, "b": PENDING, "c": UNSUBSCRIBED, "d": UNSUBSCRIBED},
    ),
    "phpList in words": (
        "Email,Is the email of this user confirmed,Is this user blacklisted\n"
        "a@x.org,1,0\nb@x.org,0,0\nc@x.org,1,1\n",
        {"a": ACTIVE, "b": PENDING, "c": UNSUBSCRIBED},
    ),
    "Sendy": (
        '"Name","Email","Last activity","Status"\n'
        "A,a@x.org,1 Jan,Subscribed\nB,b@x.org,,Unconfirmed\nC,c@x.org,,Soft bounced\n"
        "D,d@x.org,,Hard bounced\nE,e@x.org,,Marked as spam\nF,f@x.org,,Unsubscribed\n",
        {
            "a": ACTIVE,
            "b": PENDING,
            "c": ACTIVE,
            "d": BOUNCED,
            "e": COMPLAINED,
            "f": UNSUBSCRIBED,
        },
    ),
    "Brevo": (
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;emailBlacklisted;smsBlacklisted\n"
        "1;a@x.org;A;B;;false;true\n2;b@x.org;C;D;;true;false\n",
        {"a": None, "b": UNSUBSCRIBED},
    ),
    "Google Groups": (
        "Members for group seminar\n"
        "Email address,Nickname,Group status,Email status,Email preference,Posting permissions\n"
        "a@x.org,A,member,,email,allowed\nb@x.org,B,member,bouncing,email,allowed\n"
        "c@x.org,C,member,,no email,allowed\nd@x.org,D,invited,,email,\n"
        "e@x.org,E,banned,,email,allowed\nf@x.org,F,owner,,digest,allowed\n",
        {
            "a": ACTIVE,
            "b": BOUNCED,
            "c": PAUSED,
            "d": PENDING,
            "e": UNSUBSCRIBED,
            "f": ACTIVE,
        },
    ),
    "Substack": (
        "email,active_subscription,expiry,plan,email_disabled,created_at\n"
        "a@x.org,false,,other,false,2024\nb@x.org,true,2030,yearly,true,2024\n",
        {"a": None, "b": UNSUBSCRIBED},
    ),
    "ConvertKit": (
        "id,first_name,email,state,created_at,tags\n1,A,a@x.org,active,2024,ice\n"
        "2,B,b@x.org,cancelled,2024,\n3,C,c@x.org,bounced,2024,\n4,D,d@x.org,complained,2024,\n"
        "5,E,e@x.org,inactive,2024,\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": BOUNCED, "d": COMPLAINED, "e": UNSUBSCRIBED},
    ),
    "Buttondown": (
        "email,notes,metadata,tags,creation_date,type\na@x.org,,{},,2024,regular\n"
        "b@x.org,,{},,2024,unsubscribed\nc@x.org,,{},,2024,undeliverable\n"
        "d@x.org,,{},,2024,spammy\ne@x.org,,{},,2024,unactivated\nf@x.org,,{},,2024,premium\n",
        {
            "a": ACTIVE,
            "b": UNSUBSCRIBED,
            "c": BOUNCED,
            "d": UNSUBSCRIBED,
            "e": PENDING,
            "f": ACTIVE,
        },
    ),
    "EmailOctopus": (
        "Email address,First name,Status,Tags,Date added\na@x.org,A,SUBSCRIBED,,2024\n"
        "b@x.org,B,UNSUBSCRIBED,,2024\nc@x.org,C,PENDING,,2024\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": PENDING},
    ),
    "Constant Contact": (
        "Email address,First name,Email permission status,Email update source,"
        "Confirmed Opt-Out Date,Confirmed Opt-Out Reason\n"
        "a@x.org,A,Implicit,,,\nb@x.org,B,Unsubscribed,,2020-01-01,too many\n"
        "c@x.org,C,Pending confirmation,,,\nd@x.org,D,Temporary hold,,,\ne@x.org,E,Express,,20,\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": PENDING, "d": PAUSED, "e": UNSUBSCRIBED},
    ),
    "Outlook": (
        "First Name,Last Name,Company,Categories,E-mail Address,E-mail Type,E-mail 2 Address\n"
        "Ada,Winter,Lab,Friends;Red,a@x.org,SMTP,\nBo,Mill,Lab,,b@x.org,SMTP,b2@x.org\n",
        {"a": None, "b": None},
    ),
    "Google Contacts": (
        "Name,Given Name,Labels,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\n"
        "Ada Winter,Ada,* myContacts,* Work,a@x.org ::: a2@x.org,\n",
        {"a": None},
    ),
    "Salesforce": (
        "Email,HasOptedOutOfEmail,IsEmailBounced\na@x.org,0,0\nb@x.org,1,0\nc@x.org,0,1\n",
        {"a": None, "b": UNSUBSCRIBED, "c": BOUNCED},
    ),
    "Shopify": (
        "First Name,Email,Accepts Email Marketing\nA,a@x.org,yes\nB,b@x.org,no\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED},
    ),
    "Ghost": (
        "id,email,name,note,subscribed_to_emails,created_at,deleted_at,labels\n"
        "1,a@x.org,A,,true,2024,,\n2,b@x.org,B,,false,2024,,\n3,c@x.org,C,,true,2024,2024,\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": UNSUBSCRIBED},
    ),
    "Klaviyo": (
        "Email,Email Marketing Consent,Email Suppressions\n"
        "a@x.org,SUBSCRIBED,[]\nb@x.org,NEVER_SUBSCRIBED,[]\nc@x.org,SUBSCRIBED,HARD_BOUNCE\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": UNSUBSCRIBED},
    ),
    "Campaign Monitor": (
        "Email Address,Name,Date Unsubscribed\na@x.org,A,01/02/2024\n",
        {"a": UNSUBSCRIBED},
    ),
    "HubSpot": (
        "Record ID,Email,Unsubscribed from all email,Email hard bounce reason,Lifecycle Stage\n"
        "1,a@x.org,,,Lead\n2,b@x.org,true,,Lead\n3,c@x.org,,Unknown user,Lead\n",
        {"a": None, "b": UNSUBSCRIBED, "c": BOUNCED},
    ),
    "AWeber": (
        "Name,Email,Status,Stop Time,Stop Status\nA,a@x.org,subscribed,,\n"
        "B,b@x.org,unsubscribed,2024,unsubscribed (via link)\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED},
    ),
    "a title with an address": (
        "Exported by admin@x.org on Monday\nE-mail,Status\na@x.org,unsubscribed\n",
        {"a": UNSUBSCRIBED},
    ),
    "no name above the addresses": (",Notes\na@x.org,x\nb@x.org,y\n", {"a": None, "b": None}),
    "a JSON list of addresses": ('{"emails": ["a@x.org", "b@x.org"]}', {"a": None, "b": None}),
    "members who get no mail": (
        "email,nomail\na@x.org,0\nb@x.org,1\nc@x.org,on\n",
        {"a": None, "b": PAUSED, "c": PAUSED},
    ),
    "a header of another language": (
        "Netfang,Skráning\na@x.org,active\nb@x.org,unsubscribed\nc@x.org,active\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": ACTIVE},
    ),
    "answers to another question": (
        "email,Speaks Danish\na@x.org,no\nb@x.org,yes\n",
        {"a": None, "b": None},
    ),
    "Mailgun by its API": (
        '{"items": [{"address": "a@x.org", "subscribed": true, "name": "A", "vars": {}},'
        ' {"address": "b@x.org", "subscribed": false}], "total_count": 2}',
        {"a": ACTIVE, "b": UNSUBSCRIBED},
    ),
    "SES, suppressed": (
        "EmailAddress,Reason,LastUpdateTime\na@x.org,BOUNCE,2024\nb@x.org,COMPLAINT,2024\n",
        {"a": BOUNCED, "b": COMPLAINED},
    ),
    "Postmark, suppressed": (
        "EmailAddress,SuppressionReason,Origin\na@x.org,HardBounce,Recipient\n"
        "b@x.org,SpamComplaint,Recipient\nc@x.org,ManualSuppression,Customer\n",
        {"a": BOUNCED, "b": COMPLAINED, "c": UNSUBSCRIBED},
    ),
    "SendGrid, bounces": (
        "status,reason,email,created\n5.1.1,550 5.1.1 no such user,a@x.org,1600000000\n",
        {"a": BOUNCED},
    ),
    "free words for reasons": (
        "email,reason\na@x.org,likes ice\nb@x.org,met at a talk\n",
        {"a": None, "b": None},
    ),
    "in German": (
        "Vorname;E-Mail-Adresse;Status\nA;a@x.org;aktiv\nB;b@x.org;Abgemeldet\n"
        "C;c@x.org;unzustellbar\nD;d@x.org;nicht bestätigt\nE;e@x.org;Gekündigt\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": BOUNCED, "d": PENDING, "e": UNSUBSCRIBED},
    ),
    "in French": (
        "Prénom;Adresse e-mail;Statut\nA;a@x.org;Abonné\nB;b@x.org;Désabonné\n"
        "C;c@x.org;désinscrit\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": UNSUBSCRIBED},
    ),
    "in Spanish": (
        "Correo electrónico;Estado\na@x.org;Activo\nb@x.org;Dado de baja\nc@x.org;Rebotado\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": BOUNCED},
    ),
    "in Russian": (
        "Почта;Статус\na@x.org;активен\nb@x.org;Отписан\nc@x.org;отписался сам\n",
        {"a": ACTIVE, "b": UNSUBSCRIBED, "c": UNSUBSCRIBED},
    ),
    "dates of leaving": (
        "email,subscribed_at,unsubscribed_at,bounced_at,complained_at,unsubscribe_url\n"
        "a@x.org,2024-01-01,,,,https://x.org/1\nb@x.org,2024,2024-02-02,,,https://x.org/2\n"
        "c@x.org,2024,0000-00-00 00:00:00,2024-02-02,,\nd@x.org,2024,NULL,NULL,2024-02-02,\n",
        {"a": None, "b": UNSUBSCRIBED, "c": BOUNCED, "d": COMPLAINED},
    ),
    "an odd header": (
        "Kontakt,Notiz\na@x.org,x\nb@x.org,y\n",
        {"a": None, "b": None},
    ),
    "no header, with refusals": (
        "a@x.org,unsubscribed\nb@x.org,\n",
        {"a": UNSUBSCRIBED, "b": None},
    ),
    "a pasted line": ("Ada <a@x.org>, b@x.org; c@x.org\n", {"a": None, "b": None, "c": None}),
    "a state of America": (
        "email,state\na@x.org,CA\nb@x.org,OH\nc@x.org,Ohio\n",
        {"a": None, "b": None, "c": None},
    ),
    "capitals and blanks": (
        " EMAIL , Status \nA@X.ORG,UnSubscribed\n\u00a0b@x.org\u200b, ACTIVE \n",
        {"a": UNSUBSCRIBED, "b": ACTIVE},
    ),
}


@pytest.mark.parametrize("program", LISTS)
def test_other_programs_lists_are_understood(program: str) -> None:
    text, expected = LISTS[program]
    assert statuses(text) == expected


def test_columns_that_are_not_understood_are_named_once() -> None:
    text = "email,keywords,institute,shoe size\n" + "a@x.org,ice,Lab,44\n" * 3
    _, problems, warnings = read(text)
    assert (problems, warnings) == ([], ["ignored, not recognised: institute, shoe size"])


def test_a_name_is_the_persons() -> None:
    (entry,), _, (warning,) = read("email,name,keywords\na@x.org,Ada Winter,ice\n")
    assert entry.profiles[0].name == Profile().name
    assert "name" in warning
    (entry,), _, warnings = read("email,name,keywords\na@x.org,Ice,ice\n", "name=profile")
    assert (entry.profiles[0].name, warnings) == ("Ice", [])


def test_tags_become_keywords_and_that_is_told() -> None:
    text = 'Email Address,TAGS\na@x.org,"""graph neural networks"",""LLM"""\nb@x.org,"ice, snow"\n'
    (first, second), _, (warning,) = read(text)
    assert first.profiles[0].keywords == ("graph neural networks", "LLM")
    assert second.profiles[0].keywords == ("ice", "snow")
    assert "TAGS=none" in warning
    (first, _), _, _ = read(text, "TAGS=none")
    assert first.profiles == ()


def test_keywords_for_all_are_for_those_who_have_none() -> None:
    people, _, _ = read(
        "email,keywords\na@x.org,\nb@x.org,snow\n", profile=Profile(keywords=("ice",))
    )
    assert [entry.profiles[0].keywords for entry in people] == [("ice",), ("snow",)]


def test_the_column_of_addresses_can_be_named() -> None:
    (entry,), _, _ = read("email,who\na@x.org,b@x.org\n", "who=email")
    assert entry.email == "b@x.org"
    (entry,), _, _ = read("email,state\na@x.org,active\n", "state=none")
    assert entry.status is None
    with pytest.raises(InputError, match="NAME=FIELD"):
        checked_choices(["who"])
    with pytest.raises(InputError, match="NAME=FIELD"):
        checked_choices(["who=shoe"])


def test_guesses_are_told() -> None:
    _, _, warnings = read("Netfang,Skráning\na@x.org,active\nb@x.org,unsubscribed\n")
    assert [warning.partition(";")[0] for warning in warnings] == [
        "the column “Netfang” is read as the address",
        "the column “Skráning” is read as the status",
    ]


def test_several_addresses_of_one_person_are_told() -> None:
    (entry,), _, (warning,) = read('email,keywords\n"a@x.org; a2@x.org",ice\n')
    assert entry.email == "a@x.org"
    assert "line 2: several addresses" in warning
    refused, _, _ = read('email,status\n"a@x.org; a2@x.org",left\n')
    assert [(one.email, one.status) for one in refused] == [
        ("a@x.org", UNSUBSCRIBED),
        ("a2@x.org", UNSUBSCRIBED),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_of_contradicting_rows_the_refusal_wins(order: int) -> None:
    rows = ["A@x.org,active,ice", "a@X.org,unsubscribed,", "a@x.org,bounced,snow"][::order]
    (entry,), problems, _ = read("\n".join(["email,status,keywords", *rows]))
    assert (entry.status, problems) == (BOUNCED, [])


def test_a_refusal_counts_whatever_else_is_wrong_in_its_row() -> None:
    (entry,), problems, _ = read("email,status,hour,keywords\na@x.org,spam,99,!\n")
    assert (entry.status, problems) == (COMPLAINED, [])


def test_an_unknown_word_for_a_status_holds_the_address_back() -> None:
    people, (problem,), _ = read("email,status\na@x.org,xyzzy\na@x.org,active\nb@x.org,active\n")
    assert [entry.email for entry in people] == ["b@x.org"]
    assert problem.startswith("line 2: status: “xyzzy” is not one of")
    assert '--column "status=none"' in problem


def test_the_same_row_twice_is_one_profile() -> None:
    (entry,), problems, _ = read("email,keywords\n" + "a@x.org,ice\n" * 3 + "a@x.org,snow\n")
    assert [profile.name for profile in entry.profiles] == ["My papers", "My papers 2"]
    assert problems == []


def test_a_profile_has_one_name_and_a_person_so_many_profiles() -> None:
    (entry,), (problem,), _ = read("email,profile,keywords\na@x.org,I,ice\na@x.org,I,snow\n")
    assert (len(entry.profiles), "“I”" in problem) == (1, True)
    rows = "".join(f"a@x.org,word{number}\n" for number in range(22))
    (entry,), problems, _ = read("email,keywords\n" + rows)
    assert (len(entry.profiles), len(problems)) == (20, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    rows = ["email", "keywords"], ["a@x.org", "Größe"]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (entry,), problems, _ = read(text.encode(encoding))
    assert (entry.profiles[0].keywords, problems) == (("Größe",), [])


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", None),
        (" Subscribed ", ACTIVE),
        ("Unsubscribed by admin", UNSUBSCRIBED),
        ("OPT-OUT", UNSUBSCRIBED),
        ("opted_out", UNSUBSCRIBED),
        ("Hard Bounce", BOUNCED),
        ("bounced (mailbox full)", BOUNCED),
        ("Spam complaint", COMPLAINED),
        ("not confirmed", PENDING),
        ("Subscribed (since 2020)", ACTIVE),
        ("Subscribed (hard bounce)", BOUNCED),
        ("5.1.1", BOUNCED),
        ("Non-Subscribed", UNSUBSCRIBED),
        ("désabonnée", UNSUBSCRIBED),
        ("退会", UNSUBSCRIBED),
    ],
)
def test_words_for_a_status(text: str, status: SubscriberStatus | None) -> None:
    assert status_of(text) is status


@pytest.mark.parametrize("text", ["Professor", "never bounced", "no complaints", "7", "xyzzy"])
def test_what_nobody_knows_is_no_status(text: str) -> None:
    with pytest.raises(InputError):
        status_of(text)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        *(("1", True), ("Yes", True), ("x", True), ("", False), ("0", False), ("NULL", False)),
        *(("0000-00-00 00:00:00", False), ("nein", False), ("2024-01-01", None), ("maybe", None)),
    ],
)
def test_words_for_yes_and_no(text: str, truth: bool | None) -> None:
    assert truth_of(text) is truth


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unsubscribed_members_export_1a.csv", UNSUBSCRIBED),
        ("cleaned_members_export_1a.csv", BOUNCED),
        ("nonsubscribed_members_export_1a.csv", UNSUBSCRIBED),
        ("Bounces 2024.txt", BOUNCED),
        ("spam-complaints.csv", COMPLAINED),
        ("suppression list.csv", UNSUBSCRIBED),
        ("subscribed_members_export_1a.csv", None),
        ("subscribers.csv", None),
        ("my cleaned list.csv", None),
        ("members.txt", None),
    ],
)
def test_a_files_name_may_tell_a_refusal(name: str, status: SubscriberStatus | None) -> None:
    assert status_in_file_name(name) is status


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("europe/zurich", "Europe/Zurich"),
        ("America/New York", "America/New_York"),
        ("Europe\\/Rome", "Europe/Rome"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern", "Europe/Amsterdam"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("TOKYO", "Asia/Tokyo"),
        ("PST", "America/Los_Angeles"),
        ("GMT+2", "Etc/GMT-2"),
        ("-0500", "Etc/GMT+5"),
        ("UTC+05:30", "Asia/Kolkata"),
        ("z", "UTC"),
    ],
)
def test_time_zones_in_odd_spellings(text: str, name: str) -> None:
    assert time_zone_name(text) == name


@pytest.mark.parametrize("text", ["", "Mars", "UTC+25", "GMT+1:17", "IST", "../etc/passwd", "7"])
def test_what_is_no_time_zone_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        time_zone_name(text)


# --- entering --------------------------------------------------------------------------------


@pytest.fixture
def service(store: Store) -> SubscriptionService:
    return SubscriptionService(store, Links("https://digest.example.org", Signer(["k" * 40])))


def bring(service: SubscriptionService, text: str, *, active: bool = True) -> ImportTally:
    """Import a list."""
    people, problems, _ = read(text)
    assert problems == []
    return enter(service, people, NOW, quiet, active=active)


def standing(service: SubscriptionService) -> dict[str, SubscriberStatus]:
    """Who stands where, by the part of the address before the @."""
    return {s.email.partition("@")[0]: s.status for s in service.store.subscribers.all()}


def mails(service: SubscriptionService, name: str) -> int:
    """How many mails to a subscriber are planned."""
    subscriber = service.store.subscribers.by_email(f"{name}@x.org")
    return len(service.store.ledger.of_subscriber(subscriber.stored_id))


def test_people_are_added_with_all_that_is_told_of_them(service: SubscriptionService) -> None:
    entered = bring(service, exported_csv([ADA]))
    assert entered == ImportTally(added=1)
    (added,) = service.store.subscribers.all()
    assert (added.status, added.confirmed_at, added.language) == (ACTIVE, NOW, "de")
    assert added.next_due_at is not None
    assert added.next_due_at > NOW
    assert [(p.name, p.keywords) for p in added.profiles] == [("Ice", ICE.keywords), ("Stars", ())]
    assert bring(service, exported_csv([ADA])) == ImportTally(known=1)


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (ACTIVE, ACTIVE),
        (PAUSED, PAUSED),
        (PENDING, PENDING),
        (UNSUBSCRIBED, UNSUBSCRIBED),
        (BOUNCED, BOUNCED),
        (COMPLAINED, COMPLAINED),
    ],
)
def test_who_did_not_agree_is_not_made_active(
    service: SubscriptionService, status: SubscriberStatus, becomes: SubscriberStatus
) -> None:
    bring(service, f"email,status,keywords\na@x.org,{status},ice\n")
    assert standing(service) == {"a": becomes}
    bring(service, "email,status,keywords\na@x.org,active,ice\n")
    assert standing(service) == {"a": becomes}
    assert mails(service, "a") == (1 if status is PENDING else 0)


@pytest.mark.parametrize("status", [UNSUBSCRIBED, BOUNCED, COMPLAINED])
def test_refusals_outlive_their_rows(
    service: SubscriptionService, status: SubscriberStatus
) -> None:
    assert bring(service, f"email,status\na@x.org,{status}\n") == ImportTally(refusals=1)
    service.erase(service.store.subscribers.by_email("a@x.org"), NOW)
    assert bring(service, "email,keywords\na@x.org,ice\n") == ImportTally(suppressed=1)
    assert standing(service) == {}


def test_a_form_that_nobody_confirms_does_not_lose_the_refusal(
    service: SubscriptionService,
) -> None:
    bring(service, "email,status\na@x.org,unsubscribed\n")
    service.subscribe("a@x.org", Profile(keywords=("ice",)), Schedule(), NOW)
    assert standing(service) == {"a": PENDING}
    service.store.subscribers.forget_unconfirmed(NOW.replace(year=NOW.year + 1))
    bring(service, "email,keywords\na@x.org,ice\n")
    assert standing(service) == {}


@pytest.mark.parametrize("status", [UNSUBSCRIBED, BOUNCED, COMPLAINED])
def test_a_refusal_in_a_file_stops_who_is_mailed_here(
    service: SubscriptionService, status: SubscriberStatus
) -> None:
    bring(service, "email,keywords\na@x.org,ice\nb@x.org,ice\n")
    assert bring(service, f"email,status\na@x.org,{status}\nb@x.org,active\n") == ImportTally(
        stopped=1, known=1
    )
    assert standing(service) == {"a": status, "b": ACTIVE}
    assert service.store.subscribers.by_email("a@x.org").next_due_at is None


def test_a_milder_refusal_changes_nothing(service: SubscriptionService) -> None:
    bring(service, "email,status\na@x.org,complained\n")
    assert bring(service, "email,status\na@x.org,unsubscribed\n") == ImportTally(known=1)
    assert standing(service) == {"a": COMPLAINED}


def test_who_has_nothing_to_choose_by_is_asked(service: SubscriptionService) -> None:
    assert bring(service, "email\na@x.org\n") == ImportTally(added=1, pending=1, unchosen=1)
    assert standing(service) == {"a": PENDING}
    assert mails(service, "a") == 1


def test_without_active_everybody_is_asked_once(service: SubscriptionService) -> None:
    text = "email,keywords\na@x.org,ice\nb@x.org,ice\n"
    assert bring(service, text, active=False) == ImportTally(added=2, pending=2)
    assert bring(service, text, active=False) == ImportTally(known=2)
    assert (mails(service, "a"), mails(service, "b")) == (1, 1)


def test_the_spellings_of_a_mailbox_are_asked_once(service: SubscriptionService) -> None:
    bring(service, "email,keywords\na@x.org,ice\na+two@x.org,ice\n", active=False)
    assert mails(service, "a") + mails(service, "a+two") == 1


def test_an_import_counts_for_the_form(service: SubscriptionService) -> None:
    bring(service, "email,keywords\na@x.org,ice\n", active=False)
    service.subscribe("a@x.org", Profile(keywords=("ice",)), Schedule(), NOW)
    assert mails(service, "a") == 1


def test_who_refused_all_our_mail_stays_out_in_every_spelling(
    service: SubscriptionService,
) -> None:
    service.subscribe("a+two@x.org", Profile(keywords=("ice",)), Schedule(), NOW)
    subscriber = service.store.subscribers.by_email("a+two@x.org")
    service.refuse(service.links.never(subscriber.stored_id).rpartition("/")[2], NOW)
    entered = bring(service, "email,keywords\na@x.org,ice\na+three@x.org,ice\n")
    assert entered == ImportTally(suppressed=2)


def test_what_a_killed_import_had_not_come_to_ask_is_asked_by_the_next(
    service: SubscriptionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    text = "email,keywords\na@x.org,ice\n"
    with monkeypatch.context() as patch:
        patch.setattr(service.store.imports, "plan_confirm_mails", killed)
        with pytest.raises(KeyboardInterrupt):
            bring(service, text, active=False)
    assert (standing(service), mails(service, "a")) == ({"a": PENDING}, 0)
    assert bring(service, text, active=False) == ImportTally(known=1)
    assert mails(service, "a") == 1


_KILLED = """
import os, signal, sys
from digestmail.calendar import utc_now
from digestmail.domain import Profile, Schedule
from digestmail.steps.subscribers.import_export.enter import enter
from digestmail.steps.subscribers.import_export.entries import Entries
from digestmail.steps.subscribers.import_export.formats import read_list
from digestmail.steps.links import Links
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Database, Store
from digestmail.tokens import Signer

data, url = sys.argv[1:]
links = Links("https://digest.example.org", Signer(["k" * 40]))
service = SubscriptionService(Store(Database(url)), links)
records = read_list(data.encode(), {}).records
people = Entries(Profile(), Schedule()).read(records, lambda _: None).people.values()
enter(service, people, utc_now(), lambda _: os.kill(os.getpid(), signal.SIGKILL), active=False)
"""


def test_after_a_kill_the_same_import_adds_and_asks_the_rest(
    service: SubscriptionService, database_url: str
) -> None:
    text = "email,keywords\n" + "".join(f"p{n}@x.org,ice\n" for n in range(1_200))
    command = [sys.executable, "-c", _KILLED, text, database_url]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(service.store.subscribers.all()) == 1_000
    assert bring(service, text, active=False) == ImportTally(added=200, pending=200, known=1_000)
    assert {mails(service, f"p{n}") for n in (0, 999, 1_000, 1_199)} == {1}


def test_a_long_list_is_entered_in_blocks_with_progress(service: SubscriptionService) -> None:
    text = "email,keywords\n" + "".join(f"p{n}@x.org,ice\n" for n in range(2_500))
    people, _, _ = read(text)
    done: list[int] = []
    assert enter(service, people, NOW, done.append, active=True) == ImportTally(added=2_500)
    assert done == [1_000, 2_000, 2_500]


# --- load ------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_nothing_but_an_input_error_ever_escapes(data: bytes) -> None:
    with suppress(InputError):
        read(data)


def test_mutilated_lists_never_break_the_reader() -> None:
    rng = random.Random(7)
    texts = [text.encode() for text, _ in LISTS.values()]
    for _ in range(400):
        data = bytearray(rng.choice(texts))
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data))
            data[place : place + rng.randint(0, 3)] = rng.choice(
                [b"", b'"', b"\0", b"\n", b",", b";", b"\xff", b"@", b"{", b"]", b"9" * 50]
            )
        try:
            read(bytes(data))
        except InputError:
            continue


def test_a_long_list_takes_time_in_proportion() -> None:
    row = 'p{}@x.org,Ada,"graph neural networks, LLM",Europe/Rome,active\n'
    text = "email,name,keywords,timezone,status\n" + "".join(map(row.format, range(5_000)))
    started = time.process_time()
    people, _, _ = read(text)
    assert len(people) == 5_000
    assert time.process_time() - started < 20  # some 0.6 s on a slow machine
