package io.trueup.audit;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Caveats of an audit, collected from all its threads: doubts, which are reasons why the result is unknown, and notes, which a
 * person should know besides. Thread-safe.
 */
final class Caveats {

    private final Set<String> doubts = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();

    synchronized void doubt(String doubt) {
        doubts.add(doubt);
    }

    synchronized void note(String note) {
        notes.add(note);
    }

    void addAll(Caveats others) {
        others.doubts().forEach(this::doubt);
        others.notes().forEach(this::note);
    }

    synchronized List<String> doubts() {
        return List.copyOf(doubts);
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }
}
