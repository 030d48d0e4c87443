package com.example.hours;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalTime;
import org.junit.jupiter.api.Test;

class OpeningHoursTest {
    private final OpeningHours bakery = hours("06:30", "18:00");
    private final OpeningHours bar = hours("22:00", "02:00");

    @Test
    void theFirstMinuteIsOpen() {
        assertTrue(bakery.isOpenAt(LocalTime.parse("06:30")));
        assertFalse(bakery.isOpenAt(LocalTime.parse("06:29")));
    }

    @Test
    void nobodyIsLetInAtClosingTime() {
        assertTrue(bakery.isOpenAt(LocalTime.parse("17:59")));
        assertFalse(bakery.isOpenAt(LocalTime.parse("18:00")));
    }

    @Test
    void aBarIsOpenPastMidnight() {
        assertTrue(bar.isOpenAt(LocalTime.parse("00:30")));
        assertFalse(bar.isOpenAt(LocalTime.parse("12:00")));
    }

    private static OpeningHours hours(String opens, String closes) {
        return new OpeningHours(LocalTime.parse(opens), LocalTime.parse(closes));
    }
}
