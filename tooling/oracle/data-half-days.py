"""Reference values for packages/data: the days on which the New York Stock Exchange closed early.

    python tooling/oracle/data-half-days.py > packages/data/test/fixtures/half-days.json

Needs exchange_calendars.
"""

import json
import sys

import exchange_calendars

FIRST, LAST = "1998-01-01", "2025-12-31"

calendar = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST)
early = calendar.early_closes
closes = {str(calendar.closes[day].tz_convert("America/New_York").time()) for day in early}
assert closes == {"13:00:00"}, closes
json.dump(
    {
        "generator": f"exchange_calendars {exchange_calendars.__version__}",
        "first": FIRST,
        "last": LAST,
        "sessions": len(calendar.sessions),
        "halfDays": [str(day.date()) for day in early],
    },
    sys.stdout,
    indent=1,
)
print()
