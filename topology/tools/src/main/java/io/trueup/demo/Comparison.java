package io.trueup.demo;

import io.trueup.replica.entry.StoredEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One replica's table held against the feed, row by row.
 *
 * @param rows rows of live keys in the table
 * @param unequal how many keys are missing, too many or have another value
 * @param sample some of them, at most {@link #SAMPLE}
 */
record Comparison(long rows, long unequal, List<String> sample) {

    static final int SAMPLE = 20;

    boolean equal() {
        return unequal == 0;
    }

    /** Takes the rows of a table one by one. Not thread-safe. */
    static final class Builder {

        private final Map<String, FeedState.Row> expected;
        private final Set<String> seen;
        private final List<String> sample = new ArrayList<>();
        private long rows;
        private long unequal;

        /** @param expected what the feed says, by key; not changed */
        Builder(Map<String, FeedState.Row> expected) {
            this.expected = expected;
            this.seen = new HashSet<>(expected.size() * 4 / 3 + 1);
        }

        void row(StoredEntry entry) {
            rows++;
            String key = new String(entry.key(), StandardCharsets.UTF_8);
            FeedState.Row wanted = expected.get(key);
            if (wanted == null) {
                differs(key, "deleted or never written, but still there");
            } else if (!seen.add(key)) {
                differs(key, "there twice");
            } else if (!wanted.digest().equals(FeedState.digest(entry.value()))) {
                differs(key, "another value");
            } else if (wanted.version() != entry.version()) {
                differs(key, "version " + entry.version() + " instead of " + wanted.version());
            }
        }

        Comparison finish() {
            if (seen.size() < expected.size()) {
                expected.keySet().stream().filter(key -> !seen.contains(key)).forEach(key -> differs(key, "missing"));
            }
            return new Comparison(rows, unequal, List.copyOf(sample));
        }

        private void differs(String key, String how) {
            unequal++;
            if (sample.size() < SAMPLE) {
                sample.add(key + ": " + how);
            }
        }
    }
}
