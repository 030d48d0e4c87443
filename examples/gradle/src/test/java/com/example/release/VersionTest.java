package com.example.release;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class VersionTest {
    @Test
    public void partsAreComparedAsNumbers() {
        assertTrue(order("1.10", "1.9") > 0);
    }

    @Test
    public void theFirstDifferenceDecides() {
        assertTrue(order("2.0.9", "2.1.0") < 0);
    }

    @Test
    public void missingPartsAreZero() {
        assertEquals(0, order("1.0.0", "1"));
        assertTrue(order("1.0.1", "1") > 0);
    }

    private static int order(String one, String other) {
        return new Version(one).compareTo(new Version(other));
    }
}
