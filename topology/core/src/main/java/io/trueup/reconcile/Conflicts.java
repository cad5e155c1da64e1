package io.trueup.reconcile;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding.Disagreement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The conflicts that this reconciler has reported: each is reported when it is first seen, when its sides change, again with
 * growing pauses while it stands, and when it is settled. A conflict is settled only when all owners were seen to hold the same.
 * Conflicts that another replica reports are followed, so that they can be settled if that replica ceases to be an owner.
 *
 * <p>Each conflict is noted beside the entries, in a note of its own, so that one that is settled over a restart does not stay
 * in the list of conflicts. Bounded. Not thread-safe.
 */
final class Conflicts {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "conflict/";
    /** One note of all reported conflicts: read and replaced by a note for each. */
    private static final String FORMER_NOTE = "conflicts";

    private static final byte VERSION = 1;
    private static final byte REPORTED = 1;
    private static final byte FOLLOWED = 0;

    private static final int MAX_REPORTED = 5_000;
    private static final int MAX_FOLLOWED = 5_000;
    private static final int MAX_DOUBLINGS = 10;

    private final Settings settings;
    private final EntryTable table;
    private final Outbox outbox;
    private final Map<Hash128, Reported> reported = new LinkedHashMap<>();
    /** Conflicts that other replicas report. */
    private final Map<Hash128, Followed> followed = new LinkedHashMap<>();

    Conflicts(Settings settings, EntryTable table, Outbox outbox) {
        this.settings = settings;
        this.table = table;
        this.outbox = outbox;
        readFormerNote();
        table.notes(PREFIX).forEach(this::read);
    }

    private static final class Reported {
        private final byte[] key;
        private List<Side> sides = List.of();
        private Conflict.Reason reason;
        private int times;
        private long nextCutMs;

        Reported(byte[] key) {
            this.key = key;
        }
    }

    /** @param holders the replicas that hold one of its sides, in order of name: the first one reports it */
    private record Followed(byte[] key, List<String> holders) {}

    /**
     * A conflict stands at a cut.
     *
     * @param holders the replicas that hold one of its sides, in order of name; the first one reports the conflict
     */
    void stands(Hash128 keyHash, byte[] key, Disagreement disagreement, List<String> holders, long cutMs) {
        if (holders.get(0).equals(settings.replica())) {
            report(keyHash, key, disagreement, cutMs);
        } else if (!reported.containsKey(keyHash)) {
            follow(keyHash, key, holders);
        }
    }

    private void report(Hash128 keyHash, byte[] key, Disagreement disagreement, long cutMs) {
        List<Side> sides = disagreement.sides();
        Reported before = reported.get(keyHash);
        if (before == null) {
            if (reported.size() >= MAX_REPORTED) {
                return;
            }
            before = new Reported(key);
            reported.put(keyHash, before);
            followed.remove(keyHash);
            table.note(name(keyHash), note(REPORTED, key, List.of()));
        }
        if (before.reason != disagreement.reason() || !sameVersions(before.sides, sides)) {
            before.times = 0;
        } else if (cutMs < before.nextCutMs) {
            return;
        }
        before.sides = sides;
        before.reason = disagreement.reason();
        before.nextCutMs = cutMs + (settings.times().repairTimeoutMs() << Math.min(before.times++, MAX_DOUBLINGS));
        outbox.conflict(new Conflict(key, keyHash, cutMs, disagreement.reason(), sides));
    }

    private static boolean sameVersions(List<Side> a, List<Side> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            EntrySummary left = a.get(i).entry();
            EntrySummary right = b.get(i).entry();
            if (!a.get(i).replicas().equals(b.get(i).replicas())
                    || left.version() != right.version()
                    || !left.digest().equals(right.digest())) {
                return false;
            }
        }
        return true;
    }

    private void follow(Hash128 keyHash, byte[] key, List<String> holders) {
        Followed before = followed.get(keyHash);
        boolean known = before != null && before.holders().equals(holders);
        if (!known && (before != null || followed.size() < MAX_FOLLOWED)) {
            followed.put(keyHash, new Followed(key, List.copyOf(holders)));
            table.note(name(keyHash), note(FOLLOWED, key, holders));
        }
    }

    /**
     * Reports the conflicts that are settled.
     *
     * @param seenEqual whether all owners were seen to hold the same for a key; not having seen it proves nothing
     * @param owners the replicas that own the partition
     */
    void settle(Predicate<Hash128> seenEqual, List<String> owners, long cutMs) {
        reported.entrySet().removeIf(conflict -> {
            boolean settled = seenEqual.test(conflict.getKey());
            if (settled) {
                reportSettled(conflict.getKey(), conflict.getValue().key, cutMs);
            }
            return settled;
        });
        followed.entrySet().removeIf(conflict -> {
            boolean settled = seenEqual.test(conflict.getKey());
            if (settled && succeedsTheReporter(conflict.getValue().holders(), owners)) {
                reportSettled(conflict.getKey(), conflict.getValue().key(), cutMs);
            } else if (settled) {
                table.note(name(conflict.getKey()), null);
            }
            return settled;
        });
    }

    /** Whether the replica that has reported a conflict is no owner any more, and this one is the next to speak for it. */
    private boolean succeedsTheReporter(List<String> holders, List<String> owners) {
        return holders.stream()
                .filter(owners::contains)
                .findFirst()
                .map(settings.replica()::equals)
                .orElse(true);
    }

    private void reportSettled(Hash128 keyHash, byte[] key, long cutMs) {
        outbox.conflict(new Conflict(key, keyHash, cutMs, null, List.of()));
        table.note(name(keyHash), null);
    }

    /** Forgets all conflicts without a report: this replica owns the partition no longer, and cannot see whether they stand. */
    void forget() {
        reported.keySet().forEach(keyHash -> table.note(name(keyHash), null));
        followed.keySet().forEach(keyHash -> table.note(name(keyHash), null));
        reported.clear();
        followed.clear();
    }

    private static String name(Hash128 keyHash) {
        return PREFIX + keyHash;
    }

    private static byte[] note(byte kind, byte[] key, List<String> holders) {
        FieldWriter fields = new FieldWriter().tag(VERSION).tag(kind).bytes(key);
        holders.forEach(fields::text);
        return fields.toBytes();
    }

    private void read(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        byte kind = in.tag();
        byte[] key = in.bytes();
        Hash128 keyHash = Hash128.parse(name.substring(PREFIX.length()));
        if (kind == REPORTED) {
            in.end();
            reported.put(keyHash, new Reported(key));
            return;
        }
        List<String> holders = new ArrayList<>();
        while (!in.atEnd()) {
            holders.add(in.text());
        }
        followed.put(keyHash, new Followed(key, List.copyOf(holders)));
    }

    private void readFormerNote() {
        byte[] note = table.note(FORMER_NOTE);
        if (note == null) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(note);
        try {
            while (in.hasRemaining()) {
                byte[] keyHash = new byte[Hash128.BYTES];
                in.get(keyHash);
                byte[] key = new byte[in.getInt()];
                in.get(key);
                table.note(name(Hash128.fromBytes(keyHash)), note(REPORTED, key, List.of()));
            }
        } catch (BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalStateException("the note \"" + FORMER_NOTE + "\" beside the entries is malformed", e);
        }
        table.note(FORMER_NOTE, null);
    }
}
