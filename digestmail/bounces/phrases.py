"""The families of phrases by which mail servers say why they refused a mail, in English.

The patterns are looked for in the text of ``classify.normalised``: lower case, single blanks, no
addresses, links, host names or status codes. Each family joins its phrases in other languages.
"""

import re

from digestmail.bounces import phrases_abroad as abroad


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


_SUBJECT = r"(?:users?|mail ?box|recipients?|addressee|address(?:es)?|account|alias|local[- ]part)"
_GAP = r"(?:[^.;!]|\.(?=\w)){0,%d}?"  # within a sentence; names have full stops too
_MAILBOX = r"(?:mail ?box|mail ?dir|mail ?folder|in-?box|account|recipient|user|database|store)"

# The reader gets too much mail at once, from whomever.
RECEIVER_RATE = _any(
    r"\breceiving (?:mail|messages|e-?mail) (?:too|at a rate)",
    r"\bexceed\w* (?:their|its|his|the) (?:limit for|receiving|message receiv)"
    r"|\breceiving limits?\b",
    r"\brecipient thread limit",
)

# Our sender, our server's name and address, our lack of a login.
SENDER_REFUSED = _any(
    r"\b(?:sender|mail ?from|return[- ]path|envelope[- ](?:from|sender)|originator)(?:'s)?"
    r"(?: e-?mail)?(?: address| domain)? ?(?:is |was |has been |:)?(?: ?rejected|denied|refused"
    r"|unknown"
    r"|invalid|blocked|undefined|not (?:allowed|accepted|permitted|verified|found|valid|in\b|on\b"
    r"|authenticated|authori[sz]ed|pre-?approved|exist)|does(?: not|n.t) exist|verif\w+)",
    r"\b(?:unknown|invalid|bad|forged|unverified|null|empty|unroutable) (?:envelope )?sender"
    r"|\bverif\w+ failed for\b|\bcallout verification|\bdomain of sender\b|\bsender(?:'s)? domain\b"
    r"|\bsendernot\w+|\bsendasdenied|'?send mail as'? (?:feature|account)"
    r"|\bbackscatter|\bbounce attack|\bsender (?:isn.t|is not)\b",
    r"\b(?:helo|ehlo)\b.{0,30}\b(?:reject|refus|invalid|denied|requires|mismatch|impersonat|not\b)"
    r"|\b(?:bad|invalid) (?:helo|ehlo)\b|\bmy name was rejected\b"
    r"|\bclient (?:host|was|is|address)\b.{0,20}\b(?:rejected|blocked|denied|not auth)",
    r"\brcpthosts\b|\brelay(?:ing)?\b.{0,30}\b(?:denied|prohibit|not (?:permitted|allowed)"
    r"|disallow|forbid|refused|reject)|\bto relay\b|\bopen relay|\bnot relay\b|\bno relaying",
    r"\bauthenticat(?:e|ion)\b.{0,30}\b(?:required|failed|failure|first|credentials|with|check"
    r"|not pass)|\bunauthenticated|\bnot authenticated|\bauthrequired|\bmust authenticate"
    r"|\bstarttls\b|\b(?:tls|encryption)\b.{0,20}\brequired|\brequires? (?:encryption|tls)",
    r"\b(?:not|n.t) (?:authori[sz]ed|allowed|permitted|entitled) to (?:send|post|submit|connect"
    r"|deliver|use|relay|mail)|\byou(?: are|.re) not (?:allowed|permitted|authori[sz]ed|subscribed)"
    r"|\bidentit(?:y|ies)\b.{0,20}\b(?:failed|not verified)|\bis not verified\b",
    r"\bmail ?from\b.{0,30}\bnot owned|\bdoes(?: not|n.t) accept (?:mail|messages|e-?mail) from\b"
    r"|\bonly accept\w* (?:mail|messages|e-?mail) from|\brejected by recipients?\b"
    r"|\brecipient preferences|\buser (?:refuses|rejects)\b|\bsenders? (?:list|policy)\b"
    r"|\bfrom this sender\b|\bnon-?member|\bmembers[- ]only",
)

