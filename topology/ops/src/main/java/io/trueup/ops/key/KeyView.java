package io.trueup.ops.key;

import io.trueup.command.OpenConflict;
import java.util.List;
import java.util.Optional;

/**
 * What was found about one key. Immutable, except the array of the key, which must not be changed.
 *
 * @param key the record key
 * @param partition the partition of the dataset that it lies in
 * @param segment its segment in the trees
 * @param timeMs when it was read
 * @param verdict whether the replicas agree, and what wins
 * @param holdings what each owner of the partition holds, in order of name
 * @param conflict the open conflict of the key, if there is one
 * @param lines what has happened to it, in order of time, the latest at most
 * @param olderLines how many lines were read that are left out because they are older
 * @param ranges what was read of each topic
 */
public record KeyView(
        byte[] key,
        int partition,
        int segment,
        long timeMs,
        KeyVerdict verdict,
        List<Holding> holdings,
        Optional<OpenConflict> conflict,
        List<KeyLine> lines,
        int olderLines,
        List<ReadRange> ranges) {

    /** Whether there are records that were not read: older ones, or those of a topic that cannot be read. */
    public boolean isPartial() {
        return ranges.stream().anyMatch(range -> !range.isWhole());
    }
}
