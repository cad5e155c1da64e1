package io.trueup.reconcile.decision;

import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What people have chosen where repairs depend on what the target holds: each round that finds the conflict takes the chosen
 * side for the winner, as long as a repair would be valid. Each choice is noted beside the entries, in a note of its own, so
 * that a restart does not lose it. Bounded: the oldest is forgotten first. Not thread-safe.
 */
public final class ConflictChoices {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "choice/";
    private static final byte VERSION = 1;
    private static final int MAX_CHOICES = 5_000;

    private record Chosen(String replica, long version, Hash128 digest, long untilMs) {}

    private final EntryTable table;
    /** By key hash, the oldest first. */
    private final Map<Hash128, Chosen> byKey = new LinkedHashMap<>();

    /** Reads what was noted. */
    public ConflictChoices(EntryTable table) {
        this.table = table;
        table.notes(PREFIX).entrySet().stream()
                .map(note -> Map.entry(
                        Hash128.parse(note.getKey().substring(PREFIX.length())),
                        decode(note.getKey(), note.getValue())))
                .sorted(Comparator.comparingLong(choice -> choice.getValue().untilMs()))
                .forEach(choice -> byKey.put(choice.getKey(), choice.getValue()));
    }

    /** A person has chosen a side of a conflict. */
    public void chosen(Hash128 keyHash, Choice choice) {
        byKey.remove(keyHash);
        if (byKey.size() >= MAX_CHOICES) {
            forget(byKey.keySet().iterator().next());
        }
        Chosen chosen = new Chosen(choice.replica(), choice.version(), choice.digest(), choice.untilMs());
        byKey.put(keyHash, chosen);
        table.note(name(keyHash), encode(chosen));
    }

    /** Forgets choices that are not valid any more. */
    public void expire(long nowMs) {
        byKey.entrySet().removeIf(choice -> {
            boolean expired = choice.getValue().untilMs() < nowMs;
            if (expired) {
                table.note(name(choice.getKey()), null);
            }
            return expired;
        });
    }

    /** The findings of a key with its conflict decided as chosen, if its chosen side still stands. */
    public List<Finding> decide(Hash128 keyHash, KeyAtCut key, List<Finding> findings, Resolver resolver, long nowMs) {
        Chosen chosen = byKey.get(keyHash);
        if (chosen == null || chosen.untilMs() < nowMs || findings.stream().noneMatch(Finding::isConflict)) {
            return findings;
        }
        List<Finding> decided = resolver.chosen(key, chosen.replica(), chosen.version(), chosen.digest());
        return decided.isEmpty() ? findings : decided;
    }

    private void forget(Hash128 keyHash) {
        byKey.remove(keyHash);
        table.note(name(keyHash), null);
    }

    private static String name(Hash128 keyHash) {
        return PREFIX + keyHash;
    }

    private static byte[] encode(Chosen chosen) {
        return new FieldWriter()
                .tag(VERSION)
                .number(chosen.untilMs())
                .number(chosen.version())
                .number(chosen.digest().hi())
                .number(chosen.digest().lo())
                .text(chosen.replica())
                .toBytes();
    }

    private static Chosen decode(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        long untilMs = in.number();
        long version = in.number();
        Hash128 digest = new Hash128(in.number(), in.number());
        String replica = in.text();
        in.end();
        return new Chosen(replica, version, digest, untilMs);
    }
}