# What they think of us: block lists, spam, reputation, authentication of mail, names in the DNS.
REPUTATION = _any(
    r"\b(?:black|block|deny|ban)[- ]?list\w*|\b(?:dns|u|s|x|p|d)[bu]l\b|\bdnsbl\w*|\brbls?\b"
    r"|\bspamhaus|\bspamcop|\bsorbs\b|\buceprotect|\bbarracuda|\babuseat|\bsbrs\b|\bsenderscore"
    r"|\bsenderbase|\bblocklisted",
    r"\bblocked\b|\bbanned\b|\bspam\w*|\banti-?spam|\bunsolicited|\bjunk\w*|\bbulk e?-?mail"
    r"|\bube\b|\bphish\w*|\bvirus\w*|\bmalware|\binfected|\bsuspicious|\bsuspicion|\bsuspected"
    r"|\breputation|\babus(?:e|ive)\b|\bcomplaints?\b|\banti-?spoof\w*|\bspoof(?:ed|ing)\b"
    r"|\bprofanity|\bdt:sp\w+|\bmi:\w+|\bspf\b|\bdkim\b|\bdmarc\b|\bdomainkeys|\bsender id\b",
    r"\breverse.?(?:dns|hostname|lookup)|\brdns\b|\bptr\b|\bcannot find your (?:reverse )?hostname"
    r"|\bcannot resolve your|\bdynamic ip|\bgeneric (?:dns|hostname|rdns)",
    r"\bips?\b.{0,40}\b(?:listed|rejected|refused|denied|not (?:allowed|accepted|permitted)"
    r"|limited)"
    r"|\b(?:traffic|mail|connections?) (?:is )?not accepted from|\bnot accept\w* .{0,20}\bfrom your"
    r"|\byour (?:access|network|mail server|server|ip|host)\b.{0,60}\b(?:rejected|denied|refused"
    r"|limited|not (?:allowed|permitted))|\baccess to .{0,40}\bhas been rejected",
    r"\badministrative prohibition|\bpermanently deferred|\bpolicy (?:reasons|restrictions)"
    r"|\b(?:local|security|due to) polic(?:y|ies)|\bpolic(?:y|ies) (?:violation|rejection)"
    r"|\brejected[- ]by[- ].{0,20}filter|\bheader[- ]based",
)

# We send too much, too fast, or more than we may.
SENDER_RATE = _any(
    r"\brate[- ]?limit\w*|\bthrottl\w+|\bfrequency limit\w*|\bslow down\b|\bunusual rate"
    r"|\b(?:excessive|unexpected|high) volume|\b(?:sending|sent) too (?:many|much|fast|often)"
    r"|\bsent to too many|\bmessage rate|\bsending rate|\bmail rate",
    r"\btoo (?:many|much|frequent|fast)\b.{0,20}\b(?:connections?|connects|messages|mails?"
    r"|e-?mails?"
    r"|recipients|rcpts|requests|sessions|errors|transactions|attempts|commands"
    r"|invalid)\b(?! data)",
    r"\byou(?:.ve| have)? (?:exceeded|reached|sent too)\b|\byour (?:sending|daily|hourly|message"
    r"|mail) "
    r"(?:limit|quota|rate)",
    r"\b(?:hourly|daily|sending|outbound|submission|connection|concurrency|messages?)"
    r" (?:user |message |mail |e-?mail |sending |rate |thread )*(?:limit|quota|rate)s?\b"
    r".{0,20}\b(?:exceed|reach|hit)",
    r"\bexceed\w*\b.{0,40}\b(?:number of (?:messages|mails|e-?mails|recipients|connections)|rate\b"
    r"|(?:messages|mails|e-?mails|recipients) (?:per|this|in|allowed|limit)|per (?:hour|day|minute)"
    r"|threshold)|\bmax(?:imum)? (?:number of )?(?:connections|messages? per)|\bper (?:hour"
    r"|minute)\b",
)

