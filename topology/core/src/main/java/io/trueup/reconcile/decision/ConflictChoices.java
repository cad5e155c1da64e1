package io.trueup.reconcile.decision;

import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import io.trueup.tree.VersionVector;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What people have chosen, as long as a repair would be valid. Where repairs depend on what the target holds, each round that
 * finds the conflict takes the chosen side for the winner, over what replicas held before the choice: nobody has seen what arrived
 * since. Where the newest wins, the choice of an entry is carried out at once
 * by the replica that holds it, and again if a later round finds that the conflict stands. Each choice is noted beside the
 * entries, in a note of its own, so that a restart does not lose it. Bounded: the oldest is forgotten first. Not thread-safe.
 */
public final class ConflictChoices {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "choice/";
    private static final byte VERSION = 2;
    /** Did not note when a choice was heard of. */
    private static final byte EARLIER_VERSION = 1;

    private static final int MAX_CHOICES = 5_000;

    /**
     * What was chosen.
     *
     * @param heardMs when this reconciler has heard of it
     * @param version {@link Long#MIN_VALUE} for a replica that holds nothing
     */
    private record Chosen(
            long heardMs, String replica, long version, Hash128 digest, VersionVector merged, long untilMs) {

        boolean isAbsence() {
            return version == Long.MIN_VALUE;
        }
    }

    /** When a choice is to be carried out again, and how long to wait after that. */
    private record Turn(long nextMs, long pauseMs) {}

    private final boolean newestWins;
    private final long pauseMs;

    private final EntryTable table;
    /** By key hash, the oldest first. */
    private final Map<Hash128, Chosen> byKey = new LinkedHashMap<>();
    /** Of choices that were carried out since the start. */
    private final Map<Hash128, Turn> turns = new HashMap<>();

    /** Reads what was noted. */
    public ConflictChoices(Settings settings, EntryTable table) {
        this.newestWins = settings.rules().newestWins();
        this.pauseMs = settings.times().repairTimeoutMs();
        this.table = table;
        table.notes(PREFIX).forEach(this::forgetEarlierVersion);
        table.notes(PREFIX).entrySet().stream()
                .map(note -> Map.entry(
                        Hash128.parse(note.getKey().substring(PREFIX.length())),
                        decode(note.getKey(), note.getValue())))
                .sorted(Comparator.comparingLong(choice -> choice.getValue().untilMs()))
                .forEach(choice -> byKey.put(choice.getKey(), choice.getValue()));
    }

    /** A conflict that stands is listed still, and can be decided again. */
    private void forgetEarlierVersion(String name, byte[] note) {
        if (note.length > 0 && note[0] == EARLIER_VERSION) {
            table.note(name, null);
        }
    }

    /** A person has chosen a side of a conflict. */
    public void chosen(Hash128 keyHash, Choice choice, long nowMs) {
        byKey.remove(keyHash);
        turns.remove(keyHash);
        if (byKey.size() >= MAX_CHOICES) {
            forget(byKey.keySet().iterator().next());
        }
        Chosen chosen = new Chosen(
                nowMs, choice.replica(), choice.version(), choice.digest(), choice.merged(), choice.untilMs());
        byKey.put(keyHash, chosen);
        table.note(name(keyHash), encode(chosen));
    }

    /** Forgets choices that are not valid any more. */
    public void expire(long nowMs) {
        byKey.entrySet().removeIf(choice -> {
            boolean expired = choice.getValue().untilMs() < nowMs;
            if (expired) {
                turns.remove(choice.getKey());
                table.note(name(choice.getKey()), null);
            }
            return expired;
        });
    }

    /** The findings of a key with its conflict decided as chosen, if its chosen side still stands. */
    public List<Finding> decide(Hash128 keyHash, KeyAtCut key, List<Finding> findings, Resolver resolver, long nowMs) {
        Chosen chosen = byKey.get(keyHash);
        if (chosen == null
                || chosen.untilMs() < nowMs
                || newestWins && !chosen.isAbsence()
                || !isDecidedBy(chosen, key, findings)) {
            return findings;
        }
        List<Finding> decided = resolver.chosen(
                key, chosen.replica(), chosen.version(), chosen.digest(), chosen.merged(), chosen.heardMs());
        return decided.isEmpty() ? findings : decided;
    }

    /**
     * Conflicts are decided by a choice. Where absence was chosen, so is what a rule finds in a round in which other replicas were
     * heard, unless the winner was written since: otherwise the rule would fill the chosen replica, or take back a delete that was chosen.
     */
    private static boolean isDecidedBy(Chosen chosen, KeyAtCut key, List<Finding> findings) {
        return findings.stream()
                .anyMatch(finding -> finding.isConflict()
                        || chosen.isAbsence() && key.wasHeldAt(finding.winner(), chosen.heardMs()));
    }

    /**
     * The choice of what a replica holds, if it is to be carried out now, by that replica: at first, and then again after a pause
     * that grows, where the newest wins. Null if it is not.
     *
     * @param key the record key
     */
    public Choice turn(Hash128 keyHash, byte[] key, String replica, long nowMs) {
        Chosen chosen = byKey.get(keyHash);
        Turn turn = turns.getOrDefault(keyHash, new Turn(nowMs, pauseMs));
        if (!newestWins
                || chosen == null
                || chosen.isAbsence()
                || chosen.untilMs() < nowMs
                || !chosen.replica().equals(replica)
                || nowMs < turn.nextMs()) {
            return null;
        }
        turns.put(keyHash, new Turn(nowMs + turn.pauseMs(), 2 * turn.pauseMs()));
        return new Choice(key, replica, chosen.version(), chosen.digest(), chosen.merged(), chosen.untilMs());
    }

    /** Each choice is carried out again by the next round that finds its conflict: what was not sent before may be sent now. */
    public void carryOutAgain() {
        turns.clear();
    }

    private void forget(Hash128 keyHash) {
        byKey.remove(keyHash);
        turns.remove(keyHash);
        table.note(name(keyHash), null);
    }

    private static String name(Hash128 keyHash) {
        return PREFIX + keyHash;
    }

    private static byte[] encode(Chosen chosen) {
        FieldWriter out = new FieldWriter()
                .tag(VERSION)
                .number(chosen.heardMs())
                .number(chosen.untilMs())
                .number(chosen.version())
                .number(chosen.digest().hi())
                .number(chosen.digest().lo())
                .text(chosen.replica());
        if (chosen.merged() != null) {
            chosen.merged()
                    .counters()
                    .forEach((writer, counter) -> out.text(writer).number(counter));
        }
        return out.toBytes();
    }

    private static Chosen decode(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        long heardMs = in.number();
        long untilMs = in.number();
        long version = in.number();
        Hash128 digest = new Hash128(in.number(), in.number());
        String replica = in.text();
        Map<String, Long> merged = new HashMap<>();
        while (!in.atEnd()) {
            merged.put(in.text(), in.number());
        }
        return new Chosen(
                heardMs, replica, version, digest, merged.isEmpty() ? null : VersionVector.of(merged), untilMs);
    }
}
