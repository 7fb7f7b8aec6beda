"""The web: the public form, the pages behind the mails' links, and the subscriber's pages.

A thin shell over ``app``. Everything works without JavaScript; only POST changes anything.
"""