# Something has to be tried again; words such as these outweigh that a mailbox is not there.
GREYLIST = _any(r"\bgr[ea]y-?list\w*")
TEMPORARY = _any(
    r"\btemporar\w+|\btransient|\bunverified address|\btry (?:again )?later"
    r"|\b(?:come|call) back later|\bplease (?:try|retry|resend).{0,30}\blater\b|\bdeferred\b"
    r"|\b(?:unable to|could ?n.t|could not|cannot) (?:be )?verif\w+|\bverification (?:in progress"
    r"|unavailable|timed?)|\blookup (?:failure|error|failed|timed?)|\bhost not found, try again"
    r"|\bcurrently (?:un|not )available|\bnot currently available"
)

MAILBOX_FULL = _any(
    rf"\b{_MAILBOX}(?:'s|s)?\b{_GAP % 60}\b(?:full|over ?-?quota|quota|exceed\w*|space|storage"
    r"|over (?:its|their|the|disk)|too many messages)\b",
    r"\bover ?-?quota\b|\bquota (?:exceeded|violation|usage|has been)"
    r"|\bexceed\w*[^.;!]{0,40}\bquota"
    r"|\bquotaexceeded|\bover[^.;!]{0,20}\bquota|\bfull mail ?box|\bmailboxfull|\bis full\b"
    r"|\bexceeded storage allocation|\b(?:disk|disc|size) quota|\bquota\b[^.;!]{0,20}\bexceed"
    r"|\bno room in\b",
    r"\b(?:not enough|insufficient|does not have enough|out of|no) [^.;!]{0,20}\b(?:space|storage"
    r"|disk)\b|\btoo much mail data|\bblocks limit|\binode limit|\bspace has been used up",
    *abroad.MAILBOX_FULL,
)

# No such mailbox, or one that is closed for good, in words that mean nothing else.
NO_SUCH_MAILBOX = _any(
    r"\b(?:no such|unknown|invalid|non-? ?existent|unrecogni[sz]ed|not a (?:known|valid)|bad"
    r"|illegal"
    r"|malformed|undefined|incorrect) (?:or (?:illegal|unknown|inactive|invalid) )?(?:local "
    r"|virtual "
    r"|destination |domain |email |e-mail |internal )*(?:users?|mail ?box|recipients?"
    r"|address(?:es)?|account|alias|person|local[- ]?part|rcpt|user ?name)\b(?! error)",
    rf"\b{_SUBJECT}\b{_GAP % 90}\b(?:unknown|not known|not found|not recogni[sz]ed|not listed"
    r"|non-?existent|undeliverable address|does(?: not|n.t) exist|do not exist|didn.t exist"
    r"|not exist|\w+n.t (?:be )?found|\w+n.t exist|not be found|doesn.t have an?|not (?:a )?valid"
    r"|not active|no longer (?:exists?|valid|active|available|in use|on|with|works?|employed)"
    r"|(?:has|have|is|was|been|are)(?: been)? (?:closed|deleted|removed|deactivated|terminated"
    r"|disabled|discontinued|suspended|inactive|cancell?ed|expired|frozen|invalid))\b",
    rf"\b{_SUBJECT} (?:disabled|inactive|suspended|closed|deleted|removed|deactivated|terminated"
    r"|discontinued|expired|invalid)\b|\b(?:disabled|inactive|deactivated|closed|deleted) "
    r"(?:or discontinued )?(?:e-?mail )?(?:user|mail ?box|recipient|address|account)\b",
    r"\bno (?:mail ?box (?:here|by|found|available for)|valid recipients|account (?:by|with)"
    r"|user (?:by|with)|one at this)|\bnobody by that name|\bno such (?:domain|e-?mail)\b"
    r"|\bunrout(?:e)?able address\b|\brequested (?:mail )?action (?:not taken|aborted)[:,]"
    r" mail ?box (?:unavailable|not found)|\bnot (?:our|a) customer\b|\buser not local\b"
    r"|\bvalidrcptto\b|\bbadrcptto\b|\b(?:recip(?:ient)?|user|mailbox)_?(?:not_?found|unknown)\b"
    r"|\bex?recip(?:ient)?notfound|\badr\.\w*notfound|\bnot (?:an? )?(?:active|local|registered"
    r"|existing|recogni[sz]ed|valid) (?:user|mail ?box|recipient|e-?mail|address|account)\b",
    r"\bis no longer valid\b|\bno longer accepts (?:mail|messages|e-?mail)\b|\bhas (?:moved away"
    r"|left (?:the|our))\b"
    r"|\bno longer (?:with|works for|employed)\b|\bno longer on (?:this )?server\b",
    r"\bdomain (?:name )?(?:not found|does not exist|doesn.t exist|unknown)\b|\bunknown domain\b"
    r"|\bhost unknown\b|\bnxdomain\b|\bnull ?mx\b|\bnull mx\b|\bany host named\b"
    r"|\bdoes not accept (?:e-?)?mail\b(?! from)",
    *abroad.NO_SUCH_MAILBOX,
)

