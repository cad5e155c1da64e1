package io.trueup.demo.feed;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Passes on the records of an input, once or repeatedly under new keys, until there are enough keys. If a key occurs twice, the
 * later record wins, as in any feed.
 */
public final class RecordLoader {

    private final Supplier<RecordReader> input;
    private final int wanted;
    private final Set<String> keys = new HashSet<>();

    /**
     * A loader that opens the input once for each pass.
     *
     * @param wanted number of different keys; 0 reads each record of the input once
     */
    public RecordLoader(Supplier<RecordReader> input, int wanted) {
        this.input = input;
        this.wanted = wanted;
    }

    /**
     * Reads all records.
     *
     * @param first receives records with a new key
     * @param again receives records with a key that occurred before
     * @return number of different keys
     * @throws BadInputException if the input is malformed or empty
     */
    public int forEach(Consumer<SourceRecord> first, Consumer<SourceRecord> again) {
        for (int pass = 1; pass == 1 || keys.size() < wanted; pass++) {
            pass(pass, first, again);
            if (keys.isEmpty()) {
                throw new BadInputException("the input has no records");
            }
        }
        return keys.size();
    }

    private void pass(int pass, Consumer<SourceRecord> first, Consumer<SourceRecord> again) {
        try (RecordReader reader = input.get()) {
            while (reader.hasNext() && !enough()) {
                SourceRecord read = reader.next();
                SourceRecord record = pass == 1 ? read : read.withKey(read.key() + "~" + pass);
                if (keys.add(record.key())) {
                    first.accept(record);
                } else {
                    again.accept(record);
                }
            }
        }
    }

    private boolean enough() {
        return wanted > 0 && keys.size() >= wanted;
    }
}
