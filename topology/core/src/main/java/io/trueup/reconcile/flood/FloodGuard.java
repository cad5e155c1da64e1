package io.trueup.reconcile.flood;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds repairs of a replica back when so many of its keys would be repaired, in this partition or in all together, that a
 * mistake is likelier than divergence: another partitioner, the wrong topic, a restored backup. Closed for a target until a
 * round finds few divergences again, or a person approves. Where a round ended before it had compared enough to decide, or
 * before the other partitions have reported, repairs wait for the next one. A replica that is filled can wait for an approval,
 * too. What is held back, and approvals, are noted beside the entries: a restart neither opens the guard nor loses an approval.
 * Not thread-safe.
 */
public final class FloodGuard {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "guard/";
    private static final byte VERSION = 1;
    private static final long NONE = Long.MIN_VALUE;

    private final Settings settings;
    private final EntryTable table;
    private final Weighing weighing;
    private final Map<String, Noted> noted = new HashMap<>();
    private final Map<String, Long> approvedUntilMs = new HashMap<>();
    private final TreeMap<String, Long> held = new TreeMap<>();
    /** Targets of which this round has compared too little to decide. */
    private final Set<String> suspended = new HashSet<>();
    /** Targets of which the other partitions have not reported yet. */
    private final Set<String> awaitingOthers = new HashSet<>();
    /** Whether a round has compared everything since the start, or since the owners have changed. */
    private boolean assessed;

    /**
     * How many keys of a target a round would repair.
     *
     * @param divergences estimated from the segments compared
     * @param atMost if all that was not compared in time is as bad as what was
     */
    public record Estimate(long divergences, long atMost) {}

    /** What is noted of a target: the end of an approval, and how many repairs are held back; {@link #NONE} for none. */
    private record Noted(long approvedUntilMs, long held) {}

    /**
     * @param table holds a note for each target that is held back or approved
     * @param totals what the other partitions have found
     */
    public FloodGuard(Settings settings, EntryTable table, int partition, FloodTotals totals) {
        this.settings = settings;
        this.table = table;
        weighing = new Weighing(settings, partition, totals);
        table.notes(PREFIX).forEach(this::read);
    }

    /** A person approves all repairs of a target up to a time; a time that has passed ends an approval. */
    public void approve(String target, long untilMs, long nowMs) {
        if (nowMs <= untilMs) {
            approvedUntilMs.put(target, untilMs);
            held.remove(target);
            suspended.remove(target);
            awaitingOthers.remove(target);
        } else {
            approvedUntilMs.remove(target);
        }
        write(target);
    }

    /** Forgets approvals that have ended. */
    public void expire(long nowMs) {
        List<String> ended = approvedUntilMs.entrySet().stream()
                .filter(approval -> approval.getValue() < nowMs)
                .map(Map.Entry::getKey)
                .toList();
        for (String target : ended) {
            approvedUntilMs.remove(target);
            write(target);
        }
    }

    /**
     * The least number of keys to repair that is a flood in this partition.
     *
     * @param entries live entries of the larger of both sides
     */
    public long minFlood(long entries) {
        return weighing.minFlood((double) entries);
    }

    /**
     * Opens or closes the guard by what a round has found for one target.
     *
     * @param estimate the keys to repair
     * @param entries live entries of the larger of both sides
     * @param whole whether the round has compared all that differs: only then few divergences mean that all is well
     * @param mismatched whether both sides do not seem to hold the same data at all: then any divergence is too many
     */
    public void decide(
            String target, Estimate estimate, long entries, boolean whole, boolean mismatched, long cutMs, long nowMs) {
        suspended.remove(target);
        awaitingOthers.remove(target);
        if (isApproved(target, nowMs)) {
            return;
        }
        boolean tooMany = mismatched && settings.limits().floodFraction() < 1 && estimate.divergences() > 0;
        Weighing.Result result =
                weighing.weigh(target, estimate.divergences(), entries, cutMs, held.containsKey(target));
        if (tooMany || result == Weighing.Result.FLOOD) {
            held.put(target, estimate.divergences());
        } else if (result == Weighing.Result.UNKNOWN) {
            awaitingOthers.add(target);
        } else if (whole) {
            held.remove(target);
        } else if (estimate.atMost() >= minFlood(entries)) {
            suspended.add(target);
        }
        write(target);
    }

    /**
     * A replica is to be filled, and that waits for a person: holds all its repairs back, unless they are approved.
     *
     * @param lacking keys that it lacks
     */
    public void holdBackFill(String target, long lacking, long nowMs) {
        if (!isApproved(target, nowMs)) {
            held.put(target, lacking);
            write(target);
        }
    }

    private boolean isApproved(String target, long nowMs) {
        return approvedUntilMs.getOrDefault(target, NONE) >= nowMs;
    }

    /** A round has compared all owners, and everything in which they differ. */
    public void assessedAll() {
        assessed = true;
    }

    /** Whether a round has compared all owners since the start: before, an open guard means only that nothing was weighed. */
    public boolean hasAssessedAll() {
        return assessed;
    }

    /** The owners have changed: forgets targets that own the partition no longer. */
    public void keepOnly(List<String> owners) {
        assessed = false;
        List<String> left = held.keySet().stream()
                .filter(target -> !owners.contains(target))
                .toList();
        for (String target : left) {
            held.remove(target);
            write(target);
        }
        suspended.retainAll(owners);
        awaitingOthers.retainAll(owners);
        weighing.keepOnly(owners);
    }

    public boolean holdsBack(String target) {
        return held.containsKey(target) || suspended.contains(target) || awaitingOthers.contains(target);
    }

    /** Whether a round has found too much of a target, or what may be too much together with what the other partitions found. */
    public boolean suspects(String target) {
        return held.containsKey(target) || awaitingOthers.contains(target);
    }

    /** Whether repairs of a target wait only until the other partitions have reported. */
    public boolean awaitsOthers(String target) {
        return awaitingOthers.contains(target) && !held.containsKey(target);
    }

    /** What the flood guard awaits, or has decided without all other partitions since the last call, as text; null if nothing. */
    public String takeNote() {
        List<String> notes = new ArrayList<>(weighing.takeNote());
        awaitingOthers.stream()
                .filter(this::awaitsOthers)
                .sorted()
                .map(target -> "repairs of " + target
                        + " wait until the flood guard knows what the other partitions have found")
                .forEach(notes::add);
        return notes.isEmpty() ? null : String.join("; ", notes);
    }

    /** Repairs held back by target, as estimated last. */
    public Map<String, Long> held() {
        return new TreeMap<>(held);
    }

    /** Notes what holds for a target, if it has changed. */
    private void write(String target) {
        Noted now = new Noted(approvedUntilMs.getOrDefault(target, NONE), held.getOrDefault(target, NONE));
        boolean nothing = now.equals(new Noted(NONE, NONE));
        Noted before = nothing ? noted.remove(target) : noted.put(target, now);
        if (nothing && before != null) {
            table.note(PREFIX + target, null);
        } else if (!nothing && !now.equals(before)) {
            table.note(
                    PREFIX + target,
                    new FieldWriter()
                            .tag(VERSION)
                            .number(now.approvedUntilMs())
                            .number(now.held())
                            .toBytes());
        }
    }

    private void read(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        Noted read = new Noted(in.number(), in.number());
        in.end();
        String target = name.substring(PREFIX.length());
        noted.put(target, read);
        if (read.approvedUntilMs() != NONE) {
            approvedUntilMs.put(target, read.approvedUntilMs());
        }
        if (read.held() != NONE) {
            held.put(target, read.held());
        }
    }
}
