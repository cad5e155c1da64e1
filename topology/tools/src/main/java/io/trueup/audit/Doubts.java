package io.trueup.audit;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Gathers why an audit cannot tell, and what else a person should know, from all its threads. Thread-safe. */
final class Doubts {

    private final Set<String> doubts = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();

    synchronized void add(String doubt) {
        doubts.add(doubt);
    }

    synchronized void note(String note) {
        notes.add(note);
    }

    synchronized List<String> all() {
        return List.copyOf(doubts);
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }
}
