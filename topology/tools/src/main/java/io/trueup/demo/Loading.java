package io.trueup.demo;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gives the records of an input once, or again and again under new keys, until there are enough keys. Where a key comes
 * twice, the later record wins, as it does in any feed.
 */
final class Loading {

    private final Supplier<RecordReader> input;
    private final int wanted;
    private final Set<String> keys = new HashSet<>();

    /** @param wanted number of different keys; 0: those of the input, each record once */
    Loading(Supplier<RecordReader> input, int wanted) {
        this.input = input;
        this.wanted = wanted;
    }

    /**
     * Reads all records.
     *
     * @param first takes records with a new key
     * @param again takes records with a key that was there before
     * @return number of different keys
     * @throws BadInputException if the input is malformed or empty
     */
    int forEach(Consumer<SourceRecord> first, Consumer<SourceRecord> again) {
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
