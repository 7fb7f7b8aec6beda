"""Lists of subscribers: our own and other programs', in and out.

    bytes --formats--> Record --entries--> Entry --enter--> store
              |                  |
           columns            statuses, time_zones, addresses

``formats`` reads CSV, JSON and plain lists; ``columns`` knows what other programs call things;
``entries`` checks each person and joins their rows, a refusal before everything else; ``enter``
writes them in blocks. ``export`` writes what ``formats`` takes back.
"""
