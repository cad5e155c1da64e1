package io.trueup.audit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Caveats of an audit, collected from all its threads: doubts, which are reasons why the result is unknown, and notes, which a
 * person should know besides. Thread-safe.
 */
final class Caveats {

    private static final int MAX_EXAMPLES = 3;

    private final Set<String> doubts = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();
    private final Map<String, Unreadable> unreadable = new TreeMap<>();

    /**
     * Records of one replica that cannot be read in its format.
     *
     * @param replica the replica as it was asked for
     * @param partitions the partitions that contain such records
     * @param records how many there are
     * @param examples some of them, with place and reason
     */
    record Unreadable(AuditedReplica replica, Set<Integer> partitions, long records, List<String> examples) {

        Unreadable and(Unreadable more) {
            Set<Integer> both = new LinkedHashSet<>(partitions);
            both.addAll(more.partitions);
            List<String> all = new ArrayList<>(examples);
            all.addAll(more.examples);
            return new Unreadable(
                    replica, both, records + more.records, all.subList(0, Math.min(MAX_EXAMPLES, all.size())));
        }

        String text() {
            String where = partitions.size() == 1
                    ? replica.topic() + "-" + partitions.iterator().next()
                    : partitions.size() + " partitions of " + replica.topic();
            return records + (records == 1 ? " record" : " records") + " of " + where + " cannot be read as "
                    + replica.format() + ": their information about " + replica.name() + " is missing. "
                    + String.join("; ", examples) + (records > examples.size() ? "; …" : "") + ".";
        }
    }

    synchronized void doubt(String doubt) {
        doubts.add(doubt);
    }

    synchronized void note(String note) {
        notes.add(note);
    }

    /** Records cannot be read. That is one doubt for each replica, however many partitions contain such records. */
    synchronized void unreadable(Unreadable found) {
        unreadable.merge(found.replica().name(), found, Unreadable::and);
    }

    synchronized void addAll(Caveats others) {
        doubts.addAll(others.doubts);
        notes.addAll(others.notes);
        others.unreadable.values().forEach(this::unreadable);
    }

    synchronized List<String> doubts() {
        List<String> all = new ArrayList<>();
        unreadable.values().forEach(found -> all.add(found.text()));
        all.addAll(doubts);
        return all;
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }
}
