package io.trueup.history;

import io.trueup.topic.Place;
import java.util.ArrayList;
import java.util.List;

/** Malformed records of a replay: their number, and the first of them. Thread-safe. */
public final class UnreadableRecords {

    private static final int MAX_NAMED = 5;

    private final List<String> first = new ArrayList<>();
    private long count;

    synchronized void add(Place place, String reason) {
        count++;
        if (first.size() < MAX_NAMED) {
            first.add(place + ": " + reason);
        }
    }

    /** How many there are. */
    public synchronized long count() {
        return count;
    }

    /** The first of them, with place and reason. */
    public synchronized List<String> first() {
        return List.copyOf(first);
    }
}
