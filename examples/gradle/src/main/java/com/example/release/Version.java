package com.example.release;

import java.util.Arrays;

/** A version of numbers and dots; parts that are missing are zero. */
public final class Version implements Comparable<Version> {
    private final int[] parts;

    public Version(String text) {
        parts = Arrays.stream(text.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }

    @Override
    public int compareTo(Version other) {
        int length = Math.max(parts.length, other.parts.length);
        for (int index = 0; index < length; index++) {
            int order = Integer.compare(part(index), other.part(index));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private int part(int index) {
        return index < parts.length ? parts[index] : 0;
    }
}