# The recipient is refused and it is not said why: only beside a code that names the mailbox.
RECIPIENT_REFUSED = _any(
    rf"\b{_SUBJECT}\b{_GAP % 40}\b(?:rejected|refused|unavailable|not available|not accepted"
    r"|denied)\b|\bdoes not like recipient\b|\brejected (?:address|recipient)"
    r"|\b(?:rejected|refused|unavailable) (?:mail ?box|recipient|address|user)\b"
)

# Rules, content and size: the mail's or the sender's fault, in words that can stand beside others.
REFUSED = _any(
    r"\bpolic(?:y|ies)\b|\bprohibit\w*|\brestrict\w*|\bforbidden\b|\bnot (?:allowed|permitted"
    r"|accepted|authori[sz]ed)|\baccess denied\b|\bfilter\w*|\bquarantin\w+|\bunacceptable"
    r"|\bsecurity\b",
    r"\b(?:content|attachment)\b|\b(?:message|mail|e-?mail) (?:was |has been |is )?(?:refused"
    r"|rejected|denied|not accepted|filtered)|\brejected for\b|\bwas rejected\b|\bmail rejected\b",
    r"\btoo (?:large|big)\b|\b(?:message|line|header)s? too long\b|\b(?:message|mail"
    r"|size)\b.{0,20}\bexceed\w*|\bsize limit"
    r"|\bexceed\w*.{0,40}\b(?:size|maximum)\b|\bdelivery not authori|\bnotauthori[sz]ed"
    r"|\bnot accepting (?:messages|mail|connections)|\bno smtp service|\bis listed\b|\blisted (?:at"
    r"|in|on|by)\b|\bbad (?:dns|header)|\bprotocol (?:error|violation)|\brfc ?\d{3,4}\b",
)

NOT_NOW = _any(
    r"\btimed? ?out\b|\btimeout\b|\btemp_failure|\bconnection (?:was )?(?:dropped|refused|reset"
    r"|lost)"
    r"|\blost connection|\bcould not (?:initiate|connect)|\bcannot connect|\bnot found\b"
    r"|\bloops? back|\bunrout(?:e)?able (?:mail )?domain|(?<!not going to )\btry again"
    r"|\bhops?\b|\bmail loop|\bforwarding loop|\bretry time|\bqueue too long|\bexpired\b|\bbusy\b"
    r"|\bunreachable|\bno route|\bsystem error|\binternal error|\bservice (?:not|un)"
)
POLICY = (SENDER_REFUSED, SENDER_RATE, REPUTATION, _any(*abroad.POLICY))
