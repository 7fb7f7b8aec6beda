"""The words by which mail servers refuse: whom they speak of. Only data, and no judgement.

Collected from the replies of Postfix, Exim, Sendmail, qmail, Exchange and Microsoft 365, Gmail,
Yahoo, Yandex, OVH, IONOS, cPanel, Amazon SES, SendGrid, Mailgun, Postmark, Zoho and others.
"""

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.I | re.S)


_MEASURE = (
    r"\b(?:quota|limit|rate|maximum|max|allowance|allotment|threshold|credit|volume)(?:s|ed)?\b"
)
_REACHED = r"\b(?:exceed(?:ed|s)?|reached|hit|used up|exhausted|surpassed|over)\b"

# Whoever says so speaks of what we send, even where a user or an account is named beside it.
OUR_SENDING = _any(
    rf"\b(?:send(?:ing|ers?)?|sent|outgoing|outbound|submission|daily|hourly|monthly"
    rf"|per[- ](?:hour|day|minute|second|month)"
    rf"|your (?:account|domain|ip|plan|server|host|client|organi[sz]ation|subscription|service))"
    rf"\b.{{0,60}}?(?:{_MEASURE}|{_REACHED}|too (?:many|much|fast))",
    rf"(?:{_MEASURE}|{_REACHED}|too (?:many|much|fast))[^.;]{{0,60}}?"
    rf"\b(?:per[- ](?:hour|day|minute|second|month)|to send|sending|outgoing|outbound|hourly"
    rf"|daily)\b",
    r"submission\w*quota|\btoo (?:many|much) (?:e-?mails?|mails?|messages?|connections?|recipients?"
    r"|requests?|errors?|commands?|sessions?|bad|invalid|unknown)\b",
)
# A rate, a quota or a limit, and nobody says whose.
LIMIT = _any(
    r"\bfrequency\b|\brates?\b|rate[- ]?limit|quota|\blimit(?:s|ed|ation)?\b|\bexceed\w*"
    r"|\btoo (?:many|much|fast|frequent\w*|quickly)\b|\bthrottl\w*|\bflood\w*|\bslow down\b"
    r"|\bper[- ](?:hour|day|minute|second)\b|\bunusual (?:sending|rate|activity|volume)"
    r"|\bout of (?:credits?|quota)\b|\bcredits?\b|\bback ?off\b",
)
_OF_OUR_NETWORK = (
    r"\bspam\w*|\bjunk\b|\bunsolicited\b|\bbulk\b|\bphish\w*|\babus\w+|\bsuspicious\b|\bsuspected\b"
    r"|\b(?:black|block|deny|reject) ?-?list\w*|\bdnsbl\b|\brbl\b|\bspamhaus\b|\bspamcop\b"
    r"|\bsorbs\b"
    r"|\bbarracuda\w*|\buceprotect\b|\bsenderscore\b|\btalos\w*|\bcloudmark\b|\breputation\b"
    r"|\bcomplaints?\b|\bspf\b|\bdkim\b|\bdmarc\b|\bptr\b|\breverse dns\b|\brdns\b|\bhelo\b"
    r"|\behlo\b"
    r"|\bclient host\b|\bfind your (?:reverse )?hostname\b"
    r"|\bsender (?:address )?(?:rejected|denied|refused|unknown|verif\w+)|\b(?:unknown"
    r"|invalid) sender\b"
)
# No mailbox is to blame where these words stand, even if others blame one.
OUR_NETWORK = _any(_OF_OUR_NETWORK)
# What is known of us, of our network and of our right to send.
REPUTATION = _any(
    _OF_OUR_NETWORK,
    r"\b(?:ip|network|host|client|server|sender|domain|message|mail|traffic|mailing|connections?)"
    r"\b.{0,40}\b(?:blocked|banned|rejected|denied|refused|suspended"
    r"|not (?:be )?(?:accepted|allowed|trusted))\b"
    r"|\b(?:blocked|banned)\b.{0,40}\b(?:by|for|due|because|using|from|sender|ip|mail)\b",
    r"\bun(?:authenticated|authori[sz]ed)\b|\bauthenticat\w+|\bnot (?:logged in|authori[sz]ed"
    r"|authenticated)\b"
    r"|\bmust issue\b|\bstarttls\b",
    r"\bsender\b|\benvelope[- ]from\b|\bfrom (?:address|domain)\b|\bmail from\b"
    r"|\brelay(?:ing)? (?:access )?(?:denied|not permitted|not allowed|is prohibited)"
    r"|\b(?:unable|not|cannot|refus\w+) to relay\b|\bnot relay\b|\brelaying\b"
    r"|\bnot (?:allowed|permitted) to (?:send|relay)\b"
    r"|\byour (?:account|domain|ip|plan|server|host|client|network|organi[sz]ation|subscription"
    r"|message|mail|connection|service|isp)\b",
    r"\b(?:sandbox|trial (?:account|plan)|billing|payment|unpaid|activate your|not activated"
    r"|not verified|unverified)\b",
)
# The default words of rules about one recipient; Microsoft 365 says so of who does not exist.
RECIPIENT_REFUSED = _any(r"\brecipient (?:address )?(?:rejected|refused|denied)\b")
POLICY = _any(r"\bpolic(?:y|ies)\b|\bprohibited\b|\baccess denied\b|\bnot accepted\b|\bblocked\b")
# The relay's own trouble.
SYSTEM = _any(
    r"\b(?:internal|server|system|software|local|database|lookup|dns|disk|resources?|processing"
    r"|configuration|milter|filter|content scanner|mail system)\b.{0,30}"
    r"\b(?:errors?|fail\w*|problems?|trouble|full|shortage|unavailable|exceeded|crash\w*|timeout"
    r"|timed out|not available)\b",
    r"\binsufficient\b|\bout of (?:memory|disk|resources|space)\b|\bno space left\b|\bdisk full\b"
    r"|\bmaintenance\b|\boverload\w*|\bload (?:average|is|too)\b|\btoo busy\b"
    r"|\bserver (?:is )?busy\b"
    r"|\bservice\b.{0,30}\b(?:unavailable|not available)\b|\bshutting down\b|\bqueue file\b"
    r"|\b(?:cannot|can.t|unable to|not able to) (?:accept|process|handle|queue) (?:mail"
    r"|messages?)\b",
)
# The mailbox, or the system it is on, cannot take the mail now.
NOT_NOW = _any(
    r"\b(?:mail ?box|mail ?dir|inbox|mail ?folder|recipient(?:'s)?|user(?:'s)?|account)\b.{0,60}?"
    r"(?:\bfull\b|over ?quota|\bquota\b|\bstorage\b|\bspace\b|\bbusy\b|\blocked\b)"
    r"|\bover ?quota\b.{0,40}\b(?:mail ?box|user|recipient|account)\b|\bfull mail ?box\b"
    r"|\breceiving mail\b|\bexceeded storage allocation\b|\b(?:mail ?box|recipient"
    r"|user)\b.{0,40}\btemporar\w+",
    r"\bgr[ea]y ?-?list\w*|\bpostgrey\b",
    r"\bunable to route\b|\bno route\b|\bhost (?:unreachable|not reachable)\b"
    r"|\bunverified address\b|\baddress verification\b|\bcall-?out\b",
)
POLITE = _any(
    r"\b(?:again|later|re-?try|come back|wait|temporar\w+|delay\w*|deferr\w+|not now|moment)\b"
)
MESSAGE = _any(
    r"\b(?:message|mail|content|body|data|header|line|attachment|size)\b.{0,40}"
    r"\b(?:too (?:large|big|long)|size|exceeds.{0,30}(?:size|length|bytes))\b",
    r"\bsize limit\b|\blines? too long\b|\bbare [cl][rf]\b|\bvirus\w*|\bmalware\b|\b8-?bit\b"
    r"|\b(?:invalid|malformed|missing|bad|duplicate) (?:subject|header|mime|message|from header"
    r"|content|charset|encoding|date|message-id)\b",
)
# Words that blame the mailbox and nothing else.
NO_SUCH_MAILBOX = _any(
    r"\b(?:no such|unknown|invalid|nonexistent|non-existent|unrecogni[sz]ed|not a (?:known|valid))"
    r" (?:local |virtual |domain |e-?mail )?(?:users?|mailbox|recipients?|address|account|alias)\b",
    r"\b(?:users?|mailbox|recipients?|address|(?<!your )account|alias)\b.{0,80}\b(?:unknown"
    r"|not found|not exist|doesn.t exist|disabled|inactive|suspended|closed|deleted|no longer"
    r"|couldn.t be found)\b",
)
