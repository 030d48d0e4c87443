package com.example.hours;

import java.time.LocalTime;

/** When a shop is open on one day. A shop that opens at 22:00 and closes at 02:00 is open past midnight. */
public final class OpeningHours {
    private final LocalTime opens;
    private final LocalTime closes;

    public OpeningHours(LocalTime opens, LocalTime closes) {
        this.opens = opens;
        this.closes = closes;
    }

    /** Whether somebody who comes at this time is let in; at closing time nobody is. */
    public boolean isOpenAt(LocalTime time) {
        boolean hasOpened = !time.isBefore(opens);
        boolean hasNotClosed = time.isBefore(closes);
        return opens.isBefore(closes) ? hasOpened && hasNotClosed : hasOpened || hasNotClosed;
    }
}
