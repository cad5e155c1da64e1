package io.trueup.demo.feed;

import io.trueup.replica.entry.StoredEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The result of comparing one replica's table with the feed, row by row.
 *
 * @param rows number of live rows in the table
 * @param unequal number of keys that are missing, should not be there, or have another value or version
 * @param sample descriptions of some of these, at most {@link #MAX_SAMPLE}
 */
public record TableComparison(long rows, long unequal, List<String> sample) {

    public static final int MAX_SAMPLE = 20;

    public boolean equal() {
        return unequal == 0;
    }

    /** Takes the rows of a table one by one. Not thread-safe. */
    public static final class Builder {

        private final Map<String, FeedState.Row> expected;
        private final Set<String> seen;
        private final List<String> sample = new ArrayList<>();
        private long rows;
        private long unequal;

        /**
         * A comparison that has seen no rows yet.
         *
         * @param expected the rows according to the feed, by key; not changed
         */
        public Builder(Map<String, FeedState.Row> expected) {
            this.expected = expected;
            this.seen = new HashSet<>(expected.size() * 4 / 3 + 1);
        }

        public void row(StoredEntry entry) {
            rows++;
            String key = new String(entry.key(), StandardCharsets.UTF_8);
            FeedState.Row inFeed = expected.get(key);
            if (inFeed == null) {
                differs(key, "not in the feed, or deleted there");
            } else if (!seen.add(key)) {
                differs(key, "stored twice");
            } else if (!inFeed.digest().equals(FeedState.digest(entry.value()))) {
                differs(key, "different value");
            } else if (inFeed.version() != entry.version()) {
                differs(key, "version " + entry.version() + " instead of " + inFeed.version());
            }
        }

        public TableComparison finish() {
            if (seen.size() < expected.size()) {
                expected.keySet().stream().filter(key -> !seen.contains(key)).forEach(key -> differs(key, "missing"));
            }
            return new TableComparison(rows, unequal, List.copyOf(sample));
        }

        private void differs(String key, String how) {
            unequal++;
            if (sample.size() < MAX_SAMPLE) {
                sample.add(key + ": " + how);
            }
        }
    }
}
